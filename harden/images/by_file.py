"""What is known of images, file by file: the place of a manifest decides which build files and kustomizations count."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: Tells what is known of an image reference.
Lookup = Callable[[str], "ImageFacts | None"]

#: Begins names that stand in for images of which nothing is known; no registry has it (RFC 2606).
STAND_IN = "harden.invalid/"


class ImagesByFile:
    """Tells what is known of images; here the same for each file, and in subclasses more for some."""

    def __init__(self, everywhere: Lookup) -> None:
        self._everywhere = everywhere

    def __call__(self, image: str) -> ImageFacts | None:
        """Return what is known of an image wherever it is named."""
        return self._everywhere(image)

    def of(self, file: str) -> Lookup:
        """Return what tells of the images in a file, by its name in the run; the same object for each time."""
        del file
        return self

    def undecided(self, image: str, file: str) -> str:
        """Return why what is built here of an image does not tell who it starts as; "" where nothing is to be said."""
        del image, file
        return ""

    def names(self, image: str, file: str) -> tuple[str, ...]:
        """Return what an image in a file ends up as; itself where nothing changes it."""
        del file
        return (image,)

    def to_learn(self, image: str, file: str) -> tuple[str, ...]:
        """Return the images that tell who an image in a file starts as, once they are learned: itself, or its base."""
        return self.names(image, file)

    def look_ahead(self, file: str, text: str) -> None:
        """Find out what is known of the images in a text, before processes share the work on it."""


def by_file(images: Lookup) -> ImagesByFile:
    """Return what tells of images file by file; what tells the same for all does so for each."""
    return images if isinstance(images, ImagesByFile) else ImagesByFile(images)
