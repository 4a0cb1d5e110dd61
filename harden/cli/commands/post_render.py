"""A run of post-render: what Helm rendered comes in, the same hardened goes out; `--fail-on` stops a release."""

from __future__ import annotations

import os
from collections.abc import Sequence

from harden.adapters import stream
from harden.adapters.division import without_rest
from harden.adapters.helm_stream import Stream
from harden.cli.console.printing import Printer, demand_writable, write_report
from harden.cli.request import Request, config_of, demand_sense, profile_of, wants_companions
from harden.cli.run.exit_code import status
from harden.cli.run.fail_on import demand_fail_on, stop_on
from harden.cli.run.report import report_on_parts
from harden.model.finding import Risk
from harden.outputs import Detail

#: What goes straight to a cluster never guesses: only the line itself says otherwise.
DEFAULT_RISK = Risk.SAFE.word


def post_render(request: Request, fail_on: Sequence[str] = ()) -> int:
    """Harden standard input and return the exit code; raises HardenError for wrong usage, profile or configuration.

    The code is 0 unless input could not be read (3), a result failed its verification (4) or `fail_on` asks for 1.
    """
    demand_fail_on(fail_on, "--fail-on")
    config = config_of(request.config)
    demand_sense(request)
    profile = profile_of(request if request.risk is not None else request._replace(risk=DEFAULT_RISK), config)
    demand_writable(request.report_file)
    rendered = Stream(stream.read(), open_end=wants_companions(request, profile))
    inputs = rendered.inputs
    report = report_on_parts(request, config, profile, inputs)
    result = rendered.joined(report.files) or _nothing()
    report = without_rest(report)
    write_report(request.report_file, report)
    printer = Printer(None, request.quiet, request.shown_color)
    printer.data(result)
    printer.messages(report, Detail.ALL)
    code = status(report, is_piped=True)
    if code > 1:
        return code
    return stop_on(report, request, config, fail_on, "--fail-on")


def _nothing() -> bytes:
    """Return what stands for no manifests: Helm 4 fails where its post-renderer prints nothing."""
    return b"# nothing was rendered\n" if "HELM_PLUGIN_NAME" in os.environ else b""
