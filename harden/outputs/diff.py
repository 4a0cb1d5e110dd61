"""Owns the unified diff of a run, as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from harden.model.report import FileReport, Report
from harden.outputs.hunks import Hunk, compare

#: Lines around a change that say where it belongs.
_CONTEXT = 3

#: How Git writes these bytes of a file's name (git, quote.c, cq_lookup); those outside ASCII become three octal digits.
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def render(report: Report) -> str:
    """Return one patch for all changed files, sorted by name; "" when nothing changes."""
    changed = sorted((file for file in report.files if file.changed), key=lambda file: file.name)
    return "".join(piece for file in changed for piece in _patch(file))


def _patch(file: FileReport) -> Iterator[str]:
    if file.before is None or file.after is None:
        return
    mark = "\ufeff" if file.before.bom else ""
    old, new = _lines(mark + file.before.text), _lines(mark + file.after)
    old_name = "/dev/null" if file.created else _header("a", file.name)
    yield f"--- {old_name}\n+++ {_header('b', file.name)}\n"
    for group in _grouped(compare(old, new)):
        yield from _hunk(old, new, group)


def _lines(text: str) -> list[str]:
    """Return the lines with their line feeds; a carriage return is part of its line, as for Git and patch."""
    lines = text.split("\n")
    last = lines.pop()
    kept = [f"{line}\n" for line in lines]
    return [*kept, last] if last else kept


def _header(side: str, name: str) -> str:
    """Return a file's name as Git writes it behind `---` and `+++`."""
    path = f"{side}/{name.lstrip('/')}"
    data = os.fsencode(path)
    if all(32 <= byte < 127 and byte not in _ESCAPES for byte in data):
        # The tab says where a name with a space ends: without it, what follows might be a date.
        return f"{path}\t" if " " in path else path
    said = (_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data)
    return f'"{"".join(said)}"'


def _grouped(hunks: Iterable[Hunk]) -> Iterator[list[Hunk]]:
    """Yield hunks together whose contexts touch."""
    group: list[Hunk] = []
    for hunk in hunks:
        if group and hunk.start - group[-1].end > 2 * _CONTEXT:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _hunk(old: Sequence[str], new: Sequence[str], group: Sequence[Hunk]) -> Iterator[str]:
    first, last = group[0], group[-1]
    start, end = max(first.start - _CONTEXT, 0), min(last.end + _CONTEXT, len(old))
    new_start, new_end = first.new_start - (first.start - start), last.new_end + (end - last.end)
    yield f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n"
    for hunk in group:
        yield from _marked(" ", old[start : hunk.start])
        yield from _marked("-", old[hunk.start : hunk.end])
        yield from _marked("+", new[hunk.new_start : hunk.new_end])
        start = hunk.end
    yield from _marked(" ", old[start:end])


def _range(start: int, end: int) -> str:
    """Return a range of lines as a hunk's head says it: 1-based, and the line before when it is empty."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
