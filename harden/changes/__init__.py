"""Reads what changed: patches, as lines that came and places where lines went.

Nothing is imported here: every run knows of changes, and few read a patch.
"""
