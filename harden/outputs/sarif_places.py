"""Says where something stands, and what is said of it, as SARIF does."""

from __future__ import annotations

import re

from harden.model.report import Report
from harden.model.text import Place, Plain
from harden.outputs.entries import from_root, uri

#: What locations are relative to; GitHub and others know this name.
ROOT = "%SRCROOT%"
#: What a viewer would show as a link (SARIF 2.1.0, 3.11.6).
_LINK = re.compile(r"\[(?=[^]]*\]\()")


def location(name: str, place: Place | None, report: Report) -> dict[str, Plain]:
    """Return where something stands."""
    found: dict[str, Plain] = {"artifactLocation": artifact(name, report)}
    if place is not None:
        found["region"] = region(*place)
    return {"physicalLocation": found}


def region(line: int, column: int, end_line: int, end_column: int) -> Plain:
    """Return a stretch of a text, with the numbers of a Place."""
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def artifact(name: str, report: Report) -> Plain:
    """Return a file as seen from the root."""
    return {"uri": uri(from_root(name, report)), "uriBaseId": ROOT}


def message(text: str) -> Plain:
    """Return a message that has no links: its words may come from a manifest."""
    return {"text": _LINK.sub(r"\\[", text)}
