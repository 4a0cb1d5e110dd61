"""Divides a stream that Helm rendered by the templates it came from, and puts it together again after hardening."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harden.adapters.division import Division
from harden.adapters.files import STDIN
from harden.engine.run import Input
from harden.model.report import FileReport, Problem
from harden.model.text import SourceText
from harden.source.read import decode
from harden.source.split import piece_texts

#: Helm 3 (pkg/action, renderResources) writes the template's name as a comment above each manifest.
_SOURCE = re.compile(r"(?:---[^\n]*\n)?(?:[ \t]*\r?\n|#[^\n]*\n)*?# Source: (?P<name>\S[^\r\n]*)")
#: Helm 4 (pkg/action, annotateAndMerge) writes it as an annotation, by which it takes the result apart.
_MARK = "postrenderer.helm.sh/postrender-filename"
#: A `---` line with nothing but a comment behind it, and then the next one, as of an empty template.
_EMPTY = re.compile(r"---[ \t]*(?:#[^\r\n]*)?\r?\n(?=---[ \t\r\n])")
_ANNOTATED = re.compile(
    r"(?m)^metadata:[ \t]*\n(?:[ \t#].*\n|\n)*?  annotations:[ \t]*\n(?:    .*\n)*?"
    r"    postrenderer\.helm\.sh/postrender-filename: *[\"']?(?P<name>[^\"'\n]+)"
)


class Stream:
    """A stream of manifests as inputs of a run: one a template, and last what names none.

    Each template is looked at under its own name, so that messages and exemptions speak of it. With `open_end` there is
    always an input that names none, to which companions can be appended.
    """

    def __init__(self, data: bytes | Problem, *, open_end: bool) -> None:
        self._data = data
        self._source = decode(STDIN, data) if isinstance(data, bytes) else data
        text = self._source.text if isinstance(self._source, SourceText) else ""
        texts = [part for each in piece_texts(text) for part in _parted(each)]
        self._division = Division(texts, [template_of(each) for each in texts], open_end=open_end)

    @property
    def inputs(self) -> list[Input]:
        """Return what a run is to look at, the very bytes of the stream where it names no template."""
        source, division = self._source, self._division
        if not isinstance(source, SourceText) or division.is_one:
            return [(STDIN, self._data)]
        return [(part.name, source.encode(division.text(part)) if part.pieces else b"") for part in division.parts]

    def joined(self, reports: Sequence[FileReport]) -> bytes:
        """Return the stream with what became of its inputs: the very bytes that came, where nothing changed."""
        source = self._source
        if not isinstance(source, SourceText) or not any(report.changed for report in reports):
            return self._data if isinstance(self._data, bytes) else b""
        if self._division.is_one:
            return source.encode(reports[0].after or "")
        texts, added = self._division.put_back(reports)
        whole = "".join(texts)
        if added and whole and not whole.endswith("\n"):
            whole += "\n"
        return source.encode(whole + added)


def template_of(text: str) -> str:
    """Return the name of the template that a document came from, "" where it says none."""
    found = _SOURCE.match(text) or (_ANNOTATED.search(text) if _MARK in text else None)
    return "" if found is None else found["name"].strip()


def _parted(piece: str) -> Iterator[str]:
    """Yield the `---` lines of empty documents in front of a document, and then the document.

    In the midst of a stream they are one piece (see `split`), and two where the document would be looked at alone.
    """
    while (found := _EMPTY.match(piece)) is not None:
        yield found[0]
        piece = piece[found.end() :]
    yield piece
