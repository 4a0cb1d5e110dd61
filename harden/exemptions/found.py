"""Finds the exemptions that stand in a file: annotations of workloads, and comments behind a line.

An annotation of the workload, or of its pod template, holds for the whole workload:
`kube-harden.io/exempt.CONTROL: reason (until 2027-01-31)`. A comment holds for what begins on its line:
`# harden: ignore[CONTROL, CONTROL] reason (until 2027-01-31)`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from harden.exemptions.model import ANNOTATION, Exemption, Origin, Places, WholeWorkload
from harden.exemptions.places import places
from harden.exemptions.text import ExemptionText, TextError, read, unknown
from harden.model.kube import Workload
from harden.model.report import Problem, Stage
from harden.model.text import Path, SourceText
from harden.model.tree import Document
from harden.source.locate import locate

_KEY = ANNOTATION.removesuffix(".")
_MARK = "harden:"
_COMMENT = re.compile(r"(?<![^\s])#[ \t]*harden:[ \t]*ignore\b[ \t]*([^\r\n]*)")
_BODY = re.compile(r"\[([^\]]*)\]:?\s*(.*)")
_FORM = "write `# harden: ignore[CONTROL] reason (until 2027-01-31)` behind the line that it is about"


def find_exemptions(
    source: SourceText, document: Document, workload: Workload, known: Collection[str]
) -> tuple[Exemption | Problem, ...]:
    """Return the exemptions of one workload in the order of the text, and a Problem for each that cannot be read.

    `known` are the ids that an exemption may name. Looks at the text first: most files have none.
    """
    found: list[Exemption | Problem] = []
    if source.text.find(_KEY, document.start, document.end) >= 0:
        found += _annotations(source, document, workload, known)
    if source.text.find(_MARK, document.start, document.end) >= 0:
        found += _comments(source, document, workload, known)
    return tuple(sorted(found, key=lambda each: each.line or 0))


def _annotations(
    source: SourceText, document: Document, workload: Workload, known: Collection[str]
) -> Iterator[Exemption | Problem]:
    about = WholeWorkload(workload.document, workload.path)
    # A Pod is its own template.
    for holder in dict.fromkeys((workload.path, workload.template)):
        path = (*holder, "metadata", "annotations")
        annotations = _value(document, path)
        for key, value in annotations.items() if isinstance(annotations, dict) else ():
            if not key.startswith(_KEY):
                continue
            line = _line(source, locate(document, (*path, key)))
            control = key.removeprefix(_KEY).removeprefix(".")
            words = read(value) if isinstance(value, str) else TextError("it gives no reason", "write one, in quotes")
            words = words if control in known else unknown(control, known)
            if isinstance(words, TextError):
                yield _problem(source, line, f"the exemption {key}: {words.message}", words.hint)
            else:
                yield _made(control, words, Origin.ANNOTATION, (source.name, line), about)


def _comments(
    source: SourceText, document: Document, workload: Workload, known: Collection[str]
) -> Iterator[Exemption | Problem]:
    for comment in _COMMENT.finditer(source.text, document.start, document.end):
        paths = places(document, source.text, comment.start())
        if paths is None:
            continue
        own = tuple(path for path in paths if path[: len(workload.path)] == workload.path and path != workload.path)
        line = _line(source, comment.start())
        if own:
            yield from _comment(source, line, comment[1], Places(workload.document, workload.path, own), known)
        elif workload.path == () and not paths:
            yield _problem(source, line, "the exemption in a comment of its own is about nothing", _FORM)


def _comment(
    source: SourceText, line: int, text: str, about: Places, known: Collection[str]
) -> Iterator[Exemption | Problem]:
    body = _BODY.match(text)
    if body is None:
        yield _problem(source, line, "the exemption names no control in brackets", _FORM)
        return
    words = read(body[2])
    for control in dict.fromkeys(word.strip() for word in body[1].split(",")):
        said = words if control in known else unknown(control, known)
        if isinstance(said, TextError):
            yield _problem(source, line, f"the exemption in the comment: {said.message}", said.hint)
        else:
            yield _made(control, said, Origin.COMMENT, (source.name, line), about)


def _made(
    control: str, text: ExemptionText, origin: Origin, place: tuple[str, int], about: WholeWorkload | Places
) -> Exemption:
    return Exemption(control, text.reason, text.until, origin, *place, about, text.owner)


def _value(document: Document, path: Path) -> object:
    value = document.value
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def _line(source: SourceText, offset: int) -> int:
    return source.text.count("\n", 0, offset) + 1


def _problem(source: SourceText, line: int, message: str, hint: str) -> Problem:
    return Problem(source.name, Stage.MALFORMED, message, line, hint)
