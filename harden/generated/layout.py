"""Chooses where companions go: the folder beside the manifests that they are for, and the name of each file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

from harden.kube.accounts import account_of
from harden.kube.bundle import Member
from harden.kube.kustomization import read
from harden.kube.kustomizations import NAMES
from harden.kube.secrets import secret_names
from harden.model.finding import GeneratedObject
from harden.model.record import Record
from harden.model.text import SourceText

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Target(Record):
    """A folder for companions, and the kustomization that is to list them, if there is one."""

    folder: str
    kustomization: str | None


class LayoutInput(Record):
    """What places are found from: the workloads, the names of all files, the folder that was asked for, if any.

    `text` returns what a file holds, None where there is none; `fallback` is the namespace of what names none.
    """

    members: Sequence[Member]
    names: tuple[str, ...]
    text: Callable[[str], SourceText | None]
    folder: str | None
    fallback: str


class Layout:
    """Finds the places of companions from those of the workloads."""

    def __init__(self, layout_input: LayoutInput) -> None:
        self._ground = layout_input
        self._listed: dict[str, frozenset[str] | None] = {}
        #: The workloads of a namespace, and the home of what is for all of them.
        self._own: dict[str, list[Member]] = {}
        for member in layout_input.members:
            self._own.setdefault(member.resource.effective_namespace, []).append(member)
        self._homes: dict[str, Target] = {}
        self._listing: dict[str, frozenset[str | None]] = {}
        self._named: dict[str, dict[tuple[bool, str], list[str]]] = {}

    def place(self, companion: GeneratedObject, sources: Iterable[str] = ()) -> tuple[str, Target]:
        """Return the file of a companion, and its home; `sources` are the files that it is made for, if known."""
        target = self._home(companion, list(sources))
        return posixpath.join(target.folder, file_name(companion)), target

    def _home(self, companion: GeneratedObject, sources: list[str]) -> Target:
        layout_input = self._ground
        if layout_input.folder is not None:
            return Target(layout_input.folder, self._kustomization_in(layout_input.folder))
        namespace = companion.name if companion.kind == "Namespace" else companion.namespace or layout_input.fallback
        own = self._own.get(namespace, [])
        if companion.kind in _NEEDED and len(self._listers(namespace)) > 1:
            # Applied without its workload's kustomization, it would keep the pods from starting.
            users = sources or self._users(namespace).get((companion.kind == "ServiceAccount", companion.name))
            if users:
                return self._home_of(users)
        if namespace not in self._homes:
            everything = list(dict.fromkeys(each.resource.source for each in own))
            self._homes[namespace] = self._home_of(everything or list(layout_input.names))
        return self._homes[namespace]

    def _users(self, namespace: str) -> dict[tuple[bool, str], list[str]]:
        """Return the files of a namespace's workloads by the accounts and Secrets that they name; True for accounts."""
        if namespace not in self._named:
            found = self._named[namespace] = {}
            for each in self._own.get(namespace, []):
                secrets = ((False, name) for name in dict.fromkeys(secret_names(each.workload)))
                for key in ((True, account_of(each.workload)), *secrets):
                    found.setdefault(key, []).append(each.resource.source)
        return self._named[namespace]

    def _listers(self, namespace: str) -> frozenset[str | None]:
        """Return the kustomizations that list files of a namespace's workloads, None among them where none does."""
        if namespace not in self._listing:
            own = dict.fromkeys(each.resource.source for each in self._own.get(namespace, []))
            self._listing[namespace] = frozenset(self._lister(each) for each in own)
        return self._listing[namespace]

    def _home_of(self, sources: list[str]) -> Target:
        listers = {self._lister(source) for source in sources}
        only = next(iter(listers)) if len(listers) == 1 else None
        if only is not None:
            return Target(posixpath.dirname(only), only)
        folder = common_folder(sources)
        return Target(folder, self._kustomization_in(folder))

    def _lister(self, source: str) -> str | None:
        """Return the kustomization beside a file, or in the folder above, that lists it."""
        own = posixpath.normpath(source)
        folder = posixpath.dirname(own)
        above = posixpath.normpath(posixpath.join(folder, ".."))
        for near in dict.fromkeys((folder, "" if above == "." else above)):
            found = self._kustomization_in(near)
            if found is not None and own in (self._resources(found) or ()):
                return found
        return None

    def _kustomization_in(self, folder: str) -> str | None:
        paths = (posixpath.join(folder, name) for name in sorted(NAMES))
        return next((path for path in paths if self._resources(path) is not None), None)

    def _resources(self, path: str) -> frozenset[str] | None:
        """Return what a kustomization lists as normalised paths, None where there is none."""
        if path not in self._listed:
            source = self._ground.text(path)
            kustomization = None if source is None else read(source)
            self._listed[path] = None if kustomization is None else kustomization.resources
        return self._listed[path]


#: Kinds of objects without which pods do not start that name them.
_NEEDED = frozenset({"ServiceAccount", "Secret", "ExternalSecret"})


def file_name(companion: GeneratedObject) -> str:
    """Return the name of the file that holds all companions of this kind and namespace; Secrets have one each.

    So whoever replaces a value, and has edited the file by that, still gets the others.
    """
    kind = _WORDS.sub("-", companion.kind).lower()
    if companion.kind in {"Secret", "ExternalSecret"}:
        kind = f"{kind}-{_NOT_IN_NAMES.sub('-', companion.name)}"
    namespace = companion.name if companion.kind == "Namespace" else companion.namespace
    parts = ("harden", kind) if namespace is None else ("harden", kind, _NOT_IN_NAMES.sub("-", namespace))
    return f"{'-'.join(parts)}.yaml"


def common_folder(names: Sequence[str]) -> str:
    """Return the folder that holds all files, relative where all names are; "" is the current one."""
    folders = [posixpath.dirname(posixpath.normpath(name)) for name in names]
    if all(folder == folders[0] for folder in folders):
        return folders[0]
    found = posixpath.commonpath([posixpath.abspath(folder) for folder in folders])
    if any(posixpath.isabs(folder) for folder in folders):
        return found
    relative = posixpath.relpath(found)
    return "" if relative == "." else relative


def relative(names: Iterable[str], folder: str) -> tuple[str, ...]:
    """Return names as they are found from a folder, sorted."""
    return tuple(sorted(posixpath.relpath(name, folder or ".") for name in names))
