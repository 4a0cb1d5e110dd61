"""Keeps what a run found of its files for the next run: the form, the file and what tells one state from another."""
