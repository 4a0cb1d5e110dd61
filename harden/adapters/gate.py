"""Finds every file of a tree for `harden check --gate`: nothing that the tree says of itself leaves one out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from harden.adapters import files
from harden.adapters.globs import Globs
from harden.adapters.walk import Discovery
from harden.engine.assembled import uses
from harden.model import filename
from harden.model.report import Problem, Stage

#: The folder in which Git keeps its own; no path of a commit has a step of this name (git, verify_path).
_OF_GIT = ".git"
#: Manifests that nobody sees without unpacking them: charts as `helm package` makes them.
_PACKED = (".tgz", ".tar.gz")


def every_file(paths: Sequence[str], *, include: Sequence[str], exclude: Sequence[str]) -> Discovery:
    """Return all regular files below `paths`, hidden, ignored or of whatever name, sorted.

    `include` and `exclude` are what the user says, never the tree; both hold for paths as well as for names. What
    cannot be looked at is a problem: links out of the tree, packed charts, pipes and devices, folders that cannot be
    read. Links to what is below `paths` are passed over: it is looked at under its own name. Those stay by whose name a
    tool takes it for what its own name does not show.
    """
    here = Path.cwd().as_posix()
    wanted = Globs(include, here) if include else None
    unwanted = Globs(exclude, here)
    roots = [Path(path).resolve() for path in paths]
    found: dict[str, None] = {}
    problems: list[Problem] = []
    for path in paths:
        for name, said in _below(Path(path).as_posix(), unwanted, roots):
            whole = filename.absolute(name)
            if said is not None:
                problems.append(Problem(name, Stage.READ, said))
            elif wanted is None or wanted.matches(whole, Path(name).name):
                found[name] = None
    return Discovery(tuple(sorted(found)), (), tuple(problems))


def _below(start: str, unwanted: Globs, roots: Sequence[Path]) -> Iterator[tuple[str, str | None]]:
    """Yield each file with None, and each thing that cannot be looked at with the reason."""
    waiting = [start]
    while waiting:
        name = waiting.pop()
        try:
            mode = Path(name).lstat().st_mode if name != start else Path(name).stat().st_mode
            entries = sorted(os.listdir(name)) if stat.S_ISDIR(mode) else []  # noqa: PTH208 - names alone
        except (OSError, ValueError) as error:
            yield name, files.unreadable(name, error).message
            continue
        if stat.S_ISDIR(mode):
            inner = [entry if name == "." else f"{name.rstrip('/')}/{entry}" for entry in entries if entry != _OF_GIT]
            waiting += [each for each in inner if not unwanted.matches(filename.absolute(each), Path(each).name)]
        elif stat.S_ISLNK(mode):
            target = _target(Path(name))
            if target is not None and not _is_inside(target, roots):
                yield name, "is a link out of what is looked at"
            elif target is not None and target.is_file() and uses(name) - uses(target.as_posix()):
                yield name, None
        elif not stat.S_ISREG(mode):
            yield name, "is no regular file"
        else:
            yield name, "is packed: what is in it is not seen" if name.lower().endswith(_PACKED) else None


def _target(link: Path) -> Path | None:
    """Return what a link leads to; None for nothing, or a circle: nobody reads anything through it."""
    try:
        return link.resolve(strict=True)
    except (OSError, RuntimeError):
        return None


def _is_inside(target: Path, roots: Sequence[Path]) -> bool:
    return any(target == root or target.is_relative_to(root) for root in roots) and _OF_GIT not in target.parts
