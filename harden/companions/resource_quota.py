"""Which namespaces get a ResourceQuota and a LimitRange: those that the bundle owns."""

from __future__ import annotations

from harden.companions.model import Answer, Suggestion
from harden.companions.ownership import Ownership, namespaces
from harden.companions.quota_settings import QuotaSettings
from harden.kube.bundle import Bundle


def pair(bundle: Bundle, ownership: Ownership, settings: QuotaSettings) -> Answer:
    """Return a ResourceQuota and a LimitRange for each owned namespace with workloads, where it is certain they fit.

    A quota alone refuses pods that state no resources, so neither comes without the other; one that the bundle has
    is kept, and only what lacks is added. Raises ValueError where a quantity of the settings is none.
    """
    answers = [_answer(bundle, ownership, namespace, settings) for namespace in namespaces(bundle, ownership)]
    return Answer(
        companions=tuple(companion for answer in answers for companion in answer.companions),
        steps=tuple(step for answer in answers for step in answer.steps),
        remarks=tuple(remark for answer in answers for remark in answer.remarks),
        offers=tuple(offer for answer in answers for offer in answer.offers),
    )


def _answer(bundle: Bundle, ownership: Ownership, namespace: str, settings: QuotaSettings) -> Answer:
    if not ownership.members(bundle, namespace):
        return Answer()
    if not ownership.owns(namespace):
        said = f"namespace {namespace}: no ResourceQuota and LimitRange, because other pods may live there"
        return Answer(offers=(Suggestion(said, f"--owns-namespace {namespace}"),))
    # 5 ms to load, and a lone workload owns no namespace.
    from harden.companions.quota import fitting  # noqa: PLC0415 - see above

    return fitting(bundle, ownership, namespace, settings)
