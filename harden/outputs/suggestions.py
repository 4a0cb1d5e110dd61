"""Makes suggestions of repairs: whole lines of a file, at least one, that become others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.model.record import Record
from harden.model.report import Report
from harden.model.text import Plain
from harden.outputs.repairs import Repair
from harden.secrets.masking import Masked
from harden.source.hunks import lines_of


class Suggestion(Record):
    """Lines `first` to `last` (from 1) that become `text`, which ends where the last of them does, before its end.

    `end_column` counts bytes from 1, behind the last one.
    """

    first: int
    last: int
    end_column: int
    text: str

    @property
    def start(self) -> Plain:
        """Return where it begins."""
        return {"line": self.first, "column": 1}

    @property
    def end(self) -> Plain:
        """Return where it ends."""
        return {"line": self.last, "column": self.end_column}


def suggestions(found: Sequence[Repair], report: Report) -> Iterator[tuple[Repair, Suggestion]]:
    """Yield each repair that can be suggested: it shows no secret, and stands inside one hunk of the change."""
    hidden: dict[str, frozenset[int]] = {}
    taken: dict[str, int] = {}
    for repair in found:
        name = repair.file.name
        if name not in hidden:
            text = "".join(repair.old)
            hidden[name] = frozenset(Masked(text, lines_of(text)).hidden)
        suggestion = None if repair.is_secret else _suggestion(repair, hidden[name], taken.get(name, 0))
        if suggestion is None or not _is_shown(name, suggestion, report):
            continue
        taken[name] = suggestion.last
        yield repair, suggestion


def _is_shown(name: str, suggestion: Suggestion, report: Report) -> bool:
    if report.change is None:
        return True
    change = report.change.files.get(name)
    return change is not None and (change.is_whole or change.shows(suggestion.first, suggestion.last))


def _suggestion(repair: Repair, hidden: frozenset[int], taken: int) -> Suggestion | None:
    """Return a repair as a suggestion; where nothing stays or goes, a line beside it is repeated."""
    start, end, new = repair.start, repair.end, list(repair.new)
    if start == end or not new:
        if start > taken and start - 1 not in hidden:
            start, new = start - 1, [repair.old[start - 1], *new]
        elif end < len(repair.old) and end not in hidden:
            end, new = end + 1, [*new, repair.old[end]]
        else:
            return None
    last, text = repair.old[end - 1], "".join(new)
    ending = last[len(last.rstrip("\r\n")) :]
    if not text.endswith(ending):
        return None
    content = last.removesuffix(ending)
    return Suggestion(start + 1, end, len(content.encode()) + 1, text.removesuffix(ending) if ending else text)
