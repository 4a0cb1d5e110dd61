"""Makes of policies as data the objects that a fix creates."""

from __future__ import annotations

from collections.abc import Iterable

from harden.companions.model import Companion
from harden.companions.network_draft import Draft
from harden.companions.network_selectors import Group
from harden.model.finding import Risk


def created(draft: Draft, group: Group, silent: Iterable[Group] = ()) -> Companion:
    """Return the policy of a workload as an object to create, with what lacks without it, and its risk.

    `silent` are workloads that nothing is known of: it shuts them out, should they need it.
    """
    said, count = group.first.said, len(draft.ingress or ())
    because = f"{said}: " + (f"{count} ingress rules" if count != 1 else "1 ingress rule")
    risk, reason = Risk.SAFE, "every connection that the manifests show is let in"
    unknown = next((each.first.said for each in silent if each.first.namespace == group.first.namespace), "")
    if unknown:
        risk, reason = Risk.REVIEW, f"nothing shows where {unknown} connects: if it does by its image alone, it is cut"
    if draft.egress is not None:
        risk, reason = Risk.REVIEW, "it also limits where the pods may connect to"
    if draft.ingress == ():
        because = f"{said}: nobody may connect"
        risk, reason = Risk.REVIEW, "nobody may connect: a client that no file shows would be cut"
    if draft.ingress is None:
        because = f"{said}: where it may connect to"
    lacks = f"no NetworkPolicy says who may connect to {said}"
    return Companion(
        "NetworkPolicy", draft.name, draft.namespace, draft.text(), because, group.resource, lacks, risk, reason
    )


def created_deny(draft: Draft, policies: Iterable[Companion]) -> Companion:
    """Return the default deny of a namespace, which would cut everything without the policies of its workloads."""
    needs = tuple(
        (policy.kind, policy.namespace, policy.name)
        for policy in policies
        if policy.namespace in (draft.namespace, None)
    )
    because = f"namespace {draft.namespace}: nobody may connect"
    lacks = f"namespace {draft.namespace} has no default deny"
    reason = "pods that these files do not show would be cut"
    return Companion(
        "NetworkPolicy", draft.name, draft.namespace, draft.text(), because, None, lacks, Risk.REVIEW, reason, needs
    )
