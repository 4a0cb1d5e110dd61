"""What stops a release or a build on request, although harden did all that it may."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from harden.cli.options.words import FAIL_ON
from harden.cli.request import Request
from harden.cli.run.known_images import count_images, images_of_run
from harden.errors import HardenError
from harden.model.finding import Risk
from harden.model.report import Report
from harden.outputs.summary import number
from harden.outputs.tally import count, is_open, short
from harden.settings import Config
from harden.settings.keys import suggestion


def demand_fail_on(words: Sequence[str], where: str) -> None:
    """Raise HardenError where one of the words is none of FAIL_ON; `where` is what they were given to."""
    for word in words:
        if word not in FAIL_ON:
            raise HardenError(f'{where}: unknown word "{word}"{suggestion(word, FAIL_ON, "word")}')


def stop_on(report: Report, request: Request, config: Config, words: Sequence[str], where: str) -> int:
    """Return 1 where one of the words is so, and say which; 0 where none is."""
    stops = (
        [f"{where} {word}: {said}" for word, said in _found(report, request, config) if word in words] if words else []
    )
    for stop in stops:
        sys.stderr.write(f"harden: {stop}\n")
    return int(bool(stops))


def _found(report: Report, request: Request, config: Config) -> Iterator[tuple[str, str]]:
    """Yield what may stop a release: a word of FAIL_ON, and what is so for people."""
    workloads = [workload for file in report.files for workload in file.workloads]
    refused = sum(bool(short(workload, report.mode)) for workload in workloads)
    if refused:
        yield "short", f"{number(refused, 'workload')} would still be refused at {report.level}"
    breaking = count(report).risky.get(Risk.BREAKING, 0)
    if breaking:
        yield "breaking", f"{number(breaking, 'breaking fix', 'breaking fixes')} left open (--risk breaking makes them)"
    # Where only safe fixes are made, those that wait for facts are held by their risk: facts would make them safe.
    unknown = frozenset(count_images(report.files, config, images_of_run(request, config)).unknown)
    waiting = [each for each in workloads if not unknown.isdisjoint(each.images) and any(map(is_open, each.outcomes))]
    if waiting:
        images = sorted({image for each in waiting for image in each.images} & unknown)
        yield "waiting", f"{number(len(waiting), 'workload')} waiting for facts about images: {', '.join(images)}"
