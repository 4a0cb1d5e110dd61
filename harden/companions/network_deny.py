"""Makes the default deny of a namespace: written only where no pod is known to be cut by it that should not be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.companions.model import Suggestion
from harden.companions.network_draft import Draft
from harden.companions.network_settings import NetworkSettings
from harden.companions.ownership import Ownership, namespaces
from harden.companions.pod_makers import pod_makers
from harden.kube.bundle import Bundle
from harden.network.evidence import Evidence
from harden.network.groups import may_run_pods
from harden.network.policies import API_VERSION, Direction, Policy, read

_NAME = "default-deny-ingress"


def default_denies(
    bundle: Bundle,
    ownership: Ownership,
    settings: NetworkSettings,
    uncovered: Mapping[str, list[str]],
    evidence: Evidence,
) -> tuple[list[Draft], list[Suggestion]]:
    """Return a default deny (ingress) for each owned namespace with workloads, and an offer where it is held back.

    `uncovered` names, by namespace, the workloads that have no policy of their own and would be cut off; `evidence`
    is that of the bundle.
    """
    drafts: list[Draft] = []
    offers: list[Suggestion] = []
    present = _present(bundle, ownership)
    for namespace in namespaces(bundle, ownership):
        if namespace in present or not ownership.members(bundle, namespace):
            continue
        offer = _obstacle(bundle, ownership, settings, namespace, uncovered.get(namespace, []))
        if offer is None and namespace not in settings.denies:
            offer = _neighbour(bundle, ownership, evidence, namespace)
        if offer is None:
            drafts.append(_draft(namespace))
        else:
            offers.append(offer)
    return drafts, offers


def _present(bundle: Bundle, ownership: Ownership) -> set[str]:
    """Return the namespaces where a policy of the bundle isolates every pod already."""

    def denies(policy: Policy) -> bool:
        everything = not policy.selector.get("matchLabels") and not policy.selector.get("matchExpressions")
        return everything and Direction.INGRESS in policy.rules

    found = (
        read(resource.data, ownership.fallback)
        for resource in bundle.of_kind("NetworkPolicy")
        if resource.api_version == API_VERSION
    )
    return {policy.namespace for policy in found if denies(policy)}


def _obstacle(
    bundle: Bundle, ownership: Ownership, settings: NetworkSettings, namespace: str, uncovered: list[str]
) -> Suggestion | None:
    lead = f"namespace {namespace}: no default deny, because"
    if not ownership.owns(namespace):
        return Suggestion(f"{lead} other pods may live there", f"--owns-namespace {namespace}")
    if uncovered:
        return Suggestion(
            f"{lead} no policy is known to select {uncovered[0]}", "give its pods a label of their own, or write it"
        )
    unseen = next(_unseen(bundle, ownership, namespace), None)
    if unseen is not None and namespace not in settings.denies:
        return Suggestion(f"{lead} {unseen}", f"controls.default-deny.denies: [{namespace}]")
    return None


def _neighbour(bundle: Bundle, ownership: Ownership, evidence: Evidence, namespace: str) -> Suggestion | None:
    """Return an offer where a workload names somebody in its namespace whom no file shows, and who would be cut."""
    from harden.network.external_peers import ExternalPeers, Where  # noqa: PLC0415 - for an owned namespace alone

    peers = ExternalPeers(bundle, evidence, ownership.fallback)
    for pods in evidence.pods:
        for peer in peers.of(pods) if pods.namespace == namespace else ():
            if peer.where is Where.NAMESPACE:
                said = f"{peer.said} of {pods.said} names a neighbour that these files do not show"
                lead = f"namespace {namespace}: no default deny, because {said}"
                return Suggestion(lead, f"controls.default-deny.denies: [{namespace}]")
    return None


def _unseen(bundle: Bundle, ownership: Ownership, namespace: str) -> Iterator[str]:
    for resource in ownership.resources(bundle, namespace):
        if may_run_pods(resource):
            yield f"{resource.kind} {resource.name} may run pods that no file shows"
    for maker in pod_makers(bundle, namespace):
        yield maker.said


def _draft(namespace: str) -> Draft:
    because = (
        f"Nobody may connect to pods of {namespace} that no other policy selects.",
        "Nothing in these manifests shows a client of those that have no policy of their own.",
    )
    return Draft(_NAME, namespace, {}, (), None, because)
