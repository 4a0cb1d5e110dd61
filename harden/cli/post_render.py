"""A run of post-render: what Helm rendered comes in, the same hardened goes out; `--fail-on` stops a release."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from harden.adapters import files, stream
from harden.adapters.division import is_rest
from harden.adapters.helm_stream import Stream
from harden.adapters.walk import Discovery
from harden.cli.exit_code import status
from harden.cli.images_known import count_images, images_of_run
from harden.cli.printing import Printer, demand_writable, write_file
from harden.cli.request import Request, config_of, demand_sense, profile_of
from harden.cli.run import report_on
from harden.errors import HardenError
from harden.model.finding import Risk
from harden.model.report import Report
from harden.outputs import Detail, Format, render
from harden.outputs.summary import number
from harden.outputs.tally import count, is_open, short
from harden.settings import Config
from harden.settings.keys import suggestion

#: What may stop a release: a workload is refused, a breaking fix is left open, facts about images are missing.
FAIL_ON = ("short", "breaking", "waiting")
#: What goes straight to a cluster never guesses: only the line itself says otherwise.
DEFAULT_RISK = Risk.SAFE.word


def post_render(request: Request, fail_on: Sequence[str] = ()) -> int:
    """Harden standard input and return the exit code; raises HardenError for wrong usage, profile or configuration.

    The code is 0 unless input could not be read (3), a result failed its verification (4) or `fail_on` asks for 1.
    """
    for word in fail_on:
        if word not in FAIL_ON:
            raise HardenError(f'--fail-on: unknown word "{word}"{suggestion(word, FAIL_ON, "word")}')
    config = config_of(request.config)
    demand_sense(request)
    profile = profile_of(request if request.risk is not None else request._replace(risk=DEFAULT_RISK), config)
    demand_writable(request.report_file)
    wants_companions = profile.with_companions if request.companions is None else request.companions
    rendered = Stream(stream.read(), open_end=wants_companions)
    inputs = rendered.inputs
    found = Discovery(tuple(name for name, _ in inputs), (), ())
    report = report_on(request, config, profile, found, inputs)
    result = rendered.joined(report.files) or _nothing()
    report = report._replace(files=tuple(file for file in report.files if not is_rest(file)))
    if request.report_file is not None:
        write_file(request.report_file, render(report, Format.JSON).encode("utf-8"))
    printer = Printer(None, request.quiet, "never" if request.no_color else request.color)
    printer.data(result)
    printer.messages(report, Detail.ALL)
    code = status(report, frozenset((*found.files, files.STDIN)))
    if code > 1:
        return code
    stops = (
        [f"--fail-on {word}: {said}" for word, said in _stops(report, request, config) if word in fail_on]
        if fail_on
        else []
    )
    for stop in stops:
        sys.stderr.write(f"harden: {stop}\n")
    return int(bool(stops))


def _nothing() -> bytes:
    """Return what stands for no manifests: Helm 4 fails where its post-renderer prints nothing."""
    return b"# nothing was rendered\n" if "HELM_PLUGIN_NAME" in os.environ else b""


def _stops(report: Report, request: Request, config: Config) -> Iterator[tuple[str, str]]:
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
