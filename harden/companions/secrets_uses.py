"""How workloads use a ConfigMap, and the changes that give them a Secret beside it.

Sources: kubernetes v1.36, pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables (a later source of `envFrom` wins over
an earlier one, and `env` over both); pkg/volume/projected (several sources make one folder).
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.bundle import Bundle, Member
from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.kube import Container, Resource, dig
from harden.model.plain import as_list, as_word
from harden.model.record import Record
from harden.model.text import Path, Plain


class Use(Record):
    """A place where a workload uses a ConfigMap; `entry` is what stands there.

    `field` is "env" (a key of a variable), "envFrom", "volume", or "source" (of a projected volume); `others` are the
    sources of `envFrom` behind it. `held` are the keys that the ConfigMap has.
    """

    member: Member
    path: Path
    field: str
    entry: object
    held: frozenset[str]
    others: tuple[object, ...] = ()

    def obstacle(self, keys: frozenset[str], bundle: Bundle) -> str | None:
        """Return why the use cannot follow keys to a Secret, None where it can."""
        if self.field != "envFrom":
            return None
        for source in self.others:
            known = _keys(source, self.member, bundle)
            if known is None or known & keys:
                return "a later source of envFrom may have the same variable, and would lose to the Secret: move it"
        return None

    def changes(self, keys: frozenset[str], secret: str) -> tuple[Change, ...]:
        """Return what makes this place take these keys from a Secret that has them under the same names."""
        match self.field:
            case "env":
                return self._variable(keys, secret)
            case "envFrom":
                return self._all(secret)
            case "volume":
                return self._volume(keys, secret)
            case _:
                return self._projected(keys, secret)

    def _variable(self, keys: frozenset[str], secret: str) -> tuple[Change, ...]:
        reference = dig(self.entry, "valueFrom", "configMapKeyRef")
        key = dig(reference, "key")
        if not isinstance(reference, dict) or not isinstance(key, str) or key not in keys:
            return ()
        target: dict[str, Plain] = {"name": secret, "key": key, **_optional(reference)}
        place = (*self.path, "valueFrom")
        return RemoveField((*place, "configMapKeyRef")), SetField((*place, "secretKeyRef"), target)

    def _all(self, secret: str) -> tuple[Change, ...]:
        reference: dict[str, Plain] = {"name": secret, **_optional(dig(self.entry, "configMapRef"))}
        prefix = dig(self.entry, "prefix")
        first: dict[str, Plain] = {"prefix": prefix} if isinstance(prefix, str) else {}
        source: dict[str, Plain] = {**first, "secretRef": reference}
        return (AppendItem(self.path[:-1], source),)

    def _volume(self, keys: frozenset[str], secret: str) -> tuple[Change, ...]:
        given = dig(self.entry, "configMap")
        if not isinstance(given, dict):
            return ()
        moved, left = self._parted(given, keys)
        if not moved:
            return ()
        mode: dict[str, Plain] = {"defaultMode": given["defaultMode"]} if "defaultMode" in given else {}
        removed = RemoveField((*self.path, "configMap"))
        if left is not None and not left:
            whole: dict[str, Plain] = {"secretName": secret, **mode, "items": moved, **_optional(given)}
            return removed, SetField((*self.path, "secret"), whole)
        rest: dict[str, Plain] = {"name": given["name"]}
        rest |= ({} if left is None else {"items": left}) | _optional(given)
        sources: list[Plain] = [{"configMap": rest}, {"secret": _projected(secret, moved, given)}]
        return removed, SetField((*self.path, "projected"), {**mode, "sources": sources})

    def _projected(self, keys: frozenset[str], secret: str) -> tuple[Change, ...]:
        given = dig(self.entry, "configMap")
        if not isinstance(given, dict):
            return ()
        moved, left = self._parted(given, keys)
        if not moved:
            return ()
        added = _projected(secret, moved, given)
        if left is not None and not left:
            return RemoveField((*self.path, "configMap")), SetField((*self.path, "secret"), added)
        items = given.get("items")
        gone = [at for at, item in enumerate(as_list(items)) if as_word(dig(item, "key")) in keys]
        removed = (RemoveField((*self.path, "configMap", "items", at)) for at in gone)
        return *removed, AppendItem(self.path[:-1], {"secret": added})

    def _parted(self, given: dict[str, Plain], keys: frozenset[str]) -> tuple[list[Plain], list[Plain] | None]:
        """Return the items for the Secret, and those that stay; None where all keys of the ConfigMap are taken."""
        items = given.get("items")
        if isinstance(items, list) and items:
            left: list[Plain] = [each for each in items if as_word(dig(each, "key")) not in keys]
            return [each for each in items if each not in left], left
        moved: list[Plain] = [{"key": key, "path": key} for key in sorted(keys)]
        return moved, [] if self.held <= keys else None


def uses(resource: Resource, bundle: Bundle) -> Iterator[Use]:
    """Yield the places where the workloads of a bundle use a ConfigMap, in order."""
    held = frozenset(
        key for field in ("data", "binaryData") for key in _mapping(resource.data.get(field)) if isinstance(key, str)
    )
    for member in bundle.members:
        if member.namespace != resource.effective_namespace:
            continue
        for container in member.workload.containers:
            yield from _in_container(resource.name, member, container, held)
        pod = member.workload.pod
        for at, volume in enumerate(as_list(member.workload.get("volumes"))):
            if dig(volume, "configMap", "name") == resource.name:
                yield Use(member, (*pod, "volumes", at), "volume", volume, held)
            for index, source in enumerate(as_list(dig(volume, "projected", "sources"))):
                if dig(source, "configMap", "name") == resource.name:
                    yield Use(member, (*pod, "volumes", at, "projected", "sources", index), "source", source, held)


def _in_container(name: str, member: Member, container: Container, held: frozenset[str]) -> Iterator[Use]:
    for at, entry in enumerate(as_list(container.get("env"))):
        if dig(entry, "valueFrom", "configMapKeyRef", "name") == name:
            yield Use(member, (*container.path, "env", at), "env", entry, held)
    sources = as_list(container.get("envFrom"))
    for at, entry in enumerate(sources):
        if dig(entry, "configMapRef", "name") == name:
            yield Use(member, (*container.path, "envFrom", at), "envFrom", entry, held, tuple(sources[at + 1 :]))


def _keys(source: object, member: Member, bundle: Bundle) -> frozenset[str] | None:
    """Return the variables that a source of `envFrom` brings, None where that is not in sight."""
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        name = dig(source, field, "name")
        for resource in bundle.of_kind(kind):
            if name == resource.name and resource.effective_namespace == member.namespace:
                prefix = dig(source, "prefix")
                known = (*_mapping(resource.data.get("data")), *_mapping(resource.data.get("stringData")))
                return frozenset(f"{prefix if isinstance(prefix, str) else ''}{key}" for key in known)
    return None


def _projected(secret: str, items: list[Plain], given: dict[str, Plain]) -> dict[str, Plain]:
    return {"name": secret, "items": items, **_optional(given)}


def _optional(given: object) -> dict[str, Plain]:
    optional = dig(given, "optional")
    return {"optional": optional} if isinstance(optional, bool) else {}


def _mapping(value: object) -> dict[object, object]:
    return value if isinstance(value, dict) else {}
