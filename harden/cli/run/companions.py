"""What the command line asks of companions."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harden.adapters import files
from harden.adapters.globs import Globs
from harden.adapters.kustomizations import text_beside
from harden.adapters.walk import ENDINGS
from harden.cli.request import Request, globs_of
from harden.cli.run.usage_and_flows import flows_of
from harden.companions.signature import Authorship, authorship
from harden.engine.exempt import RunExemptions
from harden.errors import HardenError
from harden.generated import GeneratedObjects, GenerateOptions, bundle_controls
from harden.images.by_file import Lookup
from harden.kube.kustomizations import is_kustomization
from harden.kube.relevance import is_relevant_or_neighbour
from harden.model.profile import Profile
from harden.settings import Config


def emitter(  # noqa: PLR0913 - each stands for itself
    request: Request,
    config: Config,
    profile: Profile,
    look_up: Lookup,
    names: Sequence[str],
    *,
    exempting: RunExemptions,
) -> GeneratedObjects:
    """Return what makes the companions of a run over `names`; raises HardenError for wrong settings and options."""
    folder = request.companions_dir
    if folder is not None and request.is_stream:
        raise HardenError("--companions-dir: a stream's companions are appended to it")
    if folder is not None and Path(folder).exists() and not Path(folder).is_dir():
        raise HardenError(f"--companions-dir: {folder} is no folder")
    wish = GenerateOptions(
        options=profile.options,
        controls=bundle_controls(profile),
        owns=(*profile.owns, *request.owns_namespace),
        fallback=request.namespace,
        folder=None if folder is None else Path(folder).as_posix(),
        look=None if request.is_stream else files.look,
        flows=flows_of(request),
        roots=tuple(path for path in request.paths or (".",) if Path(path).is_dir()),
        unnamed="" if request.is_stream else _unnamed(request, config, names),
    )
    return GeneratedObjects(wish, profile, images=look_up, exempting=exempting)


def _unnamed(request: Request, config: Config, names: Sequence[str]) -> str:
    """Return a manifest beside the files that are named one by one (as hooks do) that is not named, "" for none."""
    known = {posixpath.normpath(name) for name in names}
    here = Path.cwd().as_posix()
    wanted = Globs(ENDINGS, here)
    unwanted = Globs((*request.exclude, *globs_of(config.exclude, config)), here)
    folders = dict.fromkeys(
        posixpath.dirname(posixpath.normpath(path)) for path in request.paths if Path(path).is_file()
    )
    for path in _beside(folders):
        name, whole = path.as_posix(), path.absolute().as_posix()
        if name in known or is_kustomization(name) or not wanted.matches(whole, path.name):
            continue
        if not unwanted.matches(whole, path.name) and _is_manifest(name):
            return name
    return ""


def _beside(folders: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in Path(folder).iterdir() if path.is_file())


def _is_manifest(name: str) -> bool:
    source = text_beside(name)
    if source is None or authorship(source.text) is Authorship.OURS:
        return False
    return is_relevant_or_neighbour(source.text)
