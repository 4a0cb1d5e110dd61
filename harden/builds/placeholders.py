"""Tells Dockerfiles that a program fills in before anybody builds them from those that are built as they stand."""

from __future__ import annotations

import re

#: What stands for a value in Jinja, Go templates and mustache, in ERB, and for sed and autoconf.
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|<%.*?%>|@[A-Za-z_]\w*@|%[A-Za-z_]\w*%|__[A-Z][A-Z0-9_]*__")
#: A line that decides about others, also behind the sign of a comment (makejinja).
_DECIDING = re.compile(
    r"^[ \t]*#?[ \t]*(?:\{%|<%-?[ \t]*(?:if|unless|for|end)\b|\{\{-?[ \t]*(?:if|range|with|end|else)\b)"
)
#: What files are called that are filled in: Dockerfile.j2, Dockerfile-template.
_ENDING = re.compile(r"(.+)[._-](?:tmpl|template|tpl|gotmpl|j2|jinja2?|in|erb|mustache|hbs|envsubst)")


def placeholder_in(text: str) -> str:
    """Return the first placeholder in a text; "" for none."""
    found = _PLACEHOLDER.search(text)
    return "" if found is None else found[0]


def deciding_line(text: str) -> int | None:
    """Return the number of the first line (1-based) by which a template takes lines in or leaves them out."""
    lines = text.splitlines() if "{" in text or "<%" in text else ()
    return next((number for number, line in enumerate(lines, 1) if _DECIDING.match(line) is not None), None)


def filled_in(file: str) -> str | None:
    """Return the name of the file that a template becomes, by its own; None for other files."""
    found = _ENDING.fullmatch(file)
    return None if found is None else found[1]
