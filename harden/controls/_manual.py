"""The manual page of a control, made from what the control says of itself."""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls._options import TYPE_WORDS
from harden.controls._registry import Control, Scope

_KINDS = ("initContainers", "ephemeralContainers")
#: Stands for the official checks of a control that answers for none.
BEYOND = "(beyond the standards)"


def explain(control: Control) -> str:
    """Return the manual page of a control, as Markdown."""
    head, _, body = control.doc.partition("\n")
    since = f"v{control.since[0]}.{control.since[1]}"
    checks = ", ".join(control.checks) or BEYOND
    rows = f"| level | since | official checks |\n|---|---|---|\n| {asked_at(control)} | {since} | {checks} |"
    sections = [f"# {control.id}", head, rows, "## Fields\n" + "\n".join(_fields(control))]
    if control.options:
        sections.append("## Options\n" + "\n".join(_options(control)))
    return "\n\n".join((*sections, body.strip())) + "\n"


def asked_at(control: Control) -> str:
    """Return the level at which a control runs, or that it runs where companions are asked for."""
    return control.level.value if control.scope is Scope.WORKLOAD else "companions"


def summary(control: Control) -> str:
    """Return the first sentence of a manual page: what holds afterwards."""
    return control.doc.partition("\n")[0]


def _fields(control: Control) -> Iterator[str]:
    for field in control.fields:
        if any(f".{kind}[" in field for kind in _KINDS):
            continue
        more = " (init and ephemeral containers too)" if field.startswith("spec.containers[") else ""
        yield f"- `{field}`{more}"


def _options(control: Control) -> Iterator[str]:
    for option in control.options:
        default = f'"{option.default}"' if isinstance(option.default, str) else str(option.default).lower()
        default = "empty" if isinstance(option.default, dict) else default
        yield f"- `{option.name}` ({TYPE_WORDS[type(option.default)]}, default {default}): {option.doc}"
