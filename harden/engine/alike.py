"""Asks the controls of the standards once about pods that differ in nothing that these controls look at.

They judge a pod as admission does: by its spec and its annotations, whatever it, its labels and its images are called.
So they are shown no more than that, with names that stand in for the images, and what they find is told again, with the
real names, of the next pod that looks the same. It holds only where nothing is known of the images that they asked
about. All other controls are asked about every pod, and so is every control about a pod that comes alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from harden.controls import Context, Control, check_all
from harden.engine.stand_ins import MARK, ImageNames, Likeness, StandIns, is_alone, stand_ins
from harden.images.by_file import Lookup
from harden.model.finding import Finding, Fix, NoFix
from harden.model.kube import Container, Workload
from harden.model.record import Record

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: So many pods are kept, of so many characters at most: what a run keeps is bounded.
_MOST, _LONGEST = 1_000, 10_000


class _Named(Exception):  # noqa: N818 - it is an answer, and never leaves this module
    """An image is asked for under its own name."""


class _Common(Record):
    """What the controls find in every pod that looks the same, and the numbers of the images that they asked about.

    `named` are the numbers of the findings that speak of an image.
    """

    found: tuple[Finding, ...]
    asked: tuple[int, ...]
    named: frozenset[int]


class AskedImages:
    """A lookup of images that can be had to know nothing of any, and to note for which it is asked."""

    __slots__ = ("_asked", "_images", "_standing")

    def __init__(self, images: Lookup) -> None:
        self._images = images
        self._standing: ImageNames | None = None
        self._asked: dict[int, None] = {}

    def __call__(self, image: str) -> ImageFacts | None:
        """Return what is known of an image; where names stand in, nothing, and _Named is raised for any other name."""
        if self._standing is None:
            return self._images(image)
        at = self._standing.number(image)
        if at is None:
            raise _Named
        self._asked[at] = None
        return None

    def knows(self, image: str) -> bool:
        """Return whether anything is known of an image."""
        return self._images(image) is not None

    def check(
        self, workload: Workload, standing: ImageNames, contexts: Sequence[tuple[Control, Context]]
    ) -> _Common | None:
        """Return what controls, in whose contexts this lookup is, find where nothing is known of the images.

        None where the names of the images decide.
        """
        self._standing, self._asked = standing, {}
        try:
            found = check_all(workload, contexts)
        except _Named:
            return None
        finally:
            self._standing = None
        if any(_names_elsewhere(each) for each in found):
            return None
        named = frozenset(at for at, each in enumerate(found) if MARK in each.message or MARK in each.reason)
        return _Common(tuple(found), tuple(self._asked), named)


class Asked(Record):
    """The controls that are asked about the workloads of a file, each with its context; `images` is in all of these."""

    contexts: Sequence[tuple[Control, Context]]
    images: AskedImages


class AlikePods:
    """What was found in the pods of a run, by what the controls were shown of them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._numbering = count()
        self._common: dict[int, _Common | None] = {}

    def check(self, workload: Workload, asked: Asked) -> tuple[list[Finding], Likeness | None]:
        """Return what the controls say of a workload, and how it looks where that has a number."""
        contexts, images = asked
        standing = stand_ins(workload.spec, _nothing)
        key = _key(workload, standing)
        if key is None:
            return check_all(workload, contexts), None
        known = self._numbers.get(key)
        likeness = Likeness(self._number(key) if known is None else known, standing.names.images, is_alone(key))
        common = None if known is None or workload.row.is_custom else self._of(known, workload, standing, asked)
        if common is None or any(images.knows(standing.names.images[at]) for at in common.asked):
            return check_all(workload, contexts), likeness
        found = list(_told(common, standing.names))
        own = [each for each in contexts if not _is_common(each[0])]
        if own:
            order = {control.id: at for at, (control, _) in enumerate(contexts)}
            found = sorted([*found, *check_all(workload, own)], key=lambda each: order[each.control])
        return found, likeness

    def _number(self, key: str) -> int:
        """Return the number of pods that are seen for the first time; no other ones ever get it."""
        if len(self._numbers) == _MOST:
            self._numbers.clear()
            self._common.clear()
        self._numbers[key] = number = next(self._numbering)
        return number

    def _of(self, number: int, workload: Workload, standing: StandIns, asked: Asked) -> _Common | None:
        """Return what holds for all pods of a number, None where nothing does."""
        if number not in self._common:
            common = [each for each in asked.contexts if _is_common(each[0])]
            self._common[number] = asked.images.check(_shown(workload, standing), standing.names, common)
        return self._common[number]


def _nothing(_image: str) -> bool:
    return False


def _is_common(control: Control) -> bool:
    return bool(control.checks) and not control.bundle


def _key(workload: Workload, standing: StandIns) -> str | None:
    """Return all that is shown of a workload, None where that tells too little of it, or is too long to be kept."""
    metadata = _annotations(workload)
    key = repr((workload.api_version, workload.kind, workload.path, workload.template, metadata, standing.spec))
    # Who uses such names is not told from what they stand in for.
    is_plain = key.count(MARK) == standing.uses
    return key if is_plain and len(key) <= _LONGEST else None


def _annotations(workload: Workload) -> Mapping[str, object]:
    return {key: value for key, value in workload.metadata.items() if key == "annotations"}


def _shown(workload: Workload, standing: StandIns) -> Workload:
    """Return what is shown of a workload."""
    containers = tuple(_renamed(each, standing.spec) for each in workload.containers)
    return Workload(
        document=0,
        path=workload.path,
        api_version=workload.api_version,
        kind=workload.kind,
        namespace=None,
        name="",
        template=workload.template,
        metadata=_annotations(workload),
        spec=standing.spec,
        containers=containers,
        served=workload.served,
        row=workload.row,
        place=workload.place,
    )


def _renamed(container: Container, spec: Mapping[str, object]) -> Container:
    listed, at = spec[container.field], container.path[-1]
    if not isinstance(listed, list) or not isinstance(at, int):
        raise TypeError("the containers of a plain pod stand in lists")
    return container._replace(data=listed[at])


def _told(common: _Common, names: ImageNames) -> Iterator[Finding]:
    """Yield the findings as those of a pod of their own: what becomes of one is kept by what object it is."""
    for at, (path, message, fix, checks, control, severity, cis) in enumerate(common.found):
        if at in common.named:
            yield Finding(path, names.told(message), _renamed_in(fix, names), checks, control, severity, cis)
        else:
            yield Finding(path, message, fix, checks, control, severity, cis)


def _renamed_in(fix: Fix | NoFix, names: ImageNames) -> Fix | NoFix:
    if isinstance(fix, NoFix):
        return NoFix(names.told(fix.reason), fix.because)
    risk, reason, changes, elsewhere, leans_on, creates, needs, evidence = fix
    return Fix(risk, names.told(reason), changes, elsewhere, leans_on, creates, needs, evidence)


def _names_elsewhere(finding: Finding) -> bool:
    """Return whether a finding names an image in more than what it says to people."""
    path, _, fix, checks, control, *_ = finding
    return MARK in repr((path, fix._replace(reason=""), checks, control))
