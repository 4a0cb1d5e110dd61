"""Reads the options of the controls that look at bundles into the settings that each kind of companion works with."""

from __future__ import annotations

from collections.abc import Mapping

from harden.companions.network_settings import Egress, NetworkSettings, Precision
from harden.companions.quota_settings import QuotaSettings
from harden.errors import HardenError
from harden.kube.quantity import parse
from harden.model.plain import as_texts
from harden.model.text import Plain


def network_settings(options: Mapping[str, Mapping[str, Plain]]) -> NetworkSettings:
    """Return the settings of network policies from the options of all controls, by id.

    Raises HardenError for address ranges that are none.
    """
    group = options.get("network-policy", {})
    return NetworkSettings(
        egress=Egress(group.get("egress", Egress.OPEN.value)),
        denies=as_texts(options.get("default-deny", {}).get("denies")),
        ingress_from=as_texts(group.get("ingress-from")),
        scrape_from=as_texts(group.get("scrape-from")),
        nodes=_ranges(group, "nodes"),
        api_server=_ranges(group, "api-server"),
        isolates_silent=group.get("isolates-silent") is not False,
        precision=Precision(group.get("precision", Precision.DOUBT.value)),
        connects=_connects(group.get("connects")),
    )


def _connects(value: Plain) -> dict[str, tuple[str, ...]]:
    return {key: as_texts(items) for key, items in value.items()} if isinstance(value, dict) else {}


def quota_settings(options: Mapping[str, Plain]) -> QuotaSettings:
    """Return the settings of quotas from the options of their control; raises HardenError for amounts that are none."""
    return QuotaSettings(
        headroom=_number(options.get("headroom")),
        nodes=_number(options.get("nodes")) or None,
        overlap=_number(options.get("overlap")),
        object_counts=options.get("object-counts") is True,
        spare_objects=_number(options.get("spare-objects")),
        default_requests=_quantities(options, "default-requests"),
        default_limits=_quantities(options, "default-limits"),
        room=_quantities(options, "room"),
    )


def _number(value: Plain) -> int:
    return value if isinstance(value, int) else 0


def _ranges(group: Mapping[str, Plain], name: str) -> tuple[str, ...]:
    from ipaddress import ip_network  # noqa: PLC0415 - slow to import, and few profiles name addresses

    found = as_texts(group.get(name))
    for each in found:
        try:
            ip_network(each)
        except ValueError as error:
            where = f"controls.network-policy.{name}"
            raise HardenError(f'{where}: "{each}" is no address range such as 10.0.0.0/24') from error
    return found


def _quantities(group: Mapping[str, Plain], name: str) -> dict[str, str]:
    given = group.get(name)
    found = {key: value for key, value in given.items() if isinstance(value, str)} if isinstance(given, dict) else {}
    for key, value in found.items():
        if parse(value) is None:
            where = f"controls.resource-quota.{name}.{key}"
            raise HardenError(f'{where}: "{value}" is no quantity such as 100m or 64Mi')
    return found
