"""Finds the files that have a signature beside them: to change such a file is to break it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

#: Endings that programs give a detached signature: GnuPG, cosign (sign-blob), minisign, signify.
_ENDINGS = (".asc", ".sig", ".sigstore", ".sigstore.json", ".cosign.bundle", ".minisig")


def signed(names: Iterable[str]) -> frozenset[str]:
    """Return those of the files that have a signature beside them; each folder is looked at once."""
    files = list(names)
    beside = {folder: _signed_in(folder) for folder in {posixpath.dirname(name) for name in files}}
    return frozenset(name for name in files if posixpath.basename(name) in beside[posixpath.dirname(name)])


def _signed_in(folder: str) -> frozenset[str]:
    """Return the names in a folder that have a signature beside them."""
    try:
        names = [entry.name for entry in Path(folder or ".").iterdir() if entry.name.endswith(_ENDINGS)]
    except OSError:
        # Whoever reads the file says what is wrong there.
        return frozenset()
    return frozenset(name.removesuffix(ending) for name in names for ending in _ENDINGS if name.endswith(ending))
