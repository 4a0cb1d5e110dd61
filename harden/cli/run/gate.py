"""A run of check with --gate: a judgement of everything in a tree that nothing in the tree has a say in."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterator, Sequence

from harden.adapters.gate import every_file
from harden.cli.request import Request
from harden.cli.run.inputs import apart_from_results, found_by, inputs_of, is_below
from harden.cli.run.known_images import images_of_run
from harden.cli.run.notes import broken, empty
from harden.engine.exempt import RunExemptions
from harden.engine.gate import judged_inputs, looked_at, strictly, unjudged
from harden.engine.run import Input, harden
from harden.engine.telling import Telling
from harden.errors import HardenError
from harden.kube.kustomizations import among
from harden.kube.namespaces import FALLBACK, Namespaces
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode, Problem, Report, Stage
from harden.outputs import Format
from harden.settings import Config


def gate(
    request: Request, config: Config, profile: Profile, form: Format, *, baseline: str | None = None
) -> tuple[Report, tuple[str, ...]]:
    """Return the report on every document of the paths, and their files.

    What could not be judged is a problem, so that the run fails. The file of a `baseline` is none of those. Raises
    HardenError for wrong usage, such as a result file that is one of the files judged.
    """
    if request.mode != Mode.CHECK.value:
        raise HardenError(f"--gate: it judges and changes nothing: harden check --gate, not {request.mode}")
    found = apart_from_results(request, found_by(request, config, every_file, baseline=baseline))
    inputs = judged_inputs(read := list(inputs_of(request, found)))
    today = time.strftime("%Y-%m-%d")
    exempting = RunExemptions(today=today, config=config.exemptions, strict=request.strict, marks=False)
    images = images_of_run(request, config)
    reports = tuple(
        strictly(report)
        for report in harden(
            inputs,
            profile,
            Mode.CHECK,
            images=images,
            exempting=exempting,
            namespaces=Namespaces(None, request.namespace or FALLBACK),
            telling=Telling(identifies=baseline is not None or form.is_for_platforms, proposes=form.shows_fixes),
        )
    )
    lacking = unjudged(reports, read, among(inputs), profile)
    report = Report(
        profile=profile.name,
        level=profile.level.value,
        version=profile.version_word,
        risk=profile.risk.word,
        mode=request.mode,
        files=reports,
        problems=(*found.problems, *images.notes(), *_missing(request, read, inputs, reports), *lacking),
    )
    return report, found.files


def _missing(
    request: Request, read: Sequence[Input], judged: Sequence[Input], reports: Sequence[FileReport]
) -> Iterator[Problem]:
    """Yield each path below which nothing was judged, and a pipe that brings nothing: who knows whether that is all."""
    if request.is_stream:
        yield from (problem._replace(stage=Stage.READ) for problem in empty(read))
        return
    wrong = tuple(broken(request, judged))
    yield from wrong
    faulty = {problem.file for problem in wrong}
    for path in request.paths or (".",):
        folder = posixpath.normpath(path)
        inputs = [(name, data) for name, data in judged if is_below(name, folder)]
        own = [report for report in reports if is_below(report.name, folder)]
        if not looked_at(own, inputs) and not any(is_below(name, folder) for name in faulty):
            yield Problem(path, Stage.READ, "nothing was judged: no object stands in it (apiVersion, kind)")
