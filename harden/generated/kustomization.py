"""Lists one more file in a kustomization, with the rest of its text as it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from harden.kube.kustomization import only_document, read
from harden.model.finding import AppendItem
from harden.model.text import SourceText
from harden.source.lower import lower
from harden.source.splice import splice
from harden.verify.unchanged import differs_only_by

#: Where a kustomization lists files (sigs.k8s.io/kustomize, api/types, Kustomization).
_FIELD = "resources"


def with_entries(source: SourceText, names: Iterable[str]) -> str | None:
    """Return the text of a kustomization that also lists `names` (of its folder), None where that cannot be done."""
    kustomization = read(source)
    known = set() if kustomization is None else {posixpath.normpath(each) for each in kustomization.listed}
    changes = [AppendItem((_FIELD,), name) for name in names if name not in known]
    document = only_document(source)
    if document is None or not changes:
        return source.text
    lowered = lower(document, source, changes, {}, ())
    text = splice(source.text, list(lowered.edits))
    after = only_document(source._replace(text=text))
    if lowered.refused or after is None:
        return None
    return text if differs_only_by(document.value, after.value, changes) else None
