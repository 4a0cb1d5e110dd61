"""What a file has beside its content: owner, mode, and on Linux access lists and labels."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path


def keep(handle: int, target: Path, old: os.stat_result) -> None:
    """Give a new file what the one in its place has; the owner and labels of the system only where it lets us.

    On Windows, files have what their folder gives them, and nothing is done. Raises OSError where access would differ.
    """
    if sys.platform == "win32":
        return
    if sys.platform == "linux":
        # A default ACL of the folder gives the temporary file rights for people that the old one has none for.
        _remove_inherited(handle, target)
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):
            os.fchown(handle, old.st_uid, old.st_gid)
    # After the owner, whose change takes set-id bits away.
    os.fchmod(handle, stat.S_IMODE(old.st_mode))
    if sys.platform == "linux":
        for name in _attributes(target):
            _set(handle, name, os.getxattr(target, name))


if sys.platform == "linux":
    #: What gives access to others; unlike labels, which belong to the system, these have to be as they were.
    _OURS = ("system.posix_acl_access", "user.")

    def _attributes(file: int | Path) -> list[str]:
        try:
            return os.listxattr(file)
        except OSError:
            # A file system without attributes.
            return []

    def _remove_inherited(handle: int, target: Path) -> None:
        for name in set(_attributes(handle)) - set(_attributes(target)):
            if name.startswith(_OURS):
                os.removexattr(handle, name)

    def _set(handle: int, name: str, value: bytes) -> None:
        if name.startswith(_OURS):
            os.setxattr(handle, name, value)
            return
        # Labels that only the system may set.
        with suppress(OSError):
            os.setxattr(handle, name, value)
