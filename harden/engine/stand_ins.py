"""Names that stand in for unknown images, so that what is judged of one of them holds for the next one as well.

Of an unknown image nothing but its name tells it from another one, and a long stream is full of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import is_

from harden.images.by_file import STAND_IN
from harden.model.finding import Held
from harden.model.record import Record
from harden.starts.case import short_name

#: Names as most are; for others no name stands in.
_PLAIN = re.compile(r"[a-z0-9]+(?:[./:_-][a-z0-9]+)*")
#: What each name that stands in has in it, also without its registry.
MARK = "stand-in-"
_NAME = re.compile(rf"{re.escape(STAND_IN)}{MARK}(0|[1-9][0-9]*):0")


class ImageNames(Record):
    """The images that names stand in for, in the order of the names."""

    images: tuple[str, ...] = ()

    def number(self, name: str) -> int | None:
        """Return the 0-based number of the image that a name stands in for, None for any other name."""
        found = _NAME.fullmatch(name)
        return int(found[1]) if found is not None and int(found[1]) < len(self.images) else None

    def told(self, text: str) -> str:
        """Return a text with the images that the names stand for, with or without their registries."""
        if MARK in text:
            for at, image in enumerate(self.images):
                name = f"{MARK}{at}:0"
                if name in text:
                    text = text.replace(f"{STAND_IN}{name}", image).replace(name, short_name(image))
        return text

    def held(self, held: Held) -> Held:
        """Return why a fix is held, with the images that the names stand for."""
        return Held(held.because, self.told(held.text), tuple(map(self.told, held.images)))


class StandIns(Record):
    """A pod's spec in which names stand in for images; `uses` says how many containers have such a name."""

    spec: Mapping[str, object]
    names: ImageNames
    uses: int


class Likeness(Record):
    """How a pod looks with names that stand in for its images: those of one `number` look the same.

    `is_alone` says that more than the pod may count for its start: volumes and variables of elsewhere.
    """

    number: int
    images: tuple[str, ...]
    is_alone: bool


def stand_ins(spec: Mapping[str, object], says_something: Callable[[str], bool]) -> StandIns:
    """Return a pod's spec with names for the images of which nothing is to be said.

    What is no image's name stays, and so does what could be taken for a name that stands in.
    """
    found: dict[str, int] = {}
    uses = 0
    changed: dict[str, object] = {}
    for field in ("initContainers", "containers"):
        listed = spec.get(field)
        if isinstance(listed, list):
            changed[field] = renamed = [_renamed(item, says_something, found) for item in listed]
            uses += len(renamed) - sum(map(is_, listed, renamed))
    return StandIns({**spec, **changed} if found else spec, ImageNames(tuple(found)), uses)


def _renamed(container: object, says_something: Callable[[str], bool], found: dict[str, int]) -> object:
    image = container.get("image") if isinstance(container, dict) else None
    if not isinstance(image, str) or _PLAIN.fullmatch(image) is None or MARK in image or says_something(image):
        return container
    at = found.setdefault(image, len(found))
    return {**_mapping(container), "image": f"{STAND_IN}{MARK}{at}:0"}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def is_alone(text: str) -> bool:
    """Return whether what is told of a pod in a text shows that more than the pod counts for its start."""
    return "volume" in text or "envFrom" in text
