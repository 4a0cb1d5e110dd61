"""Keeps the reports of files that stand for themselves, and finds them again where nothing that they rest on changed.

What a report rests on is its file, and what the key of a run holds: harden itself and all that a run is given (profile,
options, facts, kustomizations ...). What else is read while files are looked at is noted: which files of the repository
the rules about images asked for, and whether objects of other files were asked for. Where any of it is not the same, or
nobody can tell, the file is looked at anew.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence

from harden.builds.by_file import Asked, BuiltImages
from harden.cache.digest import of_bytes, of_value
from harden.cache.file import CacheFolder
from harden.cache.packing import UnpackableError
from harden.engine.check import Checker
from harden.engine.inputs import Inputs
from harden.engine.kept import TOGETHER, Entry, Header, Keeper, Kept, Looks, header_line, header_of, in_lines, kept_in
from harden.engine.net import guarded
from harden.engine.watching import KEEP, LOOK_UP, Watch
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import FileReport, Mode, Problem
from harden.model.text import SourceText
from harden.source.read import decode

Make = Callable[..., Iterator[FileReport]]

_NOTHING = of_value(())


#: What `harden` is given for a run beside what the checker holds: the profile, the mode, and more.
Given = tuple[Profile, Mode, *tuple[object, ...]]


class Told(Record):
    """What a report rests on beside its file, told by the process that made it.

    `around` says whether objects of other files were asked for, `looks` what was looked at of repositories.
    """

    around: bool
    asked: Asked
    looks: Looks


class Keeping:
    """Keeps what runs find in a folder. `state` returns what a run rests on that `harden` is not given.

    Of `files` so many were `found` again, once a run has gone through all.
    """

    def __init__(self, folder: CacheFolder, state: Callable[[], object]) -> None:
        self.folder = folder
        self.state = state
        self.files = self.found = 0
        self._heard: dict[str, Told] = {}
        self._sent = 0

    def said(self, *, timings: bool) -> Iterator[str]:
        """Yield what people should know of what was kept, once a run has gone through all."""
        if timings:
            yield f"  {self.found:,} of {self.files:,} files found again in {self.folder.path}"
        if self.folder.trouble:
            yield f"harden: nothing is kept in {self.folder.path}: {self.folder.trouble}"

    def told(self, checker: Checker, name: str) -> Told:
        """Return what a report rests on that this process has just made for another one."""
        images = _images_of(checker)
        looks: Looks = {}
        if images.looked != self._sent:
            self._sent, looks = images.looked, images.looks()
        return Told(name in checker.starting.around.asked, images.asked(name), looks)

    def hear(self, name: str, told: Told) -> None:
        """Take what another process tells of the report that it made of a file."""
        self._heard[name] = told

    def reports(self, checker: Checker, known: Inputs, given: Given, make: Make, watch: Watch) -> Iterator[FileReport]:
        """Yield the reports of all inputs, in order: those that were kept, and of the others those that are made."""
        if self.folder.trouble or not isinstance(checker.images, BuiltImages):
            yield from make(known)
            return
        watch.stage(LOOK_UP, len(known))
        run = _Run(checker, known, given, self)
        hits = run.found()
        self.files, self.found = len(known), len(hits)
        made = make(Inputs(each for each in known if each[0] not in hits), self)
        yield from known.reported(self._in_order(run, [name for name, _ in known], hits, made))
        watch.stage(KEEP)
        run.write()

    def _in_order(
        self, run: _Run, names: Sequence[str], hits: dict[str, FileReport], made: Iterator[FileReport]
    ) -> Iterator[FileReport]:
        for name in names:
            if name in hits:
                yield hits[name]
                continue
            report = next(made)
            yield report
            told = self._heard.pop(name, None)
            run.take(report, told or run.told(name))


class _Run:
    """One run over `known` inputs: what was kept of them, and what is to be kept."""

    def __init__(self, checker: Checker, known: Inputs, given: Given, keeping: Keeping) -> None:
        self.images = _images_of(checker)
        self._checker = checker
        self._given = given
        self._keeper = Keeper(given[1])
        self._keeping = keeping
        self._known = known
        self._digests = {name: of_bytes(data) for name, data in known if isinstance(data, bytes) and not _is_link(name)}
        self._key = self._key_now()
        self._looks: Looks = {}
        #: Whether all that is to be kept rests on the same.
        self._agrees = True
        #: Lines that hold as they are, each with its entries; and what goes into new ones.
        self._lines: list[tuple[list[Entry], bytes]] = []
        self._loose: list[tuple[Entry, Kept]] = []
        self._has_changed = False
        self._around: Mapping[str, str] | None = None

    def _key_now(self) -> str:
        checker, namespaces = self._checker, self._checker.namespaces
        around = (namespaces.fallback, tuple(namespaces.kustomizations), checker.exempting.ignores)
        return of_value((self._given, around, self.images.standing(list(self._digests)), self._keeping.state()))

    def found(self) -> dict[str, FileReport]:
        """Return the reports that were kept and hold."""
        lines = self._keeping.folder.read(self._key)
        header = header_of(lines)
        if header is None or not self.images.resume(header.looks):
            return {}
        self._looks = header.looks
        entries = [entry for block in header.blocks for entry in block]
        if any(entry.asks for entry in entries):
            self._look_around({each.name: each.around for each in entries if each.around and self._is_same(each)})
        around = self._around_digest()
        hits: dict[str, FileReport] = {}
        known = dict(self._known)
        for block, line in zip(header.blocks, lines[1:], strict=True):
            held = [each for each in block if self._is_same(each) and (not each.asks or around == header.around)]
            hits |= self._in_line(block, line, {each.name: known[each.name] for each in held})
        return hits

    def _is_same(self, entry: Entry) -> bool:
        return self._digests.get(entry.name) == entry.digest

    def _in_line(self, block: list[Entry], line: bytes, held: Mapping[str, bytes | Problem]) -> dict[str, FileReport]:
        """Return the reports of a line that hold, those of `held` files with what is in them."""
        if not held:
            self._has_changed = True
            return {}
        try:
            kept = kept_in(line, block)
            found = {name: self._revived(name, data, kept[name]) for name, data in held.items()}
        except (UnpackableError, ValueError):
            self._has_changed = True
            return {}
        hits = {name: report for name, report in found.items() if report is not None}
        for name in hits:
            self.images.ask_again(name, kept[name].asked)
        if len(hits) == len(block):
            self._lines.append((block, line))
        else:
            self._has_changed = True
            self._loose += [(each, kept[each.name]) for each in block if each.name in hits]
        return hits

    def _revived(self, name: str, data: bytes | Problem, kept: Kept) -> FileReport | None:
        source = data if isinstance(data, Problem) else decode(name, data)
        # What becomes of exemptions is counted by who makes the report.
        if not isinstance(source, SourceText) or self._checker.exempting.concerns(source):
            return None
        report = kept.report(source)
        # Only what this run has made and proved may be written, whatever stands in the file.
        return None if report.changed and self._given[1] is Mode.APPLY else report

    def told(self, name: str) -> Told:
        """Return what a report rests on that this process has made."""
        return Told(name in self._checker.starting.around.asked, self.images.asked(name), {})

    def take(self, report: FileReport, told: Told) -> None:
        """Keep a report that was made, if it may be kept."""
        self._see(told.looks)
        if report.name not in self._digests or report.before is None:
            return
        if self._checker.exempting.concerns(report.before):
            return
        kept = self._keeper.kept(report, told.asked)
        if kept is not None:
            self._loose.append((Entry(report.name, self._digests[report.name], told.around, ""), kept))
        if len(self._loose) >= TOGETHER:
            self._pack()

    def _pack(self) -> None:
        if self._loose:
            self._has_changed = True
            self._lines += in_lines(self._loose)
            self._loose = []

    def write(self) -> None:
        """Write what is to be kept, where that is not what was read."""
        self._pack()
        if not self._has_changed:
            return
        self._see(self.images.looks())
        if self._around is None and any(entry.asks for block, _ in self._lines for entry in block):
            self._look_around({})
        # What changed while files were looked at is not what all of them rest on.
        if not self._agrees or self._key_now() != self._key:
            return
        around = self._around or {}
        entries = [[each._replace(around=around.get(each.name, "")) for each in block] for block, _ in self._lines]
        header = Header(self._looks, self._around_digest(), entries)
        self._keeping.folder.write(self._key, (header_line(header), *(line for _, line in self._lines)))

    def _see(self, looks: Looks) -> None:
        for root, found in looks.items():
            known = self._looks.setdefault(root, {})
            self._agrees &= all(known.setdefault(path, digest) == digest for path, digest in found.items())

    def _look_around(self, known: Mapping[str, str]) -> None:
        found = guarded("", lambda: self._checker.starting.around.digests(known))
        if isinstance(found, Problem):
            self._agrees = False
        else:
            self._around = found

    def _around_digest(self) -> str:
        """Return what tells apart the objects that reports may rest on, "" where nobody asked for them."""
        if self._around is None:
            return ""
        return of_value(tuple(digest for digest in self._around.values() if digest != _NOTHING))


def _images_of(checker: Checker) -> BuiltImages:
    if not isinstance(checker.images, BuiltImages):
        raise TypeError("only what build files say can be told apart")
    return checker.images


def _is_link(name: str) -> bool:
    """Return whether a file is a link, whose target may change; False for what is no file."""
    try:
        return stat.S_ISLNK(os.lstat(name).st_mode)
    except OSError:
        return False
