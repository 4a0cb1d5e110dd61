"""What a project knows about images beyond what harden knows, and what is known of the images of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harden.model.report import FileReport, ImageCount
from harden.settings import Config

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: Facts that lie beside harden.yaml, or in the current folder where there is none, are read without being named there.
FILE, FOLDER = "harden-images.yaml", "harden-images"

Lookup = Callable[[str], "ImageFacts | None"]


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


def is_learnable(facts: ImageFacts | None) -> bool:
    """Return whether reading the image itself would tell something that is needed; None stands for no facts."""
    return facts is None or facts.is_learnable


def count_images(files: Iterable[FileReport], config: Config) -> ImageCount:
    """Return what is known of the images of `files`, and the command that learns the others."""
    look_up = lookup_of(config)
    workloads = [workload.images for file in files for workload in file.workloads]
    facts = {image: look_up(image) for images in workloads for image in images}
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
