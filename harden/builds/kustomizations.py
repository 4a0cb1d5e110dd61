"""What the `images:` of kustomizations make of an image (kubectl.docs.kubernetes.io, kustomization, images)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property

from harden.builds.builds import below, documents, list_of
from harden.builds.files import Files
from harden.kube.kustomizations import NAMES
from harden.kube.kustomize_images import image_changes
from harden.kube.kustomize_images import renamed as renamed_by
from harden.model.text import Plain

_STEPS = 50


class Kustomizations:
    """The kustomizations of a repository, by their folders."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def names(self, image: str, manifest: str) -> tuple[str, ...]:
        """Return what overlays make of an image in a manifest, a path below the root; the image itself without any."""
        found: dict[str, None] = {}
        waiting = [(folder, image) for folder in self._listers.get(manifest, ())]
        seen: set[tuple[str, str]] = set()
        while waiting and len(seen) < _STEPS:
            folder, name = state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            renamed = renamed_by(name, image_changes(self._all[folder].get("images")))
            if renamed != image:
                found[renamed] = None
            waiting += [(above, renamed) for above in self._listers.get(folder, ())]
        return tuple(found) or (image,)

    @cached_property
    def _listers(self) -> dict[str, list[str]]:
        """Return the folders of the kustomizations that list a file, or the folder of another, by its path."""
        found: dict[str, list[str]] = {}
        for folder, value in self._all.items():
            for path in dict.fromkeys(_listed(folder, value)):
                if path != folder:
                    found.setdefault(path, []).append(folder)
        return found

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
