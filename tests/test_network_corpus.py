"""Holds generated policies against every bundle of the corpus: nothing shown is cut, and no selector goes astray."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from network_subjects import possible_connections, trees
from requirements import corpus

from harden.companions.model import Companion
from harden.companions.network_policy import generate
from harden.companions.network_settings import Egress, NetworkSettings
from harden.companions.ownership import Ownership, namespaces, settle
from harden.kube.accounts import Accounts, Use, is_unknown
from harden.kube.bundle import Bundle, gather
from harden.model.kube import dig
from harden.model.plain import as_list
from harden.model.report import Problem
from harden.network.connection import Connection, EvidenceKind, GroupKind, Source
from harden.network.evidence import Evidence
from harden.network.evidence import gather as evidence_of
from harden.network.hints import Hints
from harden.network.pods import NAMESPACE_NAME, Address, Party, Pods
from harden.network.policies import API_VERSION, policies_of, read
from harden.network.reach import Model
from harden.source.parse import parse
from harden.source.read import decode
from harden.verify.schema import errors

DEMO = "GoogleCloudPlatform__microservices-demo"
DNS = (
    Pods("Deployment", "coredns", "kube-system", {"k8s-app": "kube-dns"}),
    Address("169.254.20.10"),
)
OUTSIDE = Address("203.0.113.7")


def use_of(held: Bundle) -> Callable[[Pods], Use | None]:
    accounts = Accounts(held)
    return lambda pods: None if pods.member is None else accounts.use([pods.member.workload], is_unknown)


def everything_owned(held: Bundle) -> Ownership:
    return settle(held, namespaces(held, settle(held)))


def settings_of(held: Bundle, egress: Egress) -> NetworkSettings:
    return NetworkSettings(egress=egress, denies=namespaces(held, settle(held)))


def parties(source: Source, target: Pods) -> tuple[Party, ...]:
    """Return senders that stand for a source: wherever what is not stated may turn out to be."""
    if isinstance(source, Pods):
        if source.stated or not target.stated:
            return (source,)
        return (source, Pods(source.kind, source.name, "somewhere", source.labels))
    match source.kind:
        case GroupKind.NAMESPACE:
            return (Pods("Pod", "unseen", source.namespace, {}),)
        case GroupKind.CLUSTER:
            return (Pods("Pod", "unseen", target.namespace, {}), Pods("Pod", "unseen", "elsewhere", {}))
        case _:
            return (OUTSIDE,)


def ports(connection: Connection) -> tuple[int, ...]:
    # Every port, where the evidence names none.
    return (connection.port,) if connection.port is not None else (1, 7000, 65535)


def attempts(evidence: Evidence) -> Iterator[tuple[Party, Pods, int, str, str]]:
    for each in evidence.shown:
        if each.why is not EvidenceKind.PROBE:
            for party in parties(each.source, each.target):
                for port in ports(each):
                    yield party, each.target, port, each.protocol, f"{each.said} ({each.seen_at})"


def hinted(held: Bundle, evidence: Evidence) -> Iterator[tuple[Party, Pods, int, str, str]]:
    """Yield the connections of those that may have clients' business with any workload of their namespace."""
    for hint in Hints(held, evidence, use_of(held), "default"):
        for target in evidence.pods if hint.target is None else (hint.target,):
            if target.namespace != hint.source.namespace:
                continue
            for port, protocol in (*evidence.listening[target], *(((7000, "TCP"),) if hint.any_port else ())):
                yield hint.source, target, port, protocol, f"hint: {hint.source.said} {hint.kind.value}: {hint.said}"


def plainly_named(evidence: Evidence) -> Iterator[tuple[Pods, Pods, int, str, str]]:
    """Yield connections by a second, plain search: NAME:PORT of a Service in the env and arguments of a workload."""
    for pods in evidence.pods:
        assert pods.member is not None
        for text in strings(pods.member.workload.spec):
            for service in evidence.services:
                for port in service.ports:
                    host = rf"{re.escape(service.name)}(\.{re.escape(service.namespace)}(\.svc[a-z.]*)?)?"
                    near = service.namespace == pods.namespace or f"{service.name}.{service.namespace}" in text
                    if not near or not re.search(rf"(^|[@/,= (]){host}:{port.number}(?!\d)", text):
                        continue
                    for target in evidence.pods:
                        if service.selects(target):
                            numbers = (
                                (port.target,)
                                if isinstance(port.target, int)
                                else target.numbers(port.target, port.protocol)
                            )
                            for number in numbers:
                                yield pods, target, number, port.protocol, f"{pods.said} names {service.said}"


def strings(spec: Mapping[str, Any]) -> Iterator[str]:
    for field in ("initContainers", "containers"):
        for container in as_list(spec.get(field)):
            for words in ("command", "args"):
                yield from (word for word in as_list(dig(container, words)) if isinstance(word, str))
            for each in as_list(dig(container, "env")):
                if isinstance(value := dig(each, "value"), str):
                    yield value


def written_out(companion: Companion) -> dict[str, Any]:
    """Return the policy that a companion's text stands for, once it passed its schema."""
    source = decode("policy.yaml", companion.text.encode())
    assert not isinstance(source, Problem)
    (document,) = parse(source, lambda _: True).documents
    assert document.root is not None
    data = document.root.value
    assert isinstance(data, dict)
    assert errors(None, API_VERSION, "NetworkPolicy", data) == ()
    return data


def check(held: Bundle, egress: Egress, *, owned: bool) -> tuple[int, int]:
    """Check everything that is promised of one bundle; return how many policies and connections there were."""
    ownership = everything_owned(held) if owned else settle(held)
    settings = settings_of(held, egress) if owned else NetworkSettings(egress=egress)
    evidence = evidence_of(held, ownership.fallback)
    found = generate(held, ownership, settings)
    texts = [written_out(companion) for companion in found.whole.companions]
    assert texts == [draft.data() for draft in found.drafts]
    written = tuple(read(text) for text in texts)
    before = Model(held, pods=evidence.pods)
    after = Model(held, (*policies_of(held), *written), pods=evidence.pods)
    count = 0
    for source, target, port, protocol, said in (
        *attempts(evidence),
        *plainly_named(evidence),
        *hinted(held, evidence),
    ):
        if before.allows(source, target, port, protocol):
            assert after.allows(source, target, port, protocol), f"cut: {said}, to {target.said} {port}"
            count += 1
    for each in written:
        chosen = {pods.key for pods in evidence.pods if each.isolates(pods, next(iter(each.rules)))}
        name = each.name.removesuffix("-network")
        assert each.name == "default-deny-ingress" or len(chosen) == 1, f"{each.name} selects {chosen}"
        assert each.name == "default-deny-ingress" or next(iter(chosen))[2] in (name, name.rpartition("-")[0])
    for pods in evidence.pods:
        for server in DNS:
            for protocol in ("UDP", "TCP"):
                wanted = before.allows(pods, server, 53, protocol)
                assert after.allows(pods, server, 53, protocol) == wanted, f"{pods.said} has no DNS"
    unseen(evidence, before, after)
    return len(written), count


def unseen(evidence: Evidence, before: Model, after: Model) -> None:
    """Check that a port without any client in the bundle is open to its own namespace."""
    claimed = {(each.target.key, each.port) for each in evidence.shown if each.why is not EvidenceKind.PROBE}
    for pods in evidence.pods:
        stranger = Pods("Pod", "stranger", pods.namespace, {})
        for port, protocol in evidence.listening[pods]:
            if (pods.key, port) not in claimed and before.allows(stranger, pods, port, protocol):
                assert after.allows(stranger, pods, port, protocol), f"{pods.said} {port} is closed to its namespace"


@pytest.mark.parametrize("egress", Egress)
@pytest.mark.parametrize("owned", [False, True])
def test_no_bundle_of_the_corpus_loses_a_connection(egress: Egress, *, owned: bool) -> None:
    policies, connections, bundles = 0, 0, 0
    for name, held in trees(corpus()):
        try:
            made, shown = check(held, egress, owned=owned)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        policies, connections, bundles = policies + made, connections + shown, bundles + 1
    print(f"{bundles} bundles, {policies} policies, {connections} connections shown and kept")
    assert bundles > 60
    assert policies > 400
    assert connections > 900


def folder(path: Path) -> Bundle:
    found: list[tuple[str, int, object]] = []
    for file in sorted(path.glob("*.yaml")):
        source = decode(file.name, file.read_bytes())
        assert not isinstance(source, Problem)
        read_in = parse(source, lambda _: True)
        found += [
            (file.name, document.index, document.root.value)
            for document in read_in.documents
            if document.root is not None
        ]
    return gather(found)


def needed(held: Bundle) -> set[tuple[str, str, int]]:
    """Return what the application needs: each *_ADDR variable is a Service and its port, each Service a set of pods."""
    labels = {
        resource.name: dig(resource.data, "spec", "template", "metadata", "labels")
        for resource in held.resources
        if resource.kind == "Deployment"
    }
    found = set()
    for resource in held.resources:
        for field in ("initContainers", "containers"):
            for container in as_list(dig(resource.data, "spec", "template", "spec", field)):
                for variable in as_list(dig(container, "env")):
                    if not str(dig(variable, "name")).endswith("_ADDR"):
                        continue
                    host, _, port = str(dig(variable, "value")).partition(":")
                    for service in held.of_kind("Service"):
                        if service.name != host:
                            continue
                        selector, entries = dig(service.data, "spec", "selector"), dig(service.data, "spec", "ports")
                        for entry in as_list(entries):
                            if str(dig(entry, "port")) == port:
                                target = dig(entry, "targetPort")
                                assert isinstance(target, int)
                                found |= {
                                    (resource.name, name, target) for name, have in labels.items() if have == selector
                                }
    return found


def test_the_demo_shop_keeps_what_it_needs_and_nothing_else() -> None:
    root = corpus() / DEMO
    held, theirs = folder(root / "kubernetes-manifests"), folder(root / "kustomize/components/network-policies")
    ownership = settle(held, ["default"])
    evidence = evidence_of(held)
    found = generate(held, ownership, NetworkSettings())
    ours = Model(held, [read(draft.data()) for draft in found.drafts], pods=evidence.pods)
    owners = Model(held, policies_of(theirs), pods=evidence.pods)
    wanted = needed(held)
    # The LoadBalancer opens the frontend to everybody, in the owner's policies too.
    public = {(pods.name, "frontend", 8080) for pods in evidence.pods}

    def possible(model: Model) -> set[tuple[str, str, int]]:
        return {(source.name, target.name, port) for source, target, port in possible_connections(held, model)}

    open_before = possible(Model(held, (), pods=evidence.pods))
    print(f"{len(evidence.pods)} workloads, {len(wanted)} needed, {len(open_before)} possible without policies")
    for source, destination, port in sorted(wanted):
        print(f"  {source} -> {destination}:{port}  ours: allowed  owner's: allowed")
        assert (source, destination, port) in possible(ours)
        assert (source, destination, port) in possible(owners)
    print("  anybody -> frontend:8080 (Service frontend-external has type LoadBalancer)")
    print(f"{len(possible(ours) - wanted - public)} other connections in ours, ", end="")
    print(f"{len(possible(owners) - wanted - public)} in the owner's")
    assert len(wanted) == 16
    assert possible(ours) == wanted | public
    assert possible(owners) == possible(ours)
    assert len(open_before) > 10 * len(possible(ours)) // 3
    any_port = [(pod, other) for pod in evidence.pods for other in evidence.pods if ours.allows(pod, other, 31337)]
    assert any_port == []


@pytest.mark.parametrize("egress", Egress)
def test_dns_works_in_the_demo_shop(egress: Egress) -> None:
    held = folder(corpus() / DEMO / "kubernetes-manifests")
    evidence = evidence_of(held)
    drafts = generate(held, settle(held), NetworkSettings(egress=egress)).drafts
    model = Model(held, [read(draft.data()) for draft in drafts], pods=evidence.pods)
    for pods in evidence.pods:
        assert all(model.allows(pods, server, 53, protocol) for server in DNS for protocol in ("UDP", "TCP"))
    closed = [pods.name for pods in evidence.pods if not model.allows(pods, OUTSIDE, 4444)]
    assert len(closed) == (0 if egress is Egress.OPEN else len(evidence.pods))
    print(f"egress {egress.value}: DNS works for {len(evidence.pods)} workloads, {len(closed)} are closed to the rest")
    needs = needed(held)
    allowed = {(source.name, target.name, port) for source, target, port in possible_connections(held, model)}
    assert needs <= allowed
    assert NAMESPACE_NAME in str(drafts[0].data()) or egress is Egress.OPEN
