"""Writes reports for people and programs."""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from harden.model.report import Report


class Format(Enum):
    """What a report is written as."""

    TEXT = "text"
    DIFF = "diff"
    JSON = "json"


class Detail(Enum):
    """How much the text says."""

    ALL = "all"
    SUMMARY = "summary"  # what was left alone, went wrong or is short of the profile, and the last line
    ERRORS = "errors"  # what went wrong
    LAST = "last"  # what was left alone or went wrong, and one line of counts
    STATISTICS = "statistics"  # how much each control found, instead of what


def render(report: Report, form: Format, *, detail: Detail = Detail.ALL, show_secrets: bool = False) -> str:
    """Return `report` in the form asked for, ending in a line feed unless empty; `detail` is for the text.

    `show_secrets` shows the values of secrets in a diff, which are hidden else.
    """
    # Each form is imported for itself: a run needs one of them, and its start is part of its time.
    match form:
        case Format.TEXT:
            from harden.outputs.text import render as render_text  # noqa: PLC0415 - see above

            return render_text(report, detail=detail)
        case Format.DIFF:
            from harden.outputs.diff import render as render_diff  # noqa: PLC0415 - see above

            return render_diff(report, show_secrets=show_secrets)
        case Format.JSON:
            from harden.outputs.json_report import render as render_json  # noqa: PLC0415 - see above

            return render_json(report)
        case _:
            assert_never(form)
