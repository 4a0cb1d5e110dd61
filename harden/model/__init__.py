"""The data that travels between the layers; imports nothing but the standard library."""
