"""How many pods a workload has: at rest, at the most that an autoscaler makes, and during an update."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harden.kube.kinds import BUILT_IN
from harden.model.kinds import Replicas
from harden.model.kube import Data, Resource, dig
from harden.model.plain import is_number
from harden.model.record import Record

#: A workload within its namespace: (kind, name).
Target = tuple[str, str]


class Scale(Record):
    """`steady` pods at the most when nothing changes, `peak` pods while an update rolls; `why` in a few words."""

    steady: int
    peak: int
    why: str


class Assumed(Record):
    """What no manifest says: `nodes` that a DaemonSet runs on, and how many Jobs of one CronJob may run at once."""

    nodes: int
    overlap: int


def autoscaled(resources: Iterable[Resource]) -> dict[Target, int]:
    """Return the most replicas that the autoscalers among `resources` (of one namespace) give each workload.

    Sources: Kubernetes API reference, HorizontalPodAutoscaler `spec.maxReplicas`; KEDA, ScaledObject
    `spec.maxReplicaCount`, which is 100 where it is absent.
    """
    most: dict[Target, int] = {}
    for resource in resources:
        group, spec = resource.api_version.partition("/")[0], resource.data.get("spec")
        if (group, resource.kind) == ("autoscaling", "HorizontalPodAutoscaler"):
            count = dig(spec, "maxReplicas")
        elif (group, resource.kind) == ("keda.sh", "ScaledObject"):
            count = 100 if dig(spec, "maxReplicaCount") is None else dig(spec, "maxReplicaCount")
        else:
            continue
        kind, name = dig(spec, "scaleTargetRef", "kind"), dig(spec, "scaleTargetRef", "name")
        target = (kind if isinstance(kind, str) else "Deployment", str(name))
        most[target] = max(most.get(target, 0), _whole(count, 0))
    return most


def scale(resource: Resource, most: int, assumed: Assumed) -> Scale:
    """Return the scale of a workload that an autoscaler gives up to `most` replicas (0 where there is none)."""
    spec = resource.data.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    row = BUILT_IN.row(resource.api_version, resource.kind)
    replicas = Replicas.NONE if row is None else row.replicas
    match replicas:
        case Replicas.ROLLING:
            return _rolling(resource.kind, spec, most)
        case Replicas.NODES:
            return _daemon_set(spec, assumed.nodes)
        case Replicas.CRON:
            return _cron_job(spec, assumed.overlap)
        case _:
            return _at_rest(replicas, spec, most)


def _at_rest(replicas: Replicas, spec: Data, most: int) -> Scale:
    """Return the scale of what does not roll, or, as a StatefulSet, first waits until a pod is gone."""
    pods, words = 0, "runs nothing itself"
    if replicas is Replicas.ONE:
        pods, words = 1, "1 pod"
    elif replicas is Replicas.JOB:
        pods = _job(spec)
        words = _many(pods, "pod")
    elif replicas is Replicas.FIXED:
        pods, words = _replicas(spec, most)
    return Scale(pods, pods, words)


def _rolling(kind: str, spec: Data, most: int) -> Scale:
    """Return the scale of what may have more pods during an update.

    A Rollout of Argo keeps all old pods beside all new ones for a while where its strategy is blueGreen
    (argoproj/argo-rollouts, docs/features/bluegreen.md); its canary rolls as a Deployment does, with the same defaults
    (docs/features/canary.md, maxSurge and maxUnavailable). A DeploymentConfig says rollingParams, and runs a deployer
    pod beside the others (openshift/api, apps/v1/types.go).
    """
    if dig(spec, "strategy", "blueGreen") is not None:
        pods, words = _replicas(spec, most)
        return Scale(pods, 2 * pods, f"{words}, {2 * pods} during an update")
    rolling = dig(spec, "strategy", "canary") or dig(spec, "strategy", "rollingParams")
    if isinstance(rolling, Mapping):
        spec = {**spec, "strategy": {"rollingUpdate": rolling}}
    found = _deployment(spec, most)
    if kind != "DeploymentConfig":
        return found
    return Scale(found.steady, found.peak + 1, f"{found.why}, and its deployer")


def _deployment(spec: Data, most: int) -> Scale:
    """Return the scale of a Deployment.

    A rolling update has up to replicas + maxSurge pods that are not terminating. Pods that terminate are not among
    them but still count in a quota (kubernetes v1.36, pkg/quota/v1/evaluator/core, QuotaV1Pod): one step takes down up
    to maxUnavailable + maxSurge. There are never more than all old and all new pods.
    """
    pods, words = _replicas(spec, most)
    if dig(spec, "strategy", "type") == "Recreate":
        # pkg/controller/deployment/recreate.go waits until no old pod is left.
        return Scale(pods, pods, f"{words}, recreated")
    # 25% each where absent: pkg/apis/apps/v1/defaults.go, SetDefaults_Deployment.
    surge = _share(dig(spec, "strategy", "rollingUpdate", "maxSurge"), "25%", pods, up=True)
    unavailable = _share(dig(spec, "strategy", "rollingUpdate", "maxUnavailable"), "25%", pods, up=False)
    if surge == 0 and unavailable == 0:
        # Both may round to zero; then one pod at a time: pkg/controller/deployment/util, ResolveFenceposts.
        unavailable = 1
    peak = min(2 * pods, pods + 2 * surge + unavailable)
    return Scale(pods, peak, f"{words}, {peak} during an update")


def _daemon_set(spec: Data, nodes: int) -> Scale:
    """Return the scale of a DaemonSet: without surge a node's new pod waits until the old one is gone.

    Source: kubernetes v1.36, pkg/controller/daemon, SurgeCount (rounds up, 0 where absent) and podsShouldBeOnNode.
    """
    words = f"1 pod on each of {nodes} nodes"
    if dig(spec, "updateStrategy", "type") == "OnDelete":
        return Scale(nodes, nodes, words)
    surge = _share(dig(spec, "updateStrategy", "rollingUpdate", "maxSurge"), "0%", nodes, up=True)
    peak = min(2 * nodes, nodes + 2 * surge)
    return Scale(nodes, peak, words if peak == nodes else f"{words}, {peak} during an update")


def _cron_job(spec: Data, overlap: int) -> Scale:
    """Return the scale of a CronJob; finished Jobs of its history have pods that no quota counts."""
    pods = _job(dig(spec, "jobTemplate", "spec"))
    match dig(spec, "concurrencyPolicy"):
        case "Forbid":
            jobs, words = 1, "1 Job at a time"
        case "Replace":
            # The pods of the Job that gives way still terminate when the next ones start.
            jobs, words = 2, "1 Job at a time, replaced while it runs"
        case _:
            jobs, words = overlap, f"up to {_many(overlap, 'Job')} at once"
    return Scale(pods * jobs, pods * jobs, f"{words}, {_many(pods, 'pod')} each")


def _job(spec: object) -> int:
    """Return how many pods of a Job run at once (Kubernetes documentation, Jobs, "Controlling parallelism")."""
    parallelism = _whole(dig(spec, "parallelism"), 1)
    completions = dig(spec, "completions")
    return parallelism if completions is None else min(parallelism, _whole(completions, parallelism))


def _replicas(spec: Data, most: int) -> tuple[int, str]:
    pods = _whole(spec.get("replicas"), 1)
    return (most, f"autoscaled to {_many(most, 'replica')}") if most > pods else (pods, _many(pods, "replica"))


def _share(value: object, absent: str, total: int, *, up: bool) -> int:
    """Return a number or a percentage of `total` (apimachinery, util/intstr, GetScaledValueFromIntOrPercent)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return max(value, 0)
    percent = value if isinstance(value, str) and value.endswith("%") and is_number(value[:-1]) else absent
    parts = int(percent[:-1]) * total
    return -(-parts // 100) if up else parts // 100


def _whole(value: object, absent: int) -> int:
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else absent


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
