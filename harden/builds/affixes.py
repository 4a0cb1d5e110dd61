"""Parts that the images of a repository share in their names: `shop-cart` for the folder `cart`, well guarded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from harden.builds.builds import Build
from harden.builds.files import Files
from harden.builds.folders import Folders, plain
from harden.images.reference import ImageNameError, Reference, parse_reference

_IMAGE = re.compile(r"^\s*(?:-\s+)?image:\s*['\"]?([\w][\w.:/@-]*)", re.MULTILINE)
_MANIFESTS = 3000
#: So many images must share the part, this one counted, and so many of them must lead to a folder without it.
_SHARED_BY, _LEADING = 2, 2


class Affixes:
    """The images of the manifests in a repository, to see which parts of their names they share."""

    def __init__(self, files: Files, folders: Folders) -> None:
        self._files = files
        self._folders = folders

    def builds(self, reference: Reference) -> tuple[Build, ...]:
        """Return the builds that an image leads to without the part that it shares with the repository's others."""
        for cut in _cuts(reference.last):
            own = cut(reference.last)
            found = () if own is None else self._folders.named(own)
            # Few names lead to a folder: only those are worth reading the manifests for.
            if found and self._is_shared(cut, reference):
                return found
        return ()

    def _is_shared(self, cut: _Cut, reference: Reference) -> bool:
        """Return whether enough images of a group have the part, and enough of those lead to a folder without it."""
        group = self._groups.get(reference.name.rpartition("/")[0], set()) | {reference.last}
        short = [name for other in group if (name := cut(other)) is not None]
        return len(short) >= _SHARED_BY and sum(map(bool, map(self._folders.named, short))) >= _LEADING

    @cached_property
    def _groups(self) -> dict[str, set[str]]:
        """Return the last names of the images in the manifests, by registry and organisation."""
        groups: dict[str, set[str]] = {}
        manifests = [path for path in self._files.paths if path.endswith((".yaml", ".yml"))]
        for path in manifests[:_MANIFESTS]:
            for image in _IMAGE.findall(self._files.text(path) or ""):
                try:
                    reference = parse_reference(image)
                except ImageNameError:
                    continue
                groups.setdefault(reference.name.rpartition("/")[0], set()).add(reference.last)
        return groups


class _Cut:
    """Takes a shared part off a name; None where the name does not have it, or nothing is left."""

    def __init__(self, prefix: str, suffix: str) -> None:
        self._prefix = prefix
        self._suffix = suffix

    def __call__(self, name: str) -> str | None:
        if not name.startswith(self._prefix) or not name.endswith(self._suffix):
            return None
        rest = name[len(self._prefix) : len(name) - len(self._suffix)]
        return rest if plain(rest) else None


def _cuts(name: str) -> Iterator[_Cut]:
    ends = [match.end() for match in re.finditer(r"[-_]", name)]
    yield from (_Cut(name[:end], "") for end in ends)
    yield from (_Cut("", name[end - 1 :]) for end in ends)
