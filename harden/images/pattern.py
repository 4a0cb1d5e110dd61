"""Which repositories an entry speaks of: names, and globs over names."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from harden.images.reference import ImageNameError, complete_name, parse_reference
from harden.model.record import Record

_GLOB = frozenset("*?[")
#: The start of a version, and the `v` that many publishers write in front of one, and not in each of their registries.
_NUMBER = re.compile(r"\d|\[\d")
_VERSION = re.compile(rf"^v(?={_NUMBER.pattern})")


class Pattern(Record):
    """Repositories that an entry speaks of: one name, or a glob where `*` stays within a part and `**` does not."""

    text: str

    def matches(self, name: str) -> bool:
        """Return whether the pattern speaks of the complete name of a repository."""
        start = _literal(self.text)
        if start == self.text:
            return name == start
        # Most names are of another folder: then there is no need to compile.
        return name.startswith(start) and _compiled(self.text).fullmatch(name) is not None

    @property
    def weight(self) -> tuple[bool, int]:
        """Return how specific the pattern is; names weigh more than globs, and longer ones more than shorter ones."""
        return _GLOB.isdisjoint(self.text), sum(character not in _GLOB for character in self.text)


def pattern_of(text: str) -> Pattern:
    """Return the pattern of a `match`; the name is completed like an image's. Raises ImageNameError."""
    if not _GLOB.isdisjoint(text):
        return Pattern(complete_name(text))
    if text.rpartition("/")[2].partition(":")[1] or "@" in text:
        raise ImageNameError(f'"{text}" must be a name without tag and digest; tags go under `variants`')
    return Pattern(parse_reference(text).name)


def glob(text: str) -> str:
    """Return the regular expression of a glob with `*`, `?` and `[...]`, none of which crosses a slash."""
    out, at = [], 0
    while at < len(text):
        end = text.find("]", at + 2) if text[at] == "[" else -1
        if end > 0:
            out.append(f"[{text[at + 1 : end].replace('!', '^', 1)}]")
            at = end
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(text[at]) or re.escape(text[at]))
        at += 1
    return "".join(out)


def is_tag(text: str, tag: str, behind: str = "") -> bool:
    """Return whether a glob over tags speaks of a tag; `v1.2` and `1.2` are the same version to it.

    `behind` is the regular expression of what may stand behind it.
    """
    bare = _VERSION.sub("", text)
    start = _literal(bare)
    # Most tags begin with other letters: then there is no need to compile, which takes a hundred times as long.
    begins = tag.startswith(start) or (tag[:1] == "v" and tag.startswith(start, 1))
    return begins and _tag_pattern(text, behind).fullmatch(tag) is not None


@lru_cache(maxsize=512)
def _tag_pattern(text: str, behind: str) -> re.Pattern[str]:
    bare = _VERSION.sub("", text)
    return re.compile(f"{'v?' if _NUMBER.match(bare) else ''}{glob(bare)}{behind}")


@lru_cache(maxsize=1024)
def _literal(text: str) -> str:
    """Return what stands in front of the first sign of a glob."""
    return text[: next((at for at, character in enumerate(text) if character in _GLOB), len(text))]


@cache
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile("/".join(".+" if part == "**" else glob(part) for part in text.split("/")))
