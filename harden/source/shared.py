"""Owns what anchors share: which wants may edit an anchored node, and which become a copy at one user.

Nobody who uses an anchor gets anything that is not wanted there. An anchored node is edited once when all its users
want the same; otherwise each alias that wants something is replaced by a copy of its own, and what is wanted of the
anchored node itself is refused as long as another user would get it too.
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.record import Record
from harden.model.text import Path
from harden.model.tree import Alias, Map, Node, Seq
from harden.source.build import is_merge, name_of
from harden.source.settle import Gone, Pins, provider, refuse
from harden.source.wanted import MISSING, Refusals, Unfit, Want, applied, drop, equal, find, same


class _User(Record):
    """An alias and where it stands; `into` is the mapping at `path` that merges it, None where it is a value."""

    path: Path
    alias: Alias
    into: Map | None


class _Anchored(Record):
    """An anchored node, where it stands, and its users."""

    node: Node
    path: Path
    users: list[_User]


def share(root: Node, want: Want, refused: Refusals) -> tuple[Pins, Gone]:
    """Take from `want` what users of an anchor get by themselves and what they must not get.

    Returns what is pinned, and what goes away of anchored mappings.
    """
    anchored = [_Anchored(node, path, _staying(users, want)) for node, path, users in _anchored(root)]
    for item in sorted(anchored, key=lambda item: item.node.end, reverse=True):
        # A node that holds another, or an alias of it, ends behind it: from the outside in.
        _share_one(item, want, refused)
    pins: Pins = {}
    gone: set[tuple[int, str]] = set()
    for item in anchored:
        for user in item.users:
            if user.into is not None or not _becomes_copy(user, want):
                pins.setdefault(id(item.node), []).append((user.alias, _reason(user.alias.name, user.path)))
        mine = find(want, item.path)
        steps = () if mine is None else mine.steps.items()
        gone.update((id(item.node), str(step)) for step, below in steps if below.remove)
    return pins, frozenset(gone)


def _staying(users: list[_User], want: Want) -> list[_User]:
    """Return the users of an anchor without those that go away with what they stand in."""
    return [
        user
        for user in users
        # What is wanted of an alias itself is looked at more closely later.
        if not _goes(user.path if user.into is not None else user.path[:-1], want)
    ]


def _goes(path: Path, want: Want) -> bool:
    """Return whether the place at `path`, or one above it, is to be removed."""
    here: Want | None = want
    for step in path:
        if here is None or here.remove:
            break
        here = here.steps.get(step)
    return here is not None and here.remove


def _anchored(root: Node) -> list[_Anchored]:
    places: dict[int, Path] = {}
    users: dict[int, list[_User]] = {}
    nodes: dict[int, Node] = {}
    for path, node, into in _places(root):
        places[id(node)] = path
        if isinstance(node, Alias):
            nodes[id(node.target)] = node.target
            users.setdefault(id(node.target), []).append(_User(path, node, into))
    return [_Anchored(node, places[key], users[key]) for key, node in nodes.items()]


def _places(root: Node) -> Iterator[tuple[Path, Node, Map | None]]:
    """Yield every node with its path; what a `<<` names comes with the mapping that merges it, and the path of that."""
    todo: list[tuple[Path, Node, Map | None]] = [((), root, None)]
    while todo:
        path, node, into = todo.pop()
        yield path, node, into
        if isinstance(node, Map):
            last = {} if node.plain else {name_of(key): key for key, _ in node.entries if not is_merge(key)}
            for key, value in node.entries:
                # No change ever has such a path.
                aside = (*path, f"key {key.start}")
                todo.append((aside, key, None))
                if is_merge(key):
                    todo.append((path, value, node))
                    continue
                name = name_of(key)
                # The value of a key that is given again below counts for nothing, and nothing is wanted there.
                todo.append(((*path, name) if node.plain or last[name] is key else (*aside, ""), value, None))
        elif isinstance(node, Seq) and into is not None:
            todo.extend((path, item, into) for item in node.items)
        elif isinstance(node, Seq):
            todo.extend(((*path, index), item, None) for index, item in enumerate(node.items))


def _share_one(item: _Anchored, want: Want, refused: Refusals) -> None:
    mine = find(want, item.path)
    if mine is None:
        return
    mergers = [user for user in item.users if user.into is not None]
    # What is wanted of a merged mapping as a whole, rather than of its keys, reaches all who merge it.
    blocked = next((user for user in item.users if user.into is None and not _is_localised(user, want)), None)
    blocked = blocked or next((user for user in mergers if mine.remove or not mine.steps), None)
    if blocked is not None:
        _refuse_at(want, item.path, refused, _reason(blocked.alias.name, blocked.path))
        return
    for step in list(mine.steps):
        blocked = next((user for user in mergers if _would_leak(user, str(step), mine.steps[step], want)), None)
        if blocked is not None:
            _refuse_at(want, (*item.path, step), refused, _reason(blocked.alias.name, blocked.path))
    if not mine.is_empty and not mine.remove:
        _hand_on(item, mine, want)


def _hand_on(item: _Anchored, mine: Want, want: Want) -> None:
    """Settle what the users of an anchored node still have to do when `mine` is done to it."""
    for user in item.users:
        if user.into is not None:
            for step, below in mine.steps.items():
                if not _has_own(user.into, str(step)):
                    _inherit_or_own(want, (*user.path, step), below)
        else:
            _inherit_or_own(want, user.path, mine)


def _inherit_or_own(want: Want, path: Path, mine: Want) -> None:
    """Drop what a user gets anyway when `mine` is done to the anchored node; else ask for a copy of its own there."""
    theirs = find(want, path)
    if theirs is not None and equal(theirs, mine):
        drop(want, path)
    elif theirs is not None:
        theirs.own = True


def _is_localised(user: _User, want: Want) -> bool:
    """Return whether something is wanted at an alias, so that it can become a copy."""
    theirs = find(want, user.path)
    if theirs is None:
        return False
    try:
        applied(theirs, user.alias.value)
    except Unfit:
        return False
    return True


def _becomes_copy(user: _User, want: Want) -> bool:
    """Return whether an alias will be replaced, which it is not when it has already what is wanted."""
    theirs = find(want, user.path)
    if theirs is None or not _is_localised(user, want):
        return False
    return theirs.own or theirs.remove or not same(applied(theirs, user.alias.value), user.alias.value)


def _would_leak(user: _User, name: str, below: Want, want: Want) -> bool:
    """Return whether a merging mapping would get a change of `name` that is not wanted there."""
    if user.into is None or _has_own(user.into, name):
        return False
    theirs = find(want, (*user.path, name))
    if theirs is None or theirs.remove or provider(user.into, name)[0] is not None:
        return True
    if equal(theirs, below):
        return False
    # Something else wanted there becomes a key of the mapping itself, and that one wins over the merge.
    try:
        applied(theirs, user.into.value.get(name, MISSING))
    except Unfit:
        return True
    return False


def _has_own(node: Map, name: str) -> bool:
    """Return whether a mapping has an entry for `name` below all its merges, which nothing merged can change."""
    index, _ = provider(node, name)
    return index is not None and not any(is_merge(key) for key, _ in node.entries[index:])


def _refuse_at(want: Want, path: Path, refused: Refusals, reason: str) -> None:
    found = find(want, path)
    if found is None:
        return
    refuse(refused, found, reason)
    if path:
        drop(want, path)
    else:
        want.steps.clear()
        want.items.clear()


def _reason(anchor: str, path: Path) -> str:
    return f"shared through anchor &{anchor} with {path_text(path)}"


def path_text(path: Path) -> str:
    """Return a path for people: `spec.containers[0].image`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the whole document"
