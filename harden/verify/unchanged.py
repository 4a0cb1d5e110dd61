"""Checks that a document's data differs only at the planned paths."""

from __future__ import annotations

from collections.abc import Container, Sequence

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import Path, Plain, value_at


def apply_changes(data: Plain, changes: Sequence[Change]) -> Plain:
    """Return `data` with the changes made, symbolically and without touching `data`; equal changes count once.

    Sets come first, then appends, then removals from the end of each list, so that every path means what it meant in
    the document as it was read. Raises KeyError or IndexError where a change does not fit the data.
    """
    copy = _Copy(data)
    distinct = _distinct(changes)
    for change in distinct:
        if isinstance(change, SetField):
            copy.set(change.path, change.value)
    for change in distinct:
        if isinstance(change, AppendItem):
            copy.append(change.path, change.value)
    removed = [change.path for change in distinct if isinstance(change, RemoveField)]
    for path in sorted(removed, key=_last_item_first):
        copy.remove(path)
    return copy.root


def differs_only_by(before: Plain, after: Plain, changes: Sequence[Change]) -> bool:
    """Return whether `after` is `before` with exactly these changes; 1, 1.0 and true differ in what was set."""
    expected = apply_changes(before, changes)
    moving = {change.path[:-1] for change in changes if isinstance(change, RemoveField)}
    # `==` takes true for 1, but outside the planned paths the text, and so each scalar, is what it was.
    return expected == after and all(
        _same(value_at(expected, change.path), value_at(after, change.path))
        for change in changes
        if isinstance(change, SetField) and not _moves(change.path, moving)
    )


def _fresh(value: Plain) -> Plain:
    if isinstance(value, dict):
        return {name: _fresh(item) for name, item in value.items()}
    return [_fresh(item) for item in value] if isinstance(value, list) else value


def _same(plain: Plain, other: Plain) -> bool:
    if isinstance(plain, dict) and isinstance(other, dict):
        return plain.keys() == other.keys() and all(_same(item, other[name]) for name, item in plain.items())
    if isinstance(plain, list) and isinstance(other, list):
        return len(plain) == len(other) and all(map(_same, plain, other))
    return type(plain) is type(other) and plain == other


def _moves(path: Path, moving: Container[Path]) -> bool:
    # A path through a list from which an item goes means another place afterwards; `==` has compared it.
    return any(path[:length] in moving for length in range(len(path) + 1))


def _distinct(changes: Sequence[Change]) -> list[Change]:
    seen: dict[tuple[type[Change], Path], list[Change]] = {}
    for change in changes:
        others = seen.setdefault((type(change), change.path), [])
        if change not in others:
            others.append(change)
    return [change for others in seen.values() for change in others]


def _last_item_first(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((-step, "") if isinstance(step, int) else (0, step) for step in path)


class _Copy:
    """A value whose containers are copied once, when a change first goes through them; aliases come apart."""

    def __init__(self, data: Plain) -> None:
        self._holder: dict[str, Plain] = {"": data}
        self._own: dict[Path, Plain] = {}

    @property
    def root(self) -> Plain:
        return self._holder[""]

    def set(self, path: Path, value: Plain) -> None:
        self._put(self._container(path[:-1], dict), path[-1], _fresh(value))

    def append(self, path: Path, value: Plain) -> None:
        target = self._container(path, list)
        if not isinstance(target, list):
            raise KeyError(path)
        target.append(_fresh(value))

    def remove(self, path: Path) -> None:
        parent = self._container(path[:-1], dict)
        step = path[-1]
        if isinstance(parent, list) and isinstance(step, int):
            del parent[step]
        elif isinstance(parent, dict):
            del parent[str(step)]

    def _container(self, path: Path, absent: type[dict[str, Plain] | list[Plain]]) -> Plain:
        """Return an own copy of the container at `path`; a missing last step becomes `absent`, others mappings."""
        known = self._own.get(path)
        if known is not None:
            return known
        parent: Plain = self._container(path[:-1], dict) if path else self._holder
        step = path[-1] if path else ""
        child = parent[step] if isinstance(parent, list) and isinstance(step, int) else None
        if isinstance(parent, dict):
            child = parent.get(str(step))
        made: Plain = absent() if child is None else child
        if isinstance(child, (dict, list)):
            made = child.copy()
        self._put(parent, step, made)
        self._own[path] = made
        return made

    @staticmethod
    def _put(parent: Plain, step: str | int, value: Plain) -> None:
        if isinstance(parent, dict):
            parent[str(step)] = value
        elif isinstance(parent, list) and isinstance(step, int):
            parent[step] = value
        else:
            raise KeyError(step)
