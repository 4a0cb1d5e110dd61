"""Reads the kustomizations beside the files of a run, and in the folders above, that are not among the files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harden.adapters.files import look
from harden.kube.kustomizations import NAMES
from harden.model.text import SourceText
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.kube.kustomization import Kustomization


def kustomizations_near(names: Iterable[str]) -> tuple[Kustomization, ...]:
    """Return the kustomizations beside `names`, or a folder above.

    Those among `names` are passed over: the engine reads those itself. What cannot be read is, too: it is not what the
    run was asked for.
    """
    given = {posixpath.normpath(name) for name in names}
    beside = {posixpath.dirname(name) for name in given}
    folders = beside | {posixpath.normpath(posixpath.join(folder, "..")) for folder in beside}
    paths = (
        posixpath.join("" if folder == "." else folder, name) for folder in sorted(folders) for name in sorted(NAMES)
    )
    sources = [source for path in paths if path not in given and (source := text_beside(path)) is not None]
    if not sources:
        return ()
    from harden.kube.kustomization import read  # noqa: PLC0415 - only where there is one

    found = (read(source, text_beside) for source in sources)
    return tuple(each for each in found if each is not None)


def text_beside(name: str) -> SourceText | None:
    """Return what a file holds, None where there is none or it cannot be read."""
    data = look(name)
    source = decode(name, data) if isinstance(data, bytes) else None
    return source if isinstance(source, SourceText) else None
