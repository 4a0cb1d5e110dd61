"""Adds a report to the summary of a job of GitHub Actions."""

from __future__ import annotations

import os
from pathlib import Path

from harden.cli.console.streams import UnwrittenError
from harden.model.report import Report
from harden.outputs import Format, render


def add_to_summary(report: Report) -> None:
    """Append the report to the file that the runner names, nothing where there is none; raises UnwrittenError.

    Source: docs.github.com/actions, "Workflow commands", GITHUB_STEP_SUMMARY.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8", errors="replace") as summary:
            summary.write(render(report, Format.MARKDOWN) + "\n")
    except OSError as error:
        raise UnwrittenError(f"GITHUB_STEP_SUMMARY: {name}: cannot be written: {error.strerror or error}") from error
