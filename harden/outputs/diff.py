"""Writes the unified diff of a run, as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from harden.model.record import Record
from harden.model.report import FileReport, Report
from harden.secrets.masking import Known, Masked, may_hide
from harden.source.hunks import Hunk, compare, lines_of

#: Files whose patches are written at once.
_AT_ONCE = 100
#: Lines around a change that say where it belongs.
_CONTEXT = 3

#: How Git writes these bytes of a file's name (git, quote.c, cq_lookup); those outside ASCII become three octal digits.
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def render(report: Report, *, show_secrets: bool = False) -> str:
    """Return one patch for all changed files, sorted by name; "" when nothing changes.

    Values of secrets are hidden unless `show_secrets` is set. Context lines with secrets are left out where the patch
    does without them; where it does not, it begins with a line that says that it cannot be applied.
    """
    return "".join(parts(report, show_secrets=show_secrets))


def parts(report: Report, *, show_secrets: bool = False) -> Iterator[str]:
    """Yield the patch piece by piece, for who writes it: of a large tree it is long."""
    changed = sorted((file for file in report.files if file.changed), key=lambda file: file.name)
    texts, is_masked = [], False
    for file in changed:
        patch = _Patch(file, show_secrets=show_secrets)
        texts.append(patch.text)
        is_masked = is_masked or patch.is_masked
    if is_masked:
        yield _WARNING
    for at in range(0, len(texts), _AT_ONCE):
        yield "".join(texts[at : at + _AT_ONCE])


def hunks(file: FileReport) -> list[str]:
    """Return the lines of the patch of one file without its head; values of secrets are hidden."""
    return _Patch(file, show_secrets=False).text.split("\n")[2:-1]


_WARNING = "Values of secrets are hidden (***), so this patch cannot be applied; --show-secrets shows them.\n"


class _Patch:
    """The patch of one file; `is_masked` says that it hides something, so that it cannot be applied."""

    def __init__(self, file: FileReport, *, show_secrets: bool) -> None:
        self.is_masked = False
        self.text = ""
        if file.before is None or file.after is None:
            return
        mark = "\ufeff" if file.before.bom else ""
        old, new = lines_of(mark + file.before.text), lines_of(mark + file.after)
        found = list(compare(old, new))
        sides = _Sides(old, new, old, new, frozenset(), frozenset())
        if not show_secrets:
            known: Known = {}
            before = Masked(mark + file.before.text, old, known)
            # Most files hide nothing, and what comes to them neither: then nobody parses what became of them.
            if before.hidden or may_hide(line for hunk in found for line in new[hunk.new_start : hunk.new_end]):
                after = Masked(mark + file.after, new, known)
                sides = _Sides(old, new, before.lines, after.lines, frozenset(before.hidden), frozenset(after.hidden))
        if file.created and sides.hidden_new:
            # With its values hidden it could be applied, and would be wrong.
            self.is_masked = True
            self.text = f"New file with secrets, not shown: {_header('b', file.name)}\n"
            return
        old_name = "/dev/null" if file.created else _header("a", file.name)
        pieces = [f"--- {old_name}\n+++ {_header('b', file.name)}\n"]
        for group in _grouped(found, sides.hidden):
            hunk = _Hunk(sides, group)
            self.is_masked = self.is_masked or hunk.is_masked
            pieces += hunk.lines
        self.text = "".join(pieces)


class _Sides(Record):
    """Both texts by lines, as they are and as they are shown, with the 0-based lines that hide something."""

    old: Sequence[str]
    new: Sequence[str]
    shown: Sequence[str]
    shown_new: Sequence[str]
    hidden: frozenset[int]
    hidden_new: frozenset[int]


def _header(side: str, name: str) -> str:
    """Return a file's name as Git writes it behind `---` and `+++`."""
    path = f"{side}/{name.lstrip('/')}"
    data = os.fsencode(path)
    if all(32 <= byte < 127 and byte not in _ESCAPES for byte in data):
        # The tab says where a name with a space ends: without it, what follows might be a date.
        return f"{path}\t" if " " in path else path
    said = (_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data)
    return f'"{"".join(said)}"'


def _grouped(hunks: Iterable[Hunk], hidden: frozenset[int]) -> Iterator[list[Hunk]]:
    """Yield hunks together whose contexts touch; between them nothing is hidden that could be left out."""
    group: list[Hunk] = []
    for hunk in hunks:
        if group and (hunk.start - group[-1].end > 2 * _CONTEXT or _parts(group[-1], hunk, hidden)):
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _parts(before: Hunk, after: Hunk, hidden: frozenset[int]) -> bool:
    """Return whether lines between two hunks are hidden, with at least one in front of them that is not."""
    return before.end not in hidden and not hidden.isdisjoint(range(before.end, after.start))


class _Hunk:
    """Hunks that stand together as a patch has them: `lines` with their head."""

    def __init__(self, sides: _Sides, group: Sequence[Hunk]) -> None:
        first, last = group[0], group[-1]
        start, end = _context(sides, first, last)
        new_start, new_end = first.new_start - (first.start - start), last.new_end + (end - last.end)
        shown = set(range(start, end)) & sides.hidden
        self.is_masked = bool(shown) or any(
            not sides.hidden_new.isdisjoint(range(hunk.new_start, hunk.new_end)) for hunk in group
        )
        self.lines = [f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n"]
        for hunk in group:
            self.lines += _marked(" ", sides.shown[start : hunk.start])
            self.lines += _marked("-", sides.shown[hunk.start : hunk.end])
            self.lines += _marked("+", sides.shown_new[hunk.new_start : hunk.new_end])
            start = hunk.end
        self.lines += _marked(" ", sides.shown[start:end])


def _context(sides: _Sides, first: Hunk, last: Hunk) -> tuple[int, int]:
    """Return the lines of the old text around hunks, cut where something would have to be hidden.

    Less context behind than in front means to `patch` that the file ends there, and none behind does to `git apply`.
    """
    start, end = max(first.start - _CONTEXT, 0), min(last.end + _CONTEXT, len(sides.old))
    behind = next((at for at in range(last.end, end) if at in sides.hidden), end)
    if behind != end and behind > last.end:
        end = behind
        start = max(start, first.start - (end - last.end))
    in_front = next((at for at in reversed(range(start, first.start)) if at in sides.hidden), start - 1)
    return in_front + 1, end


def _range(start: int, end: int) -> str:
    """Return a range of lines as a hunk's head says it: 1-based, and the line before when it is empty."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
