"""Owns the borders to the world: files and folders, standard input and output."""
