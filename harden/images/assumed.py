"""What a person says of images that harden cannot know: that they start as a number other than 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.images.facts import SOME_NUMBER, ImageFacts
from harden.images.pattern import Pattern
from harden.images.reference import ImageNameError, Reference, canonical, complete_name, parse_reference
from harden.model.plain import is_number

#: The fields that the statement settles.
_FIELDS = ("default_user", "runs_as_nonroot")


class Assumption:
    """Globs of images; they hold for those of whose user nothing else is known.

    `globs` maps each to the place where it is stated: an option, or a file.
    """

    def __init__(self, globs: Mapping[str, str]) -> None:
        self._places = dict(globs)
        self._patterns = {glob: (Pattern(glob), Pattern(complete_name(glob))) for glob in globs}
        self._met: set[str] = set()
        self._refuted: dict[tuple[str, str], str] = {}

    @property
    def globs(self) -> Mapping[str, str]:
        """Return the globs with the places where they are stated."""
        return self._places

    def over(self, image: str, facts: ImageFacts | None) -> ImageFacts | None:
        """Return the facts about an image with what a glob says of it; the very same where none does, or more is known.

        Who an image starts as by its facts or its Dockerfile is known: a person who knows better writes that into
        harden-images.yaml.
        """
        reference = _reference(image)
        glob = None if reference is None else self._glob(reference, image)
        if reference is None or glob is None:
            return facts
        self._met.add(glob)
        place = f"{self._places[glob]} {glob}"
        if facts is None:
            stated = dict.fromkeys(_FIELDS, place)
            return ImageFacts(
                reference, (place,), stated, default_user=SOME_NUMBER, runs_as_nonroot=True, evidence=place
            )
        if facts.user_known or facts.default_user is not None:
            if _refutes(facts):
                self._refuted[glob, image] = facts.evidence
            return facts
        return facts._replace(
            matched=(place, *facts.matched),
            origins={**facts.origins, **dict.fromkeys(_FIELDS, place)},
            default_user=SOME_NUMBER,
            runs_as_nonroot=True,
            evidence=place,
            reaches_tag=True,
            outside=facts.outside.difference(_FIELDS),
        )

    def notes(self) -> Iterator[tuple[str, str]]:
        """Yield place and sentence of what people should know: globs that no image met, and images known better."""
        for glob, place in self._places.items():
            if glob not in self._met:
                yield place, f"{glob}: no image here has such a name"
        for (glob, image), evidence in sorted(self._refuted.items()):
            yield self._places[glob], f"{glob} does not count for {image}: {evidence} says who it starts as"

    def _glob(self, reference: Reference, image: str) -> str | None:
        # A glob may have a tag as well: `registry.example.com/shop/*:v2*`.
        names = {reference.name, canonical(reference).name}
        names |= {f"{name}:{reference.tag}" for name in names if reference.tag is not None}
        for glob, (written, complete) in self._patterns.items():
            if written.matches(image) or any(map(complete.matches, names)):
                return glob
        return None


def _refutes(facts: ImageFacts) -> bool:
    """Return whether facts say that an image starts as root or as a name, or does not start without root."""
    if facts.runs_as_nonroot is False or facts.default_user is None:
        return facts.runs_as_nonroot is False
    user = facts.default_user.partition(":")[0]
    return not (is_number(user) and int(user) != 0)


def _reference(image: str) -> Reference | None:
    try:
        return parse_reference(image)
    except ImageNameError:
        return None
