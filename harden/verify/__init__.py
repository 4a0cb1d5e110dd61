"""Owns the proof of a result before it is written; shares nothing with what made the result."""
