"""Owns `harden graph`: which workload can reach which other one, before and after harden's network policies."""

from __future__ import annotations

import sys

from harden.adapters import files, stream
from harden.adapters.kustomizations import kustomizations_near
from harden.beside import Wish
from harden.beside.connections import Side, connections
from harden.cli.options import PICTURES
from harden.cli.printing import Printer, demand_writable
from harden.cli.request import Request, config_of, profile_of
from harden.cli.run import found_by
from harden.errors import HardenError
from harden.model.record import Record
from harden.network.graph import Comparison
from harden.outputs.tally import UNREAD


class GraphRequest(Record):
    """What `harden graph` is asked for: `request` says what to look at, and `form` how to draw it."""

    request: Request
    form: str
    before: bool
    after: bool


def run_graph(asked: GraphRequest) -> int:
    """Draw the connections and return the exit code; raises HardenError for wrong usage, profile or configuration."""
    if asked.form not in PICTURES:
        raise HardenError(f'--format: unknown format "{asked.form}": known are {", ".join(PICTURES)}')
    request = asked.request
    config = config_of(request.goal)
    profile = profile_of(request.goal, config)
    demand_writable(request.output)
    found = found_by(request, config)
    names = found.files
    inputs = [(name, stream.read() if request.is_stream else files.read(name)) for name in names]
    wish = Wish(
        options=profile.options,
        owns=(*profile.owns, *request.beside.owns),
        fallback=request.beside.namespace,
        look=None if request.is_stream else files.look,
    )
    near = () if request.is_stream else kustomizations_near(names)
    comparison, problems, unseen = connections(inputs, profile, wish, _side(asked), near)
    printer = Printer(request.output, quiet=request.quiet, no_color=True)
    printer.data(_drawn(comparison, asked.form, is_single=_side(asked) is not Side.BOTH).encode("utf-8"))
    if unseen:
        sys.stderr.write(f"harden: {unseen}: what it has to do with the others is not shown\n")
    return 3 if any(problem.stage in UNREAD for problem in (*found.problems, *problems)) else 0


def _side(asked: GraphRequest) -> Side:
    if asked.before == asked.after:
        return Side.BOTH
    return Side.BEFORE if asked.before else Side.AFTER


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
