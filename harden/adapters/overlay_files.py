"""Writes an overlay into its folder: what harden wrote there before may change or go, nothing else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harden.adapters import files, results
from harden.adapters.kustomizations import text_beside
from harden.companions.signature import Authorship, authorship
from harden.errors import HardenError
from harden.model.record import Record
from harden.model.report import FileReport, Problem, Stage
from harden.model.text import SourceText
from harden.patches.overlay import COMPANIONS, KUSTOMIZATION
from harden.source.read import decode


class UnwrittenOverlayError(HardenError):
    """An overlay that could not be written, or not all of it."""

    code = 4


class Written(Record):
    """A file of an overlay, and what became of it: new, updated, unchanged or removed."""

    name: str
    what: str


def write_overlay(folder: str, wanted: Mapping[str, str]) -> list[Written]:
    """Bring an overlay to these files, by their names relative to its folder; return what became of each.

    Raises HardenError, with nothing written, where a file is not harden's own or was edited since. What the
    kustomization lists is written before it, and what it no longer lists goes last.
    """
    reports = [_report(folder, name, text, wanted) for name, text in wanted.items()]
    for report in results.write_all(reports):
        failed = next((each for each in report.problems if each.stage is Stage.WRITE), None)
        if failed is not None:
            raise UnwrittenOverlayError(f"{failed.file}: {failed.message}")
    written = [Written(each.name, _what(each)) for each in reports]
    for path in _leftovers(folder, wanted):
        path.unlink()
        written.append(Written(path.as_posix(), "removed"))
    return written


def _what(report: FileReport) -> str:
    return "new" if report.created else "updated" if report.changed else "unchanged"


def _report(folder: str, name: str, text: str, wanted: Mapping[str, str]) -> FileReport:
    path = (Path(folder) / name).as_posix()
    needs = tuple((Path(folder) / each).as_posix() for each in wanted if each != name) if name == KUSTOMIZATION else ()
    known = files.look(path)
    if known is None:
        return FileReport(path, SourceText(path, ""), text, created=True, needs=needs)
    source = known if isinstance(known, Problem) else decode(path, known)
    if isinstance(source, Problem):
        raise HardenError(f"{path}: is in the way: {source.message}")
    _demand_ours(path, source.text)
    return FileReport(path, source, text, needs=needs)


def _demand_ours(path: str, text: str) -> None:
    whose = authorship(text)
    if whose is Authorship.EDITED:
        raise HardenError(f"{path}: somebody edited what harden wrote: move the edit, or choose another folder")
    if whose is Authorship.THEIRS:
        raise HardenError(f"{path}: harden did not write it: choose another folder")


def _leftovers(folder: str, wanted: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files of an earlier run that this one does not write."""
    found = [*Path(folder).glob("patches/*.yaml"), *Path(folder).glob("resources/*.yaml"), Path(folder) / COMPANIONS]
    for path in sorted(found):
        source = None if path.relative_to(folder).as_posix() in wanted else text_beside(path.as_posix())
        if source is not None and authorship(source.text) is Authorship.OURS:
            yield path
