"""Reads and writes the ResourceList that kustomize and kpt exchange with functions, item by item as text.

Source: kpt.dev, KRM Functions Specification (config.kubernetes.io/v1): items, functionConfig, results; the annotations
of items are the orchestrator's, and stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NoReturn

from harden.adapters.division import Division
from harden.adapters.files import STDIN
from harden.engine.run import Input
from harden.errors import HardenError
from harden.model.kube import dig
from harden.model.plain import as_word
from harden.model.record import Record
from harden.model.report import FileReport, Problem
from harden.model.text import LineIndex, Plain, SourceText
from harden.model.tree import Alias, Map, Node, Scalar, Seq
from harden.source.parse import parse
from harden.source.read import decode
from harden.source.split import piece_texts

VERSION = "config.kubernetes.io/v1"
KIND = "ResourceList"
#: Where an item came from; older tools write the second alone.
_PATHS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")
_INDEXES = ("internal.config.kubernetes.io/index", "config.kubernetes.io/index")
_MARKER = "---\n"


class UnreadListError(HardenError):
    """Standard input is no ResourceList, or not one that can be read."""

    code = 3


class Item(Record):
    """An item as an object: its API version, kind, namespace ("" for none) and name, its file and place there.

    `path` is "" where nothing says it, the 0-based `position` None.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    path: str
    position: int | None


class _Layout(Record):
    """Where the items stand: half-open offsets of each, what stands before the text of its lines, and in what style."""

    spans: tuple[tuple[int, int], ...]
    indent: int
    is_flow: bool


class ResourceList:
    """A ResourceList; raises UnreadListError, with the line where there is one, for whatever is wrong with it.

    Each item is a document of a run, under the name of its file where it says that.
    """

    def __init__(self, data: bytes | Problem) -> None:
        source = decode(STDIN, data) if isinstance(data, bytes) else data
        if isinstance(source, Problem):
            _refuse(source.message, source.line)
        self._source = source
        root = _root(source)
        items = root.value.get("items")
        if items is not None and not isinstance(items, list):
            _refuse(f"items must be a list of objects, not {_what(items)}")
        self.items = tuple(_item(value) for value in items or ())
        self.function_config: Plain = root.value.get("functionConfig")
        entry = _entry(root, "items") if items else None
        node = None if entry is None else entry[1]
        if items and (not isinstance(node, Seq) or any(isinstance(each, Alias) for each in node.items)):
            _refuse("its items stand elsewhere, by an alias or a merge: it is none that kustomize or kpt wrote")
        self._layout = _layout(source.text, node) if isinstance(node, Seq) else _Layout((), 2, is_flow=False)
        #: Made with the inputs.
        self._division: Division

    def inputs(self, *, open_end: bool) -> list[Input]:
        """Return what a run is to look at; with `open_end` there is always an input for companions."""
        texts = [f"{_MARKER}{self._out(start, end)}" for start, end in self._layout.spans]
        self._division = Division(texts, [each.path for each in self.items], open_end=open_end)
        return self._division.inputs

    def item(self, name: str, document: int) -> Item | None:
        """Return the item that is the 0-based document of an input."""
        part = next((each for each in self._division.parts if each.name == name), None)
        return self.items[part.pieces[document]] if part is not None and document < len(part.pieces) else None

    def joined(self, reports: Sequence[FileReport], results: Sequence[dict[str, Plain]]) -> bytes:
        """Return the list with what became of its items, and with results; without any, the very bytes that came."""
        texts, added = self._division.put_back(reports)
        pieces = piece_texts(added) if added else []
        text = self._source.text
        if texts != list(self._division.texts) or pieces:
            text = self._with_items(texts, pieces)
        return self._source.encode(_with_results(text, results) if results else text)

    def _out(self, start: int, end: int) -> str:
        """Return the text of an item as a document of its own."""
        if self._layout.is_flow:
            return f"{self._source.text[start:end]}\n"
        indent = self._layout.indent
        lines = self._source.text[start:end].split("\n")
        return "\n".join(line[indent:] for line in lines)

    def _in(self, text: str) -> str:
        """Return the text of a document as that of an item."""
        body = text.removeprefix(_MARKER)
        if self._layout.is_flow:
            return body.removesuffix("\n")
        lead = " " * self._layout.indent
        lines = [f"{lead}{line}" if line else "" for line in body.split("\n")]
        first = f"{' ' * (self._layout.indent - len('- '))}- "
        return first + "\n".join(lines).removeprefix(lead)

    def _with_items(self, texts: Sequence[str], added: Sequence[str]) -> str:
        whole = self._source.text
        if self._layout.is_flow:
            return self._with_flow_items(texts, added)
        out, at = [], 0
        for (start, end), text, old in zip(self._layout.spans, texts, self._division.texts, strict=True):
            out.append(whole[at:start])
            out.append(whole[start:end] if text == old else self._in(text) if text else "")
            at = end
        new = "".join(self._in(text) for text in added)
        if new and out and not "".join(out).endswith("\n"):
            new = f"\n{new}"
        return "".join(out) + new + whole[at:]

    def _with_flow_items(self, texts: Sequence[str], added: Sequence[str]) -> str:
        whole = self._source.text
        first, last = self._layout.spans[0][0], self._layout.spans[-1][1]
        gap = whole[self._layout.spans[0][1] : self._layout.spans[1][0]] if len(texts) > 1 else ", "
        kept = [self._in(text) for text in texts if text]
        new = [json.dumps(_value(text), ensure_ascii=False) for text in added]
        return whole[:first] + gap.join([*kept, *new]) + whole[last:]


def _refuse(said: str, line: int | None = None) -> NoReturn:
    place = STDIN if line is None else f"{STDIN}:{line}"
    raise UnreadListError(f"{place}: {said}")


def _root(source: SourceText) -> Map:
    parsed = parse(source, lambda _: True)
    for problem in parsed.problems:
        _refuse(problem.message, problem.line)
    roots = [document.root for document in parsed.documents if document.root is not None]
    if not roots:
        _refuse(f"nothing came in; a {KIND} is expected, as kustomize and kpt send it")
    root = roots[0]
    hint = "manifests go through harden apply -"
    if not isinstance(root, Map):
        _refuse(f"a {KIND} ({VERSION}) is expected, not {_what(root.value)}: {hint}")
    kind, version = as_word(root.value.get("kind")), as_word(root.value.get("apiVersion"))
    if kind != KIND:
        _refuse(f"a {KIND} ({VERSION}) is expected, not {f'a {kind}' if kind else 'an object without kind'}: {hint}")
    if version != VERSION:
        _refuse(f"the {KIND} is of {version or 'no apiVersion'}, and {VERSION} is the one that harden reads")
    if len(roots) > 1:
        _refuse(f"one {KIND} is expected, not {len(roots)} documents")
    return root


def _entry(root: Map, name: str) -> tuple[Node, Node] | None:
    """Return the key and the value of this name."""
    return next(((key, value) for key, value in root.entries if isinstance(key, Scalar) and key.text == name), None)


def _item(value: Plain) -> Item:
    metadata = dig(value, "metadata")
    notes = dig(metadata, "annotations")
    path = next((as_word(dig(notes, key)) for key in _PATHS if as_word(dig(notes, key))), "")
    index = next((as_word(dig(notes, key)) for key in _INDEXES if as_word(dig(notes, key))), "")
    words = (as_word(dig(value, "apiVersion")), as_word(dig(value, "kind")))
    names = (as_word(dig(metadata, "namespace")), as_word(dig(metadata, "name")))
    return Item(*words, *names, path, int(index) if index.isdecimal() else None)


def _layout(text: str, node: Seq) -> _Layout:
    if node.flow:
        return _Layout(tuple((each.start, each.end) for each in node.items), 0, is_flow=True)
    lines = LineIndex(text)
    dash = lines.column(node.start) - 1
    starts = [at for at in _line_starts(text, node.start - dash) if _is_item(text, at, dash)][: len(node.items)]
    indent = lines.column(node.items[0].start) - 1
    ends = [*starts[1:], _end(text, starts[-1], indent, node)] if len(starts) == len(node.items) else []
    spans = [(start, _last(text, start, end, indent)) for start, end in zip(starts, ends, strict=False)]
    if len(spans) != len(node.items) or not all(_is_even(text[start:end], indent) for start, end in spans):
        _refuse("its items stand in no even columns: it is none that kustomize or kpt wrote", lines.line(node.start))
    return _Layout(tuple(spans), indent, is_flow=False)


def _line_starts(text: str, at: int) -> Iterator[int]:
    while at < len(text):
        yield at
        at = text.find("\n", at) + 1 or len(text)


def _line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at:end] if end >= 0 else text[at:]


def _is_item(text: str, at: int, dash: int) -> bool:
    return text[at : at + dash].strip() == "" and text[at + dash : at + dash + 2] in {"- ", "-\n"}


def _end(text: str, start: int, indent: int, node: Seq) -> int:
    """Return where the lines end that may belong to the last item: at the first that is not indented enough."""
    for at in _line_starts(text, start):
        line = _line(text, at)
        if at > node.items[-1].start and line.strip() and line[:indent].strip():
            return at
    return len(text)


def _last(text: str, start: int, end: int, indent: int) -> int:
    """Return the end of an item without the blank lines and shallow comments behind it."""
    last = end
    for at in _line_starts(text, start):
        if at >= end:
            break
        line = _line(text, at)
        if at == start or (line.strip() and not line[:indent].strip()):
            last = min(text.find("\n", at) + 1 or len(text), end)
    return last


def _is_even(text: str, indent: int) -> bool:
    """Return whether all lines of an item can be moved to the left edge and back."""
    first, *rest = text.split("\n")
    head = first[:indent]
    return head == f"{' ' * (indent - len('- '))}- " and all(
        line == "" or (line[:indent].strip() == "" and len(line) > indent) for line in rest
    )


def _with_results(text: str, results: Sequence[dict[str, Plain]]) -> str:
    """Return a list with these results behind those that it has."""
    root = _root(SourceText(STDIN, text))
    known = _entry(root, "results")
    earlier = [] if known is None or not isinstance(known[1].value, list) else known[1].value
    said = json.dumps([*earlier, *results], ensure_ascii=False)
    if known is not None:
        return f"{text[: known[0].end]}: {said}{text[known[1].end :]}"
    if root.flow:
        return f'{text[: root.end - 1].rstrip()}, "results": {said}{text[root.end - 1 :]}'
    lines = [json.dumps(each, ensure_ascii=False) for each in results]
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}results:\n" + "".join(f"- {line}\n" for line in lines)


def _value(text: str) -> Plain:
    found = [document.value for document in parse(SourceText(STDIN, text), lambda _: True).documents]
    return next((each for each in found if each is not None), None)


def _what(value: Plain) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "a text or number" if value is not None else "nothing"
