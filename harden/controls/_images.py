"""What facts say of a container's image, and whether the manifest leaves its program in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.controls._neighbours import everywhere
from harden.controls._registry import Context
from harden.controls._scripts import SHELLS, command_line, unknown_writer
from harden.kube.bundle import Bundle
from harden.kube.containers import spoken_image
from harden.model.kube import Container, dig
from harden.model.plain import as_list

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


def image_of(container: Container) -> str | None:
    """Return the image as written, None where it is absent, empty or no string."""
    found = container.get("image")
    return found if isinstance(found, str) and found else None


def facts_of(container: Container, context: Context) -> ImageFacts | None:
    """Return what is known of a container's image with its settings, None where nothing is.

    What hangs on a mounted configuration is left to the start verdict, which reads it.
    """
    image = image_of(container)
    facts = None if image is None else context.images(image)
    return facts if facts is None or not facts.when else _settled(facts, container)


def _settled(facts: ImageFacts, container: Container) -> ImageFacts:
    from harden.images.conditions import Shown, given  # noqa: PLC0415 - few facts have conditions

    variables = [(dig(item, "name"), item) for item in as_list(container.get("env"))]
    mounts = [dig(item, "mountPath") for item in as_list(container.get("volumeMounts"))]
    shown = Shown(
        env={name: _value(item) for name, item in variables if isinstance(name, str)},
        env_open=bool(as_list(container.get("envFrom"))),
        args=_texts(container.get("args")),
        command=_texts(container.get("command")),
        configs=(None,) if mounts else (),
        mounts=tuple(path for path in mounts if isinstance(path, str)),
    )
    return given(facts, shown).facts


def _value(variable: object) -> str | None:
    """Return the value of a variable as text; one without any is empty, and None what comes from elsewhere."""
    if dig(variable, "valueFrom") is not None:
        return None
    value = dig(variable, "value")
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...] | None:
    return tuple(item for item in value if isinstance(item, str)) or None if isinstance(value, list) else None


def short_name(container: Container) -> str:
    """Return the image for people, without what they need not be told: `postgres:15-alpine`."""
    image = image_of(container)
    return "the image" if image is None else spoken_image(image)


def folders_of(facts: ImageFacts) -> tuple[str, ...]:
    """Return every folder that facts name as one to be written to."""
    return (*(facts.writable or ()), *(facts.volumes or ()), *facts.writable_seeded)


def is_base(facts: ImageFacts) -> bool:
    """Return whether the image brings no program of its own to judge: what runs there is the manifest's."""
    kind = None if facts.image_class is None else facts.image_class.value
    return facts.ports == () and kind in {None, "jvm", "web"}


def keeps_its_command(container: Container, facts: ImageFacts) -> bool:
    """Return whether what runs is the image's own program: no other `command`, and no shell in its place."""
    words = command_line(container)
    if is_base(facts):
        return not words
    if container.get("command") is not None:
        return bool(words) and _is_program(words[0], facts)
    return not words or ("/" not in words[0].partition("=")[0] and words[0] not in SHELLS)


def _is_program(word: str, facts: ImageFacts) -> bool:
    """Return whether a word is the name of the image's program: that of its command, or of the image itself."""
    name = word.rpartition("/")[2]
    known = {word.rpartition("/")[2] for word in ((facts.command or ()) + (facts.entrypoint or ()))[:2]}
    last = facts.reference.last
    return name in known or name in {last, f"{last}-server", f"{last}d", "docker-entrypoint.sh"}


def named_by_kustomizations(bundle: Bundle) -> set[str]:
    """Return the names of the images that a kustomization of the bundle gives another tag, name or digest."""
    entries = [entry for each in everywhere(bundle, "Kustomization") for entry in as_list(dig(each.data, "images"))]
    names = (dig(entry, "name") for entry in entries if any(dig(entry, key) for key in ("newTag", "newName", "digest")))
    return {name for name in names if isinstance(name, str)}


def only_reads(container: Container, facts: ImageFacts) -> bool:
    """Return whether a command takes the place of the image's program that only reads, tests and waits.

    It needs nothing of what that program needs.
    """
    given = bool(command_line(container)) and not keeps_its_command(container, facts)
    return given and unknown_writer(container) is None
