"""Divides a stream of documents into parts that a run looks at under names of their own, and puts them back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harden.adapters.files import STDIN
from harden.engine.run import Input
from harden.generated.previous import is_generated
from harden.model.record import Record
from harden.model.report import FileReport, Report
from harden.source.split import piece_texts

_SEPARATOR = re.compile(r"---[ \t]*(?:#[^\r\n]*)?\s*")


class Part(Record):
    """What is looked at under one name: the 0-based documents of the stream that it is made of, in order."""

    name: str
    pieces: tuple[int, ...]


class Division:
    """The documents of a stream (each with its `---` line), and the parts that they make.

    `names` say for each document to which part it belongs, "" where nothing does; those come last, as STDIN. So do
    documents that harden wrote earlier. A `---` line alone belongs to no part. With `open_end` there is always a part
    of STDIN, to which companions are appended.
    """

    def __init__(self, texts: Sequence[str], names: Sequence[str], *, open_end: bool) -> None:
        self.texts = texts
        self.parts = self._parts(names, open_end=open_end)

    @property
    def is_one(self) -> bool:
        """Return whether no document has a name of its own."""
        return all(part.name == STDIN for part in self.parts)

    def text(self, part: Part) -> str:
        """Return the documents of a part, one behind the other."""
        return "".join(self.texts[at] for at in part.pieces)

    @property
    def inputs(self) -> list[Input]:
        """Return what a run is to look at: the parts by their names."""
        return [(part.name, self.text(part).encode()) for part in self.parts]

    def put_back(self, reports: Sequence[FileReport]) -> tuple[list[str], str]:
        """Return the documents with what became of them, "" for one that is gone, and what stands behind them all."""
        texts: list[str] = list(self.texts)
        added = ""
        after = {report.name: report.after for report in reports if report.changed and report.after is not None}
        for part in self.parts:
            if part.name in after:
                added += self._replace(texts, part, after[part.name])
        return texts, added

    def _replace(self, texts: list[str], part: Part, after: str) -> str:
        """Put the documents of a part in the place of those that they were, and return what is behind them.

        Where companions are written anew, those of the stream are gone, and the new ones stand behind all else.
        """
        new = piece_texts(after)
        old = [self.texts[at] for at in part.pieces]
        if not (len(new) == len(old) and all(n == o for n, o in zip(new, old, strict=True) if is_generated(o))):
            for at in part.pieces:
                texts[at] = "" if is_generated(self.texts[at]) else texts[at]
            part = part._replace(pieces=tuple(at for at in part.pieces if not is_generated(self.texts[at])))
        behind = len(part.pieces)
        for at, text in zip(part.pieces, new[:behind], strict=True):
            texts[at] = text
        return "".join(new[behind:])

    def _parts(self, names: Sequence[str], *, open_end: bool) -> tuple[Part, ...]:
        found: dict[str, list[int]] = {}
        for at, (text, name) in enumerate(zip(self.texts, names, strict=True)):
            if not _SEPARATOR.fullmatch(text):
                found.setdefault(STDIN if is_generated(text) or not name else name, []).append(at)
        rest = found.pop(STDIN, [])
        parts = [Part(name, tuple(pieces)) for name, pieces in found.items()]
        if not parts or rest or open_end:
            parts.append(Part(STDIN, tuple(rest)))
        if all(self._holds_together(part) for part in parts):
            return tuple(parts)
        return (Part(STDIN, tuple(range(len(self.texts)))),)

    def _holds_together(self, part: Part) -> bool:
        """Return whether the documents of a part stay the same ones when they stand one behind the other."""
        own = [self.texts[at] for at in part.pieces]
        return not own or piece_texts("".join(own)) == own


def without_rest(report: Report) -> Report:
    """Return a report without the part that had nothing in it, and of which there is nothing to say."""
    return report._replace(files=tuple(file for file in report.files if not _is_rest(file)))


def _is_rest(file: FileReport) -> bool:
    return file.name == STDIN and file.before is not None and not (file.before.text or file.problems)
