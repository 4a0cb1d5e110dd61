"""Owns what a kustomization says about files beside it: which of them are patches and no whole objects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

#: The file names that kustomize looks for (sigs.k8s.io/kustomize, api/konfig.RecognizedKustomizationFileNames).
NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


def is_kustomization(name: str) -> bool:
    """Return whether a file of this name (a path with `/`) is a kustomization."""
    return posixpath.basename(name) in NAMES


def patch_files(name: str, value: object) -> Iterator[str]:
    """Yield the paths of the patch files that the kustomization `name` with this plain value names.

    Paths are joined to the folder of `name` and normalised; inline patches are passed over. The fields are those of
    kustomize's Kustomization type: `patches[].path`, `patchesStrategicMerge[]`, `patchesJson6902[].path` and
    `replacements[].path`.
    """
    if not isinstance(value, Mapping):
        return
    folder = posixpath.dirname(name)
    for field in ("patches", "patchesJson6902", "patchesStrategicMerge", "replacements"):
        entries = value.get(field)
        for entry in entries if isinstance(entries, list) else ():
            path = entry.get("path") if isinstance(entry, Mapping) else entry
            # patchesStrategicMerge may hold a whole patch as text.
            if isinstance(path, str) and "\n" not in path:
                yield posixpath.normpath(posixpath.join(folder, path))
