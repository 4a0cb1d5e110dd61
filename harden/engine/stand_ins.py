"""Names that stand in for unknown images, so that what is judged of one of them holds for the next one as well.

Of an unknown image nothing but its name tells it from another one, and a long stream is full of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from harden.images.by_file import STAND_IN
from harden.model.finding import Held
from harden.model.record import Record
from harden.starts.case import short_name

#: Names as most are; for others no name stands in.
_PLAIN = re.compile(r"[a-z0-9]+(?:[./:_-][a-z0-9]+)*")
#: What each name that stands in has in it, also without its registry.
MARK = "stand-in-"
_NAME = re.compile(rf"({re.escape(STAND_IN)})?{MARK}(0|[1-9][0-9]*):0")


class StandIns(Record):
    """A pod's spec in which names stand in for images, and those images in the order of the names.

    `uses` says how many containers have such a name.
    """

    spec: Mapping[str, object]
    images: tuple[str, ...]
    uses: int = 0

    def number(self, name: str) -> int | None:
        """Return the 0-based number of the image that a name stands in for, None for any other name."""
        found = _NAME.fullmatch(name)
        return int(found[2]) if found is not None and found[1] and int(found[2]) < len(self.images) else None

    def told(self, text: str) -> str:
        """Return a text with the images that the names stand for."""
        return _NAME.sub(self._meant, text) if MARK in text else text

    def _meant(self, found: re.Match[str]) -> str:
        at = int(found[2])
        if at >= len(self.images):
            return found[0]
        return self.images[at] if found[1] else short_name(self.images[at])

    def held(self, held: Held) -> Held:
        """Return why a fix is held, with the images that the names stand for."""
        return Held(held.because, self.told(held.text), tuple(self.told(image) for image in held.images))


def stand_ins(spec: Mapping[str, object], says_something: Callable[[str], bool]) -> StandIns:
    """Return a pod's spec with names for the images of which nothing is to be said; what is no image's name stays."""
    found: dict[str, int] = {}
    uses = 0
    changed: dict[str, object] = {}
    for field in ("initContainers", "containers"):
        listed = spec.get(field)
        if isinstance(listed, list):
            changed[field] = renamed = [_renamed(item, says_something, found) for item in listed]
            uses += sum(after is not before for before, after in zip(listed, renamed, strict=True))
    return StandIns({**spec, **changed}, tuple(found), uses) if found else StandIns(spec, ())


def _renamed(container: object, says_something: Callable[[str], bool], found: dict[str, int]) -> object:
    image = container.get("image") if isinstance(container, dict) else None
    if not isinstance(image, str) or _PLAIN.fullmatch(image) is None or says_something(image):
        return container
    at = found.setdefault(image, len(found))
    return {**_mapping(container), "image": f"{STAND_IN}{MARK}{at}:0"}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def key_of(spec: Mapping[str, object], asked: Sequence[object]) -> str | None:
    """Return what a judgement hangs on, None where that is more than the pod: volumes and variables of elsewhere."""
    text = repr(spec)
    return None if "volume" in text or "envFrom" in text else f"{text}{asked!r}"
