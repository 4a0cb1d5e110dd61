"""Owns the resources of a kustomization: what it lists, and listing one more with the rest of its text as it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from harden.model.finding import AppendItem
from harden.model.text import SourceText
from harden.model.tree import Document
from harden.source.lower import lower
from harden.source.parse import parse
from harden.source.splice import splice
from harden.verify.unchanged import differs_only_by

#: Where a kustomization lists files (sigs.k8s.io/kustomize, api/types, Kustomization).
_FIELD = "resources"
#: Flux calls an object of its own a Kustomization too.
_GROUP = "kustomize.config.k8s.io/"


def is_listing(source: SourceText) -> bool:
    """Return whether a file is a kustomization that kustomize reads."""
    return _only(source) is not None


def entries(source: SourceText) -> tuple[str, ...]:
    """Return what a kustomization lists, as it is written."""
    document = _only(source)
    value = None if document is None else document.value
    found = value.get(_FIELD) if isinstance(value, dict) else None
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def namespace_in(source: SourceText) -> str | None:
    """Return the namespace that a kustomization gives to all objects, None where it gives none."""
    document = _only(source)
    value = None if document is None else document.value
    found = value.get("namespace") if isinstance(value, dict) else None
    return found if isinstance(found, str) and found != "" else None


def with_entries(source: SourceText, names: Iterable[str]) -> str | None:
    """Return the text of a kustomization that also lists `names` (of its folder), None where that cannot be done."""
    known = {posixpath.normpath(one) for one in entries(source)}
    changes = [AppendItem((_FIELD,), name) for name in names if name not in known]
    document = _only(source)
    if document is None or not changes:
        return source.text
    lowered = lower(document, source, changes, {}, ())
    text = splice(source.text, list(lowered.edits))
    after = _only(source._replace(text=text))
    if lowered.refused or after is None:
        return None
    return text if differs_only_by(document.value, after.value, changes) else None


def _only(source: SourceText) -> Document | None:
    parsed = parse(source, lambda _text: True)
    full = [one for one in parsed.documents if not one.is_empty]
    if parsed.problems or len(full) != 1:
        return None
    value = full[0].value
    if not isinstance(value, dict):
        return None
    group = value.get("apiVersion")
    return full[0] if group is None or (isinstance(group, str) and group.startswith(_GROUP)) else None
