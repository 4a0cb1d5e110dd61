"""A person's exceptions: a decision that a finding may stand, with the reason and, if there is one, an end date."""

from __future__ import annotations

from harden.exemptions.decisions import Decision, decide, matches
from harden.exemptions.found import find_exemptions
from harden.exemptions.model import ANNOTATION, Exemption, Origin
from harden.exemptions.report import ExemptionUse, ReportEntry, State, entry_data, entry_line, report_entries, uses
from harden.exemptions.settings import config_exemptions, config_schema
from harden.exemptions.suggestions import suggest

__all__ = [
    "ANNOTATION",
    "Decision",
    "Exemption",
    "ExemptionUse",
    "Origin",
    "ReportEntry",
    "State",
    "config_exemptions",
    "config_schema",
    "decide",
    "entry_data",
    "entry_line",
    "find_exemptions",
    "matches",
    "report_entries",
    "suggest",
    "uses",
]
