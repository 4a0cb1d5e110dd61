"""Chooses the labels that select the pods of one workload, and no others that the bundle shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from harden.companions.network_draft import Selector
from harden.model.kube import Resource, dig
from harden.model.plain import as_mapping
from harden.model.record import Record
from harden.model.text import Plain
from harden.network.neighbours import Index
from harden.network.pods import AUTOMATIC, CHOSEN, Pods
from harden.network.selectors import labels_of, matches

#: Labels that change with a release: a policy that names them would lose its pods.
_PASSING = frozenset({"helm.sh/chart", "app.kubernetes.io/version", "chart", "heritage", "pod-template-hash"})

_STATEFUL, _REVISION, _TEMPLATE, _JOB = (
    "statefulset.kubernetes.io/pod-name",
    "controller-revision-hash",
    "pod-template-hash",
    "job-name",
)


class Group:
    """The pods of one workload; where files show it more than once, `variants` has each, `resource` is the first."""

    __slots__ = ("resource", "variants")

    def __init__(self, variants: tuple[Pods, ...], resource: Resource) -> None:
        self.variants: Final = variants
        self.resource: Final = resource

    @property
    def first(self) -> Pods:
        """Return the pods as the first file shows them."""
        return self.variants[0]


class Choice(Record):
    """A selector of a workload's pods; `others` are the workloads whose pods it also selects, `missed` its own not."""

    selector: Selector
    others: tuple[Pods, ...]
    missed: bool

    @property
    def exact(self) -> bool:
        """Return whether it selects the workload's pods and nothing else in the bundle."""
        return not self.others and not self.missed and self.selector != {}


def groups_of(pods: Iterable[Pods]) -> tuple[Group, ...]:
    """Return the pods by workload, sorted by namespace, kind and name."""
    found: dict[tuple[str, str, str], list[Pods]] = {}
    resources: dict[tuple[str, str, str], Resource] = {}
    for pod in pods:
        if pod.member is not None:
            found.setdefault(pod.key, []).append(pod)
            resources.setdefault(pod.key, pod.member.resource)
    return tuple(Group(tuple(found[key]), resources[key]) for key in sorted(found))


def choose(group: Group, index: Index) -> Choice:
    """Return the plainest selector that is exact; where none is, the one that comes nearest."""
    best = Choice({}, (), missed=True)
    for selector in _candidates(group.first):
        choice = _judged(selector, group, index)
        if choice.exact:
            return choice
        if best.selector == {} or (choice.missed, len(choice.others)) < (best.missed, len(best.others)):
            best = choice
    return best


def _judged(selector: Selector, group: Group, index: Index) -> Choice:
    near = index.near(group.first.namespace, as_mapping(selector.get("matchLabels")))
    others = tuple(each for each in near if matches(selector, each.labels) and each not in group.variants)
    missed = not all(matches(selector, variant.labels) for variant in group.variants)
    return Choice(selector, others, missed)


def _candidates(pods: Pods) -> Iterator[Selector]:
    labels = {key: value for key, value in pods.labels.items() if value != CHOSEN and key != AUTOMATIC.get(pods.kind)}
    lasting = {key: value for key, value in labels.items() if key not in _PASSING}
    own = _own_selector(pods)
    for wanted in (own, lasting, labels):
        if wanted:
            yield {"matchLabels": dict(wanted)}
    if pods.kind == "Job":
        yield {"matchLabels": {_JOB: pods.name}}
    for wanted in (own, lasting):
        if wanted:
            yield {"matchLabels": dict(wanted), "matchExpressions": _marks(pods.kind)}


def _own_selector(pods: Pods) -> Mapping[str, str]:
    """Return the labels that the workload itself selects its pods by, where plain labels say all."""
    if pods.member is None:
        return {}
    selector = dig(pods.member.resource.data, "spec", "selector")
    if pods.kind == "ReplicationController":
        own = labels_of(selector)
    elif pods.kind in {"Job", "CronJob", "Pod"} or dig(selector, "matchExpressions") not in (None, []):
        return {}
    else:
        own = labels_of(dig(selector, "matchLabels"))
    return own if matches({"matchLabels": own}, pods.labels) else {}


def _marks(kind: str) -> list[Plain]:
    """Return what tells pods of one kind of workload from those of others with the same labels."""

    def is_there(key: str) -> Plain:
        return {"key": key, "operator": "Exists"}

    def is_absent(key: str) -> Plain:
        return {"key": key, "operator": "DoesNotExist"}

    match kind:
        case "Deployment":
            return [is_there(_TEMPLATE)]
        case "StatefulSet":
            return [is_there(_STATEFUL)]
        case "DaemonSet":
            return [is_there(_REVISION), is_absent(_STATEFUL)]
        case "Job" | "CronJob":
            return [is_there(_JOB)]
        case _:
            return [is_absent(key) for key in (_TEMPLATE, _REVISION, _JOB)]
