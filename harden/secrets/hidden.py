"""Finds what is to be hidden in a document: everything in a Secret, and what may be a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from harden.model.tree import Alias, Map, Node, Scalar, Seq
from harden.secrets.detector import Verdict, judge, settings, spoken
from harden.secrets.values import shape

#: Mappings in which any key may name a secret.
_NAMED = frozenset({"data", "annotations"})
#: What is found of longer values is not kept.
_SHORT = 200


def hidden(root: Node) -> Iterator[Scalar]:
    """Yield the scalars of a document that are to be hidden."""
    todo: list[Node] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Alias):
            continue  # its anchor stands elsewhere in the document
        if isinstance(node, Map):
            yield from _named(node)
            yield from _in_secret(node)
            todo += [value for _, value in node.entries]
        elif isinstance(node, Seq):
            yield from _words(node)
            todo += node.items
        elif isinstance(node.value, str) and _may_be_secret("", node.value):
            yield node


def _named(node: Map) -> Iterator[Scalar]:
    """Yield the values that a name gives away: of variables and headers, and of the keys of data and annotations."""
    entries = {_word(key): value for key, value in node.entries}
    name, value = entries.get("name"), entries.get("value")
    if isinstance(name, Scalar) and isinstance(value, Scalar) and _may_be_secret(name.text, value.text):
        yield value
    for field in _NAMED:
        held = _plain(entries.get(field))
        for key, each in held.entries if isinstance(held, Map) else ():
            scalar = _plain(each)
            if isinstance(scalar, Scalar) and _may_be_secret(_word(key), scalar.text):
                yield scalar


def _in_secret(node: Map) -> Iterator[Scalar]:
    entries = {_word(key): value for key, value in node.entries}
    if _word(entries.get("kind")) != "Secret":
        return
    for field in ("data", "stringData"):
        held = _plain(entries.get(field))
        for _, each in held.entries if isinstance(held, Map) else ():
            scalar = _plain(each)
            if isinstance(scalar, Scalar):
                yield scalar


def _words(node: Seq) -> Iterator[Scalar]:
    items = [_plain(item) for item in node.items]
    line = [item.value if isinstance(item, Scalar) else None for item in items]
    for found in spoken(line):
        item = items[found.at]
        if isinstance(item, Scalar):
            yield item
    for item in items:
        # The literals of a kustomization.
        if isinstance(item, Scalar) and isinstance(item.value, str) and "\n" not in item.value and "=" in item.value:
            key, _, value = item.value.partition("=")
            if _may_be_secret(key, value):
                yield item


def _may_be_secret(name: str, value: str) -> bool:
    # Both sides of a diff have much the same values, and many manifests have the same.
    return (_judged if len(value) <= _SHORT else _judged.__wrapped__)(name, value)


@lru_cache(maxsize=2048)
def _judged(name: str, value: str) -> bool:
    if judge(name, value).verdict in {Verdict.SECRET, Verdict.DOUBTFUL}:
        return True
    is_text = "\n" in value or value.lstrip()[:1] in {"{", "["}
    return is_text and (next(settings(value), None) is not None or _in_json(value))


_JSON_PAIR = re.compile(
    r'"(?:name"\s*:\s*"(?P<name>[^"]+)"\s*,\s*"value|(?P<key>[\w.-]+))"\s*:\s*"(?P<value>(?:[^"\\]|\\.)+)"'
)


def _in_json(value: str) -> bool:
    """Return whether a text has JSON in it with a secret, as kubectl's annotation of what was last applied has."""
    if shape(value) is not None:
        return True
    pairs = _JSON_PAIR.finditer(value)
    return any(judge(found["name"] or found["key"], found["value"]).is_secret for found in pairs)


def _plain(node: Node | None) -> Node | None:
    return node.target if isinstance(node, Alias) else node


def _word(node: Node | None) -> str:
    plain = _plain(node)
    return plain.text if isinstance(plain, Scalar) else ""
