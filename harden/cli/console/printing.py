"""Where results and messages go: standard output, files, and terminals with and without colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from harden.adapters import files
from harden.cli.console import streams
from harden.cli.console.streams import UnwrittenError
from harden.errors import HardenError
from harden.model.record import Record
from harden.model.report import Report
from harden.outputs import Detail, Format, render


class Printer(Record):
    """Prints the results of a run; `output` is the file that takes them instead of standard output.

    `color` is auto, always or never; with `statistics`, the text has counts in place of findings;
    `show_secrets` shows the values of secrets in a patch.
    """

    output: str | None
    quiet: bool = False
    color: str = "auto"
    statistics: bool = False
    show_secrets: bool = False

    def result(self, report: Report, form: Format) -> None:
        """Write the report in the form asked for as the result of the run."""
        # What a program reads is coloured only where the line says so, never by what is set for a whole CI job.
        is_forced = form is Format.TEXT and self._has_color(sys.stdout)
        is_shown = sys.stdout.isatty() or self.color == "always" or is_forced
        if self.output is None and is_shown and form.is_for_people:
            self._on_terminal(report, form)
            return
        if self.output is None and form.is_for_people:
            for part in self._parts(report, form):
                streams.write(part.encode("utf-8"))
            return
        self.data(render(report, form, detail=self._detail(), show_secrets=self.show_secrets).encode("utf-8"))

    def _parts(self, report: Report, form: Format) -> Iterator[str]:
        if form is Format.DIFF:
            from harden.outputs.diff import parts as patches  # noqa: PLC0415 - a text does without

            return patches(report, show_secrets=self.show_secrets)
        from harden.outputs.text import parts  # noqa: PLC0415 - JSON and patches do without

        return parts(report, detail=self._detail())

    def data(self, data: bytes) -> None:
        """Write bytes as the result of the run."""
        if self.output is None:
            streams.write(data)
        else:
            write_file(self.output, data)

    def messages(self, report: Report, detail: Detail) -> None:
        """Write what there is to say beside the result to standard error."""
        if detail is not Detail.ERRORS:
            detail = self._detail(detail)
        if self.output is None and streams.feeds_pager():
            # What is written over a pager's page cannot be read: no more than has to be said, and last.
            streams.finish()
            detail = Detail.LAST
        self._text(report, detail, sys.stderr)

    def _detail(self, otherwise: Detail = Detail.ALL) -> Detail:
        if self.quiet:
            return Detail.LAST
        return Detail.STATISTICS if self.statistics else otherwise

    def _on_terminal(self, report: Report, form: Format) -> None:
        if form is Format.TEXT:
            self._text(report, self._detail(), sys.stdout)
            return
        patch = render(report, form, show_secrets=self.show_secrets)
        if not self._has_color(sys.stdout):
            streams.write(patch.encode("utf-8"))
            return
        from harden.outputs.terminal import patch_lines, show  # noqa: PLC0415 - only terminals need it

        show(patch_lines(patch), sys.stdout)

    def _text(self, report: Report, detail: Detail, stream_: TextIO) -> None:
        from harden.outputs import text  # noqa: PLC0415 - JSON and patches do without

        width = os.get_terminal_size(stream_.fileno()).columns or None if stream_.isatty() else None
        if not self._has_color(stream_):
            stream_.write(text.render(report, detail=detail, width=width))
            return
        from harden.outputs.terminal import show  # noqa: PLC0415 - only terminals need it

        show(text.lines(report, detail=detail, width=width), stream_)

    def _has_color(self, stream_: TextIO) -> bool:
        return has_color(stream_, self.color)


def has_color(stream_: TextIO, color: str) -> bool:
    """Return whether colours are wanted: --color says so, else the environment, else whether it is a terminal.

    FORCE_COLOR (force-color.org) and CLICOLOR_FORCE (bixense.com/clicolors) come before NO_COLOR (no-color.org) and
    CLICOLOR=0.
    """
    if color != "auto":
        return color == "always"
    said = os.environ.get
    if said("FORCE_COLOR") or said("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    if said("NO_COLOR") or said("CLICOLOR") == "0" or said("TERM") == "dumb":
        return False
    return stream_.isatty()


def write_file(name: str, data: bytes) -> None:
    """Write a result or report into a file; raises UnwrittenError when that cannot be done."""
    try:
        files.put(name, data)
    except OSError as error:
        raise UnwrittenError(f"{name}: cannot be written: {error.strerror or error}") from error


def write_report(name: str | None, report: Report) -> None:
    """Write a report as JSON into a file, where one is named; raises UnwrittenError when that cannot be done."""
    if name is not None:
        write_file(name, render(report, Format.JSON).encode("utf-8"))


def add_to_job_summary(report: Report) -> None:
    """Append a report to the summary of a job of GitHub Actions, where there is one; raises UnwrittenError.

    The runner names its file: docs.github.com/actions, "Workflow commands", GITHUB_STEP_SUMMARY.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8", errors="replace") as summary:
            summary.write(render(report, Format.MARKDOWN) + "\n")
    except OSError as error:
        raise UnwrittenError(f"GITHUB_STEP_SUMMARY: {name}: cannot be written: {error.strerror or error}") from error


def demand_writable(*names: str | None) -> None:
    """Raise HardenError for a result file that cannot be written, before anything is done."""
    for name in names:
        if name is not None and (Path(name).is_dir() or not Path(name).parent.is_dir()):
            raise HardenError(f"{name}: cannot be written: its folder does not exist, or it is a folder itself")
    # /dev/stdout and a pipe take one result after the other.
    results = [Path(name).resolve() for name in names if name is not None and not _is_special(name)]
    for at, result in enumerate(results):
        if result in results[:at]:
            raise HardenError(f"{result.name}: one file cannot take two results: name another one")


def _is_special(name: str) -> bool:
    return Path(name).exists() and not Path(name).is_file()
