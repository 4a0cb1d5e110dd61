"""Owns the namespaces that kustomizations give: objects that they list are where they say, whatever the files say."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from harden.beside.listing import entries, namespace_in
from harden.kube.bundle import Bundle, Member
from harden.kube.kustomize import NAMES
from harden.model.kube import Resource, dig
from harden.model.record import Record
from harden.model.text import SourceText

#: Objects that are in no namespace (Kubernetes API reference), as far as a namespace would change what is said of them.
_CLUSTER_WIDE = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass"})


class _Kustomization(Record):
    """What one kustomization says: the files and folders that it lists, as normalised paths, and its namespace."""

    folder: str
    resources: frozenset[str]
    namespace: str | None


class Moved:
    """Tells in which namespace the objects of a file end up; `text` returns what a file holds, None for nothing."""

    def __init__(self, names: Iterable[str], text: Callable[[str], SourceText | None]) -> None:
        folders = {posixpath.dirname(posixpath.normpath(name)) for name in names}
        above = {posixpath.normpath(posixpath.join(folder, "..")) for folder in folders}
        near = sorted(folders | {"" if folder == "." else folder for folder in above})
        paths = (posixpath.join(folder, name) for folder in near for name in sorted(NAMES))
        self._all = [_read(path, source) for path in paths if (source := text(path)) is not None]

    def bundle(self, bundle: Bundle) -> Bundle:
        """Return the bundle with each object where kustomizations put it; where they disagree it stays."""
        targets = {source: self.namespace(source) for source in {one.source for one in bundle.resources}}
        if not any(targets.values()):
            return bundle
        new = {id(one): _moved(one, targets[one.source]) for one in bundle.resources}
        members = tuple(
            Member(new[id(one.resource)], one.workload._replace(namespace=new[id(one.resource)].namespace))
            for one in bundle.members
        )
        return Bundle(tuple(new[id(one)] for one in bundle.resources), members)

    def namespace(self, source: str) -> str | None:
        """Return the one namespace that the kustomizations give which list a file, themselves or by its folder."""
        found: set[str] = set()
        todo, done = [posixpath.normpath(source)], set[str]()
        while todo:
            path = todo.pop()
            done.add(path)
            for one in self._all:
                if path in one.resources:
                    found |= set() if one.namespace is None else {one.namespace}
                    todo += [one.folder] if one.folder not in done else []
        return found.pop() if len(found) == 1 else None


def _read(path: str, source: SourceText) -> _Kustomization:
    folder = posixpath.dirname(path)
    listed = frozenset(posixpath.normpath(posixpath.join(folder, one)) for one in entries(source))
    return _Kustomization(folder or ".", listed, namespace_in(source))


def _moved(one: Resource, namespace: str | None) -> Resource:
    if namespace is None or one.kind in _CLUSTER_WIDE or one.namespace == namespace:
        return one
    metadata = dig(one.data, "metadata")
    if not isinstance(metadata, dict):
        return one
    return one._replace(namespace=namespace, data={**one.data, "metadata": {**metadata, "namespace": namespace}})
