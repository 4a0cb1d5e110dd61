"""The tables of sizes in a profile: what they may hold, and finding the size of a container in them.

A size is `{requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 512Mi}}`; every part may be left out. What no table
names is never written: no CPU limit and nothing about ephemeral storage unless the profile asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from harden.controls._options import Table
from harden.model.record import Record
from harden.model.text import Plain

RESOURCES = ("cpu", "memory", "ephemeral-storage")
_SIDES = ("requests", "limits")

#: Classes by what the pod itself shows, beside those of the image facts (harden.images.facts.ImageClass; a test
#: compares): a container that starts first, one on every node.
CLASSES = (
    "web", "worker", "database", "cache", "queue", "jvm", "proxy", "sidecar", "exporter", "collector", "controller",
    "job", "init", "agent",
)  # fmt: skip

#: What is wrong: the keys that lead there, and the words.
Wrong = tuple[tuple[str, ...], str]


class Size(Record):
    """What a container is given: amounts as they stand in the profile, by resource."""

    requests: Mapping[str, Plain]
    limits: Mapping[str, Plain]


def size_of(value: object) -> Size:
    """Return the size that a legal entry of a table is."""
    data = value if isinstance(value, dict) else {}
    requests, limits = (data.get(side) for side in _SIDES)
    return Size(requests if isinstance(requests, dict) else {}, limits if isinstance(limits, dict) else {})


def best(table: object, names: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Yield the entries of `table` whose glob matches one of `names`, the longest glob last, with the glob."""
    entries = table.items() if isinstance(table, dict) else ()
    found = [(glob, value) for glob, value in entries if any(fnmatchcase(name, glob) for name in names)]
    # Without its wild cards a glob is as specific as it is long; equals keep the order of the profile.
    return iter(sorted(found, key=lambda entry: len(entry[0].replace("*", ""))))


def _class_table(value: Mapping[str, Plain]) -> Wrong | None:
    for name, size in value.items():
        if name not in CLASSES:
            return (name,), f"is no class: known are {', '.join(CLASSES)}"
        if (wrong := _complain(size, (name,))) is not None:
            return wrong
    return None


def _image_table(value: Mapping[str, Plain]) -> Wrong | None:
    return _first(value, _complain, ())


def _workload_table(value: Mapping[str, Plain]) -> Wrong | None:
    return _first(value, _containers, ())


def _containers(value: Plain, keys: tuple[str, ...]) -> Wrong | None:
    if not isinstance(value, dict):
        return keys, 'must map names of containers ("*" for each) to sizes'
    return _first(value, _complain, keys)


def _first(
    table: Mapping[str, Plain], complain: Callable[[Plain, tuple[str, ...]], Wrong | None], keys: tuple[str, ...]
) -> Wrong | None:
    complaints = (complain(value, (*keys, name)) for name, value in table.items())
    return next((wrong for wrong in complaints if wrong is not None), None)


def _complain(size: Plain, keys: tuple[str, ...]) -> Wrong | None:
    if not isinstance(size, dict):
        return keys, "must be a size, for example {requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 512Mi}}"
    for side, amounts in size.items():
        if side not in _SIDES:
            return (*keys, side), "is neither requests nor limits"
        if not isinstance(amounts, dict):
            return (*keys, side), "must map cpu, memory or ephemeral-storage to an amount"
        for name, amount in amounts.items():
            if name not in RESOURCES:
                return (*keys, side, name), f"is no resource that has a size: known are {', '.join(RESOURCES)}"
            if _nano(amount) <= 0:
                return (*keys, side, name), "must be an amount above zero, such as 50m or 128Mi"
    return _backwards(size_of(size), keys)


def _backwards(size: Size, keys: tuple[str, ...]) -> Wrong | None:
    for name, limit in size.limits.items():
        if _nano(limit) < _nano(size.requests.get(name)):
            return (*keys, "limits", name), "is below the request"
    return None


def _nano(amount: object) -> int:
    from harden.kube.quantity import parse  # noqa: PLC0415 - slow to import; only profiles with sizes need it

    quantity = parse(amount)
    return 0 if quantity is None else quantity.nano


def _schema(inner: Plain, names: tuple[str, ...] = ()) -> dict[str, Plain]:
    if not names:
        return {"type": "object", "additionalProperties": inner}
    return {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(names, inner)}


_AMOUNT: Plain = {"type": ["string", "number"]}
_SIZE: Plain = _schema(_schema(_AMOUNT, RESOURCES), _SIDES)

BY_CLASS = Table(_schema(_SIZE, CLASSES), _class_table)
BY_IMAGE = Table(_schema(_SIZE), _image_table)
BY_WORKLOAD = Table(_schema(_schema(_SIZE)), _workload_table)
