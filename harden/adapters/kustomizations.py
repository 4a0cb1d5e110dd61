"""Reads the kustomizations beside the files of a run, and in the folders above, that are not among the files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from harden.adapters.files import look
from harden.kube import kustomization
from harden.kube.kustomization import NAMES, Kustomization
from harden.model.text import SourceText
from harden.source.read import decode


def kustomizations_near(names: Iterable[str]) -> tuple[Kustomization, ...]:
    """Return the kustomizations beside `names`, or a folder above.

    Those among `names` are passed over: the engine reads those itself. What cannot be read is, too: it is not what the
    run was asked for.
    """
    given = {posixpath.normpath(name) for name in names}
    beside = {posixpath.dirname(name) for name in given}
    folders = beside | {posixpath.normpath(posixpath.join(folder, "..")) for folder in beside}
    found: list[Kustomization] = []
    for folder in sorted(folders):
        for name in sorted(posixpath.join("" if folder == "." else folder, name) for name in NAMES):
            source = None if name in given else text_beside(name)
            each = None if source is None else kustomization.read(source, text_beside)
            found += [] if each is None else [each]
    return tuple(found)


def text_beside(name: str) -> SourceText | None:
    """Return what a file holds, None where there is none or it cannot be read."""
    data = look(name)
    source = decode(name, data) if isinstance(data, bytes) else None
    return source if isinstance(source, SourceText) else None
