"""Looks at one file: its documents, the workloads in them, the official verdicts and what the controls find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harden.controls import Control
from harden.engine.doubts import doubts, not_decoded, schema_errors, undecodable
from harden.engine.exempt import NOTHING, RunExemptions, WorkloadExemptions
from harden.engine.inputs import Input
from harden.engine.judging import Judge
from harden.engine.outside import NOTHING_OUTSIDE, OUTSIDE, Outside
from harden.engine.stand_ins import Likeness
from harden.engine.starting import Starting
from harden.engine.surroundings import Surroundings
from harden.engine.telling import Telling
from harden.images.by_file import by_file
from harden.kube.bundle import Bundle, gather
from harden.kube.kinds import BUILT_IN, Kinds
from harden.kube.namespaces import AS_STATED, Namespaces
from harden.kube.pods import Malformed
from harden.kube.recognise import recognise
from harden.kube.relevance import is_no_definition, is_relevant, is_relevant_or_neighbour, names_neighbour
from harden.kube.workloads import find, is_whole, may_direct
from harden.model.finding import Finding, Held
from harden.model.kube import Skip, SkipKind, Workload
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import CheckFailure, Problem, Stage
from harden.model.text import LineIndex, SourceText, value_at
from harden.model.tree import Document
from harden.source.locate import locate
from harden.source.parse import Parsed, parse

if TYPE_CHECKING:
    from harden.engine.limits import ChangeLimits
    from harden.images.facts import ImageFacts
    from harden.model.change import Change
    from harden.usage import Usage


class CheckedWorkload(Record):
    """One workload with its document, the official checks that refuse it, what the controls found, and exemptions.

    `outside` is what the change did not touch that the run is limited to, `likeness` is how its pod looks.
    """

    workload: Workload
    document: Document
    failures: tuple[CheckFailure, ...]
    findings: tuple[Finding, ...]
    said: WorkloadExemptions = NOTHING
    outside: Outside = NOTHING_OUTSIDE
    likeness: Likeness | None = None

    def held(self, at: int) -> Held | None:
        """Return why the finding at this index is held, None where nothing is said against its fix."""
        return self.said.held(at) or (OUTSIDE if at in self.outside.findings else None)


class ParsedFile(Record):
    """One file as it was read: its documents, the workloads in them, what was passed over and what is wrong."""

    source: SourceText
    lines: LineIndex
    parsed: Parsed
    workloads: tuple[tuple[Document, Workload], ...]
    skipped: tuple[Skip, ...]
    problems: tuple[Problem, ...]


class CheckedFile(Record):
    """One file as it was read and judged; subjects and problems in the order of the text."""

    read: ParsedFile
    subjects: tuple[CheckedWorkload, ...]
    problems: tuple[Problem, ...]

    @property
    def source(self) -> SourceText:
        """Return the text that was judged."""
        return self.read.source

    @property
    def lines(self) -> LineIndex:
        """Return the lines of that text."""
        return self.read.lines

    @property
    def parsed(self) -> Parsed:
        """Return the documents of that text."""
        return self.read.parsed

    @property
    def skipped(self) -> tuple[Skip, ...]:
        """Return what was passed over."""
        return self.read.skipped


class Checker:
    """Looks at files by one profile; made once a run, so that the choice of controls is made once.

    `images` tells what is known of an image, None: what the shipped facts say; where that hangs on the file, it is an
    `ImagesByFile`. `usage` is what was measured, and `exempting` the run's exemptions, None: those that stand in the
    files, whatever the day. With `previous_output` every document is read but definitions of custom resources, and
    `previous_output` takes out of a file what is not to be looked at. `controls` are those that the profile chooses
    from, None: all that there are. `namespaces` tells where objects end up, and what kustomizations say of files;
    `kinds` are those that run pods; `signed` are files with a signature beside them.
    """

    def __init__(  # noqa: PLR0913 - what each keyword adds is independent of the others
        self,
        profile: Profile,
        *,
        images: Callable[[str], ImageFacts | None] | None = None,
        usage: Usage | None = None,
        exempting: RunExemptions | None = None,
        previous_output: Callable[[SourceText, Parsed], Parsed] | None = None,
        controls: Sequence[Control] | None = None,
        namespaces: Namespaces = AS_STATED,
        kinds: Kinds = BUILT_IN,
        signed: frozenset[str] = frozenset(),
    ) -> None:
        self._profile = profile
        self.exempting = RunExemptions() if exempting is None else exempting
        self._aside = previous_output
        self.namespaces = namespaces
        self.kinds = kinds
        self.signed = signed
        self.images = by_file(known_image if images is None else images)
        self.starting = Starting(self.images, profile.platform)
        self.telling = Telling()
        #: What the change touches that the run is limited to, None where it is not.
        self.limits: ChangeLimits | None = None
        self._judge = Judge(profile, usage, controls)
        #: Whether controls look at the neighbours of a workload, so that documents of other kinds are read.
        self.needs_bundle = previous_output is not None or self._judge.needs_bundle

    def look_around(self, files: Sequence[Input], telling: Telling, change: Change | None = None) -> None:
        """Take these files for what starts may hang on beside their pods; none is read before somebody asks.

        What a `change` did not touch is left as it is.
        """
        self.telling = telling
        if change is not None:
            from harden.engine.limits import ChangeLimits  # noqa: PLC0415 - only where there is a change

            self.limits = ChangeLimits(change)
        self.starting.around = Surroundings(files, self.namespaces)

    def read(self, source: SourceText, *, sketch: bool = False) -> ParsedFile:
        """Return what `source` holds.

        With `sketch` there are no trees where sketches will do: nobody means to rewrite the text.
        """
        # What cannot be read is the same whatever a profile looks at.
        matters = partial(is_relevant_or_neighbour, kinds=self.kinds)
        if self._aside is not None:
            parsed = self._aside(source, parse(source, is_no_definition, sketch=sketch, matters=matters))
        elif self.needs_bundle:
            parsed = parse(source, matters, sketch=sketch)
        else:
            relevant = partial(is_relevant, kinds=self.kinds)
            parsed = parse(source, relevant, sketch=sketch, watched=names_neighbour)
        recognised = recognise(source, parsed, self.kinds, signed=self.signed, all_kinds=self._aside is not None)
        parsed = recognised.parsed
        patch_of = self.namespaces.kustomizations.patch_of(source.name)
        lines = LineIndex(source.text)
        workloads: list[tuple[Document, Workload]] = []
        skipped = list(recognised.skips)
        problems = list(parsed.problems)
        for document in parsed.documents:
            directs = may_direct(source.text, document.start, document.end)
            where = (source.name, self.namespaces, self.kinds)
            for found in find(document.index, document.value, *where, may_direct=directs):
                if isinstance(found, Malformed):
                    problems.append(not_decoded(source.name, lines, document, found))
                elif isinstance(found, Skip):
                    if patch_of is not None and found.because.is_patch:
                        skipped.append(found._replace(because=SkipKind.PATCH_OF, what=patch_of))
                    else:
                        skipped.append(found)
                elif patch_of is None or is_whole(found, value_at(document.value, found.path)):
                    workloads.append((document, found))
                else:
                    skipped.append(Skip(found.document, found.kind, found.name, SkipKind.PATCH_OF, patch_of))
        return ParsedFile(source, lines, parsed, tuple(workloads), tuple(skipped), tuple(problems))

    def bundle(self, files: Iterable[ParsedFile]) -> Bundle:
        """Return the bundle that the files make, an empty one where no control asks for it."""
        if not self.needs_bundle:
            return Bundle((), ())
        documents = (
            (file.source.name, document.index, document.value)
            for file in files
            for document in file.parsed.documents
            if not document.is_empty
        )
        return gather(documents, self.namespaces, self.kinds)

    def active(self) -> tuple[str, ...]:
        """Return the ids of the controls that look at workloads, at this level and version."""
        return self._judge.active()

    def judge(self, file: ParsedFile, bundle: Bundle) -> CheckedFile:
        """Return the file with the official verdicts, what the controls find, and what exemptions say of that."""
        if not file.workloads:
            return CheckedFile(file, (), file.problems)
        asked = self._judge.beside(bundle, self.images.of(file.source.name))
        concerned = self.exempting.concerns(file.source)
        subjects: list[CheckedWorkload] = []
        problems = list(file.problems)
        for document, workload in file.workloads:
            verdict = self._judge.judge(workload, asked)
            if isinstance(verdict, Malformed):
                problems.append(not_decoded(file.source.name, file.lines, document, verdict))
                continue
            found = schema_errors(self._profile.version, workload, document)
            wrong = undecodable(workload, document, found)
            if wrong is not None:
                # The official checks never see it: decoding comes first.
                problems.append(not_decoded(file.source.name, file.lines, document, wrong))
                continue
            if found:
                version = self._profile.version
                problems.extend(doubts((file.source.name, file.lines), workload, document, version, found))
            subject = CheckedWorkload(workload, document, *verdict[:2], likeness=verdict.likeness)
            if concerned:
                said = self.exempting.say((file.source, file.lines), document, workload, subject.findings)
                subject = subject._replace(said=said)
            if self.limits is not None:
                outside = self.limits.outside(file.source, file.lines, document, workload, subject.findings)
                subject = subject._replace(outside=outside)
            subjects.append(subject)
            problems.extend(_notes(file.source.name, file.lines, subject))
        return CheckedFile(file, tuple(subjects), tuple(problems))


def known_image(image: str) -> ImageFacts | None:
    """Return what the shipped facts say of an image; None for what is no name of one, which the runtime will say."""
    from harden.images.store import lookup  # noqa: PLC0415 - facts are read only where a control asks

    return lookup(image)


def _notes(name: str, lines: LineIndex, subject: CheckedWorkload) -> Iterator[Problem]:
    workload = subject.workload
    if not workload.served:
        since = workload.row.gone.get(workload.api_version)
        said = f"{workload.api_version} {workload.kind} is not served since Kubernetes v1.{since}"
        line = lines.line(locate(subject.document, (*workload.path, "apiVersion")))
        yield Problem(name, Stage.NOTE, said, line, "hardened all the same; move it to a served version")
