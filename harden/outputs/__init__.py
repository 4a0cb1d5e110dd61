"""Writes reports for people and programs."""

from __future__ import annotations

from enum import Enum
from importlib import import_module
from typing import Protocol, cast

from harden.model.report import Report


class Format(Enum):
    """What a report is written as; each stands in a module of this package, named like its word."""

    TEXT = "text"
    DIFF = "diff"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    RDJSONL = "rdjsonl"
    HTML = "html"
    MARKDOWN = "markdown"

    @property
    def is_for_people(self) -> bool:
        """Return whether a terminal shows it in colours."""
        return self in {Format.TEXT, Format.DIFF}

    @property
    def is_for_platforms(self) -> bool:
        """Return whether what reads it knows files by their names in a repository."""
        return self in {Format.SARIF, Format.GITHUB, Format.GITLAB, Format.JUNIT, Format.MARKDOWN}

    @property
    def is_for_auditors(self) -> bool:
        """Return whether a report by the sections of a framework can be written so; HTML is for that alone."""
        return self in {Format.HTML, Format.MARKDOWN}

    @property
    def shows_fixes(self) -> bool:
        """Return whether it has what a fix writes, so that a check has to find out what that would be."""
        return self in {Format.SARIF, Format.RDJSONL, Format.MARKDOWN, Format.GITHUB}

    @property
    def is_for_upload(self) -> bool:
        """Return whether a later step judges what is found: a run with findings succeeds, by convention."""
        return self is Format.SARIF


class Detail(Enum):
    """How much the text says."""

    ALL = "all"
    SUMMARY = "summary"  # what was left alone, went wrong or is short of the profile, and the last line
    ERRORS = "errors"  # what went wrong
    LAST = "last"  # what was left alone or went wrong, and one line of counts
    STATISTICS = "statistics"  # how much each control found, instead of what


class _Writer(Protocol):
    def render(self, report: Report) -> str: ...


#: Modules that are not named like their format: the standard library has those names.
_MODULES = {Format.JSON: "json_report"}


def render(report: Report, form: Format, *, detail: Detail = Detail.ALL, show_secrets: bool = False) -> str:
    """Return `report` in the form asked for, ending in a line feed unless empty; `detail` is for the text.

    `show_secrets` shows the values of secrets in a diff, which are hidden else.
    """
    # Each form is imported for itself: a run needs one of them, and its start is part of its time.
    if report.audit is not None and form.is_for_auditors:
        from harden.outputs import audit  # noqa: PLC0415 - see above

        write = audit.as_html if form is Format.HTML else audit.as_markdown
        return write(report, report.audit)
    match form:
        case Format.TEXT:
            from harden.outputs.text import render as render_text  # noqa: PLC0415 - see above

            return render_text(report, detail=detail)
        case Format.DIFF:
            from harden.outputs.diff import render as render_diff  # noqa: PLC0415 - see above

            return render_diff(report, show_secrets=show_secrets)
        case _:
            writer = cast("_Writer", import_module(f"harden.outputs.{_MODULES.get(form, form.value)}"))
            return writer.render(report)
