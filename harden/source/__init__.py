"""The way from bytes to a YAML tree with places, and from symbolic changes back to text."""
