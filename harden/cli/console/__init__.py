"""The standard streams and the terminal: what is printed there, asked there and read from there."""
