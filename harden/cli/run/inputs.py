"""The files that a command is about, and what is in them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial

from harden.adapters import files, stream
from harden.adapters.kustomizations import kustomizations_near, text_beside
from harden.adapters.walk import Discovery, discover
from harden.cli.request import Request, globs_of
from harden.kube.kustomizations import NAMES, Kustomizations, among
from harden.model.report import Problem, Stage
from harden.settings import Config
from harden.source.parse import parse
from harden.source.read import decode

#: What `kubectl apply -f` reads as YAML (k8s.io/cli-runtime, resource.FileExtensions).
_MANIFESTS = (".yaml", ".yml", ".json")


def found_by(
    request: Request, config: Config, walk: Callable[..., Discovery] | None = None, *, baseline: str | None = None
) -> Discovery:
    """Return the files that a request is about; `walk` finds them below its paths, `discover` where none is given.

    The file of a `baseline` is no input, wherever it lies.
    """
    if request.is_stream:
        return Discovery((files.STDIN,), (), ())
    include = request.include or globs_of(config.include, config)
    exclude = (*request.exclude, *globs_of(config.exclude, config))
    own = partial(discover, follow_links=request.follow_links, force_exclude=request.force_exclude)
    found = (own if walk is None else walk)(request.paths or (".",), include=include, exclude=exclude)
    at = None if baseline is None else files.input_at(baseline, found.files)
    return found if at is None else found._replace(files=tuple(name for name in found.files if name != at))


def inputs_of(request: Request, found: Discovery) -> Iterator[tuple[str, bytes | Problem]]:
    """Yield each file with what is in it, or why that cannot be had; each is read when it is asked for."""
    # Asked once: it looks at all paths, and hooks name thousands.
    is_stream = request.is_stream
    for name in found.files:
        yield name, stream.read() if is_stream else files.read(name)


def kustomizations_of(request: Request, inputs: Sequence[tuple[str, bytes | Problem]]) -> Kustomizations:
    """Return the kustomizations among the inputs and, for files, near them."""
    if request.is_stream:
        return among(inputs)
    return among(inputs, kustomizations_near(name for name, _ in inputs), text_beside)


def empty(inputs: Sequence[tuple[str, bytes | Problem]]) -> Iterator[Problem]:
    """Yield a note where nothing comes in: mostly a program failed whose output was to be looked at."""
    for name, data in inputs:
        if isinstance(data, bytes) and not data.strip():
            hint = "did the program in front of the pipe fail? `set -o pipefail` tells"
            yield Problem(name, Stage.NOTE, "nothing was looked at: nothing came in", hint=hint)


def bare(
    request: Request, inputs: Sequence[tuple[str, bytes | Problem]], faulty: Container[str] = ()
) -> Iterator[Problem]:
    """Yield a note for each file that was named, where nothing that was read can hold an object.

    Of `faulty` ones enough is said. Hooks name whatever changed (`--force-exclude`), so nothing is said there.
    """
    if request.force_exclude or any(isinstance(data, Problem) or _may_hold_an_object(data) for _, data in inputs):
        return
    named = frozenset(map(posixpath.normpath, request.paths))
    for name, _ in inputs:
        if name not in faulty and posixpath.normpath(name) in named and posixpath.basename(name) not in NAMES:
            yield Problem(name, Stage.NOTE, "nothing was looked at: no object stands in it (apiVersion, kind)")


def broken(request: Request, inputs: Sequence[tuple[str, bytes | Problem]]) -> Iterator[Problem]:
    """Yield what is wrong with the YAML of each file that was named, where no word of it makes a run parse it.

    `kubectl apply -f` and kubeconform refuse such a file. Hooks name whatever changed (`--force-exclude`).
    """
    if request.force_exclude or request.is_stream:
        return
    named = frozenset(map(posixpath.normpath, request.paths))
    for name, data in inputs:
        if isinstance(data, Problem) or posixpath.normpath(name) not in named or _may_hold_an_object(data):
            continue
        source = decode(name, data)
        if not isinstance(source, Problem) and name.lower().endswith(_MANIFESTS):
            yield from (each for each in parse(source, lambda _: True).problems if each.stage is Stage.READ)


def is_below(name: str, folder: str) -> bool:
    """Return whether a file is a path that was given, or lies below it; both are normal."""
    if folder == ".":
        return not name.startswith(("/", "../"))
    return name == folder or name.startswith(f"{folder.rstrip('/')}/")


def _may_hold_an_object(data: bytes) -> bool:
    # Escapes, and encodings with zeros between letters, may spell the word otherwise.
    return b"kind" in data or b"\\" in data or b"\0" in data
