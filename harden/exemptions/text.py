"""Reads the text of an exemption: `reason (owner WHO, until YYYY-MM-DD)`, and what is wrong with others."""

from __future__ import annotations

import re
from collections.abc import Collection

from harden.model.record import Record

_END = re.compile(
    r"\(\s*(?:owner\b:?\s*(?P<owner>[^(),]*[^(),\s])\s*(?:,\s*until\b\s*(?P<then>[^()]*))?|until\b\s*(?P<until>[^()]*))\)\s*$",
    re.IGNORECASE,
)
_LOOSE_END = re.compile(r"\buntil:?\s+\d{4}-", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class ExemptionText(Record):
    """A reason, the last day as YYYY-MM-DD or None, and who answers for it, "" where nobody is named."""

    reason: str
    until: str | None
    owner: str = ""


class TextError(Record):
    """What is wrong with an exemption, and what to do."""

    message: str
    hint: str


def read(text: str) -> ExemptionText | TextError:
    """Return the reason, the last day and the owner that `text` states, or what is wrong with it."""
    found = _END.search(text)
    reason = " ".join((text if found is None else text[: found.start()]).split())
    until = None if found is None else found["then"] if found["until"] is None else found["until"]
    if until is not None and not is_date(until.strip()):
        return TextError("the end date cannot be read", "write it as (until 2027-01-31)")
    if _LOOSE_END.search(reason):
        return TextError("the end date does not stand at the end, in parentheses", "write it as (until 2027-01-31)")
    if reason == "":
        return TextError("it gives no reason", "say why the finding may stand, for whoever reads it next")
    owner = "" if found is None or found["owner"] is None else " ".join(found["owner"].split())
    return ExemptionText(reason, None if until is None else until.strip(), owner)


def is_date(text: str) -> bool:
    """Return whether `text` is a day of the calendar, as YYYY-MM-DD."""
    from datetime import date  # noqa: PLC0415 - only where an exemption has an end date

    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def unknown(control: str, known: Collection[str]) -> TextError:
    """Return what to say of an id that no control has."""
    import difflib  # noqa: PLC0415 - slow to import, and needed only to word a mistake

    close = difflib.get_close_matches(control.lower(), list(known), n=1)
    hint = f'did you mean "{close[0]}"?' if close else "`harden explain` lists the controls"
    return TextError(f'"{control}" is no control' if control else "it names no control", hint)
