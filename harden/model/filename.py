"""Names of files as texts with slashes, on Windows too: globs, ignore rules, reports and kustomizations have no others.

Unlike pathlib, these keep `..` where a link may stand before it.
"""

from __future__ import annotations

import os


def real(name: str | os.PathLike[str]) -> str:
    """Return the absolute name of what `name` leads to, without links."""
    return _with_slashes(os.path.realpath(name))


def absolute(name: str | os.PathLike[str]) -> str:
    """Return `name` from the root on; links in it stay."""
    return _with_slashes(os.path.abspath(name))  # noqa: PTH100 - pathlib keeps `..`


def relative(name: str | os.PathLike[str], folder: str | os.PathLike[str] = ".") -> str:
    """Return `name` as seen from `folder`; on Windows, a name on another drive stays absolute."""
    try:
        return _with_slashes(os.path.relpath(name, folder))
    except ValueError:
        return absolute(name)


def of(entry: os.DirEntry[str]) -> str:
    """Return the name of an entry of a folder, as absolute as the folder's was."""
    return _with_slashes(entry.path)


def _with_slashes(name: str) -> str:
    return name if os.sep == "/" else name.replace(os.sep, "/")
