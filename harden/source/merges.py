"""Finds merges that readers do not agree on: what is merged for one is overridden, or no merge, for another."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.tree import Map, Node, Scalar, parts_of
from harden.source.build import is_merge, merged_maps, name_of
from harden.source.patch import same
from harden.source.scalars import MERGE_TAG


def contested(root: Node) -> Iterator[tuple[int, str]]:
    """Yield where a key stands, with its name, whose value hangs on who reads it.

    kubectl (go-yaml v2) has a `<<` overwrite what stands above it, kustomize (kyaml) has a mapping's own keys win, and
    takes every key with the tag `!!merge` for a `<<`.
    """
    todo = [root]
    while todo:
        node = todo.pop()
        todo.extend(reversed(parts_of(node)))
        if isinstance(node, Map):
            yield from _in_mapping(node)


def _in_mapping(node: Map) -> Iterator[tuple[int, str]]:
    sources = (source for key, item in node.entries if is_merge(key) for source in merged_maps(item))
    merged = {name for source in sources for name in source.value}
    for key, item in node.entries:
        if is_merge(key):
            continue
        is_none = isinstance(key, Scalar) and key.tag == MERGE_TAG
        name = name_of(key) if is_none or merged else ""
        if is_none or (name in merged and not same(node.value[name], item.value)):
            yield key.start, name
