"""Sets companions of earlier runs aside: they are not part of the bundle that new ones are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.companions.signature import Authorship, authorship, body
from harden.kube.bundle import gather
from harden.model.finding import GeneratedObject
from harden.model.kube import Resource
from harden.model.record import Record
from harden.model.text import SourceText
from harden.model.tree import Document
from harden.source.parse import Parsed

_MARKER = re.compile(r"---[ \t]*(?:\r?\n|\Z)")


#: Kinds of objects that hold what stands nowhere else any more: nothing that harden wrote of them is ever dropped.
KEPT = frozenset({"Secret", "ExternalSecret"})


class PreviousObject(Record):
    """What an earlier run wrote in one file or stream; of `kept` objects a later run needs the text."""

    objects: tuple[Resource, ...]
    kept: tuple[GeneratedObject, ...] = ()


class PreviousOutput:
    """The companions of earlier runs, by the name of their file; one that somebody edited is the user's own."""

    def __init__(self, *, is_stream: bool) -> None:
        self._is_stream = is_stream
        self.earlier: dict[str, PreviousObject] = {}

    def __call__(self, source: SourceText, parsed: Parsed) -> Parsed:
        """Return what was parsed without the documents that harden wrote."""
        if self._is_stream:
            ours = [
                document for document in parsed.documents if is_generated(source.text[document.start : document.end])
            ]
        else:
            ours = list(parsed.documents) if authorship(source.text) is Authorship.OURS else []
        if not ours:
            return parsed
        objects = gather(_values(source.name, ours)).resources
        pieces = {our.index: source.text[our.start : our.end] for our in ours}
        kept = (_kept(each, pieces[each.document]) for each in objects if each.kind in KEPT)
        self.earlier[source.name] = PreviousObject(objects, tuple(kept))
        return parsed._replace(documents=tuple(document for document in parsed.documents if document not in ours))

    @property
    def kept(self) -> tuple[GeneratedObject, ...]:
        """Return the objects among them that stay whatever this run finds."""
        return tuple(each for earlier in self.earlier.values() for each in earlier.kept)

    def accounts(self, fallback: str) -> frozenset[tuple[str, str]]:
        """Return the (namespace, name) of the service accounts among them."""
        return frozenset(
            (each.namespace or fallback, each.name)
            for earlier in self.earlier.values()
            for each in earlier.objects
            if each.kind == "ServiceAccount"
        )


def _kept(resource: Resource, piece: str) -> GeneratedObject:
    text = without_signature(piece)
    text = body(text) if text.startswith("# Written by harden") else text
    return GeneratedObject(
        resource.kind, resource.name, resource.namespace, text, "it holds values that stood in manifests"
    )


def is_generated(piece: str) -> bool:
    """Return whether a document of a stream, with the `---` line above it or without, is one that harden wrote."""
    return authorship(without_signature(piece)) is Authorship.OURS


def without_signature(piece: str) -> str:
    """Return a document of a stream without the `---` line above it, with line feeds alone."""
    marker = _MARKER.match(piece)
    return (piece if marker is None else piece[marker.end() :]).replace("\r\n", "\n")


def _values(name: str, documents: list[Document]) -> Iterator[tuple[str, int, object]]:
    for document in documents:
        if not document.is_empty:
            yield name, document.index, document.value
