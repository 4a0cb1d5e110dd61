"""Which namespaces a bundle may decide for: what reaches beyond its own pods is written only there."""

from __future__ import annotations

from collections.abc import Iterable

from harden.kube.bundle import Bundle, Member
from harden.kube.unseen import Sign, signs
from harden.model.kube import Resource
from harden.model.record import Record

#: Namespaces that a cluster has before anybody applies a file: others run pods there, whatever a bundle holds
#: (kubernetes.io, Concepts, Namespaces, "Initial namespaces").
INITIAL = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


class Ownership(Record):
    """The namespaces that a bundle owns; `fallback` is the one that objects without a namespace go to."""

    owned: frozenset[str]
    fallback: str = "default"

    def owns(self, namespace: str) -> bool:
        """Return whether namespace-wide objects may be written for `namespace`."""
        return namespace in self.owned

    def namespace_of(self, resource: Resource) -> str:
        """Return the namespace that a namespaced object is in."""
        return resource.effective_namespace

    def members(self, bundle: Bundle, namespace: str) -> tuple[Member, ...]:
        """Return the workloads of the bundle that are in `namespace`, in order."""
        return bundle.inside(namespace).members

    def resources(self, bundle: Bundle, namespace: str, *kinds: tuple[str, str]) -> tuple[Resource, ...]:
        """Return the objects in `namespace` whose (API version, kind) is among `kinds`, in order; all if none."""
        held = bundle.inside(namespace).resources
        return tuple(each for each in held if (each.api_version, each.kind) in kinds) if kinds else held

    def signs(self, bundle: Bundle, namespace: str) -> tuple[Sign, ...]:
        """Return the signs that pods or containers run in `namespace` which no manifest shows."""
        own = bundle.namespaces(namespace)
        others = (each for each in self.resources(bundle, namespace) if not each.is_namespace)
        members = ((member.resource, member.workload) for member in self.members(bundle, namespace))
        return signs((*own, *others), members)


def settle(bundle: Bundle, owns: Iterable[str] = (), fallback: str = "default") -> Ownership:
    """Return what a bundle owns: namespaces whose Namespace it holds, and those that the user says it `owns`.

    The initial namespaces of a cluster are owned only where the user says so.
    """
    held = {resource.name for resource in bundle.resources if resource.is_namespace}
    return Ownership(frozenset(held - INITIAL - {""}) | frozenset(owns), fallback)


def namespaces(bundle: Bundle, ownership: Ownership) -> tuple[str, ...]:
    """Return the namespaces that workloads of the bundle are in, and the owned ones, sorted."""
    lived_in = {ownership.namespace_of(member.resource) for member in bundle.members}
    return tuple(sorted(lived_in | ownership.owned))
