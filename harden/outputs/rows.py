"""Makes of each finding the row that people read, and one of fixes that are the same in all but what they write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from harden.model.finding import Because, Fix, NoFix
from harden.model.report import FileReport, Outcome, Report
from harden.outputs.columns import Row, visible
from harden.outputs.titles import title

#: Rows that are known at once.
_MOST = 2_000


class Rows:
    """Makes the rows of the files of a report. Each is asked for twice, and those of a large tree share many outcomes.

    Rows are known by the identity of outcomes, which the report holds; those of a large tree are never held at once.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._known: dict[int, Row] = {}

    def of(self, file: FileReport) -> Iterator[list[Row]]:
        """Yield the rows of each workload."""
        return (self._told(workload.outcomes) for workload in file.workloads)

    def _told(self, outcomes: Sequence[Outcome]) -> list[Row]:
        shown = [outcome for outcome in outcomes if not (outcome.is_moot or outcome.is_known or outcome.is_outside)]
        rows = [(self._row(outcome), outcome) for outcome in sorted(shown, key=lambda outcome: outcome.line)]
        return [_joined(list(group)) for _, group in groupby(rows, key=lambda each: _place(each[0]))]

    def _row(self, outcome: Outcome) -> Row:
        row = self._known.get(id(outcome))
        if row is None:
            if len(self._known) == _MOST:
                self._known.clear()
            row = self._known[id(outcome)] = _row(outcome, self._report)
        return row


def _place(row: Row) -> tuple[object, ...]:
    """Return what rows share that are told in one: fixes at one line, of one risk and for one reason."""
    return (row.mark, row.line, row.risk, row.reason, None if row.mark == "+" else (row.title, row.control))


def _joined(rows: Sequence[tuple[Row, Outcome]]) -> Row:
    first = rows[0][0]
    if len(rows) == 1:
        return first
    fixes = [outcome.finding.fix for row, outcome in rows if row.mark == "+"]
    said = visible(title(*(fix for fix in fixes if isinstance(fix, Fix)))) if fixes else first.title
    controls = ", ".join(dict.fromkeys(row.control for row, _ in rows))
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
