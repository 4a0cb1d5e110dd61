"""Finds, reads and writes files: those of folders, standard input and output."""
