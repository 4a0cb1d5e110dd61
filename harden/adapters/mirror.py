"""Writes the hardened files into a folder of their own, with all that lies beside them, whole or not at all.

The files that were looked at are written as they come out; the others of the same folders are copied, so that what
names them (a kustomization, a chart) still finds them. Not copied are what Git ignores and the folders of tools, which
nobody keeps in a repository, and links that lead out of the folders.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harden.adapters.ignore import entered, rules_above
from harden.adapters.walk import TOOL_FOLDERS
from harden.errors import HardenError
from harden.model import filename
from harden.model.record import Record
from harden.model.report import FileReport


class Mirrored(Record):
    """What came of it: how many files are there, and which links were left out because they lead out."""

    files: int
    left_out: tuple[str, ...]


def demand_new(target: str, paths: Sequence[str]) -> None:
    """Raise HardenError for a folder that has something in it, or that is one of the paths: no input is written to."""
    where = Path(target)
    if where.exists() and (not where.is_dir() or any(where.iterdir())):
        raise HardenError(f"--output-dir: {target}: is there already, and not an empty folder: name a new one")
    if not where.absolute().parent.is_dir():
        raise HardenError(f"--output-dir: {target}: the folder that it would stand in does not exist")
    real = filename.real(target)
    if any(filename.real(path) == real for path in paths):
        raise HardenError(f"--output-dir: {target}: is what harden reads: name another folder")


def mirror(target: str, reports: Sequence[FileReport], paths: Sequence[str]) -> Mirrored:
    """Write the result of a run into a new folder; raises OSError where that cannot be done, and leaves nothing then.

    Names are relative to the current folder, as far as it holds all files, else to the folder that holds them all.
    """
    results = {_real(report.name): report for report in reports}
    roots = [root for root in map(filename.real, paths) if os.path.isdir(root)]  # noqa: PTH112 - names are texts
    final = filename.real(target)
    fresh = f"{os.path.dirname(final)}/.harden-{os.getpid()}-{os.urandom(4).hex()}.tmp"  # noqa: PTH120 - see above
    beside = [path for root in roots for path in every_file(root, {final})]
    named = {_real(path) for path in paths}
    followed = {real for path in beside if (real := _followed(path, roots)) in results and real not in named}
    own = {real: report for real, report in results.items() if real not in followed}
    base = _base([*own, *roots, *(os.path.dirname(name) for name in named - set(roots))])  # noqa: PTH120 - see above
    writer = _Writer(fresh, base, roots, {real: results[real] for real in followed})
    try:
        for real, report in own.items():
            writer.write(real, report)
        for path in sorted(named):
            if os.path.islink(path) and path not in roots:  # noqa: PTH114 - see above
                writer.link(path)
        for path in beside:
            writer.copy(path)
        with suppress(FileNotFoundError):
            Path(final).rmdir()
        Path(fresh).rename(final)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return Mirrored(len(writer.done), tuple(sorted(writer.left_out)))


class _Writer:
    """Writes files below `fresh` under their names below `base`; `done` are the absolute names of their originals.

    `followed` are files outside of the folders that links in them lead to: they stand where the links do.
    """

    def __init__(self, fresh: str, base: str, roots: list[str], followed: Mapping[str, FileReport]) -> None:
        self._roots = roots
        self._followed = followed
        self.done: set[str] = set()
        self.left_out: list[str] = []
        self._fresh = fresh
        self._base = base
        Path(fresh).mkdir(mode=0o777)

    def write(self, real: str, report: FileReport, at: str | None = None) -> None:
        """Write a file that was looked at, as it comes out, in its own place or in that of another one."""
        if report.before is None or report.after is None:
            self.copy(real)
            return
        place = self._place(real if at is None else at)
        place.write_bytes(report.before.encode(report.after))
        if not report.created:
            place.chmod(stat.S_IMODE(Path(real).stat().st_mode))

    def copy(self, path: str) -> None:
        """Copy a file as it is; a link stays one."""
        if path in self.done:
            return
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            self.link(path)
        elif stat.S_ISREG(mode):
            place = self._place(path)
            shutil.copyfile(path, place)
            place.chmod(stat.S_IMODE(mode))

    def link(self, path: str) -> None:
        """Make a link again that leads to what lies in the tree."""
        if path in self.done:
            return
        leads_to = filename.real(path)
        if leads_to in self._followed:
            self.write(leads_to, self._followed[leads_to], path)
            return
        if leads_to not in self.done and not any(_is_below(leads_to, root) for root in self._roots):
            self.left_out.append(filename.relative(path))
            return
        text = os.readlink(path)  # noqa: PTH115 - its very text
        there = posixpath.relpath(leads_to, os.path.dirname(path)) if os.path.isabs(text) else text  # noqa: PTH117, PTH120
        self._place(path).symlink_to(there)

    def _place(self, path: str) -> Path:
        place = Path(self._fresh, filename.relative(path, self._base))
        place.parent.mkdir(parents=True, exist_ok=True)
        self.done.add(path)
        return place


def _real(name: str) -> str:
    """Return the absolute name of a file in a folder without links; the file itself may be one."""
    folder, last = os.path.split(filename.absolute(name))
    return posixpath.join(filename.real(folder), last)


def _base(names: Iterable[str]) -> str:
    here = filename.real(".")
    every = list(names)
    if all(name == here or _is_below(name, here) for name in every):
        return here
    common = posixpath.commonpath(every)
    return common if os.path.isdir(common) else os.path.dirname(common)  # noqa: PTH112, PTH120 - see above


def _followed(path: str, roots: Sequence[str]) -> str:
    """Return where a link leads that leaves the folders, "" for any other file."""
    real = filename.real(path)
    leaves = os.path.islink(path) and not any(_is_below(real, root) for root in roots)  # noqa: PTH114 - see above
    return real if leaves else ""


def every_file(root: str, others: set[str]) -> Iterator[str]:
    """Yield all files and links below a folder but what Git ignores, folders of tools, and these `others`.

    Names are absolute, and so must be those that are given, without links.
    """
    waiting = [(root, rules_above(root))]
    while waiting:
        folder, above = waiting.pop()
        rules = entered(above, folder)
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            path, is_folder = filename.of(entry), entry.is_dir(follow_symlinks=False)
            if (is_folder and entry.name in TOOL_FOLDERS) or entry.name == ".git" or path in others:
                continue
            if rules.ignore(path, is_folder=is_folder):
                continue
            if is_folder:
                waiting.append((path, rules))
            else:
                yield path


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/")
