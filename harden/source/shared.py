"""Decides what anchors share: which patches may edit an anchored node, and which become a copy at one user.

Nobody who uses an anchor gets anything that is not wanted there. An anchored node is edited once when all its users
want the same; otherwise each alias that wants something is replaced by a copy of its own, and what is wanted of the
anchored node itself is refused as long as another user would get it too.
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.record import Record
from harden.model.text import Path, Plain
from harden.model.tree import Alias, Map, Node, Seq
from harden.source.build import is_merge, merged_maps, name_of
from harden.source.diff import KeptAnchors, RemovedKeys, provider, refuse
from harden.source.patch import MISSING, Absent, CannotApply, Maybe, Patch, Refusals, applied, drop, equal, find, same


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


class _Sharing(Record):
    """What is wanted, where each node stands, and the values that places get from an anchor without their own edit."""

    want: Patch
    refused: Refusals
    paths: dict[int, Path]
    inherited: dict[Path, Plain]


def share(root: Node, want: Patch, refused: Refusals) -> tuple[KeptAnchors, RemovedKeys]:
    """Take from `want` what users of an anchor get by themselves and what they must not get.

    Returns what is pinned, and what goes away of anchored mappings.
    """
    found, paths = _anchored(root)
    anchored = [_Anchored(node, path, _staying(users, want)) for node, path, users in found]
    sharing = _Sharing(want, refused, paths, {})
    for item in sorted(anchored, key=lambda item: item.node.end, reverse=True):
        # A node that holds another, or an alias of it, ends behind it: from the outside in.
        _share_one(sharing, item)
    kept: KeptAnchors = {}
    gone: set[tuple[int, str]] = set()
    for item in anchored:
        for user in item.users:
            if user.into is not None or not _becomes_copy(user, want):
                kept.setdefault(id(item.node), []).append((user.alias, _reason(user.alias.name, user.path)))
        mine = find(want, item.path)
        steps = () if mine is None else mine.steps.items()
        gone.update((id(item.node), str(step)) for step, below in steps if below.remove)
    return kept, frozenset(gone)


def _staying(users: list[_User], want: Patch) -> list[_User]:
    """Return the users of an anchor without those that go away with what they stand in."""
    return [
        user
        for user in users
        # What is wanted of an alias itself is looked at more closely later.
        if not _goes(user.path if user.into is not None else user.path[:-1], want)
    ]


def _goes(path: Path, want: Patch) -> bool:
    """Return whether the place at `path`, or one above it, is to be removed."""
    here: Patch | None = want
    for step in path:
        if here is None or here.remove:
            break
        here = here.steps.get(step)
    return here is not None and here.remove


def _anchored(root: Node) -> tuple[list[_Anchored], dict[int, Path]]:
    """Return what has users, with them, and the paths of all nodes by id."""
    paths: dict[int, Path] = {}
    users: dict[int, list[_User]] = {}
    nodes: dict[int, Node] = {}
    for path, node, into in _places(root):
        paths[id(node)] = path
        if isinstance(node, Alias):
            nodes[id(node.target)] = node.target
            users.setdefault(id(node.target), []).append(_User(path, node, into))
    return [_Anchored(node, paths[key], users[key]) for key, node in nodes.items()], paths


def _places(root: Node) -> Iterator[tuple[Path, Node, Map | None]]:
    """Yield every node with its path; an alias that a `<<` names comes with the mapping that merges it, and its path.

    Keys, values of keys that are given again below, and mappings that stand in a `<<` themselves have paths that no
    change ever has: what is wanted of the place is written beside them.
    """
    todo: list[tuple[Path, Node, Map | None]] = [((), root, None)]
    while todo:
        path, node, into = todo.pop()
        yield path, node, into
        if isinstance(node, Map):
            last = {} if node.plain else {name_of(key): key for key, _ in node.entries if not is_merge(key)}
            for key, value in node.entries:
                aside = (*path, f"key {key.start}")
                todo.append((aside, key, None))
                if is_merge(key):
                    sources = value.items if isinstance(value, Seq) else [value]
                    merged = (
                        (path, item, node) if isinstance(item, Alias) else (aside, item, None) for item in sources
                    )
                    todo.extend(merged)
                    continue
                name = name_of(key)
                todo.append(((*path, name) if node.plain or last[name] is key else (*aside, ""), value, None))
        elif isinstance(node, Seq):
            todo.extend(((*path, index), item, None) for index, item in enumerate(node.items))


def _share_one(sharing: _Sharing, item: _Anchored) -> None:
    want = sharing.want
    mine = find(want, item.path)
    if mine is None:
        return
    mergers = [user for user in item.users if user.into is not None]
    # What is wanted of a merged mapping as a whole, rather than of its keys, reaches all who merge it.
    blocked = next((user for user in item.users if user.into is None and not _is_localised(user, want)), None)
    blocked = blocked or next((user for user in mergers if mine.remove or not mine.steps), None)
    if blocked is not None:
        _refuse_at(sharing, item.path, _reason(blocked.alias.name, blocked.path))
        return
    for step in list(mine.steps):
        blocked = next((user for user in mergers if _would_leak(sharing, user, str(step))), None)
        if blocked is not None:
            _refuse_at(sharing, (*item.path, step), _reason(blocked.alias.name, blocked.path))
    if not mine.is_empty and not mine.remove:
        _hand_on(sharing, item, mine)


def _hand_on(sharing: _Sharing, item: _Anchored, mine: Patch) -> None:
    """Settle what the users of an anchored node still have to do when `mine` is done to it."""
    for user in item.users:
        if user.into is None:
            theirs = find(sharing.want, user.path)
            if theirs is not None:
                same_result = equal(theirs, mine)
                _inherit_or_own(sharing, user.path, theirs, user.alias.value, comes=same_result)
            continue
        for step in mine.steps:
            path = (*user.path, step)
            theirs = find(sharing.want, path)
            if theirs is None or _has_own(user.into, str(step)):
                continue
            old = user.into.value.get(str(step), MISSING)
            comes = same(_merged(sharing, user.into, str(step)), applied(theirs, old))
            _inherit_or_own(sharing, path, theirs, old, comes=comes)


def _inherit_or_own(sharing: _Sharing, path: Path, theirs: Patch, old: Maybe, *, comes: bool) -> None:
    """Drop what a user gets anyway (`comes`) when the anchored node is edited; else ask for a copy of its own there."""
    if not comes:
        theirs.own = True
        return
    value = applied(theirs, old)
    if not isinstance(value, Absent):
        sharing.inherited[path] = value
    drop(sharing.want, path)


def _merged(sharing: _Sharing, node: Map, name: str) -> Maybe:
    """Return what a mapping will have for `name` if nothing is done for that to the mapping itself."""
    value: Maybe = MISSING
    for key, item in node.entries:
        if is_merge(key):
            for source in reversed(merged_maps(item)):
                found = _result(sharing, source, name)
                value = value if found is MISSING else found
        elif name_of(key) == name:
            value = item.value
    return value


def _result(sharing: _Sharing, node: Map, name: str) -> Maybe:
    """Return what a mapping will have for `name` when all is done that is wanted."""
    path = (*sharing.paths[id(node)], name)
    if path in sharing.inherited:
        return sharing.inherited[path]
    wanted = find(sharing.want, path)
    if wanted is None:
        return _merged(sharing, node, name)
    try:
        return applied(wanted, node.value.get(name, MISSING))
    except CannotApply:
        return node.value.get(name, MISSING)


def _is_localised(user: _User, want: Patch) -> bool:
    """Return whether something is wanted at an alias, so that it can become a copy."""
    theirs = find(want, user.path)
    if theirs is None:
        return False
    try:
        applied(theirs, user.alias.value)
    except CannotApply:
        return False
    return True


def _becomes_copy(user: _User, want: Patch) -> bool:
    """Return whether an alias will be replaced, which it is not when it has already what is wanted."""
    theirs = find(want, user.path)
    if theirs is None or not _is_localised(user, want):
        return False
    return theirs.own or theirs.remove or not same(applied(theirs, user.alias.value), user.alias.value)


def _would_leak(sharing: _Sharing, user: _User, name: str) -> bool:
    """Return whether a merging mapping would get another value for `name` than is wanted there."""
    into = user.into
    if into is None or _has_own(into, name):
        return False
    path = (*user.path, name)
    comes = _merged(sharing, into, name)
    if path in sharing.inherited:
        return not same(comes, sharing.inherited[path])
    theirs = find(sharing.want, path)
    old = into.value.get(name, MISSING)
    if theirs is None:
        return not same(comes, old)
    if theirs.remove or provider(into, name)[0] is not None:
        return True
    try:
        # Something else wanted there becomes a key of the mapping itself, and that one wins over the merge.
        applied(theirs, old)
    except CannotApply:
        return True
    return False


def _has_own(node: Map, name: str) -> bool:
    """Return whether a mapping has an entry for `name` below all its merges, which nothing merged can change."""
    index, _ = provider(node, name)
    return index is not None and not any(is_merge(key) for key, _ in node.entries[index:])


def _refuse_at(sharing: _Sharing, path: Path, reason: str) -> None:
    found = find(sharing.want, path)
    if found is None:
        return
    refuse(sharing.refused, found, reason)
    if path:
        drop(sharing.want, path)
    else:
        sharing.want.steps.clear()
        sharing.want.items.clear()


def _reason(anchor: str, path: Path) -> str:
    return f"shared through anchor &{anchor} with {path_text(path)}"


def path_text(path: Path) -> str:
    """Return a path for people: `spec.containers[0].image`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the whole document"
