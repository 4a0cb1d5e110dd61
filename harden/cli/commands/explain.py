"""What explain prints: a manual page as Markdown, or on a terminal as plain text that is wrapped at words."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Mapping

from harden.cli.console.printing import has_color
from harden.controls import Control, all_controls
from harden.controls._manual import asked_at, explain, summary
from harden.outputs.manual_page import shown
from harden.settings.keys import demand_known


def manual_of(name: str) -> str:
    """Return the manual pages of a control or an official check; raises HardenError where there is none."""
    page = manual(name)
    width = _width()
    return page if width is None else shown(page, width, color=has_color(sys.stdout, "auto"))


def list_controls() -> str:
    """Return a line for each control, on a terminal as many as it takes."""
    text, width = explain_all(), _width()
    if width is None:
        return text
    lines = text.splitlines()
    indent = " " * lines[0].index(lines[0].split(None, 2)[2])
    wrapped = (textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) for line in lines)
    return "".join(f"{part}\n" for parts in wrapped for part in parts)


def manual(name: str) -> str:
    """Return the manual page of the control with this id, or of those that answer for an official check.

    Ids of other scanners lead to the pages of the controls that answer for them, or to why there is none. Raises
    HardenError where nothing is known under this name.
    """
    controls = {control.id: control for control in all_controls()}
    if name in controls:
        return explain(controls[name])
    answering = [control for control in all_controls() if name.lower() in (check.lower() for check in control.checks)]
    if not answering:
        foreign = _foreign(name, controls)
        if foreign:
            return foreign
        checks = (check for control in all_controls() for check in control.checks)
        demand_known(name, (*controls, *dict.fromkeys(checks)), "control", "explain")
    return "\n".join(explain(control) for control in answering)


def _foreign(name: str, controls: Mapping[str, Control]) -> str:
    """Return what answers for the rule of another scanner, "" where no scanner is known to have it."""
    from harden.scanners import REASONS, named  # noqa: PLC0415 -- only for names that are not harden's own

    found = named(name)
    said = [
        f"{rule.scanner} {rule.id} is {' and '.join(f'`{each}`' for each in rule.controls)} in harden."
        if rule.controls
        else f"{rule.scanner} {rule.id} has no control in harden: {REASONS[rule.because]}."
        for rule in found
    ]
    pages = [explain(controls[each]) for each in dict.fromkeys(each for rule in found for each in rule.controls)]
    return "\n".join(["\n".join(said) + "\n", *pages]) if found else ""


def explain_all() -> str:
    """Return a line for each control: its id, its level, and what it is about."""
    width = max(len(control.id) for control in all_controls())
    return "".join(f"{c.id:<{width}}  {asked_at(c):<10}  {summary(c)}\n" for c in all_controls())


def _width() -> int | None:
    """Return the columns of the terminal, None where standard output is none."""
    return (os.get_terminal_size(sys.stdout.fileno()).columns or 80) if sys.stdout.isatty() else None
