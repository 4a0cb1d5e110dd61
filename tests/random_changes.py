"""Random changes of documents: made, spliced and read back, the data changes as asked and nothing else does."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import NamedTuple

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import Edit, Path, Plain, SourceText
from harden.model.tree import Document
from harden.source.lower import lower
from harden.source.parse import Parsed, parse
from harden.source.patch import contains, same
from harden.source.splice import splice

BEFORE = {"k3": ("k1", "k2"), "new1": ("k0", "k4")}
ORDER = ("new2", "k3", "new1", "k1")
WORDS = (
    "a",
    "web",
    "1.5",
    "80",
    "true",
    "on",
    "null",
    "0777",
    "x y",
    "a:b",
    "ä€😀",
    "",
    "it's",
    'say "hi"',
    "- x",
    "#no",
    "1e3",
)


class Changed(NamedTuple):
    """A text after its changes, the edits that made it, and the changes that were not refused."""

    text: str
    edits: Sequence[Edit]
    made: list[Change]


def read(text: str) -> Parsed:
    return parse(SourceText("random.yaml", text), lambda _: True)


def change_at_random(text: str, parsed: Parsed, document: Document, rng: random.Random) -> Changed:
    """Return a text whose document was changed at random; raise AssertionError where it reads back as anything else."""
    assert not parsed.problems, parsed.problems
    changes = random_changes(rng, document.value)
    lowered = lower(document, SourceText("random.yaml", text), changes, BEFORE, ORDER)
    result = splice(text, lowered.edits)
    refused = {id(change) for change, _ in lowered.refused}
    made = [change for change in changes if id(change) not in refused]
    after = read(result)
    assert not after.problems, after.problems
    now = next(each for each in after.documents if each.index == document.index)
    assert same(now.value, apply(document.value, made)), "the data is not changed as asked"
    others = [(each.index, each.value) for each in parsed.documents if each.index != document.index]
    assert others == [(each.index, each.value) for each in after.documents if each.index != document.index]
    if not any(isinstance(change, RemoveField) for change in made):
        assert lower(now, SourceText("random.yaml", result), made, BEFORE, ORDER).edits == (), "made twice"
    return Changed(result, lowered.edits, made)


def paths(data: Plain, path: Path = ()) -> list[Path]:
    found: list[Path] = [path]
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in children:
        found.extend(paths(value, (*path, step)))
    return found


def at(data: Plain, path: Path) -> Plain:
    for step in path:
        assert isinstance(data, dict | list)
        data = data[step]  # type: ignore[index,call-overload]  # the test knows that the path is there
    return data


def random_value(rng: random.Random, depth: int = 2) -> Plain:
    pick = rng.randrange(8)
    if depth and pick == 0:
        return {f"n{index}": random_value(rng, depth - 1) for index in range(rng.randrange(3))}
    if depth and pick == 1:
        return [random_value(rng, depth - 1) for _ in range(rng.randrange(3))]
    return rng.choice((True, False, 1, 1.5, None, *WORDS))


def random_changes(rng: random.Random, data: Plain) -> list[Change]:
    made: list[Change] = []
    places = paths(data)
    for _ in range(rng.randint(1, 5)):
        path = rng.choice(places)
        value = at(data, path)
        pick = rng.randrange(5)
        change: Change
        if pick == 0 and path:
            change = RemoveField(path)
        elif pick == 1 and path:
            change = SetField(path, random_value(rng))
        elif isinstance(value, list) and path:
            change = AppendItem(path, random_value(rng))
        elif (isinstance(value, dict) or value is None) and data is not None:
            steps = [rng.choice(("new1", "new2", "k3", "new 4"))]
            steps.extend(rng.choice(("deep", "k1")) for _ in range(rng.randrange(3)))
            kind = AppendItem if rng.random() < 0.3 else SetField
            change = kind((*path, *steps), random_value(rng))
        else:
            continue
        if path_is_free(made, change):
            made.append(change)
    return made


def path_is_free(made: list[Change], change: Change) -> bool:
    for other in made:
        short, long = sorted((other, change), key=lambda item: len(item.path))
        if long.path[: len(short.path)] == short.path and (
            not isinstance(short, AppendItem) or len(short.path) == len(long.path)
        ):
            return False
    return True


def apply(data: Plain, changes: list[Change]) -> Plain:
    """Return the data with all changes made, indexes being those of the old data."""
    result = unshared(data)
    gone = object()
    for change in sorted(changes, key=append_last):
        if isinstance(change, RemoveField):
            holder = at(result, change.path[:-1])
            holder[change.path[-1]] = gone  # type: ignore[index,call-overload]  # a marker, swept below
            continue
        holder = result
        for step in change.path[:-1]:
            if (holder.get(step) if isinstance(holder, dict) else holder[step]) is None:
                holder[step] = {}
            holder = holder[step]  # type: ignore[index,call-overload]  # the test made the path
        last = change.path[-1]
        if isinstance(change, SetField):
            holder[last] = copy.deepcopy(change.value)  # type: ignore[index,call-overload]  # the same
            continue
        if isinstance(holder, dict) and holder.get(last) is None:
            holder[last] = []
        items = holder[last]  # type: ignore[index,call-overload]  # the same
        if not contains([sweep(item, gone) for item in items if item is not gone], change.value):
            items.append(copy.deepcopy(change.value))
    return sweep(result, gone)


def append_last(change: Change) -> int:
    return 1000 - len(change.path) if isinstance(change, AppendItem) else 0


def unshared(data: Plain) -> Plain:
    if isinstance(data, dict):
        return {key: unshared(value) for key, value in data.items()}
    return [unshared(value) for value in data] if isinstance(data, list) else data


def sweep(data: Plain, gone: object) -> Plain:
    if isinstance(data, dict):
        return {key: sweep(value, gone) for key, value in data.items() if value is not gone}
    if isinstance(data, list):
        return [sweep(value, gone) for value in data if value is not gone]
    return data
