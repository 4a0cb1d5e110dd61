"""Divides a stream that Helm rendered by the templates it came from, and puts it together again after hardening."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harden.adapters.files import STDIN
from harden.engine.run import Input
from harden.generated.previous import is_generated
from harden.model.record import Record
from harden.model.report import FileReport, Problem
from harden.model.text import SourceText
from harden.source.read import decode
from harden.source.split import split

#: Helm 3 (pkg/action, renderResources) writes the template's name as a comment above each manifest.
_SOURCE = re.compile(r"(?:---[^\n]*\n)?(?:[ \t]*\r?\n|#[^\n]*\n)*?# Source: (?P<name>\S[^\r\n]*)")
#: Helm 4 (pkg/action, annotateAndMerge) writes it as an annotation, by which it takes the result apart.
_MARK = "postrenderer.helm.sh/postrender-filename"
_ANNOTATED = re.compile(
    r"(?m)^metadata:[ \t]*\n(?:[ \t#].*\n|\n)*?  annotations:[ \t]*\n(?:    .*\n)*?"
    r"    postrenderer\.helm\.sh/postrender-filename: *[\"']?(?P<name>[^\"'\n]+)"
)


class Part(Record):
    """What came from one template: its name, and the 0-based pieces of the stream that it is made of, in order."""

    name: str
    pieces: tuple[int, ...]


class Stream:
    """A stream of manifests as inputs of a run: one a template, and last what names none.

    Each template is looked at under its own name, so that messages and exemptions speak of it. With `open_end` there is
    always an input that names none, to which companions can be appended.
    """

    def __init__(self, data: bytes | Problem, *, open_end: bool) -> None:
        self._data = data
        self._source = decode(STDIN, data) if isinstance(data, bytes) else data
        self._texts: list[str] = []
        self._parts: tuple[Part, ...] = ()
        if isinstance(self._source, SourceText):
            self._texts = [self._source.text[each.start : each.end] for each in split(self._source.text)]
            self._parts = _parts(self._texts, open_end=open_end)

    @property
    def inputs(self) -> list[Input]:
        """Return what a run is to look at, the very bytes of the stream where it names no template."""
        if not isinstance(self._source, SourceText) or not self._is_divided:
            return [(STDIN, self._data)]
        return [(part.name, self._source.encode(self._text(part)) if part.pieces else b"") for part in self._parts]

    def joined(self, reports: Sequence[FileReport]) -> bytes:
        """Return the stream with what became of its inputs: the very bytes that came, where nothing changed."""
        source = self._source
        if not isinstance(source, SourceText) or not any(report.changed for report in reports):
            return self._data if isinstance(self._data, bytes) else b""
        if not self._is_divided:
            return source.encode(reports[0].after or "")
        texts: list[str] = list(self._texts)
        added = ""
        after = {report.name: report.after for report in reports if report.changed and report.after is not None}
        for part in self._parts:
            if part.name in after:
                added += self._replace(texts, part, after[part.name])
        whole = "".join(texts)
        if added and whole and not whole.endswith("\n"):
            whole += "\n"
        return source.encode(whole + added)

    @property
    def _is_divided(self) -> bool:
        return any(part.name != STDIN for part in self._parts)

    def _text(self, part: Part) -> str:
        return "".join(self._texts[at] for at in part.pieces)

    def _replace(self, texts: list[str], part: Part, after: str) -> str:
        """Put the pieces of a part in the place of those that they were, and return what is behind them.

        Where companions are written anew, those of the stream are gone, and the new ones stand behind all else.
        """
        new = [after[each.start : each.end] for each in split(after)]
        old = [self._texts[at] for at in part.pieces]
        if not (len(new) == len(old) and all(n == o for n, o in zip(new, old, strict=True) if is_generated(o))):
            for at in part.pieces:
                texts[at] = "" if is_generated(self._texts[at]) else texts[at]
            part = part._replace(pieces=tuple(at for at in part.pieces if not is_generated(self._texts[at])))
        behind = len(part.pieces)
        for at, text in zip(part.pieces, new[:behind], strict=True):
            texts[at] = text
        return "".join(new[behind:])


def is_rest(report: FileReport) -> bool:
    """Return whether a report is of an input that had nothing in it, and of which there is nothing to say."""
    return report.name == STDIN and report.before is not None and not (report.before.text or report.problems)


def _parts(texts: Sequence[str], *, open_end: bool) -> tuple[Part, ...]:
    """Return the parts of a stream, those of templates in the order of their first documents."""
    found: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        name = "" if is_generated(text) else _template(text)
        found.setdefault(name or STDIN, []).append(at)
    rest = found.pop(STDIN, [])
    parts = [Part(name, tuple(pieces)) for name, pieces in found.items()]
    if not parts or rest or open_end:
        parts.append(Part(STDIN, tuple(rest)))
    if all(_holds_together(texts, part) for part in parts):
        return tuple(parts)
    return (Part(STDIN, tuple(range(len(texts)))),)


def _template(text: str) -> str:
    """Return the name of the template that a document came from, "" where it says none."""
    found = _SOURCE.match(text) or (_ANNOTATED.search(text) if _MARK in text else None)
    return "" if found is None else found["name"].strip()


def _holds_together(texts: Sequence[str], part: Part) -> bool:
    """Return whether the documents of a part stay the same ones when they stand one behind the other."""
    own = [texts[at] for at in part.pieces]
    whole = "".join(own)
    return not own or [whole[each.start : each.end] for each in split(whole)] == own
