"""Reads which variables the containers of a workload take from Secrets, one by one and by `envFrom`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from harden.kube.bundle import Bundle
from harden.model.kube import Container, Resource, Workload, dig
from harden.model.plain import as_word
from harden.model.record import Record
from harden.model.text import Path

#: Returns the keys of a Secret by its name, None where they are not in sight.
Keys = Callable[[str], frozenset[str] | None]

_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


class Taken(Record):
    """A variable that a container takes from a Secret; `path` is its entry in `env`, or that of `envFrom`."""

    container: Container
    path: Path
    name: str
    secret: str
    key: str
    optional: bool
    is_whole: bool = False


def single(container: Container) -> Iterator[Taken]:
    """Yield the variables of a container that name a key of a Secret."""
    env = container.get("env")
    for at, entry in enumerate(env if isinstance(env, list) else ()):
        name, reference = dig(entry, "name"), dig(entry, "valueFrom", "secretKeyRef")
        secret, key = dig(reference, "name"), dig(reference, "key")
        if isinstance(name, str) and isinstance(secret, str) and isinstance(key, str):
            optional = dig(reference, "optional") is True
            yield Taken(container, (*container.path, "env", at), name, secret, key, optional)


def sources(container: Container) -> list[object]:
    """Return the sources of a container's `envFrom`."""
    found = container.get("envFrom")
    return found if isinstance(found, list) else []


def whole(container: Container, at: int, keys: Keys) -> tuple[Taken, ...] | None:
    """Return the variables of the source `at` of `envFrom`, None where the keys of its Secret are not in sight."""
    source = sources(container)[at]
    secret, prefix = dig(source, "secretRef", "name"), dig(source, "prefix")
    known = keys(secret) if isinstance(secret, str) else None
    if known is None or not isinstance(secret, str):
        return None
    env = container.get("env")
    own = {as_word(dig(entry, "name")) for entry in env} if isinstance(env, list) else set()
    optional = dig(source, "secretRef", "optional") is True
    path = (*container.path, "envFrom", at)
    named = ((f"{prefix if isinstance(prefix, str) else ''}{key}", key) for key in sorted(known))
    return tuple(
        Taken(container, path, name, secret, key, optional, is_whole=True)
        for name, key in named
        if name not in own and _VARIABLE.fullmatch(name) is not None
    )


def others(
    container: Container, at: int | None, keys: Keys, bundle: Bundle, workload: Workload
) -> dict[int, frozenset[str] | None]:
    """Return the variables that each source of `envFrom` but the one `at` sets, None where that is not in sight."""
    found: dict[int, frozenset[str] | None] = {}
    for index, source in enumerate(sources(container)):
        if index == at:
            continue
        secret, name, prefix = (
            dig(source, "secretRef", "name"),
            dig(source, "configMapRef", "name"),
            dig(source, "prefix"),
        )
        known = keys(secret) if isinstance(secret, str) else _config_keys(name, bundle, workload)
        start = prefix if isinstance(prefix, str) else ""
        found[index] = None if known is None else frozenset(f"{start}{key}" for key in known)
    return found


def generated_keys(bundle: Bundle, name: str) -> frozenset[str] | None:
    """Return the keys of a Secret that a kustomization of the bundle makes, None where they are not in sight."""
    for resource in bundle.of_kind("Kustomization"):
        entries = resource.data.get("secretGenerator")
        for entry in entries if isinstance(entries, list) else ():
            if dig(entry, "name") == name and not dig(entry, "envs") and not dig(entry, "env"):
                literals = (literal.partition("=")[0] for literal in _strings(dig(entry, "literals")))
                files = (file.partition("=")[0].rpartition("/")[2] for file in _strings(dig(entry, "files")))
                return frozenset((*literals, *files))
    return None


def _config_keys(name: object, bundle: Bundle, workload: Workload) -> frozenset[str] | None:
    each = next((resource for resource in bundle.of_kind("ConfigMap") if _is(resource, name, workload)), None)
    data = None if each is None else each.data.get("data")
    return frozenset(map(str, data)) if isinstance(data, dict) else None


def _is(resource: Resource, name: object, workload: Workload) -> bool:
    return resource.name == name and resource.effective_namespace == workload.effective_namespace


def _strings(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
