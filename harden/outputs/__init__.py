"""Owns the forms in which a report is given to people and programs."""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from harden.model.report import Report


class Format(Enum):
    """What a report is written as."""

    TEXT = "text"
    DIFF = "diff"
    JSON = "json"


def render(report: Report, form: Format, *, quiet: bool = False) -> str:
    """Return `report` in the form asked for, ending in a line feed unless empty; `quiet` leaves text its last line."""
    # Each form is imported for itself: a run needs one of them, and its start is part of its time.
    match form:
        case Format.TEXT:
            from harden.outputs.text import render as render_text  # noqa: PLC0415 - see above

            return render_text(report, quiet=quiet)
        case Format.DIFF:
            from harden.outputs.diff import render as render_diff  # noqa: PLC0415 - see above

            return render_diff(report)
        case Format.JSON:
            from harden.outputs.json_report import render as render_json  # noqa: PLC0415 - see above

            return render_json(report)
        case _:
            assert_never(form)
