"""A run of init: looks at a folder and writes a harden.yaml that fits."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from harden.adapters.mirror import every_file
from harden.adapters.walk import ENDINGS
from harden.cli.console import streams
from harden.cli.console.printing import write_file
from harden.cli.request import Request, profile_of
from harden.cli.run.inputs import found_by, inputs_of
from harden.cli.run.report import report_on_parts
from harden.engine.run import Input
from harden.errors import HardenError
from harden.model import filename
from harden.model.report import Problem, Report
from harden.outputs.tally import count
from harden.project import (
    Judged,
    Project,
    config_text,
    next_steps,
    releases_in,
    speaks_of_releases,
    tools_in,
)
from harden.project.config_text import proposed
from harden.settings import Config, load_config
from harden.settings.config import NAME
from harden.source.regular import read_regular

#: The levels that the file tells about.
_LEVELS = ("baseline", "restricted")
#: Folders that hold what others wrote, by habit.
_VENDORED = frozenset({"vendor", "vendored", "third_party", "third-party", "3rdparty", "external"})
_LABEL = re.compile(r"pod-security\.kubernetes\.io/enforce[\"']?: *[\"']?(?P<level>[a-z]+)")
#: Larger files are no configuration that people keep.
_LARGEST = 1_000_000


def init(folder: str, *, to_stdout: bool, force: bool) -> int:
    """Write the settings for a folder, or print them; return 0. Raises HardenError where one is there already."""
    is_printed = to_stdout or folder == "-"
    where = "." if folder == "-" else folder
    if not Path(where).is_dir():
        raise HardenError(f"{folder}: is no folder: harden init looks at one")
    target = Path(where, NAME)
    if not (is_printed or force) and os.path.lexists(target):
        raise HardenError(f"{target}: is there already: --force writes it anew, --stdout prints what it would be")
    project = _looked_at(where)
    data = config_text(project).encode()
    if is_printed:
        streams.write(data)
        return 0
    write_file(str(target), data)
    sys.stderr.write(f"harden: {target} is written. Next{'' if where == '.' else f', in {where}'}:\n")
    sys.stderr.write("".join(f"  {line}\n" for line in next_steps(project)))
    if project.above:
        sys.stderr.write(f"harden: note: {project.above} no longer holds here: the nearest file counts\n")
    return 0


def _looked_at(folder: str) -> Project:
    request = Request("check", paths=(folder,), no_color=True, quiet=True, companions=False)
    # A file that is there already may be why this one is written.
    found = found_by(request, Config())
    inputs = list(inputs_of(request, found))
    names = sorted(_every(folder))
    reports = {level: _judged(level, request, inputs) for level in _LEVELS}
    manifests = {_from(name, folder): _text(data) for name, data in inputs}
    base = Project(
        folder=folder,
        files=len(inputs),
        workloads=sum(len(file.workloads) for file in reports[_LEVELS[0]].files),
        namespaces=_namespaces(reports[_LEVELS[0]]),
        labelled=tuple(_labels(manifests.values())),
        judged=tuple(Judged(level, count(report).admitted) for level, report in reports.items()),
        tools=tools_in(names, manifests),
        releases=releases_in((name, _read(folder, name)) for name in names if speaks_of_releases(name)),
        vendored=_vendored(names),
        images=_unknown(reports[_LEVELS[-1]]),
        findings=0,
        above=_above(folder),
    )
    report = reports[proposed(base)]
    outcomes = (outcome for file in report.files for workload in file.workloads for outcome in workload.outcomes)
    return base._replace(findings=sum(not (outcome.exempt or outcome.is_moot) for outcome in outcomes))


def _judged(level: str, request: Request, inputs: Sequence[Input]) -> Report:
    asked = request._replace(profile=level)
    return report_on_parts(asked, Config(), profile_of(asked, Config()), inputs)


def _unknown(report: Report) -> tuple[str, ...]:
    return () if report.images is None else report.images.unknown


def _namespaces(report: Report) -> tuple[tuple[str, int], ...]:
    workloads = (workload for file in report.files for workload in file.workloads)
    return tuple(sorted(Counter(workload.namespace or "" for workload in workloads).items()))


def _labels(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (found["level"] for found in _LABEL.finditer(text))


def _every(folder: str) -> Iterator[str]:
    """Yield the files of the project by their names from its folder: all but what Git ignores, and folders of tools."""
    real = filename.real(folder)
    for path in every_file(real, set()):
        name = filename.relative(path, real)
        try:
            name.encode()
        except UnicodeEncodeError:
            continue  # no file of a tool, and a comment cannot name it
        yield name


def _vendored(names: Iterable[str]) -> tuple[str, ...]:
    """Return the folders with manifests that others wrote: the outermost ones that are called so."""
    found: dict[str, None] = {}
    for name in names:
        steps = name.split("/")[:-1]
        at = next((at for at, step in enumerate(steps) if step in _VENDORED), None)
        if at is not None and any(fnmatch(name, ending) for ending in ENDINGS):
            found["/".join(steps[: at + 1])] = None
    return tuple(sorted(found))


def _from(name: str, folder: str) -> str:
    return filename.relative(filename.real(name), filename.real(folder))


def _text(data: bytes | Problem) -> str:
    return "" if isinstance(data, Problem) else data.decode("utf-8", "replace")


def _read(folder: str, name: str) -> str:
    try:
        return read_regular(Path(folder, name), _LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _above(folder: str) -> str:
    """Return the harden.yaml that holds for a folder so far, from above it; "" where there is none."""
    found = load_config(Path(folder).resolve().parent).path
    return "" if found is None else filename.relative(found)
