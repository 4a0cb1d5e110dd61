"""Asks each kind of companion about a bundle, with the settings of the profile, for the controls of that scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from harden.companions import namespace, service_account
from harden.companions.context import BundleContext
from harden.companions.findings import findings
from harden.companions.model import Answer, Note
from harden.companions.ownership import Ownership, namespaces
from harden.companions.settings import network_settings, quota_settings
from harden.kube.bundle import Bundle
from harden.kube.unread import Effect
from harden.model.finding import ObjectFinding
from harden.model.text import Plain

if TYPE_CHECKING:
    from harden.companions.network_policy import Generated


def network_policies(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about the policies of workloads."""
    made = _policies(context)
    return _findings(Answer(made.answer.companions, remarks=made.answer.remarks, offers=made.answer.offers), context)


def default_denies(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about default deny."""
    return _findings(_policies(context).denies, context)


def quotas(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about quotas and limit ranges."""
    from harden.companions.resource_quota import pair  # noqa: PLC0415 - each control loads what it needs

    settings = quota_settings(context.options.get("resource-quota", {}))
    return _findings(pair(context.bundle, _ownership(context), settings), context)


def accounts(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about service accounts."""
    is_api_client = _is_api_client(context)
    answer = service_account.split(context.bundle, _ownership(context), is_api_client, context.accounts)
    return _findings(answer, context)


def namespace_labels(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about the labels of namespaces; none is created that what is unread can touch."""
    ownership = _ownership(context)
    wanted = namespace.Wanted(context.level, context.version, context.judged_by, context.reached)
    said = {each: context.unread.inside(each, Effect.ADMISSION) for each in namespaces(context.bundle, ownership)}
    blind = {each: why for each, why in said.items() if why != ""}
    wanted = wanted._replace(blind=blind)
    writes = context.options.get("namespace", {}).get("write-missing") is True
    answer = namespace.label(context.bundle, ownership, wanted, write_missing=writes)
    return _findings(
        answer._replace(companions=tuple(companion for companion in answer.companions if companion.name not in blind)),
        context,
    )


def role_rights(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about roles and bindings."""
    from harden.companions import rbac  # noqa: PLC0415 - what is to be said of roles takes 2 ms to load

    remarks: tuple[Note, ...] = tuple(rbac.report(context.bundle))
    return _findings(Answer(remarks=remarks), context)


#: What images are whose programs wait for others, and connect to nobody by themselves.
_WAITING = frozenset({"database", "cache", "queue"})
#: The last policies that were made: two controls ask for those of one bundle.
_latest: list[tuple[Bundle, Mapping[str, Mapping[str, Plain]], Generated]] = []


def _policies(context: BundleContext) -> Generated:
    from harden.companions.network_policy import generate  # noqa: PLC0415 - each control loads what it needs
    from harden.network.hints import Known  # noqa: PLC0415 - see above

    if _latest and _latest[0][0] is context.bundle and _latest[0][1] == context.options:
        return _latest[0][2]
    settings = network_settings(context.options)._replace(flows=context.flows)
    known = Known(_is_api_client(context), _waits(context))
    made = generate(_with_secrets(context), _ownership(context), settings, known)
    _latest[:] = [(context.bundle, context.options, made)]
    return made


def _with_secrets(context: BundleContext) -> Bundle:
    """Return the bundle with the Secrets that harden has moved values to: they are no less seen there."""
    bundle, moved = context.bundle, tuple(each for each in context.secrets if each.kind == "Secret")
    views = tuple(view._replace(generated=(*view.generated, *moved)) for view in bundle.built)
    return bundle._replace(generated=(*bundle.generated, *moved), built=views) if moved else bundle


def _is_api_client(context: BundleContext) -> Callable[[str], bool]:
    def is_api_client(image: str) -> bool:
        facts = context.images(image)
        return facts is not None and facts.api_client is True

    return is_api_client


def _waits(context: BundleContext) -> Callable[[str], bool]:
    def waits(image: str) -> bool:
        facts = context.images(image)
        return facts is not None and facts.image_class is not None and facts.image_class.value in _WAITING

    return waits


def _ownership(context: BundleContext) -> Ownership:
    return Ownership(context.owned, context.fallback)


def _findings(answer: Answer, context: BundleContext) -> Iterator[ObjectFinding]:
    return findings(answer, context.bundle, _ownership(context))
