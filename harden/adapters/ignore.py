"""Reads what Git's ignore files say of a path: `.gitignore` in each folder, and `.git/info/exclude`."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from harden.adapters.ignore_file import IgnoreFile
from harden.model.record import Record
from harden.source.regular import read_regular


class Rules(Record):
    """The ignore rules that hold in a folder: one (folder, rules) per ignore file, the farthest first."""

    files: tuple[tuple[str, IgnoreFile], ...] = ()

    def within(self, folder: str) -> Rules:
        """Return the rules that hold in `folder`, an absolute path: those so far and its own `.gitignore`."""
        spec = _read(Path(folder, ".gitignore"))
        return self if spec is None else Rules((*self.files, (folder, spec)))

    def ignore(self, path: str, *, is_folder: bool) -> bool:
        """Return whether Git ignores `path`, an absolute path; the nearest ignore file that speaks of it decides."""
        for folder, spec in reversed(self.files):
            below = path[len(folder.rstrip("/")) + 1 :]
            said = spec.ignores(below, is_folder=is_folder)
            if said is not None:
                return said
        return False


def rules_above(folder: str) -> Rules:
    """Return the rules that hold for the folder itself (absolute, real): those of its repository down to its parent.

    There are none without a repository around it, none for a repository's own root, and none where they ignore the
    folder itself or one above it: whoever names an ignored folder wants what is in it.
    """
    chain = [Path(folder)]
    while not is_root(chain[-1].as_posix()):
        if chain[-1].parent == chain[-1]:
            return Rules()
        chain.append(chain[-1].parent)
    chain.reverse()
    rules = Rules()
    for outer, inner in pairwise(chain):
        rules = entered(rules, outer.as_posix())
        if rules.ignore(inner.as_posix(), is_folder=True):
            return Rules()
    return rules


def entered(rules: Rules, folder: str) -> Rules:
    """Return the rules that hold in `folder` where `rules` hold for it; the root of a repository starts afresh."""
    if not is_root(folder):
        return rules.within(folder)
    spec = _read(_git_folder(Path(folder)) / "info" / "exclude")
    return (Rules() if spec is None else Rules(((folder, spec),))).within(folder)


def is_root(folder: str) -> bool:
    """Return whether a folder is the root of a Git working tree."""
    return Path(folder, ".git").exists()


def _git_folder(root: Path) -> Path:
    """Return the folder that holds `info`; in a linked worktree and in a submodule `.git` is a file that names it."""
    place = root / ".git"
    if place.is_dir():
        return place
    named = root / _text(place).removeprefix("gitdir:").strip()
    return named / _text(named / "commondir").strip()


def _read(path: Path) -> IgnoreFile | None:
    text = _text(path)
    if not any(line.strip() and not line.startswith("#") for line in text.split("\n")):
        return None
    return IgnoreFile(text)


def _text(path: Path) -> str:
    """Return what a file says, and "" where it cannot be read: Git goes on without it, too.

    What is no regular file or far too long is passed over: so more is looked at, not less.
    """
    try:
        return read_regular(path, _LIMIT).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


#: Ignore files that people keep have some kilobytes.
_LIMIT = 4 * 1024 * 1024
