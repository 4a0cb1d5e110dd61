"""Learning all images of manifests at once, into the file of facts that lies beside harden.yaml."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from harden.cli.commands.images.facts_file import Entries, added_line
from harden.cli.console import streams
from harden.cli.request import Request, config_of
from harden.cli.run.inputs import found_by, inputs_of, kustomizations_of
from harden.cli.run.known_images import FILE, folder_of, images_of_run, is_learnable
from harden.images.learn_all import learn_all
from harden.kube.relevance import is_relevant
from harden.kube.workloads import find
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.report import Problem
from harden.settings import Config
from harden.source.parse import parse
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.engine.run import Input


class Outcome(Record):
    """What a run of learning came to: entries that are new, and the images that could not be read, with the reason."""

    target: str
    added: int
    missed: tuple[tuple[str, str], ...]


def learn_from(paths: tuple[str, ...], add: str | None, config_file: str | None, *, plain_http: bool) -> int:
    """Learn the images of manifests and say what came of it; return 3 where one could not be read.

    Raises HardenError.
    """
    config, request = config_of(config_file), Request("images", paths)
    inputs = list(inputs_of(request, found_by(request, config)))
    outcome = learn_unknown(inputs, request, config, add, plain_http=plain_http)
    tell(outcome, lambda said: streams.write(said.encode()))
    return 3 if outcome.missed else 0


def tell(outcome: Outcome, write: Callable[[str], object]) -> None:
    """Say on standard error which images could not be read, and by `write` how many were added."""
    for image, reason in outcome.missed:
        sys.stderr.write(f"harden: {image}: {reason}\n")
    write(added_line(outcome.target, outcome.added))


def learn_unknown(
    inputs: Sequence[Input], request: Request, config: Config, add: str | None = None, *, plain_http: bool = False
) -> Outcome:
    """Learn the images of manifests of which too little is known into `add`, or the file beside harden.yaml.

    An entry is written as soon as it is there, so that a run that is interrupted keeps what it has. Raises HardenError.
    """
    target = add or str(folder_of(config) / FILE)
    unknown = unknown_images(inputs, request, config)
    entries = Entries(target)
    missed: list[tuple[str, str]] = []
    for learned in learn_all(unknown, plain_http=True if plain_http else None) if unknown else ():
        missed.extend(learned.missed)
        for _ in entries.take(learned.entry) if learned.entry is not None else ():
            pass
    return Outcome(target, entries.added, tuple(missed))


def unknown_images(inputs: Sequence[Input], request: Request, config: Config) -> list[str]:
    """Return what is to be learned of the images of manifests of which too little is known, in their order.

    It is what tells of an image: what it ends up as, or its base.
    """
    known = images_of_run(request, config, kustomizations_of(request, inputs))
    wanted = (pair for pair in dict.fromkeys(_images_of(inputs)) if is_learnable(known.of(pair[0])(pair[1])))
    return list(dict.fromkeys(name for file, image in wanted for name in known.to_learn(image, file)))


def _images_of(inputs: Iterable[Input]) -> Iterator[tuple[str, str]]:
    """Yield the images of all containers of manifests that have been read, each behind its file, in their order.

    What cannot be read is left out here: apply, diff and check name it.
    """
    for name, data in inputs:
        source = data if isinstance(data, Problem) else decode(name, data)
        if isinstance(source, Problem):
            continue
        for document in parse(source, is_relevant, sketch=True).documents:
            found = find(document.index, document.value, name)
            workloads = (each for each in found if isinstance(each, Workload))
            images = (container.get("image") for each in workloads for container in each.containers)
            yield from ((name, image) for image in images if isinstance(image, str) and image)
