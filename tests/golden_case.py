"""Owns a golden case: a folder with an input, options, and the expected result."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from harden.engine.exempt import RunExemptions
from harden.engine.run import harden
from harden.images.facts import ImageFacts
from harden.images.store import lookup
from harden.model.finding import Because, Fix, Risk
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode, Outcome, Problem, WorkloadReport
from harden.outputs.titles import title
from harden.settings import load

ROOT = Path(__file__).resolve().parent.parent / "golden"
#: The project's own facts of a case.
FACTS = "harden-images.yaml"
EXPECTED = ("out.yaml", "out.yml", "out.json", "findings.txt")
PREFIXES = ("pass", "fix", "hold")
TODAY = "2026-06-15"


@dataclass(frozen=True, slots=True)
class Case:
    """One folder `golden/<area>/<pass|fix|hold>-<why>`; options.txt holds options as on the command line."""

    folder: Path

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def prefix(self) -> str:
        return self.folder.name.split("-", 1)[0]

    @property
    def source(self) -> Path:
        found = [path for path in sorted(self.folder.iterdir()) if path.name in ("in.yaml", "in.yml", "in.json")]
        if len(found) != 1:
            raise AssertionError(f"{self.name}: exactly one in.yaml, in.yml or in.json is needed")
        return found[0]

    @property
    def expected(self) -> Path:
        return self.folder / f"out{self.source.suffix}"

    @property
    def findings(self) -> Path:
        return self.folder / "findings.txt"

    def profile(self) -> Profile:
        path = self.folder / "options.txt"
        words = shlex.split(path.read_text("utf-8")) if path.exists() else []
        options = dict(zip(words[::2], words[1::2], strict=True))
        known = {"--profile", "--pss-version", "--risk"}
        if set(options) - known:
            raise AssertionError(f"{self.name}: options.txt knows only {sorted(known)}")
        chosen = options.get("--profile", "restricted")
        beside = self.folder / chosen
        overrides = {"version": options.get("--pss-version"), "risk": options.get("--risk")}
        return load(
            str(beside) if beside.exists() else chosen,
            overrides={key: value for key, value in overrides.items() if value is not None},
        )

    def inputs(self, content: bytes) -> list[tuple[str, bytes]]:
        """Return `content` as the case's input, and the other files of its bundle beside it."""
        own = {self.source.name, "options.txt", FACTS, *EXPECTED}
        others = [path for path in sorted(self.folder.iterdir()) if path.name not in own]
        return [(self.source.name, content), *((path.name, path.read_bytes()) for path in others)]

    def run(self, content: bytes, mode: Mode = Mode.APPLY) -> FileReport:
        """Return the report of the case's input, with `content` in its place."""
        said = RunExemptions(today=TODAY)
        return next(iter(harden(self.inputs(content), self.profile(), mode, images=self.images, exempting=said)))

    def images(self, image: str) -> ImageFacts | None:
        """Return what is known of an image: what is shipped, and the case's own facts."""
        own = self.folder / FACTS
        return lookup(image, extra=(own,)) if own.exists() else lookup(image)


def cases() -> list[Case]:
    # Companions are made for whole bundles, which have a test of their own.
    areas = sorted(area for area in ROOT.iterdir() if area.is_dir() and area.name != "companions")
    return [Case(folder) for area in areas for folder in sorted(area.iterdir())]


def result(report: FileReport, content: bytes) -> bytes:
    """Return the bytes that `apply` would leave."""
    if report.before is None or report.after is None:
        return content
    return report.before.encode(report.after)


def rendered(report: FileReport) -> str:
    """Return findings.txt: a line for each thing that the report says, in its order."""
    lines = [*map(_problem, report.problems)]
    lines += [f"skipped: document {s.document}, {s.kind} {s.name}: {s.reason}" for s in report.skipped]
    for workload in report.workloads:
        if not (workload.before or workload.outcomes):
            continue
        lines.append(_workload(workload))
        lines += [_outcome(outcome) for outcome in workload.outcomes]
    return "".join(f"{line}\n" for line in lines)


def _problem(problem: Problem) -> str:
    return f"{problem.stage.value}: line {problem.line}: {problem.message} ({problem.hint})"


def _workload(workload: WorkloadReport) -> str:
    before, after = (" ".join(f.id for f in failures) or "admitted" for failures in (workload.before, workload.after))
    return f"{workload.kind} {workload.name}, line {workload.line}: {before} -> {after}"


def _held(outcome: Outcome) -> str:
    held = outcome.held
    if held is None:
        return "None"
    word = {Because.RISK: outcome.finding.risk and outcome.finding.risk.word, Because.EXEMPT: "exempt"}.get(
        held.because
    )
    return f"{word}: {held.text}" if word else held.text


def _outcome(outcome: Outcome) -> str:
    finding = outcome.finding
    risk = finding.risk.word if isinstance(finding.risk, Risk) else "no fix"
    said = title(finding.fix) if isinstance(finding.fix, Fix) else ""
    end = f"applied ({finding.reason})" if outcome.applied else f"held: {_held(outcome)}"
    return f"  {outcome.line}  {finding.control}  {outcome.check}  {risk}  {finding.message}; {said}; {end}"
