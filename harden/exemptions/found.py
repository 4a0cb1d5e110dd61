"""Finds the exemptions that stand in a file: annotations of workloads, and comments behind a line.

An annotation of the workload, or of its pod template, holds for the whole workload:
`kube-harden.io/exempt.CONTROL: reason (until 2027-01-31)`. A comment holds for what begins on its line:
`# harden: ignore[CONTROL, CONTROL] reason (until 2027-01-31)`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from harden.exemptions.model import ANNOTATION, Exemption, Origin, Places, WholeWorkload
from harden.exemptions.places import has_aliases, places
from harden.exemptions.text import ExemptionText, TextError, read, unknown
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.report import Problem, Stage
from harden.model.text import LineIndex, SourceText, found_at
from harden.model.tree import Document
from harden.source.locate import locate

_KEY = ANNOTATION.removesuffix(".")
_MARK = "harden:"
_COMMENT = re.compile(r"(?<![^\s])#[ \t]*harden:[ \t]*ignore\b[ \t]*([^\r\n]*)")
_BODY = re.compile(r"\[([^\]]*)\]:?\s*(.*)")
_FORM = "write `# harden: ignore[CONTROL] reason (until 2027-01-31)` behind the line that it is about"


def find_exemptions(
    source: SourceText, document: Document, workload: Workload, known: Collection[str], lines: LineIndex | None = None
) -> tuple[Exemption | Problem, ...]:
    """Return the exemptions of one workload in the order of the text, and a Problem for each that cannot be read.

    `known` are the ids that an exemption may name, `lines` those of the text. Looks at the text first: most files have
    none.
    """
    found: list[Exemption | Problem] = []
    annotates, comments = (source.text.find(mark, document.start, document.end) >= 0 for mark in (_KEY, _MARK))
    if not annotates and not comments:
        return ()
    text = _Text(source, lines or LineIndex(source.text))
    if annotates:
        found += _annotations(text, document, workload, known)
    if comments:
        found += _comments(text, document, workload, known)
    return tuple(sorted(found, key=lambda each: each.line or 0))


class _Text(Record):
    """A text and its lines."""

    source: SourceText
    lines: LineIndex

    def place(self, offset: int) -> tuple[str, int]:
        """Return the file and the 1-based line of an offset."""
        return self.source.name, self.lines.line(offset)


def _annotations(
    text: _Text, document: Document, workload: Workload, known: Collection[str]
) -> Iterator[Exemption | Problem]:
    about = WholeWorkload(workload.document, workload.path)
    # A Pod is its own template.
    for holder in dict.fromkeys((workload.path, workload.template)):
        path = (*holder, "metadata", "annotations")
        annotations = found_at(document.value, path)
        for key, value in annotations.items() if isinstance(annotations, dict) else ():
            if not key.startswith(_KEY):
                continue
            place = text.place(locate(document, (*path, key)))
            control = key.removeprefix(_KEY).removeprefix(".")
            words = read(value) if isinstance(value, str) else TextError("it gives no reason", "write one, in quotes")
            words = words if control in known else unknown(control, known)
            if isinstance(words, TextError):
                yield _problem(place, f"the exemption {key}: {words.message}", words.hint)
            else:
                yield _made(control, words, Origin.ANNOTATION, place, about)


def _comments(
    text: _Text, document: Document, workload: Workload, known: Collection[str]
) -> Iterator[Exemption | Problem]:
    written = text.source.text
    far = has_aliases(document, written)
    for comment in _COMMENT.finditer(written, document.start, document.end):
        paths = places(document, written, comment.start(), far=far)
        if paths is None:
            continue
        own = tuple(path for path in paths if path[: len(workload.path)] == workload.path and path != workload.path)
        place = text.place(comment.start())
        if own:
            yield from _comment(place, comment[1], Places(workload.document, workload.path, own), known)
        elif workload.path == () and not paths:
            yield _problem(place, "the exemption in a comment of its own is about nothing", _FORM)


def _comment(place: tuple[str, int], text: str, about: Places, known: Collection[str]) -> Iterator[Exemption | Problem]:
    body = _BODY.match(text)
    if body is None:
        yield _problem(place, "the exemption names no control in brackets", _FORM)
        return
    words = read(body[2])
    for control in dict.fromkeys(word.strip() for word in body[1].split(",")):
        said = words if control in known else unknown(control, known)
        if isinstance(said, TextError):
            yield _problem(place, f"the exemption in the comment: {said.message}", said.hint)
        else:
            yield _made(control, said, Origin.COMMENT, place, about)


def _made(
    control: str, text: ExemptionText, origin: Origin, place: tuple[str, int], about: WholeWorkload | Places
) -> Exemption:
    return Exemption(control, text.reason, text.until, origin, *place, about, text.owner)


def _problem(place: tuple[str, int], message: str, hint: str) -> Problem:
    name, line = place
    return Problem(name, Stage.MALFORMED, message, line, hint)
