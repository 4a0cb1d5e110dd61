"""The text of a generated object: one block-style YAML document."""

from __future__ import annotations

from harden.source import quote


def scalar(value: str) -> str:
    """Return a string as it stands in YAML: plain where every reader takes it for a string, else in double quotes."""
    return quote.scalar(value, '"')


def head(kind: str, name: str, namespace: str | None, api_version: str = "v1") -> list[str]:
    """Return the first lines of an object, up to the end of a plain `metadata`."""
    lines = [f"apiVersion: {api_version}", f"kind: {kind}", "metadata:", f"  name: {scalar(name)}"]
    return lines if namespace is None else [*lines, f"  namespace: {scalar(namespace)}"]


def entries(values: dict[str, str], indent: int) -> list[str]:
    """Return the lines of a mapping of strings, `indent` spaces in."""
    return [f"{' ' * indent}{scalar(key)}: {scalar(value)}" for key, value in values.items()]


def comment(text: str, indent: int) -> str:
    """Return a comment line, `indent` spaces in; names from manifests cannot break out of it."""
    return f"{' ' * indent}# " + "".join(char if char.isprintable() else " " for char in text)


def text(lines: list[str]) -> str:
    """Return the lines as one document that ends in a newline."""
    return "\n".join(lines) + "\n"
