"""Compares what is wanted with a tree: what is there already, what cannot be, and what becomes what.

Afterwards every want is one of: a value to put where a node stands or a key is new, a removal of what is there, or
steps and items below a collection that is there.
"""

from __future__ import annotations

from harden.model.finding import AppendItem, Change
from harden.model.record import Record
from harden.model.text import Plain
from harden.model.tree import Alias, Map, Node, Seq
from harden.source.build import is_merge, merged_maps, name_of
from harden.source.patch import MISSING, CannotApply, Patch, Refusals, all_changes, applied, contains, kind_of, same
from harden.source.style import walk

#: Aliases that stay aliases, by the id of the node they name, each with the reason why that node must stay.
KeptAnchors = dict[int, list[tuple[Alias, str]]]

#: Keys that go away, each with the id of its mapping: only those of mappings with an anchor count.
RemovedKeys = frozenset[tuple[int, str]]


class Diffing(Record):
    """What becomes known on the way: changes that cannot be made, anchors that must not be lost, keys that go away."""

    refused: Refusals
    kept: KeptAnchors
    gone: RemovedKeys = frozenset()


def refuse(refused: Refusals, want: Patch, reason: str) -> None:
    """Record that everything wanted at `want` and below cannot be made."""
    refused.add(all_changes(want), reason)


def diff(state: Diffing, node: Node, want: Patch) -> Patch | None:
    """Return what is left to do at `node`, or None when that is nothing."""
    try:
        return _diff(state, node, want)
    except CannotApply as reason:
        refuse(state.refused, want, str(reason))
        return None


def _diff(state: Diffing, node: Node, want: Patch) -> Patch | None:
    if want.remove:
        _check_kept(state, node, whole=True)
        return want
    if want.value is not MISSING or isinstance(node, Alias):
        target = applied(want, node.value)
        return _diff_value(state, node, want, target)
    if isinstance(node, Map):
        _refuse_items(state, want)
        return _diff_map(state, node, want)
    if isinstance(node, Seq):
        return _diff_seq(state, node, want)
    return _fill(node, want)


def _refuse_items(state: Diffing, want: Patch) -> None:
    if not want.items:
        return
    reason = "expected a list there, found a mapping"
    state.refused.add((change for change in want.changes if isinstance(change, AppendItem)), reason)
    want.items.clear()
    want.changes = [change for change in want.changes if not isinstance(change, AppendItem)]


def _fill(node: Node, want: Patch) -> Patch | None:
    if node.value is not None:
        raise CannotApply(f"expected a mapping or list there, found {kind_of(node.value)}")
    value = applied(want, None)
    return None if value is None else Patch(value=value, changes=all_changes(want))


def _diff_value(state: Diffing, node: Node, want: Patch, target: Plain | object) -> Patch | None:
    if isinstance(target, dict | list | str | int | float) or target is None:
        if same(target, node.value) and not want.own:
            return None
        changes = all_changes(want)
        _check_kept(state, node, whole=False)
        if isinstance(node, Map) and isinstance(target, dict) and node.entries and not _loses_merged(node, target):
            return _diff_map(state, node, _difference(node, target, changes))
        if isinstance(node, Seq) and isinstance(target, list) and node.items:
            return _diff_seq(state, node, _list_difference(node, target, changes), repeat=True)
        return Patch(value=target, changes=changes, copied=isinstance(node, Alias))
    raise TypeError("a value that is missing cannot be set")


def _difference(node: Map, target: dict[str, Plain], changes: list[Change]) -> Patch:
    want = Patch()
    for name in node.value:
        if name not in target:
            want.steps[name] = Patch(remove=True, changes=changes)
    for name, value in target.items():
        if name not in node.value or not same(node.value[name], value):
            want.steps[name] = Patch(value=value, changes=changes)
    return want


def _list_difference(node: Seq, target: list[Plain], changes: list[Change]) -> Patch:
    """Return the removals that make `target` of a list, or else changes of its items from the first on."""
    want = Patch()
    old = node.value
    at = 0
    for index, item in enumerate(old):
        if at < len(target) and same(item, target[at]):
            at += 1
        else:
            want.steps[index] = Patch(remove=True, changes=changes)
    if at == len(target):
        return want
    want = Patch()
    for index in range(min(len(old), len(target))):
        if not same(old[index], target[index]):
            want.steps[index] = Patch(value=target[index], changes=changes)
    for index in range(len(target), len(old)):
        want.steps[index] = Patch(remove=True, changes=changes)
    want.items = target[len(old) :]
    want.changes = changes if want.items else []
    return want


def _loses_merged(node: Map, target: dict[str, Plain]) -> bool:
    own = {name_of(key) for key, _ in node.entries if not is_merge(key)}
    return any(name not in target and name not in own for name in node.value)


def _diff_map(state: Diffing, node: Map, want: Patch) -> Patch | None:
    left = Patch(changes=want.changes)
    for step, below in want.steps.items():
        if isinstance(step, int):
            refuse(state.refused, below, "expected a list there, found a mapping")
            continue
        try:
            settled = _diff_entry(state, node, step, below)
        except CannotApply as reason:
            refuse(state.refused, below, str(reason))
            continue
        if settled is not None:
            left.steps[step] = settled
    return left if left.steps else None


def _diff_entry(state: Diffing, node: Map, name: str, want: Patch) -> Patch | None:
    index, is_merged = provider(node, name)
    if index is not None and not is_merged:
        if want.remove and _is_merged_above(state, node, name, index):
            raise CannotApply(f"without it, {name} would come from the `<<` merge")
        return diff(state, node.entries[index][1], want)
    if is_merged and index is not None:
        raise CannotApply(f"{name} is given here and overwritten by the `<<` below it")
    if not is_merged:
        value = applied(want, MISSING)
        return None if value is MISSING else Patch(value=value, changes=all_changes(want))
    old = node.value[name]
    value = applied(want, old)
    if value is MISSING:
        raise CannotApply(f"{name} comes from a `<<` merge and cannot be removed here")
    if same(value, old) and not want.own:
        return None
    return Patch(value=value, changes=all_changes(want), copied=True)


def provider(node: Map, name: str) -> tuple[int | None, bool]:
    """Return the index of the mapping's own entry for `name`, or None, and whether a `<<` gives the name its value."""
    if name not in node.value:
        return None, False
    if node.plain:
        return list(node.value).index(name), False
    own: int | None = None
    is_merged = False
    for index, (key, value) in enumerate(node.entries):
        if is_merge(key):
            is_merged = is_merged or any(name in source.value for source in merged_maps(value))
        elif name_of(key) == name:
            own = index
            is_merged = False
    return own, is_merged


def own_entries(node: Map, name: str) -> list[int]:
    """Return the indexes of the mapping's own entries for `name`: more than one where the key is repeated."""
    return [index for index, (key, _) in enumerate(node.entries) if not is_merge(key) and name_of(key) == name]


def _is_merged_above(state: Diffing, node: Map, name: str, index: int) -> bool:
    """Return whether a `<<` above the entry would give its name a value, were the entry not there."""
    merges = (value for key, value in node.entries[:index] if is_merge(key))
    return any(_keeps(state, source, name) for value in merges for source in merged_maps(value))


def _keeps(state: Diffing, node: Map, name: str) -> bool:
    """Return whether a mapping still has a value for `name` afterwards, of its own or from a merge."""
    if name not in node.value:
        return False
    own = (name_of(key) for key, _ in node.entries if not is_merge(key))
    if (id(node), name) not in state.gone and name in own:
        return True
    merges = (value for key, value in node.entries if is_merge(key))
    return any(_keeps(state, source, name) for value in merges for source in merged_maps(value))


def _diff_seq(state: Diffing, node: Seq, want: Patch, *, repeat: bool = False) -> Patch | None:
    """Return what is left to do in a sequence; `repeat` appends items that it has already, too."""
    left = Patch(changes=want.changes)
    for step, below in want.steps.items():
        if not isinstance(step, int):
            refuse(state.refused, below, "expected a mapping there, found a list")
            continue
        if not 0 <= step < len(node.items):
            if not below.remove:
                refuse(state.refused, below, f"the list has no item {step}")
            continue
        settled = diff(state, node.items[step], below)
        if settled is not None:
            left.steps[step] = settled
    stays = [] if repeat else applied(left, node.value)
    left.items = [item for item in want.items if not (isinstance(stays, list) and contains(stays, item))]
    return left if left.steps or left.items else None


def _check_kept(state: Diffing, node: Node, *, whole: bool) -> None:
    """Raise CannotApply when the node, or for `whole=False` what it holds, has an anchor still used elsewhere."""
    if not state.kept:
        return
    inside = list(walk(node))
    known = {id(part) for part in inside}
    for part in inside if whole else inside[1:]:
        for alias, reason in state.kept.get(id(part), ()):
            if id(alias) not in known:
                raise CannotApply(reason)
