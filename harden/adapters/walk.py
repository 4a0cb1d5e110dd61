"""Owns finding the files to work on: paths as people give them, folders walked as linters do."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harden.adapters.files import unreadable
from harden.adapters.globs import Globs
from harden.adapters.ignore import Rules, entered, is_root, rules_above
from harden.model.report import Problem, Stage

#: What is taken from a folder when no --include says otherwise.
ENDINGS = ("*.yaml", "*.yml", "*.json")

#: Folders that are never entered and never counted: they hold what tools put there, not what people keep.
TOOL_FOLDERS = frozenset({".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to read, sorted by name; what was left out of the folders, by reason; what could not be looked at.

    `left_out` counts files that would have been taken otherwise, and each folder that was not entered as one.
    """

    files: tuple[str, ...]
    left_out: tuple[tuple[str, int], ...]
    problems: tuple[Problem, ...]


def discover(paths: Sequence[str], *, include: Sequence[str], exclude: Sequence[str]) -> Discovery:
    """Return the files that `paths` name.

    A file that is named is always taken. Of a folder, the files that match `include` (`ENDINGS` when empty) are taken;
    left out are hidden entries, what Git ignores, what matches `exclude`, a chart's `templates/` (no YAML before
    Helm has rendered them) and links to folders. Names are relative where `paths` are. A file reached by two names is
    taken once, by its own name rather than that of a symbolic link.
    """
    walk = _Walk(Globs(include or ENDINGS), Globs(exclude), f"{Path.cwd().as_posix()}/")
    for path in paths:
        walk.start(path)
    return walk.result()


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to walk: as shown, its absolute path without links, and the ignore rules that hold for itself."""

    name: str
    real: str
    rules: Rules

    def shown(self, entry: str) -> str:
        return entry if self.name == "." else f"{self.name.rstrip('/')}/{entry}"


@dataclass(slots=True)
class _Walk:
    include: Globs
    exclude: Globs
    here: str
    files: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def start(self, path: str) -> None:
        name = Path(path).as_posix()
        try:
            # An empty path is an unset variable of a script, not the current folder.
            mode = Path(path).stat().st_mode if path else None
        except (OSError, ValueError) as error:
            self.problems.append(unreadable(name, error))
            return
        if mode is None:
            self.problems.append(Problem("", Stage.READ, "an empty path names no file"))
        elif stat.S_ISDIR(mode):
            real = os.path.realpath(path)
            self._walk(_Folder(name, real, Rules() if is_root(real) else rules_above(real)))
        else:
            self._take(name, os.path.realpath(path), is_link=Path(path).is_symlink())

    def result(self) -> Discovery:
        for real, name in self.links:
            self.files.setdefault(real, name)
        return Discovery(tuple(sorted(self.files.values())), tuple(sorted(self.counts.items())), tuple(self.problems))

    def _walk(self, start: _Folder) -> None:
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            if folder.real not in self.seen:
                self.seen.add(folder.real)
                waiting.extend(self._look_into(folder))

    def _look_into(self, folder: _Folder) -> list[_Folder]:
        """Take the files of a folder and return the folders in it that are to be walked."""
        entries = self._entries(folder.name, folder.real)
        beside = {entry.name for entry in entries}
        rules = entered(folder.rules, folder.real) if {".gitignore", ".git"} & beside else folder.rules
        inner = []
        for entry in entries:
            shown = folder.shown(entry.name)
            is_folder = _is_folder(entry)
            if (
                entry.name in TOOL_FOLDERS
                if is_folder
                else not self.include.matches(self._from_here(shown), entry.name)
            ):
                continue
            reason = self._reason(entry, shown, rules, beside)
            if reason is not None:
                self._leave(reason, entry, shown)
            elif is_folder:
                inner.append(_Folder(shown, entry.path, rules))
            else:
                self._file(entry, shown)
        return inner

    def _entries(self, name: str, real: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(real) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append(unreadable(name, error))
            return []

    def _reason(self, entry: os.DirEntry[str], shown: str, rules: Rules, beside: set[str]) -> str | None:
        """Return why an entry is left out, None where it is taken; `beside` are the names in its folder."""
        is_folder = _is_folder(entry)
        if entry.name.startswith("."):
            return "hidden"
        if self.exclude.matches(self._from_here(shown), entry.name):
            return "excluded"
        if rules.ignore(entry.path, is_folder=is_folder):
            return "ignored"
        if is_folder and entry.is_symlink():
            return "linked folders"
        # Helm's own name: helm.sh/helm, pkg/chart, "Chart.yaml" and "templates/".
        return "chart templates" if is_folder and entry.name == "templates" and "Chart.yaml" in beside else None

    def _leave(self, reason: str, entry: os.DirEntry[str], shown: str) -> None:
        # Whoever misses a chart's templates wants to know how many; the other folders may hold a lot of anything.
        number = self._files_below(shown, entry.path) if reason == "chart templates" else 1
        if number:
            self.counts[reason] = self.counts.get(reason, 0) + number

    def _files_below(self, name: str, real: str) -> int:
        number, waiting = 0, [(name, real)]
        while waiting:
            folder = waiting.pop()
            for entry in self._entries(*folder):
                shown = f"{folder[0]}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((shown, entry.path))
                elif self.include.matches(self._from_here(shown), entry.name):
                    number += 1
        return number

    def _from_here(self, shown: str) -> str:
        return shown.removeprefix(self.here)

    def _file(self, entry: os.DirEntry[str], shown: str) -> None:
        try:
            is_link, mode = entry.is_symlink(), entry.stat().st_mode
        except OSError as error:
            self.problems.append(unreadable(shown, error))
            return
        if stat.S_ISREG(mode):
            self._take(shown, os.path.realpath(entry.path) if is_link else entry.path, is_link=is_link)

    def _take(self, name: str, real: str, *, is_link: bool) -> None:
        if is_link:
            self.links.append((real, name))
        else:
            self.files.setdefault(real, name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that goes round in circles: taken for a file, it is reported as unreadable
