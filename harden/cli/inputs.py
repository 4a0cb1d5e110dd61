"""The files that a command is about, and what is in them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from harden.adapters import files, stream
from harden.adapters.kustomizations import kustomizations_near, text_beside
from harden.adapters.walk import Discovery, discover
from harden.cli.request import Request, globs_of
from harden.kube.kustomizations import NAMES, Kustomizations, among
from harden.model.report import Problem, Stage
from harden.settings import Config


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


def bare(request: Request, inputs: Sequence[tuple[str, bytes | Problem]]) -> Iterator[Problem]:
    """Yield a note for each file that was named, where nothing that was read can hold an object.

    Hooks name whatever changed (`--force-exclude`), so nothing is said there.
    """
    if request.force_exclude or any(isinstance(data, Problem) or _may_hold_an_object(data) for _, data in inputs):
        return
    named = frozenset(map(posixpath.normpath, request.paths))
    for name, _ in inputs:
        if posixpath.normpath(name) in named and posixpath.basename(name) not in NAMES:
            yield Problem(name, Stage.NOTE, "nothing was looked at: no object stands in it (apiVersion, kind)")


def _may_hold_an_object(data: bytes) -> bool:
    # Escapes, and encodings with zeros between letters, may spell the word otherwise.
    return b"kind" in data or b"\\" in data or b"\0" in data
