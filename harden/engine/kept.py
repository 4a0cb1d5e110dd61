"""The form in which reports are kept: what of a report is, and the lines that they stand in.

Texts of files are never kept: a report is told by its findings, and a result by what harden writes between lines that
stay. Where any of that would show a value that is to be hidden, nothing is kept of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harden.builds.by_file import Asked
from harden.cache.packing import Packing, UnpackableError, unpacked
from harden.cache.splices import spliced, splices
from harden.model.record import Record
from harden.model.report import FileReport, Mode, Stage
from harden.model.text import SourceText
from harden.secrets.masking import hidden_in, is_shown

#: What was looked at of repositories, by root and path, with its digest.
Looks = dict[str, dict[str, str]]

#: Files whose reports stand in one line: what they say alike stands there once, and a change of one writes all anew.
TOGETHER = 512
#: What may come from a fault of this run alone.
_OF_THIS_RUN = frozenset({Stage.VERIFY, Stage.WRITE})


class Entry(Record):
    """A file whose report is kept: the digest of its content, and whether the report rests on objects of other files.

    `around` tells apart what it has of objects that reports of others rest on; "" where nobody asked.
    """

    name: str
    digest: str
    asks: bool
    around: str


class Header(Record):
    """What the reports of all lines rest on, and which files stand in each line."""

    looks: Looks
    around: str
    blocks: list[list[Entry]]


class Kept(Record):
    """What is kept of a file: the parts of its report, and the images that were asked for."""

    parts: tuple[Any, ...]
    asked: Asked

    def report(self, source: SourceText) -> FileReport:
        """Return the report on a text; raises ValueError where it is of another one."""
        workloads, skipped, problems, written, proposed = self.parts
        after = source.text if not written else spliced(source.text, written)
        told = None if proposed is None else spliced(source.text, proposed) if proposed else source.text
        return FileReport(source.name, source, after, workloads, skipped, problems, proposed=told)


class Keeper:
    """Takes out of reports what is to be kept."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        #: What reports say that was found to show nothing, with marks in the place of names.
        self._clean: set[str] = set()

    def kept(self, report: FileReport, asked: Asked) -> Kept | None:
        """Return what to keep of a report, None where nothing may be."""
        if report.before is None or report.after is None or report.remarks or report.created or report.needs:
            return None
        # What is to be written is proved by the run that writes it.
        if (self._mode is Mode.APPLY and report.changed) or any(each.stage in _OF_THIS_RUN for each in report.problems):
            return None
        text = report.before.text
        proposed = None if report.proposed is None else splices(text, report.proposed)
        parts = (report.workloads, report.skipped, report.problems, splices(text, report.after), proposed)
        return None if self._shows_hidden(report, (parts, *asked)) else Kept(parts, asked)

    def _shows_hidden(self, report: FileReport, parts: tuple[object, ...]) -> bool:
        names = {name for workload in report.workloads for name in (workload.name, *workload.images) if name}
        longest = sorted(names, key=len, reverse=True)
        unknown = {text: bare for text in _texts(parts) if (bare := _without(longest, text)) not in self._clean}
        if not unknown:
            return False
        # Parsing takes longer than all else here, and nearly all that is said was said of another file.
        hidden = hidden_in(report.before.text) if report.before is not None else frozenset[str]()
        if any(is_shown(hidden, text) for text in unknown):
            return True
        self._clean.update(unknown.values())
        return False


def _without(names: Sequence[str], text: str) -> str:
    """Return a text with marks in the place of names."""
    for name in names:
        text = text.replace(name, "\0")
    return text


def _texts(value: object) -> Iterator[str]:
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple | list):
            todo += each
        elif isinstance(each, Mapping):
            todo += [*each, *each.values()]


def header_of(lines: Sequence[bytes]) -> Header | None:
    """Return the header that lines begin with, None where they do not."""
    if not lines:
        return None
    try:
        found = json.loads(lines[0])
        blocks = [[Entry(*entry) for entry in block] for block in found["blocks"]]
        header = Header(found["looks"], found["around"], blocks)
    except (ValueError, TypeError, LookupError):
        return None
    return header if len(lines) == len(blocks) + 1 else None


def header_line(header: Header) -> bytes:
    """Return the line that a header stands in."""
    return _json({"looks": header.looks, "around": header.around, "blocks": header.blocks})


def line_of(kept: Sequence[Kept]) -> bytes:
    """Return the line that some files stand in; raises UnpackableError."""
    packing = Packing()
    numbers = [packing.add((each.parts, *each.asked)) for each in kept]
    return _json({"rows": packing.rows, "files": numbers})


def kept_in(line: bytes, entries: Sequence[Entry]) -> Mapping[str, Kept]:
    """Return what a line has of its files; raises UnpackableError."""
    try:
        found = json.loads(line)
        values = unpacked(found["rows"], found["files"])
        kept = [Kept(parts, Asked(silent, others)) for parts, silent, others in values]
        return {entry.name: each for entry, each in zip(entries, kept, strict=True)}
    except (ValueError, TypeError, LookupError) as error:
        raise UnpackableError(f"a line cannot be read: {type(error).__name__}") from error


def in_lines(found: Sequence[tuple[Entry, Kept]]) -> Iterator[tuple[list[Entry], bytes]]:
    """Yield the lines that files stand in, each with its entries; a file that cannot be packed is left out."""
    try:
        yield [entry for entry, _ in found], line_of([kept for _, kept in found])
    except UnpackableError:
        yield from _singly(found)


def _singly(found: Sequence[tuple[Entry, Kept]]) -> Iterator[tuple[list[Entry], bytes]]:
    for entry, kept in found:
        try:
            yield [entry], line_of([kept])
        except UnpackableError:
            continue


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
