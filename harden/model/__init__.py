"""Owns the data that travels between the layers; imports nothing but the standard library."""
