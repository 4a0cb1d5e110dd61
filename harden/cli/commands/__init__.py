"""What each command does, in a module of its name."""
