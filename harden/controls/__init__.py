"""The hardening rules: one module a control, its docstring its manual page, found by looking into this folder.

A control module defines one function `check` under the decorator `control`; nothing else has to be edited. Modules
with a leading underscore are what the controls share. Controls read plain data and speak of it in symbolic changes:
they know nothing of text, and nothing of each other.
"""

from __future__ import annotations

from harden.controls._options import TYPE_WORDS, Option, Table
from harden.controls._registry import (
    Context,
    Control,
    Scope,
    all_controls,
    bundle_control,
    check_all,
    control,
    each_container,
    pod_and_containers,
)
from harden.controls._switched_off import left_alone

__all__ = [
    "TYPE_WORDS",
    "Context",
    "Control",
    "Option",
    "Scope",
    "Table",
    "all_controls",
    "bundle_control",
    "check_all",
    "control",
    "each_container",
    "left_alone",
    "pod_and_containers",
]
