"""Names what a finding is about so that it is known again: by names in place of indexes, and without lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.model.finding import Finding
from harden.model.kube import Workload, dig
from harden.model.report import Identity
from harden.model.text import Path, found_at

#: Words of a message that stand for data: what is quoted, field names, capabilities, numbers.
_QUOTED = re.compile(r'"([^"]*)"')
_TELLING = re.compile(r"[A-Za-z_./-]*(?:[a-z][A-Z]|[A-Z_]{2})[A-Za-z0-9_./-]*")
_NUMBER = re.compile(r"\d+")
#: What changes with every release, or may hold a secret, is no part of an identity.
_OPEN = frozenset({"args", "command", "data", "env", "envFrom", "image", "stringData", "value"})
#: What names an item of a list, in the order in which it is looked for.
_NAMES = ("name", "mountPath", "devicePath", "key", "hostPort", "containerPort", "port", "kind", "ip")


def identify(finding: Finding, workload: Workload, document: object) -> Identity:
    """Return what a finding of a workload is about; `document` is the value of the document that holds it."""
    holder = next((each for each in workload.containers if _starts(finding.path, each.path)), None)
    images = {image for each in workload.containers if isinstance(image := each.get("image"), str)}
    wholes = {workload.path, workload.template, workload.pod, *(each.path for each in workload.containers)}
    base = holder.path if holder is not None else workload.path
    place = _named(_whole(finding.path, base, document), len(base), document)
    words = set(_words(finding.message)) - images
    # How containers share findings depends on their pod: each is known by itself.
    about = {each.name for each in workload.containers} & words if holder is None else {holder.name}
    if finding.path not in wholes:
        words.update(_NUMBER.findall(_QUOTED.sub("", finding.message)))
        words.update(_values(finding.path, document))
    return Identity(tuple(sorted(about)), place, tuple(sorted(words - about)))


def identify_object(finding: Finding, data: Mapping[str, object], path: Path) -> Identity:
    """Return what a finding on an object that runs no pods is about; `data` stands at `path` of its document."""
    own = finding.path[len(path) :]
    return Identity((), _named(own, 0, dict(data)), tuple(sorted(set(_words(finding.message)))))


def _whole(path: Path, base: Path, document: object) -> Path:
    """Return the path of a finding, or `base` for what is missing: how much stands above it tells nothing."""
    is_mapping = isinstance(found_at(document, path), dict) and len(path) > len(base)
    return base if is_mapping and not isinstance(path[-1], int) else path


def _words(message: str) -> Iterator[str]:
    yield from _QUOTED.findall(message)
    yield from _TELLING.findall(_QUOTED.sub("", message))


def _named(path: Path, start: int, document: object) -> str:
    """Return a path from its step `start` on, items of lists by their names."""
    said: list[str] = []
    for at, step in enumerate(path[start:], start + 1):
        if isinstance(step, int):
            said.append(f"[{_name(found_at(document, path[:at]), path)}]")
        else:
            said.append(f".{step}" if said else step)
    return "".join(said)


def _name(item: object, path: Path) -> str:
    if isinstance(item, dict):
        return next((str(item[key]) for key in _NAMES if isinstance(item.get(key), str | int)), "")
    is_shown = isinstance(item, str | int) and _OPEN.isdisjoint(map(str, path))
    return str(item) if is_shown else ""


def _values(path: Path, document: object) -> Iterator[str]:
    """Yield the value at a path that harden may name: a scalar, scalars of a list, or the folder of a hostPath."""
    if not _OPEN.isdisjoint(map(str, path)):
        return
    value = found_at(document, path)
    for each in value if isinstance(value, list) else (value, dig(value, "hostPath", "path")):
        if isinstance(each, str | int | float):
            yield str(each)


def _starts(path: Path, start: Path) -> bool:
    return path[: len(start)] == start
