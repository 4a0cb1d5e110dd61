"""Owns what a profile's settings of companions mean to each kind of companion."""

from __future__ import annotations

from collections.abc import Mapping

from harden.companions.network_settings import Egress, NetworkSettings, Precision
from harden.companions.quota_settings import QuotaSettings
from harden.errors import HardenError
from harden.kube.quantity import parse
from harden.model.record import Record
from harden.model.text import Plain


class Settings(Record):
    """The settings of each kind; None and False where a kind is switched off."""

    network: NetworkSettings | None
    quota: QuotaSettings | None
    labels: bool
    write_missing: bool
    accounts: bool
    rbac: bool

    def writes(self, kind: str) -> bool:
        """Return whether objects of this kind are written at all."""
        switches = {
            "NetworkPolicy": self.network is not None,
            "ResourceQuota": self.quota is not None,
            "LimitRange": self.quota is not None,
            "Namespace": self.labels and self.write_missing,
            "ServiceAccount": self.accounts,
        }
        return switches.get(kind, False)


def read(companions: Mapping[str, Plain]) -> Settings:
    """Return the settings of a resolved profile; raises HardenError for address ranges and quantities that are none."""
    network, quota = _group(companions, "network-policy"), _group(companions, "resource-quota")
    namespace = _group(companions, "namespace")
    return Settings(
        network=_network(network) if _is_on(network) else None,
        quota=_quota(quota) if _is_on(quota) else None,
        labels=_is_on(namespace),
        write_missing=namespace.get("write-missing") is True,
        accounts=_is_on(_group(companions, "service-account")),
        rbac=_is_on(_group(companions, "rbac")),
    )


def owned(companions: Mapping[str, Plain]) -> tuple[str, ...]:
    """Return the namespaces that the profile says are owned."""
    return _texts(companions.get("owns"))


def _network(group: Mapping[str, Plain]) -> NetworkSettings:
    return NetworkSettings(
        egress=Egress(group.get("egress")),
        denies=_texts(group.get("denies")),
        ingress_from=_texts(group.get("ingress-from")),
        scrape_from=_texts(group.get("scrape-from")),
        nodes=_ranges(group, "nodes"),
        api_server=_ranges(group, "api-server"),
        isolates_silent=group.get("isolates-silent") is True,
        precision=Precision(group.get("precision")),
        connects=_connects(group.get("connects")),
    )


def _connects(value: Plain) -> dict[str, tuple[str, ...]]:
    return {key: _texts(items) for key, items in value.items()} if isinstance(value, dict) else {}


def _quota(group: Mapping[str, Plain]) -> QuotaSettings:
    return QuotaSettings(
        headroom=_number(group.get("headroom")),
        nodes=_number(group.get("nodes")) or None,
        overlap=_number(group.get("overlap")),
        spare_objects=_number(group.get("spare-objects")),
        default_requests=_quantities(group, "default-requests"),
        default_limits=_quantities(group, "default-limits"),
        room=_quantities(group, "room"),
    )


def _group(companions: Mapping[str, Plain], name: str) -> Mapping[str, Plain]:
    found = companions.get(name)
    return found if isinstance(found, dict) else {}


def _is_on(group: Mapping[str, Plain]) -> bool:
    return group.get("enabled") is True


def _number(value: Plain) -> int:
    return value if isinstance(value, int) else 0


def _texts(value: Plain) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _ranges(group: Mapping[str, Plain], name: str) -> tuple[str, ...]:
    from ipaddress import ip_network  # noqa: PLC0415 - slow to import, and few profiles name addresses

    found = _texts(group.get(name))
    for one in found:
        try:
            ip_network(one)
        except ValueError as error:
            where = f"companions.network-policy.{name}"
            raise HardenError(f'{where}: "{one}" is no address range such as 10.0.0.0/24') from error
    return found


def _quantities(group: Mapping[str, Plain], name: str) -> dict[str, str]:
    given = group.get(name)
    found = {key: value for key, value in given.items() if isinstance(value, str)} if isinstance(given, dict) else {}
    for key, value in found.items():
        if parse(value) is None:
            where = f"companions.resource-quota.{name}.{key}"
            raise HardenError(f'{where}: "{value}" is no quantity such as 100m or 64Mi')
    return found
