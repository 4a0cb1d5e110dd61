"""Names that stand in for unknown images, so that what is judged of one of them holds for the next one as well.

Of an unknown image nothing but its name tells it from another one, and a long stream is full of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from harden.model.finding import Held
from harden.model.record import Record
from harden.starts.case import short_name

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: Names as most are; for others no name stands in.
_PLAIN = re.compile(r"[a-z0-9]+(?:[./:_-][a-z0-9]+)*")
_FOLDER = "harden.invalid/"


class StandIns(Record):
    """A pod's spec in which names stand in for unknown images, and those images in the order of the names."""

    spec: Mapping[str, object]
    images: tuple[str, ...]

    def told(self, text: str) -> str:
        """Return a text with the images that the names stand for."""
        for at, image in enumerate(self.images):
            short = f"stand-in-{at}:0"
            text = text.replace(f"{_FOLDER}{short}", image).replace(short, short_name(image))
        return text

    def held(self, held: Held) -> Held:
        """Return why a fix is held, with the images that the names stand for."""
        known = {f"{_FOLDER}stand-in-{at}:0": image for at, image in enumerate(self.images)}
        return Held(held.because, self.told(held.text), tuple(known.get(image, image) for image in held.images))


def stand_ins(spec: Mapping[str, object], images: Callable[[str], ImageFacts | None]) -> StandIns:
    """Return a pod's spec with names for the images of which nothing is known; what is no image's name stays."""
    found: list[str] = []
    changed: dict[str, object] = {}
    for field in ("initContainers", "containers"):
        listed = spec.get(field)
        if isinstance(listed, list):
            changed[field] = [_renamed(item, images, found) for item in listed]
    return StandIns({**spec, **changed}, tuple(found)) if found else StandIns(spec, ())


def _renamed(container: object, images: Callable[[str], ImageFacts | None], found: list[str]) -> object:
    image = container.get("image") if isinstance(container, dict) else None
    if not isinstance(image, str) or _PLAIN.fullmatch(image) is None or images(image) is not None:
        return container
    if image not in found:
        found.append(image)
    return {**_mapping(container), "image": f"{_FOLDER}stand-in-{found.index(image)}:0"}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def key_of(spec: Mapping[str, object], asked: Sequence[object]) -> str | None:
    """Return what a judgement hangs on, None where that is more than the pod: volumes and variables of elsewhere."""
    text = repr(spec)
    return None if "volume" in text or "envFrom" in text else f"{text}{asked!r}"
