"""The choice among the fixes of a workload by its starts: none may make a container start less surely.

`harden.starts` judges; here stands which fixes are asked about, what an accepted risk lets pass, and what people read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from harden.engine.stand_ins import key_of, stand_ins
from harden.engine.surroundings import Surroundings
from harden.images.by_file import Lookup, by_file
from harden.model.finding import AppendItem, Because, Change, Finding, Held, Risk, SetField
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.report import ContainerReport
from harden.model.start import ContainerStart, Setback, Topic, Worse
from harden.model.text import Path, Plain
from harden.model.tree import Document
from harden.starts import Judged
from harden.verify.unchanged import apply_changes

if TYPE_CHECKING:
    pass

#: What facts say may be taken to hold for another tag, and the program's file to have no capability, where a person
#: looks at the result.
TOLERATED = frozenset({Topic.TAG, Topic.FILE_CAPABILITIES})
#: No start hangs on what stands below these fields as harden writes them.
_APART = frozenset(
    {
        "appArmorProfile",
        "automountServiceAccountToken",
        "hostUsers",
        "imagePullPolicy",
        "livenessProbe",
        "os",
        "readinessProbe",
        "resources",
        "seLinuxOptions",
        "seccompProfile",
        "startupProbe",
    }
)

#: What a person can do about a doubt that reading the image does not end.
_WAYS_OUT = {
    Topic.USER: ": set runAsUser if it does",
    Topic.CAPABILITIES: ": add root_caps to harden-images.yaml",
    Topic.WRITES: ": add writable to harden-images.yaml",
}
#: Stands for the number that OpenShift chooses from the range of a namespace.
_CHOSEN = 1_000_650_000

_Starts = tuple[ContainerStart, ...]


class Raised(Record):
    """That a fix is riskier than its control can know, and why."""

    risk: Risk
    reason: str


class Weighed(Record):
    """What the starts of a workload say of its fixes, by their numbers; of the others they say nothing."""

    held: Mapping[int, Held] = {}
    raised: Mapping[int, Raised] = {}


NOTHING = Weighed()
#: Of so few containers it is as quick to judge all of them again.
_FEW = 8


class Starting:
    """Judges starts; `images` tells what is known of an image, `around` of other objects, `platform`: see profiles."""

    def __init__(self, images: Lookup, platform: str = "kubernetes") -> None:
        self._images = by_file(images)
        self._platform = platform
        self.around = Surroundings()
        #: By what a judgement hangs on; with stand-ins, fixes by their numbers.
        self._weighed: dict[tuple[Lookup, str], Weighed] = {}

    def of(self, workload: Workload, document: Document) -> _Starts:
        """Return how the containers of a workload start."""
        return self._judged(workload, document, workload.spec)

    def told(self, before: tuple[Workload, Document], after: tuple[Workload, Document]) -> tuple[ContainerReport, ...]:
        """Return what there is to tell of the starts of a workload, as it was and as it is after its fixes."""
        was = self.of(*before)
        now = was if after[0].spec is before[0].spec else self.of(*after)
        found = {(each.field, each.name): each for each in now}
        images = self._images.of(before[0].source)
        return tuple(
            _told(each, found[each.field, each.name], images) for each in was if (each.field, each.name) in found
        )

    def weigh(self, workload: Workload, document: Document, fixes: Sequence[Finding], accepted: Risk) -> Weighed:
        """Return which of some fixes, all of them within the accepted risk, the starts of a workload speak against."""
        asked = [at for at, finding in enumerate(fixes) if _matters(finding)]
        if not asked:
            return NOTHING
        images = self._images.of(workload.source)
        standing = stand_ins(workload.spec, lambda image: self._says_something(image, workload.source))
        pod = workload._replace(spec=standing.spec)
        key = key_of(standing.spec, [workload.pod, accepted, *((fixes[at].risk, fixes[at].changes) for at in asked)])
        weighed = None if key is None else self._weighed.get((images, key))
        if weighed is None:
            weighed = _Choosing(self, pod, document, fixes, asked).by(accepted)
            if key is not None:
                self._weighed[images, key] = weighed
        if not standing.images:
            return weighed
        return Weighed(
            {at: standing.held(held) for at, held in weighed.held.items()},
            {at: Raised(raised.risk, standing.told(raised.reason)) for at, raised in weighed.raised.items()},
        )

    def _says_something(self, image: str, source: str) -> bool:
        """Return whether anything is to be said of an image, in the file that names it."""
        return self._images.of(source)(image) is not None or self._images.undecided(image, source) != ""

    def _judged(
        self, workload: Workload, document: Document, spec: Mapping[str, object], kept: Judged | None = None
    ) -> _Starts:
        from harden.starts import starts  # noqa: PLC0415 - only where something is to be fixed

        given = _on_openshift(spec) if self._platform == "openshift" else spec
        return starts(given, self._images.of(workload.source), self.around.of(workload, document), kept)

    def judged(self, workload: Workload, document: Document, made: Sequence[Change], kept: Judged | None) -> _Starts:
        """Return how the containers of a workload start once some changes of its document are made."""
        own = [change for change in (_within(workload, change) for change in made) if change is not None]
        spec = apply_changes(cast("Plain", workload.spec), own)
        return self._judged(workload, document, cast("Mapping[str, object]", spec), kept)

    def held(self, worse: Sequence[Worse], source: str) -> Held:
        """Return why a fix is held that makes these containers of a file start less surely."""
        first = worse[0]
        deciding = (each.image for each in worse if self._decides(each, source))
        named = (name for image in deciding if image is not None for name in self._images.to_learn(image, source))
        images = tuple(dict.fromkeys(named))
        return Held(Because.NEEDS_FACTS, f"{first.reason}{self._way_out(first, source)}", images)

    def _decides(self, worse: Worse, source: str) -> bool:
        """Return whether reading the image itself would tell more: it says who the image starts as."""
        if worse.image is None or worse.setback is Setback.STOPS:
            return False
        facts = self._images.of(source)(worse.image)
        if facts is not None:
            return facts.is_learnable
        from harden.images.reference import is_name  # noqa: PLC0415 - comes with the facts

        return is_name(worse.image)

    def _way_out(self, worse: Worse, source: str) -> str:
        if self._decides(worse, source):
            why = self._images.undecided(worse.image or "", source)
            names = self._images.to_learn(worse.image or "", source)
            if why and names == (worse.image,) and "/" not in names[0]:
                # It is built here, and no registry has it under this name.
                return f" ({why}): docker save {names[0]} | harden images learn - --add harden-images.yaml finds out"
            return f"{why and f' ({why})'}: harden images learn --registry {' '.join(names)} finds out"
        if worse.setback is Setback.STOPS or not worse.topics:
            return ""
        facts = None if worse.image is None else self._images.of(source)(worse.image)
        if worse.topics[0] is Topic.USER and facts is not None and facts.starts_as_root and facts.is_built:
            return f": add a USER ({facts.evidence}), or set runAsUser if it does"
        return _WAYS_OUT.get(worse.topics[0], "")


class _Choosing:
    """The choice among the fixes of one workload; `asked` are the numbers of those that starts may hang on."""

    def __init__(
        self, starting: Starting, workload: Workload, document: Document, fixes: Sequence[Finding], asked: list[int]
    ) -> None:
        self._starting = starting
        self._workload = workload
        self._document = document
        self._fixes = fixes
        self._asked = asked
        self._judgements: dict[tuple[int, ...], _Starts] = {}
        self._kept = Judged() if len(workload.containers) > _FEW else None
        self._made_anyway: dict[int, Raised] = {}

    def by(self, accepted: Risk) -> Weighed:
        """Return what the starts say of the fixes at an accepted risk."""
        from harden.starts import choose, compare  # noqa: PLC0415 - only where something is to be fixed

        before = self._starting.of(self._workload, self._document)
        self._judgements[()] = before
        base = self._base(before, accepted)
        start = self._judge(base) if base else before
        rest = tuple(at for at in self._asked if at not in base)
        passes = frozenset[Topic]() if accepted is Risk.SAFE else TOLERATED
        choice = choose(start, rest, lambda made: self._judge((*base, *made)), passes)
        held = {at: self._starting.held(worse, self._workload.source) for at, worse in choice.held.items()}
        if accepted is Risk.BREAKING and held:
            # Made all the same; what leans on a refused root is judged with it.
            first = next((at for at in held if Topic.USER in choice.held[at][0].topics), next(iter(held)))
            self._made_anyway[first] = Raised(Risk.BREAKING, held[first].text)
            return self.by(accepted)
        if accepted is Risk.BREAKING:
            return Weighed(raised=self._made_anyway)
        if accepted is Risk.SAFE:
            tolerable = {at: each for at, each in choice.held.items() if _is_tolerable(each)}
            raised = {at: Raised(Risk.REVIEW, worse[0].reason) for at, worse in tolerable.items()}
            return Weighed(held | {at: Held(Because.RISK, each.reason) for at, each in raised.items()}, raised)
        worse = compare(before, self._judge((*base, *choice.made)))
        return Weighed(held, self._not_safe(before, choice.made, worse[0].reason)) if worse else Weighed(held)

    def _base(self, before: _Starts, accepted: Risk) -> tuple[int, ...]:
        """Return the fixes that are made whatever they do to a start, and those that make a container start.

        The others are judged on top of them.
        """
        # Below that risk there is none such, but where only some of a workload's breaking fixes are worth their price.
        bold = tuple(at for at in self._asked if self._fixes[at].risk is Risk.BREAKING or at in self._made_anyway)
        if accepted is Risk.BREAKING or all(each.verdict.rank for each in before):
            return bold
        return tuple(at for at in self._asked if at in bold or _mends(before, self._judge((at,))))

    def _not_safe(self, before: _Starts, made: tuple[int, ...], reason: str) -> dict[int, Raised]:
        """Return the fixes that are safe by their control alone; `reason` is what the result as a whole hangs on."""
        from harden.starts import choose  # noqa: PLC0415 - as above

        safe = tuple(at for at in made if self._fixes[at].risk is Risk.SAFE)
        found = choose(before, safe, self._judge).held if safe else {}
        return {
            at: Raised(Risk.REVIEW, worse[0].reason if TOLERATED.issuperset(worse[0].topics) else reason)
            for at, worse in found.items()
        }

    def _judge(self, made: tuple[int, ...]) -> _Starts:
        chosen = tuple(sorted(made))
        if chosen not in self._judgements:
            changes = [change for at in chosen for change in self._fixes[at].changes]
            self._judgements[chosen] = self._starting.judged(self._workload, self._document, changes, self._kept)
        return self._judgements[chosen]


def _told(was: ContainerStart, now: ContainerStart, images: Lookup) -> ContainerReport:
    facts = None if now.image is None else images(now.image)
    shown = (facts.evidence,) if facts is not None and facts.evidence else ()
    evidence = tuple(dict.fromkeys((*shown, *now.evidence)))
    return ContainerReport(now.name, now.image, evidence, was.verdict.value, now.verdict.value, now.reason)


def _is_tolerable(worse: Sequence[Worse]) -> bool:
    """Return whether a fix that is not safe is made at review."""
    return all(each.topics and TOLERATED.issuperset(each.topics) for each in worse)


def _mends(before: _Starts, after: _Starts) -> bool:
    known = {(each.field, each.name): each.verdict.rank for each in after}
    return any(each.verdict.rank == 0 and known.get((each.field, each.name), 0) > 0 for each in before)


def _on_openshift(spec: Mapping[str, object]) -> Mapping[str, object]:
    """Return a pod's spec as OpenShift's default constraint completes it.

    Source: openshift/api, security/v1, RunAsUserStrategyOptions and FSGroupStrategyOptions (MustRunAs, MustRunAsRange:
    what the pod leaves open becomes a number of the namespace's range).
    """
    own = spec.get("securityContext")
    security = own if isinstance(own, dict) else {}
    chosen = {field: _CHOSEN for field in ("runAsUser", "fsGroup") if security.get(field) is None}
    return {**spec, "securityContext": {**security, **chosen}}


def _matters(finding: Finding) -> bool:
    return any(_APART.isdisjoint(change.path) for change in finding.changes)


def _within(workload: Workload, change: Change) -> Change | None:
    """Return a change with the path that it has in the pod's spec, under Kubernetes' names; None outside of it."""
    path = change.path
    if not workload.place.is_plain:
        if path[: len(workload.security)] == workload.security:
            return _moved(change, ("securityContext", *path[len(workload.security) :]))
        index = dict.fromkeys(("initContainers", "containers", "ephemeralContainers"), 0)
        inside = workload.container_at(path)
        for container in workload.containers:
            if container is inside:
                own = (container.field, index[container.field], *path[len(container.path) :])
                return _moved(change, own)
            index[container.field] += 1
    pod = workload.pod
    return _moved(change, path[len(pod) :]) if path[: len(pod)] == pod and len(path) > len(pod) else None


def _moved(change: Change, path: Path) -> Change:
    if isinstance(change, SetField):
        return SetField(path, change.value)
    return AppendItem(path, change.value) if isinstance(change, AppendItem) else change._replace(path=path)
