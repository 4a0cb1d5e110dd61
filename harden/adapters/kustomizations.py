"""Owns finding out which of the files are kustomize patches when their kustomization is not among the files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from harden.adapters.files import read
from harden.engine.run import patches_of
from harden.kube.kustomize import NAMES
from harden.model.report import Problem
from harden.source.read import decode


def patches_near(names: Iterable[str]) -> dict[str, str]:
    """Return the patch files that kustomizations beside `names`, or a folder above, name; each with its kustomization.

    Kustomizations among `names` are passed over: the pipeline reads those itself. One that cannot be read is, too: it
    is not what the run was asked for.
    """
    given = {posixpath.normpath(name) for name in names}
    beside = {posixpath.dirname(name) for name in given}
    folders = beside | {posixpath.normpath(posixpath.join(folder, "..")) for folder in beside}
    found: dict[str, str] = {}
    for folder in sorted(folders):
        for name in sorted(posixpath.join("" if folder == "." else folder, name) for name in NAMES):
            if name not in given and posixpath.exists(name):
                found.update(_patches(name))
    return found


def _patches(name: str) -> dict[str, str]:
    data = read(name)
    source = decode(name, data) if isinstance(data, bytes) else data
    return patches_of(source) if not isinstance(source, Problem) else {}
