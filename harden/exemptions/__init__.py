"""A person's exceptions: a decision that a finding may stand, with the reason and, if there is one, an end date."""

from __future__ import annotations

from harden.exemptions.found import find_exemptions
from harden.exemptions.ledger import Entry, State, Use, entry_data, entry_line, ledger, uses
from harden.exemptions.model import ANNOTATION, Exemption, Origin
from harden.exemptions.offers import offer
from harden.exemptions.rulings import Ruling, matches, rule
from harden.exemptions.settings import config_exemptions, config_schema

__all__ = [
    "ANNOTATION",
    "Entry",
    "Exemption",
    "Origin",
    "Ruling",
    "State",
    "Use",
    "config_exemptions",
    "config_schema",
    "entry_data",
    "entry_line",
    "find_exemptions",
    "ledger",
    "matches",
    "offer",
    "rule",
    "uses",
]
