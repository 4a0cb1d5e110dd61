"""Reads what a profile says of companions as a whole, and the options of their controls where they used to stand."""

from __future__ import annotations

from collections.abc import Mapping

from harden.controls import Control, Option
from harden.model.text import Plain

NAME = "companions"
DOC = "Whether objects are created beside the workloads, and for which namespaces these files decide."

#: What holds for all controls that look at a whole bundle.
OPTIONS = (
    Option("enabled", default=False, doc="Whether the controls run that look at all objects together."),
    Option("owns", [], "Namespaces that these files decide for, beside those whose Namespace they hold."),
)

#: Controls whose options may stand under `companions`, as they did before they were controls.
CONTROLS = ("namespace", "network-policy", "rbac", "resource-quota", "service-account")
#: An option that went to a control of its own.
_MOVED = {("network-policy", "denies"): ("default-deny", "denies")}


def moved(data: Mapping[str, Plain]) -> dict[str, Plain]:
    """Return a profile with the options of controls below `companions` put below `controls`, which win over them."""
    companions, controls = data.get(NAME), data.get("controls", {})
    if not isinstance(companions, dict) or not isinstance(controls, dict):
        return dict(data)
    groups = {key: value for key, value in companions.items() if key in CONTROLS and isinstance(value, dict)}
    if not groups:
        return dict(data)
    found: dict[str, Plain] = {}
    for group, options in groups.items():
        for key, value in options.items():
            control, option = _MOVED.get((group, key), (group, key))
            own = found.setdefault(control, {})
            if isinstance(own, dict):
                own[option] = value
    for control, given in controls.items():
        own = found.get(control)
        # What is no mapping is complained of where it stands.
        found[control] = own | given if isinstance(own, dict) and isinstance(given, dict) else given
    rest: dict[str, Plain] = {key: value for key, value in companions.items() if key not in groups}
    return {**data, NAME: rest, "controls": found}


def before(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return where an option below `controls` stood below `companions`; `keys` lead to it, or to its control."""
    own = keys[1:]
    old = {new: old for old, new in _MOVED.items()}
    return (NAME, *next((old[new] for new in old if new == own[:2]), own))


def moved_from(control: str, controls: Mapping[str, Control]) -> list[Option]:
    """Return the options that other controls have now, and that this one had."""
    moved_to = [new for (group, _), new in _MOVED.items() if group == control]
    return [option for name, key in moved_to for option in controls[name].options if option.name == key]
