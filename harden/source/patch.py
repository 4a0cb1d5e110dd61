"""Merges changes by path: what is wanted of each place of a document, before anything is known of its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import assert_never

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import Path, Plain


class Absent(Enum):
    """The type of MISSING, for which `None` (null) will not do."""

    MISSING = "missing"


MISSING = Absent.MISSING

#: A value, or MISSING where there is none.
Maybe = Plain | Absent


class CannotApply(Exception):  # noqa: N818 - it is an answer for people, and never leaves harden.source
    """A change that cannot be made here; the text says why, for people."""


class Patch:
    """What is wanted of one place: a `value`, more `items` in its list, its removal, or something of what is below it.

    `changes` are those that end here. `copied` says that `value` repeats what an alias or merge stood for. `own` asks
    for such a copy even when nothing changes in it, because what it would be a user of does change.
    """

    __slots__ = ("changes", "copied", "items", "own", "remove", "steps", "value")

    def __init__(
        self,
        *,
        value: Maybe = MISSING,
        remove: bool = False,
        changes: list[Change] | None = None,
        copied: bool = False,
    ) -> None:
        self.value = value
        self.items: list[Plain] = []
        self.remove = remove
        self.steps: dict[str | int, Patch] = {}
        self.changes: list[Change] = [] if changes is None else changes
        self.copied = copied
        self.own = False

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is wanted here or below."""
        return self.value is MISSING and not self.items and not self.remove and not self.steps


class Refusals:
    """The changes that cannot be made, each once, with the reason."""

    __slots__ = ("_known", "found")

    def __init__(self) -> None:
        self.found: list[tuple[Change, str]] = []
        self._known: set[int] = set()

    def add(self, changes: Iterable[Change], reason: str) -> None:
        """Record that `changes` cannot be made; what was said of one first stays."""
        for change in changes:
            if id(change) not in self._known:
                self._known.add(id(change))
                self.found.append((change, reason))


def collect(changes: Sequence[Change], refused: Refusals) -> Patch:
    """Return `changes` as one tree of wants, without those that contradict earlier ones: they go into `refused`."""
    root = Patch()
    for change in changes:
        want = root
        for step in change.path:
            below = want.steps.get(step)
            if below is None:
                below = want.steps[step] = Patch()
            want = below
        reason = _add(want, change)
        if reason:
            refused.add((change,), reason)
        else:
            want.changes.append(change)
    if refused.found:
        # Only what was refused leaves steps behind under which nothing is wanted.
        prune(root)
    return root


def _add(want: Patch, change: Change) -> str:
    if isinstance(change, RemoveField):
        if want.value is not MISSING or want.items:
            return "another change writes what this one removes"
        want.remove = True
        return ""
    if want.remove:
        return "another change removes what this one writes"
    if isinstance(change, AppendItem):
        if not contains(want.items, change.value):
            want.items.append(change.value)
        return ""
    if isinstance(change, SetField):
        if want.value is not MISSING and not same(want.value, change.value):
            return "another change sets a different value here"
        want.value = change.value
        return ""
    assert_never(change)


def prune(want: Patch) -> None:
    """Drop the steps below `want` under which nothing is wanted."""
    for step, below in list(want.steps.items()):
        prune(below)
        if below.is_empty:
            del want.steps[step]


def find(root: Patch, path: Path) -> Patch | None:
    """Return what is wanted at `path`, or None when nothing is."""
    want: Patch | None = root
    for step in path:
        want = want.steps.get(step) if want is not None else None
    return None if want is None or want.is_empty else want


def drop(root: Patch, path: Path) -> None:
    """Forget what is wanted at `path` and below."""
    want: Patch | None = root
    for step in path[:-1]:
        want = want.steps.get(step) if want is not None else None
    if want is not None and path:
        want.steps.pop(path[-1], None)


def all_changes(want: Patch) -> list[Change]:
    """Return the changes that end at `want` or below."""
    found = list(want.changes)
    for below in want.steps.values():
        found += all_changes(below)
    return found


def equal(left: Patch | None, right: Patch | None) -> bool:
    """Return whether two places want the same."""
    if left is None or right is None:
        return left is right
    if left.remove != right.remove or not same(left.value, right.value) or len(left.items) != len(right.items):
        return False
    if not all(map(same, left.items, right.items)) or left.steps.keys() != right.steps.keys():
        return False
    return all(equal(below, right.steps[step]) for step, below in left.steps.items())


def same(left: Maybe, right: Maybe) -> bool:
    """Return whether two values are equal and of the same types throughout (1, 1.0 and True differ)."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def contains(items: Iterable[Plain], value: Plain) -> bool:
    """Return whether `value` is one of `items`, types considered."""
    return any(same(item, value) for item in items)


def applied(want: Patch, old: Maybe) -> Maybe:
    """Return what `old` becomes, MISSING when it is removed; raises CannotApply. Neither `old` nor a change alters."""
    if want.remove:
        return MISSING
    value = old if want.value is MISSING else want.value
    if not want.steps:
        return appended(value, want.items) if want.items else value
    if any(isinstance(step, int) for step in want.steps):
        value = _applied_to_list(want, value)
    else:
        value = _applied_to_dict(want, value)
    return appended(value, want.items) if want.items else value


def appended(value: Maybe, items: list[Plain]) -> list[Plain]:
    """Return a list with those of `items` behind it that it does not have; raises CannotApply where it is no list."""
    old = [] if value is MISSING or value is None else value
    if not isinstance(old, list):
        raise CannotApply(f"expected a list there, found {kind_of(old)}")
    return [*old, *(item for item in items if not contains(old, item))]


def _applied_to_dict(want: Patch, before: Maybe) -> Maybe:
    old = {} if before is MISSING or before is None else before
    if not isinstance(old, dict):
        raise CannotApply(f"expected a mapping there, found {kind_of(old)}")
    made = dict(old)
    for step, below in want.steps.items():
        if isinstance(step, int):
            raise CannotApply("expected a list there, found a mapping")
        value = applied(below, old.get(step, MISSING))
        if value is MISSING:
            made.pop(step, None)
        else:
            made[step] = value
    # Nothing comes into being because something below it should go.
    return made if made or old else before


def _applied_to_list(want: Patch, old: Maybe) -> list[Plain]:
    if not isinstance(old, list) or not all(isinstance(step, int) for step in want.steps):
        raise CannotApply(f"expected a list there, found {kind_of(old)}")
    made: list[Maybe] = list(old)
    for step, below in want.steps.items():
        if not isinstance(step, int) or not 0 <= step < len(made):
            raise CannotApply(f"the list has no item {step}")
        made[step] = applied(below, made[step])
    return [item for item in made if item is not MISSING]


def kind_of(value: Maybe) -> str:
    """Return what a value is, in a word or two, without showing it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is MISSING or value is None else "a scalar"
