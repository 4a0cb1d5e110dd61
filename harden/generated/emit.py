"""Makes the companions of one run: asked for on the hardened files, planned with the fixes, verified, put in files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harden.engine.check import CheckedFile, Checker
from harden.engine.edit import ObjectFix
from harden.engine.exempt import RunExemptions
from harden.engine.rounds import Result, Round, run_rounds
from harden.engine.verify import verified
from harden.generated.exemptions import ObjectExemptions
from harden.generated.generator import Generator
from harden.generated.options import GenerateOptions
from harden.generated.outcomes import by_file, of_fixed, of_unfixed
from harden.generated.output_file import OutputFile
from harden.generated.plan import plans
from harden.generated.previous import KEPT, PreviousOutput
from harden.generated.schema import schema_error
from harden.generated.stream import standing, with_companions
from harden.generated.turn import Chosen, Turn
from harden.generated.unread import Unseen
from harden.kube.kustomizations import is_kustomization
from harden.kube.unread import Blind, Unread
from harden.model.finding import GeneratedObject
from harden.model.generated import GeneratedReport, GeneratedRow, NotGenerated, ObjectOutcome
from harden.model.profile import Profile
from harden.model.report import FileReport, Problem, Stage
from harden.model.text import SourceText
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.generated.files import OutputFiles
    from harden.generated.generator import Images


class GeneratedObjects:
    """What stands beside the workloads in one run: made, settled once, and then read."""

    def __init__(
        self,
        wish: GenerateOptions,
        profile: Profile,
        *,
        images: Images | None = None,
        exempting: RunExemptions | None = None,
    ) -> None:
        self.previous_output = PreviousOutput(is_stream=wish.look is None)
        self.beside = GeneratedReport((), ())
        self._wish = wish
        self._profile = profile
        self._exempting = RunExemptions() if exempting is None else exempting
        self._images = images
        #: Made when the files are there: the examiner knows where objects end up.
        self._ask: Generator
        self._unread = Blind()
        #: Whether a stream takes no further documents; None until somebody asks.
        self._is_full: bool | None = None
        self._texts: dict[str, SourceText | Problem | None] = {}
        self._inputs: frozenset[str] = frozenset()
        self._remarks: dict[str, tuple[ObjectOutcome, ...]] = {}
        self._problems: list[tuple[str, Problem]] = []
        self._volumes: dict[str, OutputFile] = {}
        self._needs: dict[str, tuple[str, ...]] = {}
        self._turns: list[Turn] = []
        self._rounds: Sequence[Round] | None = None

    @property
    def active(self) -> tuple[str, ...]:
        """Return the ids of the controls that look at the bundle."""
        return tuple(control.id for control in self._wish.controls)

    def settle(
        self, checker: Checker, examined: Sequence[CheckedFile | FileReport], *, mode: str
    ) -> tuple[Result, dict[str, tuple[Problem, ...]]]:
        """Return what the files come to with the fixes and the companions' changes, and what could not be verified.

        The companions are those of the files as they will be: so a second run finds them as it would write them.
        """
        files = [file for file in examined if isinstance(file, CheckedFile)]
        self._ask = Generator(self._profile, self._wish, self._images, checker)
        self._take(examined, checker)
        failed: dict[str, tuple[Problem, ...]] = {}
        if mode == "check" and not checker.telling.proposes:
            settled = run_rounds(checker, files, self._profile.risk, beside=self._found)
        else:
            settled, failed = verified(checker, files, self._profile, beside=self._found)
            failed = failed if mode != "check" else {}
        rewritings = [turn.rewrite for turn in settled.rounds] + [settled.last]
        planned = [chosen for turn in self._turns for chosen in turn.chosen(rewritings[turn.number])]
        final = [settled.files[file.source.name] for file in files]
        shown = {file.source.name: file for file in (final if mode == "apply" else files)}
        last = self._turns[-1]
        last.decisions.note()
        self._problems = last.decisions.unread()
        self._tell(planned, shown, is_check=mode == "check")
        created = [
            each
            for plan, held in last.chosen(rewritings[last.number])
            if held is None
            for each in plan.found.finding.creates
        ]
        created = [each for each in created if each.kind not in KEPT] + list(self._kept(planned))
        created.sort(key=lambda each: _APPLIED.index(each.kind))
        self._shelve(final, list(dict.fromkeys(created)), settled)
        self._bind(planned)
        return settled, failed

    def _found(self, files: Sequence[CheckedFile], rounds: Sequence[Round]) -> list[ObjectFix]:
        """Return what is found beside the workloads of files that are otherwise settled."""
        if rounds is not self._rounds:
            # Asked for the first time, or anew because something failed its verification.
            self._rounds, self._turns = rounds, []
        made = [chosen for turn in self._turns for chosen in turn.chosen(rounds[turn.number].rewrite)]
        found = self._ask(files, self._known() | self._made(made), self._unread, self._kept(made))
        decisions = ObjectExemptions(self._exempting, files, found)
        output_files = None if self._wish.look is None else self._library(files)

        def blocked(created: GeneratedObject, origins: list[str]) -> str | None:
            return self._obstacle(output_files, created, origins, files)

        planned = plans(found, self._profile.risk, blocked, decisions.held)
        self._turns.append(Turn(len(rounds), found, planned, decisions))
        return [plan.added for plan in planned]

    def give_up(self, problem: Problem) -> None:
        """Make no companions, because harden fails on them."""
        self._volumes, self._needs, self._remarks, self._problems = {}, {}, {}, []
        self._turns = []
        self.beside = GeneratedReport(
            (), (), (problem._replace(message="harden failed on the companions; there are none"),)
        )

    def completed(self, report: FileReport) -> FileReport:
        """Return the report of a file of the input with what there is to say of it beside its workloads."""
        name = report.name
        volume = self._volumes.get(posixpath.normpath(name))
        if volume is not None:
            after = report.after if volume.after is None else volume.after
            proposed = None if report.proposed is None else volume.after or report.proposed
            needs = (*report.needs, *volume.needs)
            problems = (*report.problems, *volume.notes)
            report = report._replace(after=after, problems=problems, needs=needs, proposed=proposed)
        unread = tuple(problem for file, problem in self._problems if file == name)
        report = report._replace(problems=(*report.problems, *unread)) if unread else report
        needs = (*report.needs, *self._needs.get(posixpath.normpath(name), ()))
        return report._replace(remarks=self._remarks.get(name, ()), needs=tuple(dict.fromkeys(needs)))

    def further(self) -> Iterator[FileReport]:
        """Yield the reports of files that are not among the input: new companions before what lists them."""
        further = [volume for name, volume in self._volumes.items() if name not in self._inputs]
        for volume in sorted(further, key=lambda each: not each.created):
            report = volume.report()
            yield report._replace(needs=(*report.needs, *self._needs.get(posixpath.normpath(report.name), ())))

    def _take(self, examined: Sequence[CheckedFile | FileReport], checker: Checker) -> None:
        for file in examined:
            if isinstance(file, CheckedFile):
                self._texts[posixpath.normpath(file.source.name)] = file.source
            else:
                self._texts[posixpath.normpath(file.name)] = file.problems[0]
        self._inputs = frozenset(self._texts)
        bundle = self._ask.bundle([file for file in examined if isinstance(file, CheckedFile)])
        parts = Unseen(examined, checker.namespaces.kustomizations, bundle).blind().parts
        unnamed = (Unread(f"{self._wish.unnamed} is not among the files"),) if self._wish.unnamed else ()
        self._unread = Blind((*parts, *unnamed))

    def _obstacle(
        self,
        output_files: OutputFiles | None,
        created: GeneratedObject,
        origins: list[str],
        files: Sequence[CheckedFile],
    ) -> str | None:
        wrong = schema_error(created, self._profile.version)
        if wrong is not None:
            return f"{created.kind} {created.name} {wrong}"
        if output_files is not None:
            return output_files.obstacle(created, origins)
        if self._is_full is None:
            self._is_full = with_companions(files[-1].source, [created]) is None
        return _FULL if self._is_full else None

    def _kept(self, planned: Sequence[Chosen]) -> tuple[GeneratedObject, ...]:
        """Return what stays whatever a round finds: of earlier runs, and as the fixes that are made write it anew."""
        found = {each.key: each for each in self.previous_output.kept}
        for plan, held in planned:
            for each in plan.found.finding.creates if held is None else ():
                if each.kind in KEPT:
                    found[each.key] = each
        return tuple(found.values())

    def _known(self) -> frozenset[tuple[str, str]]:
        return self.previous_output.accounts(self._wish.namespace)

    def _made(self, planned: Sequence[Chosen]) -> frozenset[tuple[str, str]]:
        """Return the (namespace, name) of the accounts that come with fixes that are made."""
        made = [each for plan, held in planned if held is None for each in plan.found.finding.creates]
        accounts = [each for each in made if each.kind == "ServiceAccount"]
        return frozenset((each.namespace or self._wish.namespace, each.name) for each in accounts)

    def _tell(self, planned: Sequence[Chosen], shown: dict[str, CheckedFile], *, is_check: bool) -> None:
        told = [row for plan, held in planned for row in of_fixed(plan.found, held, shown, is_check=is_check)]
        last = self._turns[-1]
        told += [row for found in last.found for row in of_unfixed(found, last.decisions.held(found), shown)]
        self._remarks = by_file(told)

    def _shelve(self, files: Sequence[CheckedFile], created: list[GeneratedObject], settled: Result) -> None:
        kinds = {each.kind for each in created}
        offers = tuple(
            NotGenerated(found.finding.message, found.finding.reason)
            for found in self._turns[-1].found
            if found.resource is None and (not found.of or found.of in kinds)
        )
        sound, faulty = [], []
        for each in created:
            wrong = schema_error(each, self._profile.version)
            if wrong is None:
                sound.append(each)
            else:
                faulty.append(Problem("", Stage.VERIFY, f"{each.kind} {each.name} {wrong}", hint=_BUG))
        written, volumes = self._in_stream(sound, settled) if self._wish.look is None else self._in_files(files, sound)
        self._volumes = {posixpath.normpath(volume.name): volume for volume in volumes}
        self.beside = GeneratedReport(written, tuple(dict.fromkeys(offers)), tuple(faulty))

    def _in_stream(
        self, sound: list[GeneratedObject], settled: Result
    ) -> tuple[tuple[GeneratedRow, ...], list[OutputFile]]:
        # A stream that is looked at in parts takes companions behind its last.
        source = next((each for each in reversed(self._texts.values()) if isinstance(each, SourceText)), None)
        if source is None or self._unread.parts:
            return (), []
        current = source._replace(text=settled.text(source.name))
        text = with_companions(current, sound)
        earlier = self.previous_output.earlier.get(source.name)
        known = {(each.kind, each.namespace, each.name) for each in earlier.objects} if earlier is not None else set()
        written = tuple(
            GeneratedRow(
                source.name, each.kind, each.name, each.namespace, each.reason, standing(each, current, text, known)
            )
            for each in sound
        )
        notes = () if text is not None else (Problem(source.name, Stage.NOTE, _NO_ROOM),)
        return written, [OutputFile(source.name, source, text, notes=notes)]

    def _in_files(
        self, files: Sequence[CheckedFile], sound: list[GeneratedObject]
    ) -> tuple[tuple[GeneratedRow, ...], list[OutputFile]]:
        output_files = self._library(files)
        for each in sound:
            output_files.add(each)
        written, volumes = output_files.close()
        if self._unread.parts:
            return written, list(volumes)
        from harden.generated.leftovers import leftovers  # noqa: PLC0415 - a stream has no use for it

        kinds = self._wish.kinds
        return written, leftovers(self.previous_output.earlier, output_files, volumes, kinds)

    def _library(self, files: Sequence[CheckedFile]) -> OutputFiles:
        # 3 ms to load, and a stream has no use for them.
        from harden.generated.files import OutputFiles  # noqa: PLC0415 - see above
        from harden.generated.layout import Layout, LayoutInput  # noqa: PLC0415 - see above

        wish = self._wish
        bundle = self._ask.bundle(files)
        names = tuple(file.source.name for file in files)
        file_layout = Layout(LayoutInput(bundle.members, names, self._source, wish.folder, wish.namespace))
        origins = {resource.source for resource in bundle.resources if not is_kustomization(resource.source)}
        return OutputFiles(file_layout, self._text, self._inputs, origins, wish.roots)

    def _bind(self, planned: Sequence[Chosen]) -> None:
        from harden.generated.needs import needs_of  # noqa: PLC0415 - a stream has no files of its own

        fixes = [plan.found for plan, held in planned if held is None]
        written = {
            (companion.kind, companion.namespace, companion.name): companion.file
            for companion in self.beside.companions
        }
        self._needs = needs_of(fixes, written, self._volumes.values())

    def _text(self, name: str) -> SourceText | Problem | None:
        key = posixpath.normpath(name)
        if key not in self._texts:
            data = None if self._wish.look is None else self._wish.look(name)
            self._texts[key] = decode(name, data) if isinstance(data, bytes) else data
        return self._texts[key]

    def _source(self, name: str) -> SourceText | None:
        found = self._text(name)
        return found if isinstance(found, SourceText) else None


#: The order in which objects are applied: what others are in or run as comes first.
_APPLIED = ("Namespace", "Secret", "ExternalSecret", "ServiceAccount", "ResourceQuota", "LimitRange", "NetworkPolicy")
_BUG = "it is not written; please report it as a bug of harden"
_FULL = "the stream takes no further documents"
_NO_ROOM = "the stream takes no YAML documents, so companions are not appended; pass files instead"
