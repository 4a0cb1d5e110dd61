"""A run of check with --gate: a judgement of everything in a tree that nothing in the tree has a say in."""

from __future__ import annotations

import time
from collections.abc import Iterator

from harden.adapters import files, stream
from harden.adapters.gate import every_file
from harden.adapters.walk import Discovery
from harden.cli.images_known import lookup_of
from harden.cli.request import Request, globs_of
from harden.engine.check import known_image
from harden.engine.exempt import RunExemptions
from harden.engine.gate import judged_inputs, strictly, unjudged
from harden.engine.run import Input, harden
from harden.errors import HardenError
from harden.kube.kustomizations import among
from harden.kube.namespaces import FALLBACK, Namespaces
from harden.model.profile import Profile
from harden.model.report import Mode, Report
from harden.settings import Config


def gate(request: Request, config: Config, profile: Profile) -> Report:
    """Return the report on every document of the paths; what could not be judged is a problem, so that the run fails.

    Raises HardenError for wrong usage.
    """
    if request.mode != Mode.CHECK.value:
        raise HardenError(f"--gate: it judges and changes nothing: harden check --gate, not {request.mode}")
    found = _found(request, config)
    inputs = judged_inputs(_inputs(request, found))
    exempting = RunExemptions(
        today=time.strftime("%Y-%m-%d"), config=config.exemptions, strict=request.strict, marks=False
    )
    reports = tuple(
        strictly(report)
        for report in harden(
            inputs,
            profile,
            Mode.CHECK,
            images=known_image if config.path is None else lookup_of(config),
            exempting=exempting,
            namespaces=Namespaces(None, request.namespace or FALLBACK),
        )
    )
    return Report(
        profile=profile.name,
        level=profile.level.value,
        version=profile.version_word,
        risk=profile.risk.word,
        mode=request.mode,
        files=reports,
        problems=(*found.problems, *unjudged(reports, found.files, among(inputs))),
    )


def _found(request: Request, config: Config) -> Discovery:
    if request.is_stream:
        return Discovery((files.STDIN,), (), ())
    include = request.include or globs_of(config.include, config)
    exclude = (*request.exclude, *globs_of(config.exclude, config))
    return every_file(request.paths or (".",), include=include, exclude=exclude)


def _inputs(request: Request, found: Discovery) -> Iterator[Input]:
    for name in found.files:
        yield name, stream.read() if request.is_stream else files.read(name)
