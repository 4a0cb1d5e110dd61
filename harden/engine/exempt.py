"""How exemptions come into a run: what holds for all of it, what is said of one workload, and the account."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from harden.model.finding import Because, Finding, Held, Risk
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.report import Exempted, Problem
from harden.model.text import LineIndex, SourceText
from harden.model.tree import Document

if TYPE_CHECKING:
    from harden.engine.asking import Asking
    from harden.exemptions import Decision, Exemption, ExemptionUse
    from harden.images.facts import ImageFacts

#: What every mark in a file has in it: annotations, and comments. Both have the name.
_MARKS = ("kube-harden.io/", "harden:")
_NAME = "harden"


class WorkloadExemptions(Record):
    """What exemptions say of one workload: `rulings` by the 0-based index of a finding, `unread` what is no exemption.

    Where something cannot be read, nobody knows what it is about: nothing of the workload is changed.
    """

    exemptions: tuple[Exemption, ...] = ()
    rulings: Mapping[int, Decision] = {}
    unread: tuple[Problem, ...] = ()

    def held(self, at: int) -> Held | None:
        """Return why the finding at this index is held, None where nothing is said against its fix."""
        ruling = self.rulings.get(at)
        if ruling is not None:
            return ruling.held
        return _UNREAD if self.unread else None


_UNREAD = Held(Because.UNREAD_EXEMPTION, "an exemption of this workload cannot be read")
NOTHING = WorkloadExemptions()


# With companions, each object of a text asks.
@lru_cache(maxsize=1)
def _is_marked(text: str, marks: tuple[str, ...]) -> bool:
    # Most texts have neither, which one look tells.
    return _NAME in text and any(mark in text for mark in marks)


class RunExemptions:
    """The exemptions of a run.

    `today` is YYYY-MM-DD ("" comes before every day, so that none has expired), `config` are those of harden.yaml.
    `strict` ignores all; without `marks` those that stand in the files are not read. Most runs have none, so
    harden.exemptions is imported where there is a mark. `asking` asks a person about each fix of this run.
    """

    def __init__(
        self,
        *,
        today: str = "",
        config: tuple[Exemption, ...] = (),
        strict: bool = False,
        marks: bool = True,
        asking: Asking | None = None,
    ) -> None:
        self.asking = asking
        self._today = today
        self._config = config
        self._strict = strict
        self._marks = _MARKS if marks else ()
        self._known: tuple[str, ...] = ()
        self._noted: dict[Exemption, None] = dict.fromkeys(config)
        self._uses: list[ExemptionUse] = []

    @property
    def ignores(self) -> tuple[bool, bool]:
        """Return whether all exemptions are ignored, and whether those in the files are."""
        return self._strict, not self._marks

    @property
    def has_any(self) -> bool:
        """Return whether harden.yaml, or what was noted, has an exemption."""
        return bool(self._noted)

    def concerns(self, source: SourceText) -> bool:
        """Return whether anything may be said of the workloads of a file; cheap."""
        return bool(self._config) or _is_marked(source.text, self._marks)

    def say(
        self,
        text: tuple[SourceText, LineIndex],
        document: Document,
        workload: Workload,
        findings: Sequence[Finding],
    ) -> WorkloadExemptions:
        """Return what is said of one workload, of a file (its text and lines) that exemptions concern."""
        from harden.exemptions import Exemption, decide, find_exemptions  # noqa: PLC0415 - see the class

        source, lines = text
        found = find_exemptions(source, document, workload, self._controls(), lines) if self._marks else ()
        own = tuple(each for each in found if isinstance(each, Exemption))
        unread = () if self._strict else tuple(each for each in found if isinstance(each, Problem))
        if not (own or unread or self._config):
            return NOTHING
        every = (*own, *self._config)
        return WorkloadExemptions(own, decide(every, workload, findings, self._today, strict=self._strict), unread)

    def note(self, workload: Workload, findings: Sequence[Finding], said: WorkloadExemptions) -> None:
        """Keep what was said of a workload for the account."""
        if not (said.exemptions or self._config):
            return
        from harden.exemptions import uses  # noqa: PLC0415 - see the class

        self._noted.update(dict.fromkeys(said.exemptions))
        self._uses += uses((*said.exemptions, *self._config), workload, findings, said.rulings)

    def offer(
        self, workload: Workload, held: Sequence[Finding], images: Callable[[str], ImageFacts | None]
    ) -> tuple[str, ...]:
        """Return the lines that offer an exemption for what is held of a workload: a sentence, and what to paste."""
        # Who needs its node is refused for it, and nothing but a breaking fix takes it away.
        is_refused = any(each.checks and each.risk in (None, Risk.BREAKING) for each in held)
        if self._strict or not is_refused:
            return ()
        from harden.exemptions import suggest  # noqa: PLC0415 - see the class

        found = suggest(workload, held, images)
        return () if found is None else (found.said, *found.lines)

    def account(self, active: Iterable[str], *, whole: bool) -> tuple[Exempted, ...]:
        """Return what became of each exemption, by file and line; see harden.exemptions.report."""
        if not self._noted:
            return ()
        from harden.exemptions import State, entry_data, entry_line, report_entries  # noqa: PLC0415 - see the class

        ran: Collection[str] = frozenset(active)
        entries = report_entries(
            self._noted, self._uses, today=self._today, active=ran, strict=self._strict, whole=whole
        )
        return tuple(
            Exempted(entry_line(entry), entry_data(entry), is_expired=entry.state is State.EXPIRED) for entry in entries
        )

    def _controls(self) -> tuple[str, ...]:
        if not self._known:
            from harden.controls import all_controls  # noqa: PLC0415 - see the class

            self._known = tuple(control.id for control in all_controls())
        return self._known
