"""Says which fixes lean on something that the result would not have.

A fix may be right only together with another one: `drop: [ALL]` on a container that gets a user other than root. It
names what has to hold in the result, and not the other finding, so that it does not matter why that one is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.model.finding import AppendItem, Because, Change, Condition, Finding, Fix, Held, Lean, RemoveField
from harden.model.text import Path, Plain, found_at

Claim = tuple[Finding, Sequence[Change]]


def unsupported(value: Plain, claims: Sequence[Claim]) -> Iterator[tuple[Finding, Held]]:
    """Yield the findings of a document that lean on what it would not have if exactly `claims` were made.

    Holding one of them may leave another one without support: ask again until nothing comes.
    """
    made: dict[Path, Change] | None = None
    for finding, changes in claims:
        fix = finding.fix
        # Of a fix that reaches into other documents, only its own document is asked.
        if not isinstance(fix, Fix) or not fix.leans_on or changes[0] is not fix.changes[0]:
            continue
        if made is None:
            made = {c.path: c for _, each in claims for c in each if not isinstance(c, AppendItem)}
        lacking = next((lean for lean in fix.leans_on if not _holds(lean, value, made)), None)
        if lacking is not None:
            because = Because.MOOT if lacking.is_moot else Because.LEANS
            yield finding, Held(because, f"needs {lacking.control}: without its fix, {lacking.without}")


def _holds(lean: Lean, value: Plain, made: dict[Path, Change]) -> bool:
    return any(all(_is_met(each, value, made) for each in way) for way in lean.ways)


def _is_met(condition: Condition, value: Plain, made: dict[Path, Change]) -> bool:
    found = _after(condition.path, value, made)
    # Type and value: True is no 1 here.
    among = any(type(found) is type(each) and found == each for each in condition.values)
    return among is not condition.negated


def _after(path: Path, value: Plain, made: dict[Path, Change]) -> object:
    """Return what stands at a path once the changes are made, None where nothing does; items keep their old index."""
    for end in range(1, len(path)):
        if isinstance(made.get(path[:end]), RemoveField):
            return None
    match made.get(path):
        case RemoveField():
            return None
        case None | AppendItem():
            return found_at(value, path)
        case change:
            return change.value
