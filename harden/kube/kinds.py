"""The table of kinds that run pods: one row a kind, by API group and kind, with all that harden needs to know of it.

A custom resource is one more row: where its pod templates stand, what it calls its containers, how many pods it runs,
and which fields of a pod its own schema does not allow. Nothing else in harden names such a kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from harden.kube.rows import CUSTOM
from harden.model.kinds import Kind, PodTemplate, Replicas

_TEMPLATE = (PodTemplate(("spec", "template")),)

#: Kubernetes' own kinds. Where each keeps its pod: k8s.io/pod-security-admission, admission.DefaultPodSpecExtractor.
#: Versions: Kubernetes API reference, v1.25 to v1.37, and Deprecated API Migration Guide.
OWN: tuple[Kind, ...] = (
    Kind("", "Pod", ("v1",), (PodTemplate(()),), replicas=Replicas.ONE),
    Kind("", "PodTemplate", ("v1",), (PodTemplate(("template",)),), replicas=Replicas.NONE),
    Kind("", "ReplicationController", ("v1",), _TEMPLATE),
    Kind(
        "apps",
        "Deployment",
        ("apps/v1",),
        _TEMPLATE,
        gone={"extensions/v1beta1": 16, "apps/v1beta1": 16, "apps/v1beta2": 16},
        replicas=Replicas.ROLLING,
        needs_selector=True,
    ),
    Kind(
        "apps",
        "StatefulSet",
        ("apps/v1",),
        _TEMPLATE,
        gone={"apps/v1beta1": 16, "apps/v1beta2": 16},
        needs_selector=True,
    ),
    Kind(
        "apps",
        "DaemonSet",
        ("apps/v1",),
        _TEMPLATE,
        gone={"extensions/v1beta1": 16, "apps/v1beta2": 16},
        replicas=Replicas.NODES,
        needs_selector=True,
    ),
    Kind(
        "apps",
        "ReplicaSet",
        ("apps/v1",),
        _TEMPLATE,
        gone={"extensions/v1beta1": 16, "apps/v1beta2": 16},
        needs_selector=True,
    ),
    Kind("batch", "Job", ("batch/v1",), _TEMPLATE, replicas=Replicas.JOB, ends=True),
    Kind(
        "batch",
        "CronJob",
        ("batch/v1",),
        (PodTemplate(("spec", "jobTemplate", "spec", "template")),),
        gone={"batch/v2alpha1": 21, "batch/v1beta1": 25},
        replicas=Replicas.CRON,
        ends=True,
    ),
)

#: Kinds beside the workloads that controls look at.
NEIGHBOURS = (
    "Service",
    "ServiceAccount",
    "RoleBinding",
    "ClusterRoleBinding",
    "NetworkPolicy",
    "Ingress",
    "LimitRange",
    "HorizontalPodAutoscaler",
    "Kustomization",
    "ConfigMap",
)


class Kinds:
    """The rows of a run, by API version and kind."""

    def __init__(self, rows: Iterable[Kind]) -> None:
        """Take the rows; a later one replaces an earlier one of the same group and kind."""
        known = {(row.group, row.name): row for row in rows}
        self._rows = tuple(known.values())
        self._by_name: dict[str, tuple[Kind, ...]] = {}
        for row in self._rows:
            self._by_name[row.name] = (*self._by_name.get(row.name, ()), row)
        self._by_version = {(version, row.name): row for row in self._rows for version in (*row.versions, *row.gone)}
        #: The names of all kinds, each once, in the order of the rows.
        self.names = tuple(self._by_name)
        #: Those of Kubernetes itself, and those of operators with their API groups.
        self.own = tuple(name for name, rows in self._by_name.items() if not all(row.is_custom for row in rows))
        self.custom = tuple(name for name, rows in self._by_name.items() if any(row.is_custom for row in rows))
        self.custom_groups = tuple(dict.fromkeys(row.group for row in self._rows if row.is_custom))

    def __iter__(self) -> Iterator[Kind]:
        """Yield the rows."""
        return iter(self._rows)

    def row(self, api_version: str, kind: str) -> Kind | None:
        """Return the row of a kind in an API version that serves it or once did, None where there is none."""
        found = self._by_version.get((api_version, kind))
        if found is not None or kind not in self._by_name:
            return found
        # Another version of a custom group: what the row says of its shape is likely to hold.
        group = api_version.rpartition("/")[0]
        return next((row for row in self._by_name[kind] if row.group == group and row.is_custom), None)

    def named(self, kind: str) -> tuple[Kind, ...]:
        """Return the rows of this name, in whatever group."""
        return self._by_name.get(kind, ())

    def with_rows(self, rows: Iterable[Kind]) -> Kinds:
        """Return these kinds and more."""
        return Kinds((*self._rows, *rows))

    def meant(self, api_version: str, kind: str) -> Kind | None:
        """Return the row that a misspelt kind, or a kind in an API version that has none of it, is likely to mean.

        Groups that are not Kubernetes' own are left alone: they may have kinds of any name.
        """
        if not _is_own_group(api_version) or _is_other(kind):
            return None
        exact = [row for row in self.named(kind) if not row.is_custom]
        return exact[0] if exact else _nearest(kind)


def _is_own_group(api_version: str) -> bool:
    group = api_version.rpartition("/")[0]
    return group in {"", "apps", "batch", "extensions", "core"}


#: Kinds of these groups whose names are near to those of workloads (Kubernetes API reference).
_OTHERS = frozenset({"ControllerRevision", "Node", "PodList", "PodStatusResult", "List", "Scale"})


def _is_other(kind: str) -> bool:
    return kind in _OTHERS or kind.endswith("List")


@lru_cache(maxsize=1024)
def _nearest(kind: str) -> Kind | None:
    """Return the kind whose name differs by one letter, or by two of a long one, or only in capitals; None for none."""
    for row in OWN:
        most = 1 if len(row.name) <= len("Job") + 1 else 2
        if kind.lower() == row.name.lower() or _distance(kind, row.name, most) <= most:
            return row
    return None


def _distance(each: str, other: str, most: int) -> int:
    """Return how many letters have to be changed, added, removed or swapped with the next one; at most `most` + 1."""
    if abs(len(each) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(each, 1):
        now = [row]
        for at, wanted in enumerate(other, 1):
            cost = min(last[at] + 1, now[-1] + 1, last[at - 1] + (letter != wanted))
            if row > 1 and at > 1 and letter == other[at - 2] and each[row - 2] == wanted:
                cost = min(cost, before[at - 2] + 1)
            now.append(cost)
        before, last = last, now
    return min(last[-1], most + 1)


#: What harden knows of itself.
BUILT_IN = Kinds((*OWN, *CUSTOM))


@cache
def is_misspelt(kind: str) -> bool:
    """Return whether a word is no kind that harden knows, and near to one."""
    return kind not in BUILT_IN.names and not _is_other(kind) and _nearest(kind) is not None
