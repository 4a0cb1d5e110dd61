"""What the `images:` of kustomizations make of an image (kubectl.docs.kubernetes.io, kustomization, images)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property

from harden.builds.builds import below, documents, list_of
from harden.builds.files import Files
from harden.kube.kustomization import NAMES
from harden.model.text import Plain

_STEPS = 50


class Kustomizations:
    """The kustomizations of a repository, by their folders."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def names(self, image: str, manifest: str) -> tuple[str, ...]:
        """Return what overlays make of an image in a manifest, a path below the root; the image itself without any."""
        found: dict[str, None] = {}
        waiting = [(folder, image) for folder in self._including(manifest)]
        seen: set[tuple[str, str]] = set()
        while waiting and len(seen) < _STEPS:
            folder, name = state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            renamed = _renamed(name, self._all[folder])
            if renamed != image:
                found[renamed] = None
            waiting += [(above, renamed) for above in self._including(folder)]
        return tuple(found) or (image,)

    def _including(self, path: str) -> list[str]:
        """Return the folders of the kustomizations that list a file, or the folder of another."""
        return [folder for folder, value in self._all.items() if path in set(_listed(folder, value)) - {folder}]

    @cached_property
    def _all(self) -> dict[str, Mapping[str, Plain]]:
        found: dict[str, Mapping[str, Plain]] = {}
        for path in self._files.named(*sorted(NAMES)):
            for document in documents(self._files, path):
                found[posixpath.dirname(path)] = document
        return found


def _listed(folder: str, value: Mapping[str, Plain]) -> Iterator[str]:
    for field in ("resources", "bases", "components"):
        for entry in list_of(value.get(field)):
            path = below(folder, entry) if isinstance(entry, str) else None
            if path is not None:
                yield path


def _renamed(image: str, value: Mapping[str, Plain]) -> str:
    """Return an image after the `images:` of a kustomization; kustomize compares names without tag and digest."""
    name, mark, rest = _split(image)
    for entry in list_of(value.get("images")):
        if not isinstance(entry, Mapping) or entry.get("name") != name:
            continue
        new, tag, digest = entry.get("newName"), entry.get("newTag"), entry.get("digest")
        name = new if isinstance(new, str) else name
        if isinstance(digest, str):
            mark, rest = "@", digest
        elif isinstance(tag, str | int | float) and not isinstance(tag, bool):
            mark, rest = ":", str(tag)
        return f"{name}{mark}{rest}"
    return image


def _split(image: str) -> tuple[str, str, str]:
    name, at, digest = image.partition("@")
    if at:
        return name, at, digest
    head, colon, tag = image.rpartition(":")
    return (head, colon, tag) if colon and "/" not in tag else (image, "", "")
