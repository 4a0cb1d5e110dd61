"""Makes of each finding the row that people read, and one of fixes that are the same in all but what they write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from harden.model.finding import Because, Fix, NoFix
from harden.model.record import Record
from harden.model.report import FileReport, Outcome, Report
from harden.outputs.columns import Row, visible
from harden.outputs.titles import title

#: Rows that are known at once.
_MOST = 2_000


class _Told(Record):
    """The row of an outcome, the line that it is about, and what it shares with those that are told in one with it."""

    line: int
    place: tuple[object, ...]
    row: Row
    outcome: Outcome


_LINE, _PLACE = itemgetter(0), itemgetter(1)


class Rows:
    """Makes the rows of the files of a report. Each is asked for twice, and those of a large tree share many outcomes.

    Rows are known by the identity of outcomes, which the report holds; those of a large tree are never held at once.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._known: dict[int, _Told | None] = {}

    def of(self, file: FileReport) -> Iterator[list[Row]]:
        """Yield the rows of each workload."""
        return (self._rows(workload.outcomes) for workload in file.workloads)

    def _rows(self, outcomes: Sequence[Outcome]) -> list[Row]:
        told = [each for outcome in outcomes if (each := self._of(outcome)) is not None]
        told.sort(key=_LINE)
        return [_joined(list(group)) for _, group in groupby(told, key=_PLACE)]

    def _of(self, outcome: Outcome) -> _Told | None:
        key = id(outcome)
        if key not in self._known:
            if len(self._known) == _MOST:
                self._known.clear()
            self._known[key] = _told(outcome, self._report)
        return self._known[key]


def _told(outcome: Outcome, report: Report) -> _Told | None:
    if outcome.is_moot or outcome.is_known or outcome.is_outside:
        return None
    row = _row(outcome, report)
    return _Told(outcome.line, _place(row), row, outcome)


def _place(row: Row) -> tuple[object, ...]:
    """Return what rows share that are told in one: fixes at one line, of one risk and for one reason."""
    return (row.mark, row.line, row.risk, row.reason, None if row.mark == "+" else (row.title, row.control))


def _joined(told: Sequence[_Told]) -> Row:
    first = told[0].row
    if len(told) == 1:
        return first
    fixes = [each.outcome.finding.fix for each in told if each.row.mark == "+"]
    said = visible(title(*(fix for fix in fixes if isinstance(fix, Fix)))) if fixes else first.title
    controls = ", ".join(dict.fromkeys(each.row.control for each in told))
    return Row(first.mark, first.line, said, first.risk, controls, first.reason, first.style)


def _row(outcome: Outcome, report: Report) -> Row:
    finding = outcome.finding
    control, message, reason = visible(finding.control), visible(finding.message), visible(finding.fix.reason)
    held = "" if outcome.held is None else visible(outcome.held.text)
    if outcome.exempt:
        return Row("=", outcome.line, message, "exempt", control, held, "dim")
    fix = finding.fix
    if isinstance(fix, NoFix):
        return Row("!", outcome.line, message, "no fix", control, held or reason, "bad")
    if outcome.held is not None:
        word = fix.risk.word if outcome.held.because is Because.RISK else "held"
        return Row("!", outcome.line, message, word, control, held, "bad")
    said = visible(title(fix))
    shown = _shown_evidence(fix)
    reason = "; ".join((f"{reason}{shown}", *map(visible, outcome.notes)))
    if report.mode == "check":
        return Row("*", outcome.line, message, fix.risk.word, control, f"fix: {said}{shown}", "warn")
    return Row("+", outcome.line, said, fix.risk.word, control, reason, "good")


def _shown_evidence(fix: Fix) -> str:
    """Return the evidence that people cannot ask `harden images` for: their own files, and what they state."""
    own = [each for each in fix.evidence if not each.startswith(("shipped facts", "rule "))]
    return visible(f" (by {', '.join(own)})") if own else ""
