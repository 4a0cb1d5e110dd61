"""Finds pods that call each other on ports that nobody declares: the members of one distributed program.

They hear of each other from a master or an operator, and listen on ports that are chosen when they start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from harden.kube.containers import untagged
from harden.model.kube import Resource
from harden.network.connection import CLUSTER, Connection, EvidenceKind
from harden.network.pods import PROTOCOLS, Pods
from harden.network.texts import Place

#: Whose objects become pods that call each other, with the ports that the operator itself asks. Sources: kubeflow.org,
#: Trainer (master and workers); docs.ray.io, Configuring Ray, Ports, and ray-project/kuberay, dashboard client (8265,
#: 52365); jobset.sigs.k8s.io, Network; lws.sigs.k8s.io; volcano.sh, Job plugins (svc, ssh); spark.apache.org,
#: Configuration, Networking; nightlies.apache.org/flink, Configuration (ports 0), and its operator (REST at 8081).
_OWNERS: Mapping[str, tuple[int, ...]] = {
    "Flink": (8081,),
    "JobSet": (),
    "Kubeflow": (),
    "KubeRay": (8265, 52365),
    "LeaderWorkerSet": (),
    "Spark": (),
    "Volcano": (),
}
#: The same of programs that come as plain workloads, by the last step of an image's name.
_PROGRAMS = (
    ("Spark", r"(?:.*-)?spark(?:-.+)?|zeppelin|livy", "spark.apache.org, Configuration, Networking"),
    ("Flink", r"flink(?:-.+)?", "nightlies.apache.org/flink, Configuration: taskmanager.rpc.port, blob.server.port"),
    ("Dask", r"dask(?:-.+)?", "docs.dask.org, Deploy: workers listen on random ports"),
    ("Ray", r"ray(?:-ml|-llm)?", "docs.ray.io, Configuring Ray, Ports"),
    ("Hadoop", r"hadoop(?:-.+)?", "hadoop.apache.org, yarn-default.xml: ports 0"),
)
_PATTERNS = tuple((program, re.compile(pattern)) for program, pattern, _ in _PROGRAMS)


def together(every: Iterable[Pods]) -> Iterator[Connection]:
    """Yield the connections among the members of each distributed program, on any port, and those of its operator."""
    members: dict[tuple[str, int | str], tuple[str, list[Pods]]] = {}
    for pods in every:
        if pods.member is None:
            continue
        row = pods.member.workload.row
        if row.owner in _OWNERS:
            said = f"{row.owner} brings its pods together"
            members.setdefault((pods.namespace, id(pods.member.resource)), (said, []))[1].append(pods)
            yield from _controlled(pods, _OWNERS[row.owner], row.owner, pods.member.resource)
        program = "" if row.owner in _OWNERS else _program_of(pods)
        if program:
            said = f"members of {program} call each other on ports that are chosen when they start"
            members.setdefault((pods.namespace, program), (said, []))[1].append(pods)
    for said, group in members.values():
        yield from _among(group, said)


def _among(group: list[Pods], said: str) -> Iterator[Connection]:
    for source in group:
        for target in group:
            if target.member is not None:
                place = Place(target.member.resource, target.member.workload.path)
                for protocol in PROTOCOLS:
                    yield Connection(source, target, None, protocol, EvidenceKind.PEER, said, place)


def _controlled(pods: Pods, ports: Iterable[int], owner: str, resource: Resource) -> Iterator[Connection]:
    place, said = Place(resource, resource.path), f"the operator of {owner} asks it"
    for port in ports:
        yield Connection(CLUSTER, pods, port, "TCP", EvidenceKind.CONTROLLED, said, place)


def _program_of(pods: Pods) -> str:
    containers = () if pods.member is None else pods.member.workload.containers
    images = [each.data.get("image") for each in containers if each.field == "containers"]
    names = [untagged(image).rpartition("/")[2] for image in images if isinstance(image, str)]
    return next((program for program, pattern in _PATTERNS for name in names if pattern.fullmatch(name)), "")
