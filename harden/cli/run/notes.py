"""Notes of a run beside its findings: where nothing was looked at, and what was asked for in vain."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harden.adapters.walk import ENDINGS, TEMPLATES, Discovery
from harden.cli.request import Request
from harden.cli.run.inputs import is_below
from harden.engine.run import Input
from harden.kube.kustomizations import NAMES
from harden.model.profile import Profile
from harden.model.report import FileReport, Problem, Stage
from harden.model.text import LineIndex, SourceText
from harden.settings import Config
from harden.source.parse import parse
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.usage import Usage

#: What `kubectl apply -f` reads as YAML (k8s.io/cli-runtime, resource.FileExtensions).
_MANIFESTS = (".yaml", ".yml", ".json")
#: The control that asks for what was measured.
_SIZES = "resources"
#: What the API groups of OpenShift's own kinds end in (docs.openshift.com, API reference).
_OPENSHIFT = ".openshift.io/v1"


def empty(inputs: Sequence[Input]) -> Iterator[Problem]:
    """Yield a note where nothing comes in: mostly a program failed whose output was to be looked at."""
    for name, data in inputs:
        if isinstance(data, bytes) and not data.strip():
            hint = "did the program in front of the pipe fail? `set -o pipefail` tells"
            yield Problem(name, Stage.NOTE, "nothing was looked at: nothing came in", hint=hint)


def broken(request: Request, inputs: Sequence[Input]) -> Iterator[Problem]:
    """Yield what is wrong with the YAML of each file that was named, where no word of it makes a run parse it.

    `kubectl apply -f` and kubeconform refuse such a file. Hooks name whatever changed (`--force-exclude`).
    """
    if request.force_exclude or request.is_stream:
        return
    named = request.named
    for name, data in inputs:
        if isinstance(data, Problem) or posixpath.normpath(name) not in named or _may_hold_an_object(data):
            continue
        source = decode(name, data)
        if not isinstance(source, Problem) and name.lower().endswith(_MANIFESTS):
            yield from (each for each in parse(source, lambda _: True).problems if each.stage is Stage.READ)


def unseen(  # noqa: PLR0913, PLR0917 - each stands for itself
    request: Request,
    config: Config,
    found: Discovery,
    reports: Sequence[FileReport],
    inputs: Sequence[Input],
    faulty: Container[str],
) -> Iterator[Problem]:
    """Yield a note for each path in which nothing was looked at: that nothing is wrong there means nothing.

    Of `faulty` files enough is said.
    """
    yield from _bare(request, inputs, faulty)
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


def _bare(request: Request, inputs: Sequence[Input], faulty: Container[str]) -> Iterator[Problem]:
    """Yield a note for each file that was named, where nothing that was read can hold an object.

    Hooks name whatever changed (`--force-exclude`), so nothing is said there.
    """
    if request.force_exclude or any(isinstance(data, Problem) or _may_hold_an_object(data) for _, data in inputs):
        return
    named = request.named
    for name, _ in inputs:
        if name not in faulty and posixpath.normpath(name) in named and posixpath.basename(name) not in NAMES:
            yield Problem(name, Stage.NOTE, "nothing was looked at: no object stands in it (apiVersion, kind)")


def _may_hold_an_object(data: bytes) -> bool:
    # Escapes, and encodings with zeros between letters, may spell the word otherwise.
    return b"kind" in data or b"\\" in data or b"\0" in data


def _chart(path: str) -> str:
    """Return the folder of the chart that a path lies in, CHART where it lies in none."""
    folders = (Path(path), *Path(path).parents)
    return next((folder.as_posix() for folder in folders if (folder / "Chart.yaml").is_file()), "CHART")


def asked_in_vain(request: Request, profile: Profile, usage: Usage | None) -> Iterator[Problem]:
    """Yield notes on usage that no control asks for, and on companions that a run over a change does not make."""
    if usage is not None and not profile.controls[_SIZES].enabled:
        said = f"nothing asks for it: {_SIZES} is off in the profile {profile.name}"
        hint = "--profile hardened has it, and so can a profile of yours"
        yield Problem(usage.name, Stage.NOTE, said, hint=hint)
    if request.is_limited and profile.with_companions and request.companions is None:
        said = "no companions are looked at: they are about all files, and not about a change"
        yield Problem(".", Stage.NOTE, said, hint=f"harden {request.mode} --companions, without the change")


def of_platform(profile: Profile, files: Sequence[FileReport]) -> Iterator[Problem]:
    """Yield a note on the first object of a run that only OpenShift has, where the profile is for Kubernetes."""
    if profile.platform == "kubernetes":
        found = (_first_of_openshift(file.before) for file in files if file.before is not None)
        yield from [note for note in found if note is not None][:1]


def _first_of_openshift(source: SourceText) -> Problem | None:
    at = source.text.find(_OPENSHIFT)
    while at >= 0:
        start = source.text.rfind("\n", 0, at) + 1
        if source.text.startswith("apiVersion: ", start) and "#" not in source.text[start:at]:
            line = LineIndex(source.text).line(start)
            hint = "platform: openshift in harden.yaml leaves users and groups to it"
            return Problem(source.name, Stage.NOTE, "a kind of OpenShift is among the files", line, hint)
        at = source.text.find(_OPENSHIFT, at + 1)
    return None
