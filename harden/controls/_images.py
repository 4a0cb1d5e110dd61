"""Owns what facts say of a container's image, and whether the manifest leaves its program in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.controls._registry import Context
from harden.controls._scripts import command_line
from harden.model.kube import Container

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


def image_of(container: Container) -> str | None:
    """Return the image as written, None where it is absent, empty or no string."""
    found = container.get("image")
    return found if isinstance(found, str) and found else None


def facts_of(container: Container, context: Context) -> ImageFacts | None:
    """Return what is known of a container's image, None where nothing is."""
    image = image_of(container)
    return None if image is None else context.images(image)


def short_name(container: Container) -> str:
    """Return the image without registry, folders and digest, for people: `postgres:15-alpine`."""
    image = image_of(container)
    return "the image" if image is None else image.partition("@")[0].rpartition("/")[2]


def is_base(facts: ImageFacts) -> bool:
    """Return whether the image brings no program of its own to judge: what runs there is the manifest's."""
    return facts.image_class is None and not facts.ports


def keeps_its_command(container: Container, facts: ImageFacts) -> bool:
    """Return whether what runs is the image's own program: no `command`, and `args` that are options or its name."""
    if is_base(facts):
        return False
    if container.get("command") is not None:
        return _is_program(command_line(container), facts)
    args = command_line(container)
    return not args or args[0].startswith("-") or _is_program(args, facts)


def _is_program(words: tuple[str, ...], facts: ImageFacts) -> bool:
    """Return whether the words start the image's program directly: its name is that of the command or the image."""
    if not words:
        return False
    name = words[0].rpartition("/")[2]
    known = {word.rpartition("/")[2] for word in ((facts.command or ()) + (facts.entrypoint or ()))[:2]}
    last = facts.reference.last
    return name in known or name in {last, f"{last}-server", f"{last}d"}
