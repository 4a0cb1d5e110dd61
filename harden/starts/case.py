"""Puts together the case of one container: what runs, as whom, with which rights, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harden.kube.containers import spoken_image
from harden.model.record import Record
from harden.model.start import Start, Topic
from harden.starts.command import Program, program_of
from harden.starts.neighbours import Neighbours
from harden.starts.process import Process, process_of
from harden.starts.reader import Container, Pod
from harden.starts.settings import looks_like, settled

if TYPE_CHECKING:
    from harden.images.conditions import Follows
    from harden.images.facts import ImageFacts

#: Tells what is known of an image as it is written.
LookUp = Callable[[str], "ImageFacts | None"]


class Statement(Record):
    """One thing that a rule says of a start: YES is evidence, UNKNOWN a doubt, NO what stops it; `text` says it.

    `fields` are the facts of the image that it is about, where that is not the same for all with the text.
    """

    says: Start
    topic: Topic
    text: str
    fields: tuple[str, ...] = ()


#: What a rule gives.
Statements = Iterator[Statement]


class Case(Record):
    """A container of a pod, what is known of its image, and what runs; `image` is its name for people.

    `facts` hold what follows from the container's settings; `follows` says what does, `may` what may follow from
    settings that are not to be seen. `looks` is what an unknown image looks like, in words that follow its name.
    """

    pod: Pod
    container: Container
    facts: ImageFacts | None
    image: str
    images: LookUp
    process: Process
    program: Program
    neighbours: Neighbours
    follows: tuple[Follows, ...] = ()
    may: tuple[Follows, ...] = ()
    looks: str = ""

    @property
    def own(self) -> bool:
        """Return whether the image's own program runs, and the image is known."""
        return self.facts is not None and self.program.own

    @property
    def changed_user(self) -> bool:
        """Return whether it runs as another user than its image's authors ship it, for all that is known."""
        return not self.process.own_user


def case_of(pod: Pod, container: Container, images: LookUp, neighbours: Neighbours) -> Case:
    """Return the case of a container."""
    facts = None if container.image is None else images(container.image)
    follows: tuple[Follows, ...] = ()
    may: tuple[Follows, ...] = ()
    if facts is not None:
        facts, follows, may = settled(facts, pod, container, neighbours)
    return Case(
        pod=pod,
        container=container,
        facts=facts,
        image=short_name(container.image),
        images=images,
        process=process_of(pod, container, facts),
        program=program_of(container, facts),
        neighbours=neighbours,
        follows=follows,
        may=may,
        looks=looks_like(container) if facts is None else "",
    )


def short_name(image: str | None) -> str:
    """Return an image without what people need not be told: `postgres:15-alpine`."""
    return "the image" if image is None else spoken_image(image) or image


def stated(case: Case, *fields: str) -> str:
    """Return where facts say these fields: "nginx:1.25: webservers.yaml:46"."""
    facts = case.facts
    if facts is None:
        return case.image
    places = dict.fromkeys(facts.origins[field] for field in fields if field in facts.origins)
    return f"{case.image}: {', '.join(places) or facts.evidence or ', '.join(facts.matched)}"


def yes(topic: Topic, text: str) -> Statement:
    """Return evidence."""
    return Statement(Start.YES, topic, text)


def doubt(topic: Topic, text: str) -> Statement:
    """Return a doubt."""
    return Statement(Start.UNKNOWN, topic, text)


def no(topic: Topic, text: str) -> Statement:
    """Return what stops the start."""
    return Statement(Start.NO, topic, text)


def beyond_tag(case: Case, *fields: str) -> Statements:
    """Yield the doubt that these facts were read for other tags than the image's, where they were.

    What rests on such facts is not known of this tag, unless the container runs exactly as its authors ship it: then no
    rule asks.
    """
    facts = case.facts
    if facts is None:
        return
    if not facts.reaches(*fields):
        text = f"{case.image}: {facts.reach_doubt or 'the facts were read for other tags'}"
        yield Statement(Start.UNKNOWN, Topic.TAG, text, tuple(name for name in fields if name in facts.outside))
