"""The records of what a run says of each file: the only thing that outputs see."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from harden.model.finding import Because, Finding, Held
from harden.model.kube import Skip
from harden.model.record import Record
from harden.model.text import Place, Plain, SourceText

if TYPE_CHECKING:
    from harden.model.change import Change
    from harden.model.generated import GeneratedReport, ObjectOutcome


class Mode(Enum):
    """What a run is for: `check` leaves out what only a result needs."""

    APPLY = "apply"
    DIFF = "diff"
    CHECK = "check"


class Stage(Enum):
    """Where a problem arose; decides the exit code.

    READ and MALFORMED: 3; VERIFY and WRITE: 4; NOTE: none. LEFT: 3 where the file was named itself, none where it was
    only found in a folder.
    """

    READ = "read"  # the file or document could not be read
    MALFORMED = "malformed"  # it is YAML, but no object that Kubernetes would decode
    VERIFY = "verify"  # the result failed its verification: what it is about was left as it was
    WRITE = "write"  # the file could not be written; it is as it was
    LEFT = "left"  # no fault of the run, but it is no manifest as it stands: a template, a value of another type
    DOUBT = "doubt"  # a field that Kubernetes does not have; changes no exit code but that of --strict
    NOTE = "note"  # worth knowing; changes no exit code


#: What is only worth knowing: nothing was left out for it.
SAID = frozenset({Stage.DOUBT, Stage.NOTE})
_UNSEEN = frozenset({Stage.LEFT, Stage.DOUBT})


class Problem(Record):
    """Something that kept harden from reading, proving or writing; `line` is 1-based, None for the whole file.

    `place` says what it is about where the text is known: all that stands on the line unless more is known.
    """

    file: str
    stage: Stage
    message: str
    line: int | None = None
    hint: str = ""
    place: Place | None = None


class CheckFailure(Record):
    """One official check that refuses a pod, in the official words."""

    id: str
    reason: str
    detail: str


class Identity(Record):
    """What a finding is about, so that it is known again: without lines and indexes, and without values of secrets.

    `containers` are those that it is about, none for what is about the pod; `place` names items of lists, `words` are
    what else the finding names.
    """

    containers: tuple[str, ...]
    place: str
    words: tuple[str, ...]


class Outcome(Record):
    """What became of a finding.

    `place` is in the text as it now is. `check` is the official check that the finding is about, None where no
    official check refuses the pod. `held` says why the fix was not taken, None where it was, or would be. `notes` say
    which comments went with what the fix removed, and which ones may no longer be true. `identity` is there where it
    was asked for; `is_known` says that a baseline has the finding.
    """

    finding: Finding
    place: Place
    applied: bool
    held: Held | None
    check: str | None
    notes: tuple[str, ...] = ()
    identity: Identity | None = None
    is_known: bool = False

    @property
    def line(self) -> int:
        """Return the 1-based line on which the place begins."""
        return self.place.line

    @property
    def exempt(self) -> bool:
        """Return whether the finding may stand, by an exemption that has not expired: it is held, and not open."""
        return self.held is not None and self.held.because is Because.EXEMPT

    @property
    def may_stand(self) -> bool:
        """Return whether nobody is asked to do anything about the finding: exempt, there before, beside the change."""
        return self.exempt or self.is_known or self.is_outside

    @property
    def is_outside(self) -> bool:
        """Return whether the change that the run is limited to did not touch what the finding is about."""
        return self.held is not None and self.held.because is Because.OUTSIDE

    @property
    def is_moot(self) -> bool:
        """Return whether another fix takes away what the finding is about: nothing is left to do or to say."""
        return self.held is not None and self.held.because is Because.MOOT


class ContainerReport(Record):
    """Whether a container starts, before and after (yes, unknown, no), why, and what that rests on.

    `image` is None where the manifest names none.
    """

    name: str
    image: str | None
    evidence: tuple[str, ...]
    before: str
    after: str
    reason: str


class WorkloadReport(Record):
    """A workload's verdicts before and after, in the order of the official checks, and what became of each finding.

    `images` are those of its containers as written, "" for a container without one. `offer` are the lines that offer
    an exemption to paste, where its program needs what is found. `containers` are there where they
    were asked for. `is_outside` says that the change did not touch it that the run is limited to.
    """

    document: int
    line: int
    kind: str
    namespace: str | None
    name: str
    before: tuple[CheckFailure, ...]
    after: tuple[CheckFailure, ...]
    outcomes: tuple[Outcome, ...]
    api_version: str = ""
    images: tuple[str, ...] = ()
    offer: tuple[str, ...] = ()
    containers: tuple[ContainerReport, ...] = ()
    is_outside: bool = False

    @property
    def label(self) -> str:
        """Return the kind and the name; a template within another object may have none."""
        return f"{self.kind} {self.name}".rstrip()


class FileReport(Record):
    """One file: its text before and after (the same object when nothing changes), workloads, skips and problems.

    `remarks` are about its other objects. `created` says that there is no such file yet; `needs` are companions without
    which it must not be written. `proposed` is what `apply` would write, where a check was asked for it.
    """

    name: str
    before: SourceText | None
    after: str | None
    workloads: tuple[WorkloadReport, ...] = ()
    skipped: tuple[Skip, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[ObjectOutcome, ...] = ()
    created: bool = False
    needs: tuple[str, ...] = ()
    proposed: str | None = None

    @property
    def result(self) -> str | None:
        """Return the text that the run comes to, or would; that of a check where it was asked for it."""
        return self.after if self.proposed is None else self.proposed

    @property
    def is_unseen(self) -> bool:
        """Return whether what may have been meant for pods was not looked at: strict runs fail then."""
        stages = {problem.stage for problem in self.problems}
        return any(skip.because.is_unseen for skip in self.skipped) or not stages.isdisjoint(_UNSEEN)

    @property
    def changed(self) -> bool:
        """Return whether the result differs from what was read."""
        return self.before is not None and self.after is not None and self.after != self.before.text


class ImageCount(Record):
    """What is known of the images of a run; they stand as written, sorted, each once.

    `workloads` counts those of all of whose images it is known as which user they run. Of `unknown` images that can be
    learned, by `command` (""  where there are none); `rootful` ones start as root, and no other user is known for them;
    `nameless` are no names that a container runtime takes.
    """

    workloads: int
    unknown: tuple[str, ...] = ()
    rootful: tuple[str, ...] = ()
    nameless: tuple[str, ...] = ()
    command: str = ""


class Exempted(Record):
    """What became of an exemption: one line for people, the entry of report.schema.json, and whether it has expired."""

    said: str
    data: Mapping[str, Plain]
    is_expired: bool


class Standpoint(Record):
    """Where a run stands: the absolute path of its repository, and its folder as seen from there ("" at the root).

    Where there is no repository, the current folder counts as its root.
    """

    root: str
    folder: str

    def sees(self, name: str) -> str:
        """Return a file's name, relative to the current folder or absolute, as seen from the root."""
        path = posixpath.normpath(posixpath.join(self.root, self.folder, name))
        return posixpath.relpath(path, self.root)


class Compared(Record):
    """What came of comparing a run with a baseline: its file, whether it was written, and what is there no longer."""

    file: str
    is_written: bool
    gone: tuple[str, ...]


class Beside(Record):
    """What a run that is limited to a change did not look into: `unread` counts files that could not be read there."""

    findings: int
    workloads: int
    unread: int


class Audit(Record):
    """What a report for auditors goes by: the word of a framework, and the ids of the controls that ran."""

    framework: str
    controls: tuple[str, ...]


class Report(Record):
    """A whole run; `left_out` counts files not looked at, by reason ("hidden", "ignored", "chart templates").

    `images` is there for `check`, `beside` where companions were asked for, `stands` for formats that name files from
    the root of a repository, `change` and `outside` where the run is limited to a change, `audit` where a report for
    auditors is asked for.
    """

    profile: str
    level: str
    version: str
    risk: str
    mode: str
    files: tuple[FileReport, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    problems: tuple[Problem, ...] = ()
    images: ImageCount | None = None
    beside: GeneratedReport | None = None
    exemptions: tuple[Exempted, ...] = ()
    stands: Standpoint | None = None
    compared: Compared | None = None
    change: Change | None = None
    outside: Beside | None = None
    audit: Audit | None = None
