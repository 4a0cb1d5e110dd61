"""A run with a baseline: what is known before fails nothing, and a new baseline is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from harden.adapters.files import STDIN
from harden.baseline import Baseline, Entry, Scope, compare, empty, look_for_baseline, read_baseline, written
from harden.baseline.compare import COMPANION, all_known
from harden.cli.console.printing import write_file
from harden.cli.request import Request
from harden.cli.run.report import controls_run
from harden.engine.judging import EVALUATOR
from harden.errors import HardenError
from harden.model import filename
from harden.model.profile import Profile
from harden.model.report import Compared, FileReport, Mode, Report
from harden.outputs.summary import number
from harden.outputs.tally import UNREAD
from harden.settings import Config


def baseline_of(request: Request, config: Config) -> Baseline | None:
    """Return the baseline that a run goes by, None for none; raises HardenError where it cannot be read.

    That of harden.yaml does not count for the gate, which judges changes of people that are not trusted, nor for
    --strict.
    """
    if request.write_baseline is not None:
        if request.mode != Mode.CHECK.value:
            raise HardenError("--write-baseline: only check finds without fixing: harden check --write-baseline FILE")
        if request.baseline is not None:
            raise HardenError("--write-baseline: it replaces what is in its file: leave --baseline out")
        return look_for_baseline(request.write_baseline) or empty(request.write_baseline)
    if request.baseline is not None:
        return read_baseline(request.baseline)
    if config.baseline is None or request.strict or request.gate:
        return None
    return read_baseline(str(config.baseline))


def compared(report: Report, baseline: Baseline, request: Request, profile: Profile, names: Sequence[str]) -> Report:
    """Return the report with what is known marked; with --write-baseline, what is found is written and all known.

    `names` are the files that were looked at.
    """
    found = compare(report, baseline, _scope(report, request, profile, names))
    gone = tuple(entry.said for entry in found.gone)
    if request.write_baseline is None:
        return found.report._replace(compared=Compared(baseline.name, False, gone))
    entries = (*found.found, *found.kept)
    write_file(baseline.name, written(entries))
    if not request.quiet:
        _tell(baseline.name, entries, len(gone))
    return all_known(report)._replace(compared=Compared(baseline.name, True, ()))


def _tell(name: str, entries: Sequence[Entry], gone: int) -> None:
    taken = f", {number(gone, 'entry', 'entries')} taken out" if gone else ""
    workloads = number(len({entry.workload for entry in entries}), "object")
    said = f"harden: {name}: {number(len(entries), 'entry', 'entries')} for {workloads}{taken}\n"
    hint = f"  to fail on new ones alone: harden check --baseline {name}, or `baseline: {name}` in harden.yaml\n"
    sys.stderr.write(said + hint)


def _scope(report: Report, request: Request, profile: Profile, names: Sequence[str]) -> Scope:
    unread = {file.name for file in report.files if _is_unread(file)}
    files = frozenset(name if name == STDIN else filename.real(name) for name in names if name not in unread)
    folders = tuple(filename.real(path) for path in request.paths or (".",) if os.path.isdir(path))  # noqa: PTH112
    # An entry does not say which control makes a companion: where some were left out, it may be theirs.
    is_whole = report.beside is not None and not (request.select or request.ignore)
    companions = (COMPANION,) if is_whole else ()
    return Scope(files, folders, frozenset((EVALUATOR, *controls_run(report, profile), *companions)))


def _is_unread(file: FileReport) -> bool:
    return any(problem.stage in UNREAD for problem in file.problems)
