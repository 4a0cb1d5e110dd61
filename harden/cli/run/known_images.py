"""What a project knows about images beyond what harden knows, and what is known of the images of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harden.builds.by_file import BuiltImages
from harden.builds.ground import Ground
from harden.cli.request import Request
from harden.images.by_file import ImagesByFile, Lookup
from harden.kube.kustomizations import Kustomizations
from harden.model.report import FileReport, ImageCount
from harden.settings import Config

if TYPE_CHECKING:
    from harden.images.assumed import Assumption
    from harden.images.facts import ImageFacts

#: Facts that lie beside harden.yaml, or in the current folder where there is none, are read without being named there.
FILE, FOLDER = "harden-images.yaml", "harden-images"

#: What people are shown of where it is stated that images start as a number.
_STATED = "--assume-non-root"


def folder_of(config: Config) -> Path:
    """Return the folder whose facts are read without being named."""
    return Path() if config.path is None else config.path.parent


def facts_of(config: Config) -> tuple[Path, ...]:
    """Return the project's own facts, files and folders; later ones count more."""
    beside = (folder_of(config) / name for name in (FILE, FOLDER))
    return (*(path for path in beside if path.exists()), *config.facts)


def lookup_of(config: Config) -> Lookup:
    """Return what tells what is known of an image; asked, it raises HardenError when the project's facts are wrong."""
    facts, mirrors = facts_of(config), dict(config.mirrors)

    def look_up(image: str) -> ImageFacts | None:
        from harden.images.store import lookup  # noqa: PLC0415 - facts are read only where somebody asks

        return lookup(image, extra=facts, mirrors=mirrors)

    return look_up


def images_of_run(request: Request, config: Config, kustomizations: Kustomizations | None = None) -> BuiltImages:
    """Return what tells what is known of the images in each file of a run: by facts, build files and statements.

    A stream has no place, so build files speak of its images only where their folder is named. Under --gate none does:
    whoever is judged writes them.
    """
    names = kustomizations.images_of if kustomizations is not None and kustomizations.change_images else None
    # Facts that lie beside what is judged, and that no trusted file names, have no say.
    facts = _shipped if request.gate and config.path is None else lookup_of(config)
    return BuiltImages(facts, _ground(request, config), names, _assumption(request, config))


def _shipped(image: str) -> ImageFacts | None:
    from harden.images.store import lookup  # noqa: PLC0415 - as above

    return lookup(image)


def _ground(request: Request, config: Config) -> Ground | None:
    named = config.build_files if request.build_files is None else Path(request.build_files)
    if request.gate or request.no_build_files or named is False:
        return None
    folder = named.as_posix() if isinstance(named, Path) else None
    if folder is None and request.is_stream:
        return None
    folders = tuple(path for path in request.paths or (".",) if Path(path).is_dir())
    return Ground(folders, folder)


def _assumption(request: Request, config: Config) -> Assumption | None:
    globs = {**dict.fromkeys(config.non_root, str(config.path)), **dict.fromkeys(request.assume_non_root, _STATED)}
    if not globs:
        return None
    from harden.images.assumed import Assumption  # noqa: PLC0415 - only where somebody states it

    return Assumption(globs)


def is_learnable(facts: ImageFacts | None) -> bool:
    """Return whether reading the image itself would tell something that is needed; None stands for no facts."""
    return facts is None or facts.is_learnable


def count_images(files: Iterable[FileReport], config: Config, known: ImagesByFile) -> ImageCount:
    """Return what is known of the images of `files`, and the command that learns the others."""
    workloads: list[set[str]] = []
    facts: dict[str, ImageFacts | None] = {}
    for file, workload in ((each.name, workload) for each in files for workload in each.workloads):
        named = {name: image for image in workload.images for name in known.to_learn(image, file)}
        workloads.append(set(named))
        for name, image in named.items():
            # What is not known in one of the files is not known.
            if name not in facts or facts[name] is not None:
                facts[name] = known.of(file)(image)
    valid = {image for image in facts if facts[image] is not None or _is_name(image)}
    unknown = sorted(image for image in valid if is_learnable(facts[image]))
    return ImageCount(
        workloads=sum(all(_has_user(facts[image]) for image in images) for images in workloads),
        unknown=tuple(unknown),
        rootful=tuple(sorted(i for i in valid if not is_learnable(facts[i]) and not _has_user(facts[i]))),
        nameless=tuple(sorted(facts.keys() - valid - {""})),
        command=_command(unknown, folder_of(config) / FILE) if unknown else "",
    )


def _has_user(facts: ImageFacts | None) -> bool:
    return facts is not None and facts.user_known


def _is_name(image: str) -> bool:
    from harden.images.reference import is_name  # noqa: PLC0415 - comes with the facts

    return is_name(image)


def _command(images: Iterable[str], target: Path) -> str:
    from shlex import join  # noqa: PLC0415 - only runs that check need it

    return join(("harden", "images", "learn", "--registry", *_one_each(images), "--add", str(target)))


def _one_each(images: Iterable[str]) -> Iterator[str]:
    """Yield the last of the images of each name: what is learned holds for all tags."""
    from harden.images.reference import parse_reference  # noqa: PLC0415 - comes with the facts

    yield from {parse_reference(image).name: image for image in images}.values()
