"""Secrets: what in a manifest is one, who reads it, and how programs take one from a file."""
