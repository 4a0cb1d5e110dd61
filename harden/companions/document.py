"""Owns the text of a generated object: one block-style YAML document."""

from __future__ import annotations

import json
import re

# What YAML 1.1 and 1.2 both read as this very string without quotes.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# Seldom needed, so given to `re` as it is.
_QUANTITY = r"[0-9]+(?:m|k|Ki|Mi|Gi|Ti|Pi|Ei)"


def scalar(value: str) -> str:
    """Return a string as it stands in YAML: plain where every reader takes it for a string, else in double quotes."""
    plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return value if plain or re.fullmatch(_QUANTITY, value) else json.dumps(value)


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
