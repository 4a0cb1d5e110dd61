"""Follows paths in a container: which mount a path lies in, by its name or by the links that every distribution has."""

from __future__ import annotations

from functools import lru_cache

from harden.starts.reader import Container, Mount

#: Folders that links of every big distribution lead to (Filesystem Hierarchy Standard 3.0, 3.15 and 5.13).
_LINKS = (("/var/run", "/run"), ("/var/lock", "/run/lock"))


@lru_cache(maxsize=1024)
def plain(path: str) -> str:
    """Return a path without empty and `.` parts, links followed."""
    flat = "/" + "/".join(part for part in path.split("/") if part not in {"", "."})
    for link, target in _LINKS:
        if flat == link or flat.startswith(f"{link}/"):
            return target + flat[len(link) :]
    return flat


def within(path: str, folder: str) -> bool:
    """Return whether a path is a folder, or lies in it."""
    above, below = plain(folder), plain(path)
    return above in {"/", below} or below.startswith(f"{above}/")


def covering(container: Container, path: str, *, writable: bool = False) -> Mount | None:
    """Return the mount that a path lies in, the deepest; with `writable` None where it is read-only."""
    found = [mount for mount in container.mounts if mount.path and within(path, mount.path)]
    deepest = max(found, key=lambda mount: len(plain(mount.path)), default=None)
    if deepest is None or (writable and deepest.read_only):
        return None
    return deepest
