"""Says where nothing was looked at: that nothing is wrong there means nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from harden.adapters.walk import ENDINGS, TEMPLATES, Discovery
from harden.cli.request import Request
from harden.cli.run.inputs import bare, is_below
from harden.engine.run import Input
from harden.model.report import FileReport, Problem, Stage
from harden.settings import Config


def unseen(  # noqa: PLR0913, PLR0917 - each stands for itself
    request: Request,
    config: Config,
    found: Discovery,
    reports: Sequence[FileReport],
    inputs: Sequence[Input],
    faulty: Container[str],
) -> Iterator[Problem]:
    """Yield a note for each path in which nothing was looked at: that nothing is wrong there means nothing."""
    yield from bare(request, inputs, faulty)
    globs = " ".join(request.include or config.include or ENDINGS)
    for path in request.paths or (".",):
        folder = posixpath.normpath(path)
        if Path(path).is_dir() and not any(is_below(name, folder) for name in found.files):
            said = f"nothing was looked at: no file below it matches {globs}"
            yield Problem(path, Stage.NOTE, said, hint="--include GLOB takes others")
    templates = dict(found.left_out).get(TEMPLATES)
    if templates and not any(file.workloads or file.skipped for file in reports):
        folder = (request.paths or (".",))[0]
        hint = f"helm template {_chart(folder)} | harden {request.mode} -"
        said = "no workload was looked at: a chart's templates are no YAML before Helm has rendered them"
        yield Problem(folder, Stage.NOTE, said, hint=hint)


def _chart(path: str) -> str:
    """Return the folder of the chart that a path lies in, CHART where it lies in none."""
    folders = (Path(path), *Path(path).parents)
    return next((folder.as_posix() for folder in folders if (folder / "Chart.yaml").is_file()), "CHART")
