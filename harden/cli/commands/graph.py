"""Runs `harden graph`: which workload can reach which other, before and after harden's network policies."""

from __future__ import annotations

import sys

from harden.adapters import files
from harden.cli.console.printing import Printer, demand_writable
from harden.cli.options.words import PICTURES
from harden.cli.request import Request, config_of, demand_sense, profile_of
from harden.cli.run.inputs import apart_from_results, found_by, inputs_of, kustomizations_of
from harden.cli.run.usage_and_flows import flows_of
from harden.errors import HardenError
from harden.generated import GenerateOptions
from harden.generated.connections import Side, connections
from harden.network.graph import Comparison
from harden.outputs.columns import visible
from harden.outputs.tally import UNREAD
from harden.settings.keys import suggestion


def run_graph(request: Request) -> int:
    """Draw the connections, of the two states or one; return the exit code.

    Raises HardenError for wrong usage, profile or configuration.
    """
    demand_sense(request)
    form = request.form or PICTURES[0]
    if form not in PICTURES:
        raise HardenError(f'--format: unknown format "{form}"{suggestion(form, PICTURES, "format")}')
    side = Side.BOTH if request.before == request.after else Side.BEFORE if request.before else Side.AFTER
    config = config_of(request.config)
    profile = profile_of(request, config)
    demand_writable(request.output)
    found = apart_from_results(request, found_by(request, config))
    inputs = list(inputs_of(request, found))
    wish = GenerateOptions(
        options=profile.options,
        owns=(*profile.owns, *request.owns_namespace),
        fallback=request.namespace,
        look=None if request.is_stream else files.look,
        flows=flows_of(request),
    )
    comparison, problems, unseen = connections(inputs, profile, wish, side, kustomizations_of(request, inputs))
    printer = Printer(request.output)
    printer.data(_drawn(comparison, form, is_single=side is not Side.BOTH).encode("utf-8"))
    if unseen:
        sys.stderr.write(f"harden: {unseen}: what it has to do with the others is not shown\n")
    for problem in found.problems:
        sys.stderr.write(f"harden: {visible(problem.file)}: {visible(problem.message)}\n")
    return 3 if any(problem.stage in UNREAD for problem in (*found.problems, *problems)) else 0


def _drawn(comparison: Comparison, form: str, *, is_single: bool) -> str:
    # Each form is imported for itself: a run needs one of them.
    match form:
        case "mermaid":
            from harden.network.diagrams import mermaid  # noqa: PLC0415 - see above

            return mermaid(comparison)
        case "dot":
            from harden.network.diagrams import dot  # noqa: PLC0415 - see above

            return dot(comparison)
        case "svg":
            from harden.network.drawing import svg  # noqa: PLC0415 - see above

            return svg(comparison, is_single=is_single)
        case "html":
            from harden.network.page import html  # noqa: PLC0415 - see above

            return html(comparison, is_single=is_single)
        case _:
            from harden.network.table import text  # noqa: PLC0415 - see above

            return text(comparison, is_single=is_single)
