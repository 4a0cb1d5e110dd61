"""Finds the objects of texts by what tells them apart for kustomize."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.model.kube import dig
from harden.model.plain import as_word
from harden.model.record import Record
from harden.model.text import Plain, SourceText
from harden.source.parse import parse


class Known(Record):
    """An object: its API version, kind, name, namespace ("" where it names none), value, and the text of its document.

    `is_whole` says that the document holds this object alone.
    """

    api_version: str
    kind: str
    name: str
    namespace: str
    value: dict[str, Plain]
    text: str
    is_whole: bool

    @property
    def group(self) -> str:
        """Return the API group, "" for the core."""
        return self.api_version.rpartition("/")[0]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what tells it from other objects in a build (sigs.k8s.io/kustomize, resid.ResId)."""
        return self.group, self.kind, self.namespace or "default", self.name


class Nameless(Record):
    """An object without a name, which no build of kustomize takes; `source` is the name of its text."""

    source: str
    kind: str
    generated: str


class Twice(Record):
    """Two objects of one identity, which no build of kustomize takes."""

    first: Known


def objects_of(sources: Iterable[SourceText]) -> dict[tuple[str, str, str, str], Known] | Twice | Nameless:
    """Return the objects of texts by their keys, in order, or the first that keeps kustomize from building them."""
    found: dict[tuple[str, str, str, str], Known] = {}
    for source in sources:
        for document in parse(source, lambda _: True).documents:
            text = source.text[document.start : document.end]
            for value in flat(document.value):
                words = (as_word(value.get("apiVersion")), as_word(value.get("kind")))
                names = (as_word(dig(value, "metadata", "name")), as_word(dig(value, "metadata", "namespace")))
                known = Known(*words, *names, value, text, is_whole=value is document.value)
                if not (known.api_version and known.kind):
                    continue
                if dig(value, "metadata", "name") is None or dig(value, "metadata", "name") == "":
                    return Nameless(source.name, known.kind, as_word(dig(value, "metadata", "generateName")))
                if not known.name:
                    continue
                if known.key in found:
                    return Twice(known)
                found[known.key] = known
    return found


def flat(value: Plain) -> Iterator[dict[str, Plain]]:
    """Yield an object, or the items of a List (sigs.k8s.io/kustomize, resource factory, inlineAnyEmbeddedLists)."""
    todo = [value]
    while todo:
        each = todo.pop()
        if not isinstance(each, dict):
            continue
        items = each.get("items")
        if as_word(each.get("kind")).endswith("List") and isinstance(items, list):
            todo.extend(reversed(items))
        else:
            yield each
