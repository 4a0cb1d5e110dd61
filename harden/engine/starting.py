"""The choice among the fixes of a workload by its starts: none may make a container start less surely.

`harden.starts` judges; here stands which fixes are asked about, what an accepted risk lets pass, and what people read.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from harden.engine.choosing import NOTHING, Choosing, Raised, Starts, Weighed
from harden.engine.stand_ins import ImageNames, Likeness, stand_ins
from harden.engine.surroundings import Surroundings
from harden.images.by_file import Lookup, by_file
from harden.model.finding import Because, Change, Finding, Held, Risk
from harden.model.kube import Workload
from harden.model.report import ContainerReport
from harden.model.start import ContainerStart, Setback, Topic, Worse
from harden.model.text import Plain
from harden.model.tree import Document
from harden.starts import Judged
from harden.verify.unchanged import apply_changes

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: Where the containers of a pod stand.
_LISTS = ("initContainers", "containers", "ephemeralContainers")
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
    Topic.USER: ": set runAsUser to a number that it starts as",
    Topic.CAPABILITIES: ": add root_caps to harden-images.yaml",
    Topic.WRITES: ": add writable to harden-images.yaml",
}
#: Stands for the number that OpenShift chooses from the range of a namespace.
_CHOSEN = 1_000_650_000
#: So many judgements are kept: what a run keeps is bounded.
_MOST = 2_000


class Starting:
    """Judges starts; `images` tells what is known of an image, `around` of other objects, `platform`: see profiles."""

    def __init__(self, images: Lookup, platform: str = "kubernetes") -> None:
        self._images = by_file(images)
        self._platform = platform
        self.around = Surroundings()
        #: By what a judgement hangs on: how the pod looks, what is known of its images, and the fixes; with the facts,
        #: so that none others get their ids.
        self._weighed: dict[tuple[object, ...], tuple[Weighed, tuple[ImageFacts | None, ...]]] = {}
        #: By the number of pods that look the same, and the images of theirs that count by name: what starts hang on.
        self._looks: dict[tuple[int, tuple[str | bool, ...]], object] = {}
        #: What was read of changes, by their id, with the changes themselves, so that nothing else gets that id.
        self._changes: dict[int, tuple[tuple[Change, ...], bool, str]] = {}

    def of(self, workload: Workload, document: Document) -> Starts:
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

    def weigh(
        self,
        workload: Workload,
        document: Document,
        fixes: Sequence[Finding],
        accepted: Risk,
        likeness: Likeness | None = None,
    ) -> Weighed:
        """Return which of some fixes, all of them within the accepted risk, the starts of a workload speak against.

        Of pods that look alike, and of whose images the same is to be said, the same holds in whatever file they stand.
        """
        read = [self._read(finding.changes) for finding in fixes]
        asked = [at for at, (counts, _) in enumerate(read) if counts]
        if not asked:
            return NOTHING
        if likeness is None:
            return Choosing(self, workload, document, fixes, asked).by(accepted)
        facts, said = self._said_of(workload, likeness)
        if said and likeness.is_alone:
            return Choosing(self, workload, document, fixes, asked).by(accepted)
        known = tuple(image in said and image for image in likeness.images)
        unknown = ImageNames(tuple(image for image, name in zip(likeness.images, known, strict=True) if not name))
        looks = self._looks_of(workload, likeness.number, known)
        wanted = tuple((at, fixes[at].risk, read[at][1]) for at in asked)
        key = (looks, tuple(said.items()), accepted, wanted)
        weighed, _ = self._weighed.get(key, (None, ()))
        if weighed is None:
            pod = workload._replace(spec=stand_ins(workload.spec, said.__contains__).spec)
            questions = self.around.questions
            weighed = Choosing(self, pod, document, fixes, asked).by(accepted)
            if questions == self.around.questions:
                if len(self._weighed) == _MOST:
                    self._weighed.clear()
                self._weighed[key] = weighed, facts
        return _renamed(weighed, unknown) if unknown.images else weighed

    def _read(self, changes: tuple[Change, ...]) -> tuple[bool, str]:
        """Return whether starts may hang on changes, and what tells them from others.

        What was found once for many pods is the very same for all of them.
        """
        known = self._changes.get(id(changes))
        if known is None or known[0] is not changes:
            if len(self._changes) == _MOST:
                self._changes.clear()
            self._changes[id(changes)] = known = (changes, _matters(changes), repr(changes))
        return known[1:]

    def _said_of(
        self, workload: Workload, likeness: Likeness
    ) -> tuple[tuple[ImageFacts | None, ...], dict[str, tuple[object, ...]]]:
        """Return the facts about the images of a workload, and what tells apart what is to be said of each.

        Nothing stands there of images that names stand in for and of which nothing is to be said: all are the same.
        """
        source, images = workload.source, self._images.of(workload.source)
        listed = (each for field in _LISTS if isinstance(each := workload.spec.get(field), list))
        named = (each.get("image") for containers in listed for each in containers if isinstance(each, dict))
        found = {each: (images(each), self._images.undecided(each, source)) for each in named if isinstance(each, str)}
        stood_in = {image for image in likeness.images if found.get(image) == (None, "")}
        said: dict[str, tuple[object, ...]] = {
            image: (id(facts), why, self._images.to_learn(image, source))
            for image, (facts, why) in found.items()
            if image not in stood_in
        }
        return tuple(facts for facts, _ in found.values()), said

    def _looks_of(self, workload: Workload, number: int, known: tuple[str | bool, ...]) -> object:
        """Return what of a pod that looks like others its starts hang on; `known` are the images that count by name."""
        found = self._looks.get((number, known))
        if found is None:
            if len(self._looks) == _MOST:
                self._looks.clear()
            self._looks[number, known] = found = _seen(workload, known) or number
        return found

    def _judged(
        self, workload: Workload, document: Document, spec: Mapping[str, object], kept: Judged | None = None
    ) -> Starts:
        from harden.starts import starts  # noqa: PLC0415 - only where something is to be fixed

        given = _on_openshift(spec) if self._platform == "openshift" else spec
        return starts(given, self._images.of(workload.source), self.around.of(workload, document), kept)

    def judged(self, workload: Workload, document: Document, made: Sequence[Change], kept: Judged | None) -> Starts:
        """Return how the containers of a workload start once some changes of its pod's spec are made."""
        spec = apply_changes(cast("Plain", workload.spec), made)
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
            return f": add a USER ({facts.evidence}), or set runAsUser to a number that it starts as"
        return _WAYS_OUT.get(worse.topics[0], "")


def _told(was: ContainerStart, now: ContainerStart, images: Lookup) -> ContainerReport:
    facts = None if now.image is None else images(now.image)
    shown = (facts.evidence,) if facts is not None and facts.evidence else ()
    evidence = tuple(dict.fromkeys((*shown, *now.evidence)))
    return ContainerReport(now.name, now.image, evidence, was.verdict.value, now.verdict.value, now.reason)


def _renamed(weighed: Weighed, names: ImageNames) -> Weighed:
    """Return what starts say of fixes, with the images that names stand in for."""
    return Weighed(
        {at: names.held(held) for at, held in weighed.held.items()},
        {at: Raised(raised.risk, names.told(raised.reason)) for at, raised in weighed.raised.items()},
    )


def _on_openshift(spec: Mapping[str, object]) -> Mapping[str, object]:
    """Return a pod's spec as OpenShift's default constraint completes it.

    Source: openshift/api, security/v1, RunAsUserStrategyOptions and FSGroupStrategyOptions (MustRunAs, MustRunAsRange:
    what the pod leaves open becomes a number of the namespace's range).
    """
    own = spec.get("securityContext")
    security = own if isinstance(own, dict) else {}
    chosen = {field: _CHOSEN for field in ("runAsUser", "fsGroup") if security.get(field) is None}
    return {**spec, "securityContext": {**security, **chosen}}


def _seen(workload: Workload, known: Container[object]) -> object:
    """Return what the starts of a pod hang on; None for a custom resource, whose fields may stand anywhere."""
    if workload.row.is_custom:
        return None
    from harden.starts import seen  # noqa: PLC0415 - only where something is to be fixed

    spec, unknown, _ = stand_ins(workload.spec, known.__contains__)
    return workload.pod, seen(spec, lambda image: unknown.number(image) is not None)


def _matters(changes: Sequence[Change]) -> bool:
    return any(_APART.isdisjoint(change.path) for change in changes)
