"""How many objects a namespace needs beside its pods: Services, Secrets, ConfigMaps, claims and their storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.kube.quantity import NANO
from harden.kube.scheduling import read
from harden.model.kube import Resource, dig
from harden.model.plain import as_list
from harden.model.record import Record

#: Annotations of an Ingress for which cert-manager answers HTTP-01 challenges: per host one pod and one NodePort
#: Service at a time (cert-manager.io, Configuration, ACME, HTTP01; Usage, Annotated Ingress resource).
_ACME = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme")

# The fields of any kind that hold `name: ...` of another object (Kubernetes API reference).
_REFERENCES = {
    "configMap": "configmaps",
    "configMapKeyRef": "configmaps",
    "configMapRef": "configmaps",
    "imagePullSecrets": "secrets",
    "secret": "secrets",
    "secretKeyRef": "secrets",
    "secretRef": "secrets",
}


#: How many revisions of a release Helm keeps.
_REVISIONS = 10


class Owner(Record):
    """What makes claims from templates: a workload with `steady` pods, `peak` of them in an update."""

    resource: Resource
    steady: int
    peak: int
    volumes: object


class Inventory(Record):
    """Counts by quota name; `storage` in bytes, None where a claim's size is not known; `solvers` of challenges."""

    counts: Mapping[str, int]
    storage: int | None
    solvers: int


def count(objects: tuple[Resource, ...], owners: tuple[Owner, ...], generated: tuple[Resource, ...] = ()) -> Inventory:
    """Return what the `objects` of one namespace and the claims of their `owners` add up to.

    An object that stands in several files is one. What is only referred to counts too: it must be there. Of what a
    kustomization generates an older one stays, since its name has a hash of the content; Helm keeps a Secret for each
    of the last 10 revisions of a release (helm.sh, helm upgrade, --history-max).
    Source: kubernetes v1.36, pkg/quota/v1/evaluator/core.
    """
    solvers = len({host for each in objects for host in _challenged(each)})
    services = {each.name: each for each in objects if (each.api_version, each.kind) == ("v1", "Service")}
    referred: dict[str, set[str]] = {"secrets": set(), "configmaps": set()}
    for each in objects:
        if (each.api_version, each.kind) in {("v1", "Secret"), ("v1", "ConfigMap")}:
            referred["secrets" if each.kind == "Secret" else "configmaps"].add(each.name)
        else:
            for what, name in _references(each.data):
                referred[what].add(name)
    for each in generated:
        referred["secrets" if each.kind == "Secret" else "configmaps"] |= {each.name, f"{each.name}, an older one"}
    releases = {name for each in objects for name in _release(each)}
    claims, storage = _claims(objects, owners)
    counts = {
        "services": len(services) + solvers,
        "services.loadbalancers": sum(_type(service) == "LoadBalancer" for service in services.values()),
        "services.nodeports": sum(_node_ports(service) for service in services.values()) + solvers,
        "secrets": len(referred["secrets"]) + _REVISIONS * len(releases),
        # Every namespace has kube-root-ca.crt (kube-controller-manager, root-ca-certificate-publisher).
        "configmaps": len(referred["configmaps"] | {"kube-root-ca.crt"}),
        "persistentvolumeclaims": claims,
    }
    return Inventory(counts, storage, solvers)


def _release(each: Resource) -> Iterator[str]:
    """Yield the release of Helm that an object belongs to (helm.sh, Labels and Annotations)."""
    labels, annotations = (dig(each.data, "metadata", field) for field in ("labels", "annotations"))
    if dig(labels, "app.kubernetes.io/managed-by") == "Helm":
        name = dig(annotations, "meta.helm.sh/release-name") or dig(labels, "app.kubernetes.io/instance")
        yield name if isinstance(name, str) else ""


def _challenged(each: Resource) -> Iterator[str]:
    annotations = dig(each.data, "metadata", "annotations")
    if each.kind != "Ingress" or not isinstance(annotations, Mapping) or not any(key in annotations for key in _ACME):
        return
    for field in ("tls", "rules"):
        for entry in as_list(dig(each.data, "spec", field)):
            hosts = [dig(entry, "host")] if field == "rules" else as_list(dig(entry, "hosts"))
            yield from (host for host in hosts if isinstance(host, str))


def _type(service: Resource) -> str | None:
    found = dig(service.data, "spec", "type")
    return found if isinstance(found, str) else None


def _node_ports(service: Resource) -> int:
    ports = as_list(dig(service.data, "spec", "ports"))
    if _type(service) == "LoadBalancer" and dig(service.data, "spec", "allocateLoadBalancerNodePorts") is False:
        return sum(dig(port, "nodePort") is not None for port in ports)
    return len(ports) if _type(service) in {"NodePort", "LoadBalancer"} else 0


def _references(data: object) -> Iterator[tuple[str, str]]:
    """Yield what an object refers to, by the field names that all kinds use for it: ("secrets", name)."""
    todo: list[object] = [data]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, Mapping):
            for key, below in value.items():
                yield from _named(str(key), below)
                todo.append(below)


def _named(key: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the objects that the entry `key: value` refers to."""
    if key == "secretName" and isinstance(value, str):
        yield "secrets", value
    what = _REFERENCES.get(key)
    for each in as_list(value) if key == "imagePullSecrets" else [value]:
        name = dig(each, "name")
        if what is not None and isinstance(name, str):
            yield what, name


def _claims(objects: tuple[Resource, ...], owners: tuple[Owner, ...]) -> tuple[int, int | None]:
    """Return the number of claims and their bytes (None where one is referred to that the bundle does not hold)."""
    named: dict[str, int | None] = {}
    for each in objects:
        if (each.api_version, each.kind) == ("v1", "PersistentVolumeClaim"):
            named[each.name] = max(named.get(each.name) or 0, _bytes(each.data) or 0)
    made: dict[tuple[str, str], tuple[int, int]] = {}
    for owner in owners:
        key, (claims, size) = (owner.resource.kind, owner.resource.name), _made(owner)
        most = made.get(key, (0, 0))
        made[key] = max(most[0], claims), max(most[1], size)
        for volume in as_list(owner.volumes):
            name = dig(volume, "persistentVolumeClaim", "claimName")
            if isinstance(name, str):
                named.setdefault(name, None)
    sizes = [size for size in named.values() if size is not None]
    total = sum(size for _, size in made.values()) + sum(sizes)
    return sum(claims for claims, _ in made.values()) + len(named), total if len(sizes) == len(named) else None


def _made(owner: Owner) -> tuple[int, int]:
    """Return the number of claims that a workload's templates make, and their bytes."""
    claims, size = 0, 0
    for template in as_list(dig(owner.resource.data, "spec", "volumeClaimTemplates")):
        claims += owner.steady
        size += owner.steady * (_bytes(template) or 0)
    for volume in as_list(owner.volumes):
        template = dig(volume, "ephemeral", "volumeClaimTemplate")
        if template is not None:
            claims += owner.peak
            size += owner.peak * (_bytes(template) or 0)
    return claims, size


def _bytes(claim: object) -> int | None:
    """Return the storage that a claim asks for, rounded up to whole bytes as the quota does."""
    asked = read(dig(claim, "spec", "resources", "requests")).get("storage")
    return None if asked is None else -(-asked // NANO)
