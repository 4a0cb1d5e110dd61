"""What the tests of build files know of images: a file of their own, and harden's general rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harden.images.entry import Entry, read_entries
from harden.images.facts import ImageFacts
from harden.images.reference import ImageNameError, canonical, parse_reference
from harden.images.resolve import resolve
from harden.model.text import SourceText

FILE = Path(__file__).parent / "repositories" / "facts.yaml"


@cache
def _entries() -> tuple[Entry, ...]:
    return read_entries(SourceText(FILE.name, FILE.read_text("utf-8")))


def known(image: str) -> ImageFacts | None:
    """Return what is known of an image, read for every tag."""
    try:
        reference = canonical(parse_reference(image))
    except ImageNameError:
        return None
    matches = [
        (pattern, entry) for entry in _entries() for pattern in entry.patterns if pattern.matches(reference.name)
    ]
    facts = resolve(reference, matches)
    return None if facts is None else facts._replace(reaches_tag=True, outside=frozenset())
