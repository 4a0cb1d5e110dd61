"""Hides the secrets in a text of manifests: for what is shown of it line by line.

What is hidden is more than what is moved: everything in a Secret, and what may be a secret. Whatever else has the same
text as a secret (a comment, another key) is hidden with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harden.model.text import SourceText
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


def hidden_in(text: str) -> frozenset[str]:
    """Return the lines of all values in a text that are to be hidden."""
    lines = (line.strip() for _, _, value in _secrets(text) for line in value.split("\n"))
    return frozenset(line for line in lines if line)


def is_shown(hidden: Iterable[str], said: str) -> bool:
    """Return whether something says what is to be hidden; short values are part of many a word, and count alone."""
    return any(each == said or (len(each) >= _SHORTEST and each in said) for each in hidden)


def _touched(starts: list[int], start: int, end: int) -> Iterator[int]:
    from bisect import bisect_right  # noqa: PLC0415 - only where there is something to hide

    yield from range(bisect_right(starts, start) - 1, bisect_right(starts, max(end - 1, start)))


def _secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and value of each scalar that is to be hidden, as offsets in the text."""
    parsed = parse(SourceText("", text), _may_hold_secrets)
    if all(document.root is None for document in parsed.documents):
        return
    from harden.secrets.hidden import hidden  # noqa: PLC0415 - slow to import, and few manifests have what it looks for

    for document in parsed.documents:
        if document.root is not None:
            for node in hidden(document.root):
                yield node.start, node.end, node.text


def _may_hold_secrets(text: str) -> bool:
    folded = text.casefold()
    return any(sign in folded for sign in _SIGNS) or _SIGNED.search(folded) is not None
