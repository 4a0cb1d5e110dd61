"""Finds the files to work on: paths as people give them, folders walked as linters do."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harden.adapters.files import unreadable
from harden.model import filename
from harden.model.record import Record
from harden.model.report import Problem, Stage

if TYPE_CHECKING:
    from harden.adapters.globs import Globs
    from harden.adapters.ignore import Rules

#: What is taken from a folder when no --include says otherwise.
ENDINGS = ("*.yaml", "*.yml", "*.json")

#: Folders that are never entered and never counted: they hold what tools put there, not what people keep.
TOOL_FOLDERS = frozenset({".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__"})


#: Why folders, templates and links are left out.
VENDORED = "vendored folders"
TEMPLATES = "chart templates"
DANGLING = "links to nothing"
OUTSIDE = "links that leave the folders (--follow-links)"

#: Folders that are left out where one of some files lies beside them, by their name; and why. Helm's own names:
#: helm.sh/helm, pkg/chart/loader. Other people's files, as tools copy them: Go (go.dev/ref/mod, "Vendoring"),
#: jsonnet-bundler and Composer.
_BESIDE = {
    "templates": (frozenset({"Chart.yaml"}), TEMPLATES),
    "vendor": (frozenset({"go.mod", "go.work", "jsonnetfile.json", "composer.json"}), VENDORED),
}
_NOTHING: tuple[frozenset[str], str] = (frozenset(), "")


class Discovery(Record):
    """The files to read, sorted by name; what was left out of the folders, by reason; what could not be looked at.

    `left_out` counts files that would have been taken otherwise, and each folder that was not entered as one.
    """

    files: tuple[str, ...]
    left_out: tuple[tuple[str, int], ...]
    problems: tuple[Problem, ...]


def discover(
    paths: Sequence[str],
    *,
    include: Sequence[str],
    exclude: Sequence[str],
    follow_links: bool = False,
    force_exclude: bool = False,
) -> Discovery:
    """Return the files that `paths` name.

    A file that is named is always taken, unless `force_exclude` has it left out for itself or a folder that it is in:
    by `exclude`, as a chart's template, or as vendored. Of a folder, the files that match `include` (`ENDINGS` when
    empty) are taken; left out are hidden entries, what Git ignores, what matches `exclude`, a chart's `templates/` (no
    YAML before Helm has rendered them), a `vendor/` beside the file of a tool that fills it, links to folders, links to
    nothing, and links to files outside of `paths` unless `follow_links` is set. Names are relative where `paths` are. A
    file reached by two names is taken once. One that is reached by a symbolic link alone has its own name, too: that
    is the file which is read and written.
    """
    here = Path.cwd().as_posix()
    walk = _Walk(include or ENDINGS, exclude, here, None if follow_links else _folders(paths))
    for path in paths:
        reason = _named_reason(path, walk.exclude, here) if force_exclude else None
        if reason is None:
            walk.start(path)
        else:
            walk.count(reason)
    return walk.result()


def _folders(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the folders among the paths, without links, each with a slash at its end."""
    return tuple(f"{filename.real(path).rstrip('/')}/" for path in paths if path and Path(path).is_dir())


def _named_reason(path: str, exclude: Globs, here: str) -> str | None:
    """Return why a path that was named is left out, None where it is not; folders above `here` have no say."""
    whole = Path(filename.absolute(path))
    for each in (whole, *whole.parents):
        if each.as_posix() == here:
            return None
        if exclude.matches(each.as_posix(), each.name):
            return "excluded"
        signs, reason = _BESIDE.get(each.name, _NOTHING)
        if each != whole and any((each.parent / name).is_file() for name in signs):
            return reason
    return None


class _Folder(Record):
    """A folder to walk: as shown, its absolute path as given and without links, the ignore rules that hold for it."""

    name: str
    absolute: str
    real: str
    rules: Rules

    def inner(self, entry: os.DirEntry[str], rules: Rules) -> _Folder:
        return _Folder(self.shown(entry), f"{self.absolute.rstrip('/')}/{entry.name}", filename.of(entry), rules)

    def shown(self, entry: os.DirEntry[str]) -> str:
        return entry.name if self.name == "." else f"{self.name.rstrip('/')}/{entry.name}"


class _Walk:
    def __init__(
        self, include: Sequence[str], exclude: Sequence[str], here: str, bounds: tuple[str, ...] | None
    ) -> None:
        """Take globs from the folder `here`, and the folders that links may not leave as `bounds` (None: any)."""
        self.bounds = bounds
        self._globs = include, exclude
        self._here = here
        self.files: dict[str, str] = {}
        self.links: list[tuple[str, str]] = []
        self.counts: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.seen: set[str] = set()

    @cached_property
    def include(self) -> Globs:
        return self._compiled(self._globs[0])

    @cached_property
    def exclude(self) -> Globs:
        return self._compiled(self._globs[1])

    def _compiled(self, globs: Sequence[str]) -> Globs:
        from harden.adapters.globs import Globs  # noqa: PLC0415 - files that are named need none

        return Globs(globs, self._here)

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
            from harden.adapters.ignore import rules_above  # noqa: PLC0415 - only folders have them

            real = filename.real(path)
            absolute = filename.absolute(path)
            self._walk(_Folder(name, absolute, real, rules_above(real)))
        else:
            self._take(name, filename.real(path), is_link=Path(path).is_symlink())

    def result(self) -> Discovery:
        for real, name in self.links:
            self.files.setdefault(real, _own_name(real, name))
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
        entries = self._entries(folder)
        beside = {entry.name for entry in entries}
        rules = folder.rules
        if {".gitignore", ".git"} & beside:
            from harden.adapters.ignore import entered  # noqa: PLC0415 - only folders have them

            rules = entered(rules, folder.real)
        inner = []
        for entry in entries:
            is_folder = _is_folder(entry)
            if entry.name in TOOL_FOLDERS if is_folder else not self._is_wanted(entry, folder):
                continue
            reason = self._reason(entry, folder, rules, beside)
            if reason is not None:
                self._leave(reason, folder.inner(entry, rules))
            elif is_folder:
                inner.append(folder.inner(entry, rules))
            else:
                self._file(entry, folder.shown(entry))
        return inner

    def _entries(self, folder: _Folder) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder.real) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append(unreadable(folder.name, error))
            return []

    def _is_wanted(self, entry: os.DirEntry[str], folder: _Folder) -> bool:
        return self.include.matches(f"{folder.absolute}/{entry.name}", entry.name)

    def _reason(self, entry: os.DirEntry[str], folder: _Folder, rules: Rules, beside: set[str]) -> str | None:
        """Return why an entry is left out, None where it is taken; `beside` are the names in its folder."""
        is_folder = _is_folder(entry)
        if entry.name.startswith("."):
            return "hidden"
        if self.exclude.matches(f"{folder.absolute}/{entry.name}", entry.name):
            return "excluded"
        if rules.ignore(filename.of(entry), is_folder=is_folder):
            return "ignored"
        if is_folder and entry.is_symlink():
            return "linked folders"
        signs, reason = _BESIDE.get(entry.name, _NOTHING)
        return reason if is_folder and not signs.isdisjoint(beside) else None

    def _leave(self, reason: str, entry: _Folder) -> None:
        # Whoever misses a chart's templates wants to know how many; the other folders may hold a lot of anything.
        self.count(reason, self._files_below(entry) if reason == TEMPLATES else 1)

    def _files_below(self, start: _Folder) -> int:
        number, waiting = 0, [start]
        while waiting:
            folder = waiting.pop()
            for entry in self._entries(folder):
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(folder.inner(entry, folder.rules))
                elif self._is_wanted(entry, folder):
                    number += 1
        return number

    def _file(self, entry: os.DirEntry[str], shown: str) -> None:
        is_link = entry.is_symlink()
        try:
            mode = entry.stat().st_mode
        except OSError as error:
            if is_link and isinstance(error, FileNotFoundError):
                self.count(DANGLING)
            else:
                self.problems.append(unreadable(shown, error))
            return
        if not stat.S_ISREG(mode):
            return
        real = filename.real(entry.path) if is_link else filename.of(entry)
        if is_link and self.bounds is not None and not real.startswith(self.bounds):
            self.count(OUTSIDE)
            return
        self._take(shown, real, is_link=is_link)

    def count(self, reason: str, number: int = 1) -> None:
        """Count files that are left out."""
        if number:
            self.counts[reason] = self.counts.get(reason, 0) + number

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


def _own_name(real: str, link: str) -> str:
    """Return the name of the file that a link leads to, relative where the link's is; that of a pipe is the link's."""
    if not Path(real).is_file():
        return link
    if Path(link).is_absolute():
        return real
    near = filename.relative(real)
    return real if near.startswith("../..") else near
