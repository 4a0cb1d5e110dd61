"""Reads what a kustomization generates and what it writes into objects: generators, vars and replacements.

The fields are those of sigs.k8s.io/kustomize, api/types.Kustomization; paths are joined to the folder of the
kustomization and normalised.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

from harden.model.plain import as_list, as_texts, as_word
from harden.model.record import Record
from harden.model.text import SourceText
from harden.source.parse import parse

#: Returns what a file holds, None where there is none.
Look = Callable[[str], SourceText | None]


class Generator(Record):
    """A ConfigMap or Secret that kustomize makes; `files` are (key, path), `literals` as they are written (KEY=value).

    `path` is its place in the kustomization.
    """

    kind: str
    name: str
    namespace: str | None
    literals: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    envs: tuple[str, ...]
    path: tuple[str | int, ...] = ()


class Source(Record):
    """A field of an object, by the object's kind and name; `field` is a path with dots."""

    kind: str
    name: str
    field: str


class Variable(Record):
    """One of `vars`: `$(name)` stands for the field of an object."""

    name: str
    source: Source


class Selected(Record):
    """What a replacement writes into: the fields of objects; "" for any kind or name."""

    kind: str
    name: str
    fields: tuple[str, ...]


class Replacement(Record):
    """One of `replacements`: `text` is a value that stands in it, None where the `source` has it."""

    source: Source
    targets: tuple[Selected, ...]
    text: str | None = None


def generators(folder: str, value: Mapping[str, object]) -> Iterator[Generator]:
    """Yield the generators of a kustomization."""
    for field, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for at, entry in enumerate(as_list(value.get(field))):
            if isinstance(entry, Mapping):
                envs = (*as_texts(entry.get("envs")), *as_texts([entry.get("env")]))
                yield Generator(
                    kind,
                    as_word(entry.get("name")),
                    as_word(entry.get("namespace")) or None,
                    as_texts(entry.get("literals")),
                    tuple(_file(folder, each) for each in as_texts(entry.get("files"))),
                    tuple(joined(folder, env) for env in envs),
                    (field, at),
                )


def _file(folder: str, entry: str) -> tuple[str, str]:
    """Return key and path of a file, which may be given a key: KEY=path."""
    key, equals, path = entry.partition("=")
    return (key, joined(folder, path)) if equals else (posixpath.basename(entry), joined(folder, entry))


def variables(value: object) -> Iterator[Variable]:
    """Yield the `vars` of a kustomization."""
    for entry in as_list(value):
        target, field = (entry.get("objref"), entry.get("fieldref")) if isinstance(entry, Mapping) else (None, None)
        if isinstance(entry, Mapping) and isinstance(target, Mapping):
            path = as_word(field.get("fieldpath") or field.get("fieldPath")) if isinstance(field, Mapping) else ""
            source = Source(as_word(target.get("kind")), as_word(target.get("name")), path or "metadata.name")
            yield Variable(as_word(entry.get("name")), source)


def replacements(folder: str, value: object, look: Look) -> Iterator[Replacement]:
    """Yield the `replacements` of a kustomization, those in files of their own among them."""
    for entry in as_list(value):
        if not isinstance(entry, Mapping):
            continue
        if isinstance(entry.get("path"), str):
            found = look(joined(folder, entry["path"]))
            documents = () if found is None else parse(found, lambda _text: True, sketch=True).documents
            for document in documents:
                inside = document.value if isinstance(document.value, list) else [document.value]
                yield from replacements(folder, inside, lambda _path: None)
            continue
        source, text = entry.get("source"), entry.get("sourceValue")
        targets = tuple(_selected(each) for each in as_list(entry.get("targets")) if isinstance(each, Mapping))
        where = source if isinstance(source, Mapping) else {}
        field = as_word(where.get("fieldPath")) or "metadata.name"
        known = Source(as_word(where.get("kind")), as_word(where.get("name")), field)
        yield Replacement(known, targets, text if isinstance(text, str) else None)


def _selected(target: Mapping[str, object]) -> Selected:
    selects = target.get("select")
    chosen = selects if isinstance(selects, Mapping) else {}
    fields = as_texts(target.get("fieldPaths")) or ("metadata.name",)
    return Selected(as_word(chosen.get("kind")), as_word(chosen.get("name")), fields)


def selects(pattern: str, said: str) -> bool:
    """Return whether a selector means a kind or name: "" means any, and so does what is no regular expression.

    Source: sigs.k8s.io/kustomize, api/types.Selector: patterns match whole words.
    """
    try:
        return pattern == "" or re.fullmatch(pattern, said) is not None
    except re.error:
        return True


def joined(folder: str, path: str) -> str:
    """Return a path that starts at a folder."""
    return posixpath.normpath(posixpath.join(folder, path))
