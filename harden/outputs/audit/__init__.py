"""Writes the report for auditors: what was found, by the sections of a framework, with evidence and what stays open."""

from __future__ import annotations

from harden.model.report import Audit, Report
from harden.outputs.audit.findings import audit
from harden.outputs.audit.frameworks import frameworks


def as_html(report: Report, asked: Audit) -> str:
    """Return the report as one page that needs nothing beside it."""
    from harden.outputs.audit.page import html  # noqa: PLC0415 - one form is needed at a time

    return html(report, audit(report, frameworks()[asked.framework], asked.controls))


def as_markdown(report: Report, asked: Audit) -> str:
    """Return the report as Markdown."""
    from harden.outputs.audit.markdown import markdown  # noqa: PLC0415 - one form is needed at a time

    return markdown(report, audit(report, frameworks()[asked.framework], asked.controls))
