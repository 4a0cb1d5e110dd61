"""How far facts reach: which tags were read, whether a tag is among them, and how people are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harden.images.pattern import is_tag

#: Moves to what nobody has read: it is within only where it is listed by name.
LATEST = "latest"

#: How the source of an entry begins that was learned from a registry.
FROM_REGISTRY = "learned from the registry"

_VERSION = re.compile(r"\d+(?:\.\d+)*")
_LETTER = re.compile(r"^v(?=\d)")
_OPEN = re.compile(r"(?:[.-]?\*)+$")


def is_within(tag: str | None, read_for: Sequence[str]) -> bool:
    """Return whether a tag is among those that were read; a reference with only a digest (None) never is.

    What is read for 1.2 is read for 1.2.3, 1.2-alpine and v1.2, and not for 1.20.
    """
    if tag is None:
        return False
    if tag == LATEST:
        return LATEST in read_for
    return any(is_tag(pattern, tag, "(?:[._+-].*)?") for pattern in read_for)


def spoken(read_for: Iterable[str]) -> str:
    """Return the tags that were read in words, versions without their `v`: "1.25 to 1.27", "14, 16 and alpine"."""
    texts = list(dict.fromkeys(_LETTER.sub("", _OPEN.sub("", pattern)) or "any tag" for pattern in read_for))
    runs: list[list[str]] = []
    for text in texts:
        if runs and _follows(runs[-1][-1], text):
            runs[-1].append(text)
        else:
            runs.append([text])
    words = [run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "no tag"


def _follows(before: str, after: str) -> bool:
    """Return whether a version comes right after another of as many numbers."""
    first, second = _VERSION.fullmatch(before), _VERSION.fullmatch(after)
    if first is None or second is None:
        return False
    each, two = ([int(number) for number in match[0].split(".")] for match in (first, second))
    return len(each) == len(two) and each[:-1] == two[:-1] and two[-1] == each[-1] + 1
