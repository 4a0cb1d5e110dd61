"""Hides the secrets in a text of manifests: for what is shown of it line by line.

What is hidden is more than what is moved: everything in a Secret, and what may be a secret. Whatever else has the same
text as a secret (a comment, another key) is hidden with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harden.model.text import SourceText
from harden.model.tree import Alias, Map, Node, Scalar, Seq
from harden.secrets.detector import Verdict, judge, settings, spoken
from harden.secrets.values import shape
from harden.source.parse import parse

#: Stands for what is hidden.
MASK = "***"
#: Shorter values are hidden only where they stand: elsewhere they are likely to be part of another word.
_SHORTEST = 6
#: A document without any of these has no secret, in whatever case: parsing takes most of the time, and a search of
#: patterns for these words nearly as much.
_SIGNS = (
    *("pass", "pwd", "secret", "token", "key", "cred", "auth", "salt", "cookie", "dsn", "webhook", "pepper", "ls0t"),
    *("ghp_", "xox", "akia", "eyj", "hooks.", "_pw", "sig=", "gpat-", "glpat-", "hvs.", "hf_", "npm_", "sk-", "sk_"),
    *("dop_v1", "ya29", "aiza", "sg."),
)
_SIGNED = re.compile(r"://[^/\s]*:[^/\s]*@|\bpw\b")
#: Mappings in which any key may name a secret.
_NAMED = frozenset({"data", "annotations"})


class Masked:
    """The lines of a text with its secrets hidden; `hidden` are the 0-based lines that show something else."""

    def __init__(self, text: str, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.hidden: set[int] = set()
        values: set[str] = set()
        spans: list[tuple[int, int]] = []
        for start, end, value in _secrets(text):
            spans.append((start, end))
            values.update(piece for line in value.split("\n") if len(piece := line.strip()) >= _SHORTEST)
        if not spans:
            return
        self._hide(spans)
        self._hide_everywhere(values)

    def _hide(self, spans: list[tuple[int, int]]) -> None:
        starts, at = [], 0
        for line in self.lines:
            starts.append(at)
            at += len(line)
        # From the end on, so that the places before stay where they are.
        for start, end in sorted(set(spans), reverse=True):
            for index in _touched(starts, start, end):
                line = self.lines[index]
                low = max(start - starts[index], 0)
                high = min(end - starts[index], len(line.rstrip("\r\n")))
                low += len(line[low:high]) - len(line[low:high].lstrip())
                if low < high:
                    self._set(index, line[:low] + MASK + line[high:])

    def _hide_everywhere(self, values: set[str]) -> None:
        if not values:
            return
        pattern = re.compile("|".join(re.escape(value) for value in sorted(values, key=len, reverse=True)))
        for index, line in enumerate(self.lines):
            if pattern.search(line) is not None:
                self._set(index, pattern.sub(MASK, line))

    def _set(self, index: int, line: str) -> None:
        self.lines[index] = line
        self.hidden.add(index)


def _touched(starts: list[int], start: int, end: int) -> Iterator[int]:
    from bisect import bisect_right  # noqa: PLC0415 - only where there is something to hide

    yield from range(bisect_right(starts, start) - 1, bisect_right(starts, max(end - 1, start)))


def _secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and value of each scalar that is to be hidden, as offsets in the text."""
    parsed = parse(SourceText("", text), _may_hold_secrets)
    for document in parsed.documents:
        if document.root is not None:
            for node in _nodes(document.root):
                yield node.start, node.end, node.text


def _may_hold_secrets(text: str) -> bool:
    folded = text.casefold()
    return any(sign in folded for sign in _SIGNS) or _SIGNED.search(folded) is not None


def _nodes(root: Node) -> Iterator[Scalar]:
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
