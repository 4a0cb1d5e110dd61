"""The files that a command is about, and what is in them."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from harden.adapters import files, stream
from harden.adapters.kustomizations import kustomizations_near, text_beside
from harden.adapters.walk import Discovery, discover
from harden.cli.request import Request, globs_of
from harden.errors import HardenError
from harden.kube.kustomizations import Kustomizations, among
from harden.model.report import Problem
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


def apart_from_results(request: Request, found: Discovery) -> Discovery:
    """Return what was found without the result files of an earlier run: they lie in the tree, and no object is in them.

    Raises HardenError for a result file that is named as an input, or holds objects: writing it would destroy them.
    """
    names = found.files
    for result in (request.output, request.report_file):
        at = None if result is None else files.input_at(result, names)
        if at is None:
            continue
        if at == files.STDIN or posixpath.normpath(at) in request.named or _may_hold_objects(at):
            raise HardenError(f"{result}: is {at}, which is read: a result needs a file of its own")
        names = tuple(name for name in names if name != at)
    return found._replace(files=names)


def _may_hold_objects(name: str) -> bool:
    from harden.engine.other_files import may_hold_objects  # noqa: PLC0415 - only results within a tree are looked at

    return may_hold_objects(files.read(name))


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


def bytes_of(option: str, name: str) -> bytes:
    """Return what is in the file that an option names, - for standard input; raises HardenError."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise HardenError(f"{option}: {name}: cannot be read: {error.strerror or error}") from error


def is_below(name: str, folder: str) -> bool:
    """Return whether a file is a path that was given, or lies below it; both are normal."""
    if folder == ".":
        return not name.startswith(("/", "../"))
    return name == folder or name.startswith(f"{folder.rstrip('/')}/")
