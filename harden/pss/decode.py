"""Reads one field of plain data the way the API server's JSON decoder reads it.

An absent field and a null one read alike: the decoder leaves the field's zero value in both cases. A value of another
kind is refused (sigs.k8s.io/json, which Kubernetes decodes with; it also tells upper from lower case in field names).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harden.model.text import Path

_WORDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a mapping",
}


class MalformedPod(ValueError):  # noqa: N818 -- it names what is wrong with the input, not a fault of the program
    """A field has a type that the API server would refuse; `path` is relative to the pod, ("spec", "containers", 0)."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def text(data: Mapping[str, object], key: str, at: Path) -> str:
    """Return the string at `key`, "" where it is absent or null."""
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise refusal((*at, key), "a string", value)


def optional_text(data: Mapping[str, object], key: str, at: Path) -> str | None:
    """Return the string at `key`, None where it is absent or null."""
    value = data.get(key)
    if value is None or isinstance(value, str):
        return value
    raise refusal((*at, key), "a string", value)


def optional_flag(data: Mapping[str, object], key: str, at: Path) -> bool | None:
    """Return the boolean at `key`, None where it is absent or null."""
    value = data.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise refusal((*at, key), "true or false", value)


def optional_whole(data: Mapping[str, object], key: str, at: Path, *, bits: int) -> int | None:
    """Return the whole number at `key`, None where it is absent or null.

    A float without a fraction is a whole number: turning YAML into JSON writes 1000.0 as 1000 (sigs.k8s.io/yaml), and
    kubectl does the same to JSON.
    """
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, float):
        if not value.is_integer():
            raise MalformedPod((*at, key), "must be a whole number, and the number has a fraction")
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise refusal((*at, key), "a whole number", value)
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise MalformedPod((*at, key), f"must fit into {bits} bits, and the number does not")
    return value


def child(data: Mapping[str, object], key: str, at: Path) -> Mapping[str, object] | None:
    """Return the mapping at `key`, None where it is absent or null."""
    value = data.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise refusal((*at, key), "a mapping", value)


def texts(data: Mapping[str, object], key: str, at: Path) -> tuple[str, ...]:
    """Return the list of strings at `key`, () where it is absent or null; a null item is ""."""
    found = []
    for index, item in enumerate(_sequence(data, key, at)):
        if item is None:
            found.append("")
        elif isinstance(item, str):
            found.append(item)
        else:
            raise refusal((*at, key, index), "a string", item)
    return tuple(found)


def children(data: Mapping[str, object], key: str, at: Path) -> Sequence[Mapping[str, object]]:
    """Return the list of mappings at `key`, () where it is absent or null; a null item is an empty mapping."""
    found: list[Mapping[str, object]] = []
    for index, item in enumerate(_sequence(data, key, at)):
        if isinstance(item, dict):
            found.append(item)
        elif item is None:
            found.append({})
        else:
            raise refusal((*at, key, index), "a mapping", item)
    return found


def text_map(data: Mapping[str, object], key: str, at: Path) -> Mapping[str, str]:
    """Return the mapping of strings at `key`, empty where it is absent or null; a null value is ""."""
    found = {}
    for name, value in (child(data, key, at) or {}).items():
        if value is None:
            found[name] = ""
        elif isinstance(value, str):
            found[name] = value
        else:
            raise refusal((*at, key, name), "a string", value)
    return found


def refusal(path: Path, wanted: str, value: object) -> MalformedPod:
    """Return the error that says that `path` must be `wanted`; the value itself is never shown."""
    return MalformedPod(path, f"must be {wanted}, not {_WORDS.get(type(value), type(value).__name__)}")


def _sequence(data: Mapping[str, object], key: str, at: Path) -> Sequence[object]:
    value = data.get(key)
    if value is None:
        return ()
    if isinstance(value, list):
        return value
    raise refusal((*at, key), "a list", value)
