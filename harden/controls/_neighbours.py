"""Looks up the neighbours of a workload, sorted once for each bundle instead of once for each workload."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from harden.kube.bundle import Bundle
from harden.kube.unseen import is_custom
from harden.model.kube import Resource, Workload

if TYPE_CHECKING:
    from harden.kube.accounts import Accounts
    from harden.kube.containers import ConfigMaps


class _Same:
    """A bundle as a key: two are equal when they are one (its data cannot be hashed)."""

    __slots__ = ("bundle",)

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.bundle is self.bundle

    def __hash__(self) -> int:
        return id(self.bundle)


def beside(bundle: Bundle, workload: Workload, kind: str) -> tuple[Resource, ...]:
    """Return the objects of Kubernetes' own kind of this name in the namespace of `workload`."""
    return _sorted(_Same(bundle)).get((kind, workload.effective_namespace), ())


def everywhere(bundle: Bundle, kind: str) -> tuple[Resource, ...]:
    """Return the objects of Kubernetes' own kind of this name in all namespaces."""
    return _sorted(_Same(bundle)).get((kind, None), ())


def accounts(bundle: Bundle) -> Accounts:
    """Return the service accounts of the bundle and what binds them."""
    return _accounts(_Same(bundle))


def config_maps(bundle: Bundle) -> ConfigMaps:
    """Return the ConfigMaps of the bundle."""
    return _config_maps(_Same(bundle))


@lru_cache(maxsize=2)
def _config_maps(key: _Same) -> ConfigMaps:
    from harden.kube.containers import ConfigMaps  # noqa: PLC0415 - as below

    return ConfigMaps(key.bundle.resources)


@lru_cache(maxsize=2)
def _accounts(key: _Same) -> Accounts:
    # Only profiles beyond the standards have a control that asks.
    from harden.kube.accounts import Accounts  # noqa: PLC0415 - see above

    return Accounts(key.bundle)


@lru_cache(maxsize=2)
def _sorted(key: _Same) -> Mapping[tuple[str, str | None], tuple[Resource, ...]]:
    found: dict[tuple[str, str | None], list[Resource]] = {}
    # A Service of Knative is no Service of Kubernetes.
    for each in (resource for resource in key.bundle.resources if not is_custom(resource.api_version)):
        found.setdefault((each.kind, None), []).append(each)
        found.setdefault((each.kind, each.effective_namespace), []).append(each)
    return {place: tuple(resources) for place, resources in found.items()}
