"""Makes the patches of a run: one for each object that hardening changes, by the objects before and after."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from harden.model.record import Record
from harden.model.text import Plain
from harden.patches.json_patch import json_patch
from harden.patches.merge import UnmergeableError, merge_patch
from harden.patches.objects import Known

Objects = Mapping[tuple[str, str, str, str], Known]


class Target(Record):
    """Which object a patch is for; `name` and `namespace` ("" for any) are as in the object."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str

    def selector(self) -> dict[str, Plain]:
        """Return it as kustomize selects objects: names are regular expressions from start to end."""
        words = (("group", self.group), ("version", self.version), ("kind", self.kind))
        names = (("name", re.sub(r"[.]", r"\\.", self.name)), ("namespace", self.namespace))
        return {key: word for key, word in (*words, *names) if word}


class Patch(Record):
    """A patch: what it is for, and its content, an object for a strategic merge patch, else a list of operations."""

    target: Target
    content: dict[str, Plain] | list[Plain]

    @property
    def is_merge(self) -> bool:
        """Return whether it is a strategic merge patch, which names its object itself."""
        return isinstance(self.content, dict)


def patches_of(before: Objects, after: Objects) -> Iterator[Patch]:
    """Yield a patch for each object that is another one afterwards, or gone; new objects are no patch's affair."""
    alike = Counter(map(_named, before.values()))
    for key, old in before.items():
        target = _target(old, is_only=alike[_named(old)] == 1)
        new = after.get(key)
        if new is None:
            yield Patch(target, {**_head(old), "$patch": "delete"})
        elif new.value != old.value:
            yield _changed(old, new, target)


def _changed(old: Known, new: Known, target: Target) -> Patch:
    try:
        merged = merge_patch(old.api_version, old.value, new.value)
    except UnmergeableError:
        return Patch(target, list(json_patch(old.value, new.value)))
    return Patch(target, _joined(_head(old), merged))


def _head(known: Known) -> dict[str, Plain]:
    metadata: dict[str, Plain] = {"name": known.name, **({"namespace": known.namespace} if known.namespace else {})}
    return {"apiVersion": known.api_version, "kind": known.kind, "metadata": metadata}


def _joined(head: dict[str, Plain], merged: dict[str, Plain]) -> dict[str, Plain]:
    own, metadata = merged.get("metadata"), head["metadata"]
    if isinstance(own, dict) and isinstance(metadata, dict):
        head = {**head, "metadata": {**metadata, **own}}
    return {**head, **{key: value for key, value in merged.items() if key != "metadata"}}


def _target(known: Known, *, is_only: bool) -> Target:
    namespace = known.namespace or ("" if is_only else "default")
    return Target(known.group, known.api_version.rpartition("/")[2], known.kind, known.name, namespace)


def _named(known: Known) -> tuple[str, str, str]:
    return known.group, known.kind, known.name
