"""What is known about container images: their names, users, folders and ports."""
