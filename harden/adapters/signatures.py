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
    beside = {folder: _entries(folder) for folder in {posixpath.dirname(name) for name in files}}
    return frozenset(
        name
        for name in files
        if any(posixpath.basename(name) + ending in beside[posixpath.dirname(name)] for ending in _ENDINGS)
    )


def _entries(folder: str) -> frozenset[str]:
    try:
        return frozenset(entry.name for entry in Path(folder or ".").iterdir())
    except OSError:
        # Whoever reads the file says what is wrong there.
        return frozenset()
