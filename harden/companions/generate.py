"""Owns the answer of all kinds of companions together to one bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from harden.companions import namespace, service_account
from harden.companions.model import Answer, Offer, Remark
from harden.companions.network_policy import policies
from harden.companions.ownership import Ownership, namespaces
from harden.companions.resource_quota import pair
from harden.companions.settings import Settings
from harden.kube.bundle import Bundle
from harden.model.record import Record


class Seen(Record):
    """What is known when companions are asked for.

    `bundle` holds the objects of the run as they will be written, but for companions of earlier runs; `accounts` are
    the (namespace, name) of service accounts among those. `unread` says what of the input could not be seen, "" where
    all of it was.
    """

    bundle: Bundle
    ownership: Ownership
    wanted: namespace.Wanted
    is_api_client: Callable[[str], bool]
    accounts: frozenset[tuple[str, str]] = frozenset()
    unread: str = ""


def generate(seen: Seen, settings: Settings) -> Answer:
    """Return what all kinds have to say, each finding with the name of its kind.

    Where something could not be seen, nothing is written that could cut it off or refuse it.
    """
    answers = list(_reports(seen, settings))
    if seen.unread == "":
        answers += _writers(seen, settings)
    else:
        answers = [answer._replace(companions=()) for answer in answers]
        answers.append(Answer(offers=tuple(_held_back(seen, settings))))
    return Answer(
        companions=tuple(one for answer in answers for one in answer.companions),
        steps=tuple(one for answer in answers for one in answer.steps),
        remarks=tuple(one for answer in answers for one in answer.remarks),
        offers=tuple(dict.fromkeys(one for answer in answers for one in answer.offers)),
    )


def _reports(seen: Seen, settings: Settings) -> Iterator[Answer]:
    if settings.rbac and seen.bundle.of_kind("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        # What is to be said of roles takes 2 ms to load.
        from harden.companions import rbac  # noqa: PLC0415 - only where there are any

        yield Answer(remarks=tuple(rbac.report(seen.bundle)))
    if settings.labels:
        wanted = seen.wanted
        if seen.unread:
            wanted = wanted._replace(blind=dict.fromkeys(namespaces(seen.bundle, seen.ownership), seen.unread))
        yield namespace.label(seen.bundle, seen.ownership, wanted, write_missing=settings.write_missing)


def _writers(seen: Seen, settings: Settings) -> Iterator[Answer]:
    if settings.accounts:
        yield service_account.split(seen.bundle, seen.ownership, seen.is_api_client, seen.accounts)
    if settings.quota is not None:
        yield _named(pair(seen.bundle, seen.ownership, settings.quota), "resource-quota")
    if settings.network is not None:
        yield _named(policies(seen.bundle, seen.ownership, settings.network, seen.is_api_client), "network-policy")


def _named(answer: Answer, control: str) -> Answer:
    return answer._replace(remarks=tuple(_stamped(answer.remarks, control)))


def _stamped(remarks: Iterable[Remark], control: str) -> Iterator[Remark]:
    for one in remarks:
        yield one._replace(finding=one.finding._replace(control=control))


def _held_back(seen: Seen, settings: Settings) -> Iterator[Offer]:
    kinds = [
        word
        for kind, word in (
            ("NetworkPolicy", "network policies"),
            ("ResourceQuota", "quotas"),
            ("ServiceAccount", "service accounts"),
        )
        if settings.writes(kind)
    ]
    if kinds and seen.bundle.members:
        said = f"no {', '.join(kinds)}, because {seen.unread}: what nobody sees might be cut off"
        yield Offer(said, "mend it, name it, or leave it out with --exclude")
