"""Turns what was found into new text: choose, lower each document once, splice each file once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from harden.controls import all_controls
from harden.engine.check import CheckedFile, CheckedWorkload
from harden.engine.choosing import Raised
from harden.engine.comments import notes
from harden.engine.leaning import unsupported
from harden.engine.plan import contradictions, held_at
from harden.engine.starting import Starting
from harden.kube import placement
from harden.model.finding import Because, Change, Finding, Fix, Held, Risk
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import Edit, Path
from harden.model.tree import Document
from harden.source.lower import lower
from harden.source.parse import scan

#: A document of the run: the name of its file and its 0-based index.
DocumentKey = tuple[str, int]

_BROKEN = Held(Because.SYNTAX, "the file has a syntax error elsewhere")
_LEFT = Held(Because.DECLINED, "you left it")
_UNVERIFIED = Held(Because.VERIFY, "the result failed its verification")


@cache
def _placement() -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
    """Return where new keys go, and in which order; the keys of pods are those that the controls judge."""
    fields = [field for control in all_controls() for field in control.fields]
    return placement.before(fields), placement.order(fields)


#: What a fix is known by in all rounds: file, 0-based document, control, path and message of its finding.
FixKey = tuple[str, int, str, Path, str]


def key_of(name: str, document: int, finding: Finding) -> FixKey:
    """Return what the fix of a finding is known by."""
    return name, document, finding.control, finding.path, finding.message


class Withheld(Record):
    """Where nothing may be changed, because what came of it before failed its verification, or a person said so.

    Workloads stand as file, 0-based document and path; a fix that reaches into a document or file of these is held too.
    `left` are the fixes that a person does not want.
    """

    workloads: frozenset[tuple[str, int, Path]] = frozenset()
    documents: frozenset[DocumentKey] = frozenset()
    files: frozenset[str] = frozenset()
    left: frozenset[FixKey] = frozenset()

    def held(self, name: str, document: int, finding: Finding) -> Held | None:
        """Return why a fix is not made, None where nothing speaks against it."""
        if self.left and key_of(name, document, finding) in self.left:
            return _LEFT
        places = ((name, document), *((other.source, other.document) for other in finding.elsewhere))
        stays = any(place in self.documents or place[0] in self.files for place in places)
        return _UNVERIFIED if stays else None


NOTHING_WITHHELD = Withheld()


class ObjectFix(Record):
    """A finding beside those on workloads: its document, and what a person has said of it (None: nothing)."""

    place: DocumentKey
    finding: Finding
    said: Held | None = None


class Rewrite:
    """The new texts of all files of a run, and why findings are held; it settles anew whenever something is held.

    A fix is made whole or not at all, also where it reaches into other documents. A file in which any document has a
    syntax error keeps its text: what stands around the error may mean something else than it seems. `added` are
    findings beside those on workloads. `starting` judges whether workloads still start.
    """

    def __init__(
        self,
        files: Sequence[CheckedFile],
        accepted: Risk,
        starting: Starting,
        *,
        added: Iterable[ObjectFix] = (),
        withheld: Withheld = NOTHING_WITHHELD,
    ) -> None:
        self._files = {file.source.name: file for file in files}
        self._accepted = accepted
        self._documents = {(f.source.name, document.index): document for f in files for document in f.parsed.documents}
        self._claims: dict[DocumentKey, list[tuple[Finding, list[Change]]]] = {}
        #: The documents that each fix reaches into, by the finding's id.
        self._places: dict[int, dict[DocumentKey, None]] = {}
        self._edits: dict[DocumentKey, tuple[Edit, ...]] = {}
        self._notes: dict[DocumentKey, list[tuple[Finding, str]]] = {}
        #: The documents whose fixes do not contradict each other; nor do they when there are fewer.
        self._agreed: set[DocumentKey] = set()
        self._held: dict[int, Held] = {}
        self._raised: dict[int, Raised] = {}
        self._starting = starting
        self._subjects: dict[DocumentKey, list[CheckedWorkload]] = {}
        #: The fixes of a subject that are known to fit together.
        self._fit: dict[int, list[int]] = {}
        #: The workloads whose breaking fixes are worth nothing, so that no start is risked for them either.
        self._blocked: set[int] = set()
        self._withheld = withheld
        self.problems: dict[str, Problem] = {}
        for file in files:
            for subject in file.subjects:
                self._claim_all((file.source.name, subject.document.index), subject)
        for place, finding, said in added:
            self._claim(*place, finding, said)
        self._settle(self._claims)
        self._keep_broken_files()

    def held(self, finding: Finding) -> Held | None:
        """Return why this finding is held, None where it is fixed."""
        return self._held.get(id(finding))

    def notes(self, finding: Finding) -> tuple[str, ...]:
        """Return what is to be said of comments that the finding's fix takes away, or that it makes untrue."""
        if not self._notes:
            return ()
        places = self._places.get(id(finding), ())
        return tuple(said for place in places for about, said in self._notes.get(place, ()) if about is finding)

    def told(self, finding: Finding) -> Finding:
        """Return a finding as it is told: with the risk that its fix has in this workload."""
        raised = self._raised.get(id(finding))
        if raised is None or not isinstance(finding.fix, Fix):
            return finding
        return finding._replace(fix=finding.fix._replace(risk=raised.risk, reason=raised.reason))

    def changes(self, name: str, document: int) -> list[Change]:
        """Return what changes in a document; equal changes may repeat."""
        return [change for _, changes in self._active((name, document)) for change in changes]

    def edits(self, name: str) -> list[Edit]:
        """Return the edits of a file, in order."""
        documents = self._files[name].parsed.documents
        return [edit for document in documents for edit in self.edits_of((name, document.index))]

    def edits_of(self, place: DocumentKey) -> tuple[Edit, ...]:
        """Return the edits of one document, in order."""
        return self._edits.get(place, ())

    @property
    def edited(self) -> tuple[str, ...]:
        """Return the names of the files that change, in the order of the files."""
        changed = {place[0] for place, edits in self._edits.items() if edits}
        return tuple(name for name in self._files if name in changed)

    def text(self, name: str) -> str:
        """Return the new text of a file; the very same object where nothing changes."""
        edits = self.edits(name)
        old = self._files[name].source.text
        if not edits:
            return old
        from harden.source.splice import splice  # noqa: PLC0415 - only where something changes

        return splice(old, edits)

    def _hold_file(self, name: str, held: Held) -> None:
        """Hold every fix that reaches into this file."""
        places = [place for place in self._claims if place[0] == name]
        self._hold((finding for place in places for finding, _ in self._active(place)), held)

    def _claim_all(self, place: DocumentKey, subject: CheckedWorkload) -> None:
        self._subjects.setdefault(place, []).append(subject)
        failed = (*place, subject.workload.path) in self._withheld.workloads
        worthless: Mapping[int, Held] | None = None
        if self._accepted is Risk.BREAKING:
            from harden.engine.worth import not_worth  # noqa: PLC0415 - few accept what breaks

            worthless = not_worth(subject)
        if worthless is not None:
            self._blocked.add(id(subject))
        for at, finding in enumerate(subject.findings):
            said = subject.held(at)
            if said is None and worthless is not None:
                said = worthless.get(at)
            self._claim(*place, finding, _UNVERIFIED if failed else said)

    def _claim(self, name: str, document: int, finding: Finding, said: Held | None = None) -> None:
        # What a person has said comes first: it is there to be read.
        held = held_at(finding, self._accepted) if said is None else said
        if held is None and self._withheld is not NOTHING_WITHHELD:
            held = self._withheld.held(name, document, finding)
        if held is not None:
            self._held[id(finding)] = held
            return
        place = (name, document)
        self._claims.setdefault(place, []).append((finding, list(finding.changes)))
        reached = self._places[id(finding)] = {place: None}
        for other in finding.elsewhere:
            place = (other.source, other.document)
            reached[place] = None
            claims = self._claims.setdefault(place, [])
            if claims and claims[-1][0] is finding:
                claims[-1][1].append(other.change)
            else:
                claims.append((finding, [other.change]))

    def _active(self, place: DocumentKey) -> list[tuple[Finding, list[Change]]]:
        return [claim for claim in self._claims.get(place, ()) if id(claim[0]) not in self._held]

    def _hold(self, findings: Iterable[Finding], held: Held) -> None:
        again: dict[DocumentKey, None] = {}
        for finding in list(findings):
            self._held.setdefault(id(finding), held)
            again.update(dict.fromkeys(self._places.get(id(finding), ())))
        self._settle(again)

    def _settle(self, places: Iterable[DocumentKey]) -> None:
        """Lower these documents, and again those that lose a fix because a part of it cannot be made."""
        waiting = dict.fromkeys(places)
        while waiting:
            place, _ = waiting.popitem()
            for finding, held in self._lower(place):
                self._held.setdefault(id(finding), held)
                for other in self._places[id(finding)]:
                    waiting.setdefault(other)

    def _lower(self, place: DocumentKey) -> list[tuple[Finding, Held]]:
        """Make the edits of one document; return the findings that stand against one another or against the text."""
        self._edits.pop(place, None)
        self._notes.pop(place, None)
        active = self._active(place)
        if not active:
            return []
        if place not in self._agreed:
            against = contradictions(active)
            if against:
                return [(active[at][0], held) for at, held in against.items()]
            self._agreed.add(place)
        document = self._documents.get(place)
        if document is None:
            held = Held(Because.CANNOT_APPLY, f"needs a change in {place[0]}, which cannot be changed")
            return [(finding, held) for finding, _ in active]
        unmet = list(unsupported(document.value, active)) or self._stopping(place, document, active)
        if unmet:
            return unmet
        changes = [change for _, wanted in active for change in wanted]
        lowered = lower(document, self._files[place[0]].source, changes, *_placement())
        if not lowered.refused:
            self._edits[place] = lowered.edits
            if lowered.comments:
                self._notes[place] = list(notes(document, self._files[place[0]].lines, active, lowered.comments))
            return []
        asking: dict[Path, list[tuple[Finding, Change]]] = {}
        for finding, own in active:
            for change in own:
                asking.setdefault(change.path, []).append((finding, change))
        return [
            (finding, Held(Because.CANNOT_APPLY, reason))
            for change, reason in lowered.refused
            for finding, own_change in asking[change.path]
            if own_change == change
        ]

    def _stopping(
        self, place: DocumentKey, document: Document, active: list[tuple[Finding, list[Change]]]
    ) -> list[tuple[Finding, Held]]:
        """Return the findings whose fixes make a start less sure, and note those that are riskier than they say."""
        chosen = {id(finding) for finding, _ in active}
        refused: list[tuple[Finding, Held]] = []
        for subject in self._subjects.get(place, ()):
            fixes = [finding for finding in subject.findings if id(finding) in chosen]
            if self._fit.get(id(subject)) == [id(finding) for finding in fixes]:
                continue
            accepted = Risk.REVIEW if id(subject) in self._blocked else self._accepted
            weighed = self._starting.weigh(subject.workload, document, fixes, accepted, subject.likeness)
            refused += [(fixes[at], held) for at, held in weighed.held.items()]
            self._fit[id(subject)] = [id(finding) for at, finding in enumerate(fixes) if at not in weighed.held]
            for at, finding in enumerate(fixes):
                self._raised.pop(id(finding), None)
                if at in weighed.raised:
                    self._raised[id(finding)] = weighed.raised[at]
        return refused

    def _keep_broken_files(self) -> None:
        for name in dict.fromkeys(place[0] for place in self._edits):
            file = self._files[name]
            if file.parsed.syntax_error:
                self._hold_file(name, _BROKEN)
                continue
            problem = scan(file.source, file.parsed)
            if problem is not None:
                self.problems[name] = problem
                self._hold_file(name, _BROKEN)
