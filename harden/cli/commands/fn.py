"""A run of fn: the items of a ResourceList hardened, and what was found as its results."""

from __future__ import annotations

import sys

from harden.adapters import stream
from harden.adapters.division import without_rest
from harden.adapters.krm import Item, ResourceList
from harden.cli.console import streams
from harden.cli.request import Request, profile_of, wants_companions
from harden.cli.run.exit_code import status
from harden.cli.run.fail_on import demand_fail_on, stop_on
from harden.cli.run.report import report_on_parts
from harden.errors import HardenError
from harden.model.finding import Risk
from harden.model.profile import Profile
from harden.model.report import Report
from harden.model.text import Plain
from harden.outputs.columns import visible
from harden.outputs.krm_results import line_of, results
from harden.outputs.summary import summary
from harden.settings import Config
from harden.settings.function import NAME, read_function


def run_function(*, quiet: bool = False) -> int:
    """Harden the items on standard input and return the exit code.

    It is 0 unless an item could not be read (3), a result failed its verification (4), or the configuration asks for 1.
    Raises UnreadListError for what is no ResourceList, HardenError for a wrong functionConfig.
    """
    resources = ResourceList(stream.read())
    settings = read_function(resources.function_config)
    demand_fail_on(settings.fail_on, f"{NAME}: fail-on")
    # What is built may go straight to a cluster: only a functionConfig that says so takes more.
    request = Request(
        "apply",
        ("-",),
        risk=settings.risk or Risk.SAFE.word,
        companions=settings.companions,
        namespace=settings.namespace,
        owns_namespace=settings.owns_namespace,
    )
    profile = _profile(request, settings.config)
    inputs = resources.inputs(open_end=wants_companions(request, profile))
    report = report_on_parts(request, settings.config, profile, inputs)
    told = results(report, lambda name, document: _place(resources.item(name, document)))
    streams.write(resources.joined(report.files, told))
    report = without_rest(report)
    _say(report, told, quiet=quiet)
    code = status(report, is_piped=True)
    return code if code > 1 else stop_on(report, request, settings.config, settings.fail_on, f"{NAME}: fail-on")


def _profile(request: Request, config: Config) -> Profile:
    try:
        return profile_of(request, config)
    except HardenError as error:
        said = str(error)
        raise HardenError(said if said.startswith(NAME) else f"{NAME}: {said}") from error


def _say(report: Report, told: list[dict[str, Plain]], *, quiet: bool) -> None:
    lines = [line_of(result) for result in told if result["severity"] != "info"]
    for line in () if quiet else lines:
        sys.stderr.write(f"harden: {visible(line)}\n")
    sys.stderr.write(f"harden: {summary(report)}\n")


def _place(item: Item | None) -> tuple[dict[str, Plain], dict[str, Plain]]:
    """Return the reference to an item, and its file, as results say them."""
    if item is None:
        return {}, {}
    words = (("apiVersion", item.api_version), ("kind", item.kind), ("name", item.name), ("namespace", item.namespace))
    reference: dict[str, Plain] = {key: word for key, word in words if word}
    file: dict[str, Plain] = {"path": item.path} if item.path else {}
    return reference, file | ({"index": item.position} if file and item.position is not None else {})
