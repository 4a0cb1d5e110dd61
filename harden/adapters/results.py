"""Writes what a run has made: in an order in which every prefix is valid, and nothing without what it needs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from harden.adapters import files, replacing
from harden.model.report import FileReport, Problem, Stage


def write_all(reports: Iterable[FileReport]) -> tuple[FileReport, ...]:
    """Write each changed file and return the reports, in their order; those say so where that failed.

    New files come first, then what lists them, then the others: whenever a run is stopped, a kustomization lists only
    what is there, and a workload names only an account that is there. Where a file that another one needs could not be
    written, the other one is as it was.
    """
    found = list(reports)
    replacing.sweep(posixpath.dirname(file.name) for file in found if file.before is not None)
    needs = {posixpath.normpath(file.name): tuple(map(posixpath.normpath, file.needs)) for file in found if file.needs}
    changed = [at for at, file in enumerate(found) if file.changed]
    # Sorting keeps the order of those with the same turn.
    changed.sort(key=lambda at: (_turn(posixpath.normpath(found[at].name), needs), not found[at].created))
    unwritten: set[str] = set()
    for at in changed:
        problem = _write(found[at], unwritten)
        if problem is None:
            continue
        from harden.adapters.unwritten import with_problem  # noqa: PLC0415 - hardly ever needed

        if problem.stage is not Stage.NOTE:
            unwritten.add(posixpath.normpath(found[at].name))
        found[at] = with_problem(found[at], problem)
    return tuple(found)


def _turn(name: str, needs: Mapping[str, tuple[str, ...]]) -> int:
    """Return when a file is written: 0 where it needs nothing, else after all that it needs."""
    turn, wanted = 0, set(needs.get(name, ()))
    while wanted and turn < _DEEPEST:
        turn += 1
        wanted = {item for each in wanted for item in needs.get(each, ())}
    return turn


#: Workloads need a kustomization, that needs the files that it lists, and a quota its limit range.
_DEEPEST = 4


def _write(file: FileReport, unwritten: set[str]) -> Problem | None:
    """Write a changed file; `unwritten` are those that could not be."""
    if file.before is None or file.after is None:
        return None
    lacking = unwritten.intersection(map(posixpath.normpath, file.needs))
    if lacking:
        said = f"needs {', '.join(sorted(lacking))}, which could not be written"
        return Problem(file.name, Stage.WRITE, said)
    data = file.before.encode(file.after)
    if file.created:
        return files.create(file.name, data)
    return files.write(file.name, data, original=file.before.encode(file.before.text))
