"""Hides the secrets in a text of manifests: for what is shown of it line by line.

What is hidden is more than what is moved: everything in a Secret, and what may be a secret. Whatever else has the same
text as a secret (a comment, another key) is hidden with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harden.model.text import SourceText
from harden.model.tree import Document
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


#: By the text of a document the scalars of it that are to be hidden: their start and end in it, and their value.
Known = dict[str, list[tuple[int, int, str]]]


class Masked:
    """The lines of a text with its secrets hidden; `hidden` are the 0-based lines that show something else.

    `known` is what was found in another text with much the same documents, and takes what is found in this one.
    """

    def __init__(self, text: str, lines: Sequence[str], known: Known | None = None) -> None:
        self.lines = list(lines)
        self.hidden: set[int] = set()
        values: set[str] = set()
        spans: list[tuple[int, int]] = []
        for start, end, value in _secrets(text, {} if known is None else known):
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
    lines = (line.strip() for _, _, value in _secrets(text, {}) for line in value.split("\n"))
    return frozenset(line for line in lines if line)


def may_hide(lines: Iterable[str]) -> bool:
    """Return whether lines may say what is to be hidden; a text that hides nothing and gains others hides nothing."""
    return _may_hold_secrets("".join(lines))


def is_shown(hidden: Iterable[str], said: str) -> bool:
    """Return whether something says what is to be hidden; short values are part of many a word, and count alone."""
    return any(each == said or (len(each) >= _SHORTEST and each in said) for each in hidden)


def _touched(starts: list[int], start: int, end: int) -> Iterator[int]:
    from bisect import bisect_right  # noqa: PLC0415 - only where there is something to hide

    yield from range(bisect_right(starts, start) - 1, bisect_right(starts, max(end - 1, start)))


def _secrets(text: str, known: Known) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and value of each scalar that is to be hidden, as offsets in the text."""
    if not _may_hold_secrets(text):
        # Finding its documents takes longer than all else here.
        return
    parsed = parse(SourceText("", text), lambda piece: piece not in known and _may_hold_secrets(piece))
    for document in parsed.documents:
        known[text[document.start : document.end]] = list(_in_document(document))
    unread = [(piece.start, piece.end) for piece in parsed.unread]
    for at, behind in [*((each.start, each.end) for each in parsed.documents), *unread]:
        for start, end, value in known.get(text[at:behind], ()):
            yield at + start, at + end, value


def _in_document(document: Document) -> Iterator[tuple[int, int, str]]:
    if document.root is None:
        return
    from harden.secrets.hidden import hidden  # noqa: PLC0415 - slow to import, and few manifests have what it looks for

    for node in hidden(document.root):
        yield node.start - document.start, node.end - document.start, node.text


def _may_hold_secrets(text: str) -> bool:
    folded = text.casefold()
    return any(sign in folded for sign in _SIGNS) or _SIGNED.search(folded) is not None
