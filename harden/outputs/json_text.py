"""Writes plain data as JSON."""

from __future__ import annotations

import json

from harden.model.text import Plain


def json_text(data: Plain, indent: int | None = None) -> str:
    """Return data as JSON that ends in a line feed, on one line unless there is an indent.

    A file's name may have bytes that are no UTF-8; JSON has no way to say them.
    """
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"
