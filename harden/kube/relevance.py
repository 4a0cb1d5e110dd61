r"""Tells from the raw text of a document whether it may hold a kind that somebody looks at, so that it is parsed.

Most of a repository is something else, and parsing it costs many times more than looking at its text. The answer may
only ever be wrong by saying yes: what is parsed is looked at again, what is not parsed is seen by nobody. So nothing
here asks how a key is written, or what stands between it and its value. It asks whether the name of a kind can be a
whole scalar of this document, in any spelling that YAML or JSON has:

- A name holds no blank, so folding cannot make one, and an alias or a merge repeats what stands elsewhere in the same
  document (anchors end with it). So the name stands there, letter by letter, unless
- an escape in double quotes makes a letter of it (`\x50`, `\u0050`, `\U00000050`), or joins two lines (`\` at the end
  of a line, behind a letter or digit), or
- the tag `!!binary` makes it of base64, under whatever name a `%TAG` or a `%` escape gives that tag.
- A name that stands there is the value of a key, or an anchored scalar that an alias repeats: in front of it are a
  colon, an anchor, a tag, or the beginning of the line; behind it the line ends, or comes what flow style puts there.
"""

from __future__ import annotations

import re
from functools import cache

from harden.kube.kinds import BUILT_IN, NEIGHBOURS, Kinds, is_misspelt
from harden.kube.operated import DEPLOYING_GROUPS, DEPLOYING_NAMES, OPERATED_GROUPS, OPERATED_NAMES
from harden.kube.shapes import NAMED

#: What ends a line for a YAML 1.1 reader, as a part of a character class.
_BREAKS = r"\n\r\x85\u2028\u2029"
#: Letters spelled otherwise (go.yaml.in/yaml/v2, scannerc.go: escapes of double quotes, tags and their `%` escapes), by
#: what each spelling begins with: a pattern that begins with one certain character is found ten times as fast.
_SPELLED = {
    "\\": rf"\\(?:x[4-7]|u00[4-7]|U000000[4-7]|(?<=\w\\)[{_BREAKS}])",
    "!": r"!(?:!binary|<tag:yaml\.org,2002:binary>|[^\s!%]*%[0-9A-Fa-f])",
    "%TAG": r"%TAG[ \t]",
}


_WORD = re.compile(r"\S+")


@cache
def _naming(kinds: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds the words without one of which no name of a kind stands in a text, and what such names."""
    names = "|".join(sorted(kinds, key=len, reverse=True))
    value = rf"""(?:[:{_BREAKS}]|\A)[ \t]*["']?(?:{names})(?:List)?["']?(?=\\|[ \t]*(?:[{_BREAKS}#,}}\]]|\Z))"""
    # What has an anchor may be a key.
    anchored = rf"""[&!][^\s&!]*[ \t]+["']?(?:{names})(?:List)?["']?(?=\\|[ \t]*(?:[{_BREAKS}#,:}}\]]|\Z))"""
    shortest = [kind for kind in kinds if not any(other != kind and other in kind for other in kinds)]
    return re.compile("|".join(shortest)), re.compile(f"{value}|{anchored}")


@cache
def _spelling(letters: str) -> re.Pattern[str]:
    return re.compile(_SPELLED[letters])


def may_name(text: str, kinds: tuple[str, ...]) -> bool:
    """Return whether the text of a document may hold an object of one of these kinds."""
    # Definitions are long, and in their prose a name may have a line to itself.
    if not is_no_definition(text):
        return False
    if _stands_by_name(text, kinds):
        return True
    return any(letters in text and _spelling(letters).search(text) is not None for letters in _SPELLED)


def _stands_by_name(text: str, kinds: tuple[str, ...]) -> bool:
    """Return whether the name of a kind stands in a text, letter by letter, where the value of a key can stand."""
    words, names = _naming(kinds)
    # They begin with capitals, which are few: one pattern is found faster than each word after the other.
    word = words.search(text)
    while word is not None:
        at = word.start()
        # What the pattern asks for stands in the same line, and the break in front of it.
        end = text.find("\n", at) + 1 or len(text)
        if names.search(text, max(text.rfind("\n", 0, at), 0), end) is not None:
            return True
        word = words.search(text, end)
    return False


def _names_misspelt(text: str) -> bool:
    """Return whether a line is `kind:` with a word that is nearly a kind: only to say so, so one spelling will do."""
    at = 0 if text.startswith("kind:") else text.find("\nkind:") + 1
    while at or text.startswith("kind:"):
        word = _WORD.search(text, at + len("kind:"))
        if word is not None and is_misspelt(word[0].strip("\"'")):
            return True
        at = text.find("\nkind:", at) + 1
        if not at:
            return False
    return False


def is_relevant(text: str, kinds: Kinds = BUILT_IN) -> bool:
    """Return whether the text of a document may hold a workload of one of these kinds."""
    return _is_relevant(text, (*kinds.own, *NAMED), kinds)


def is_relevant_or_neighbour(text: str, kinds: Kinds = BUILT_IN) -> bool:
    """Return whether the text of a document may hold a workload, or a kind that controls look at beside one."""
    return _is_relevant(text, (*kinds.own, *NAMED, *NEIGHBOURS), kinds)


def names_neighbour(text: str) -> bool:
    """Return whether the text of a document that holds no workload may hold a kind that controls look at beside one."""
    return is_no_definition(text) and _stands_by_name(text, NEIGHBOURS)


def _is_relevant(text: str, names: tuple[str, ...], kinds: Kinds) -> bool:
    # No line of a definition but that of its own kind begins with `kind:`.
    if not is_no_definition(text):
        return False
    if may_name(text, names) or _may_hold_a_pod(text) or _names_misspelt(text):
        return True
    # Names such as Service and Task are common: those of operators count only where the group stands there too.
    if any(group in text for group in kinds.custom_groups) and may_name(text, kinds.custom):
        return True
    if any(group in text for group in DEPLOYING_GROUPS) and may_name(text, DEPLOYING_NAMES):
        return True
    return any(group in text for group in OPERATED_GROUPS) and may_name(text, OPERATED_NAMES)


def _may_hold_a_pod(text: str) -> bool:
    """Return whether an object of any kind may have the shape of a pod: only to say so, so one spelling will do."""
    return "ontainers" in text and "image" in text


@cache
def _definition() -> re.Pattern[str]:
    """Match a block mapping that says first of all that it is a CustomResourceDefinition, as their generators write."""
    return re.compile(
        r"(?:(?:---)?[ \t]*(?:#[^\r\n]*)?\r?\n)*"
        r"""apiVersion: ["']?apiextensions\.k8s\.io/v1["']?[ \t]*\r?\n"""
        r"""kind: ["']?CustomResourceDefinition["']?[ \t]*\r?\n"""
    )


@cache
def _other_root(breaks: str) -> re.Pattern[str]:
    """Match what could give the root mapping another kind: a key again, a merge, or a key in another spelling."""
    return re.compile(rf"""{breaks}(?:kind|items|[<?*&!"'{{-])""")


#: The text that was asked about last, and the answer: several ask in turn for one text. It is told by its identity,
#: because its hash takes as long as the look through it.
_LAST: list[tuple[str, bool]] = [("", True)]


def is_no_definition(text: str) -> bool:
    """Return whether the text of a document may be anything but a CustomResourceDefinition: long, and no pods in it."""
    known, answer = _LAST[0]
    if known is not text:
        answer = _may_be_another(text)
        _LAST[0] = (text, answer)
    return answer


def _may_be_another(text: str) -> bool:
    head = _definition().match(text) if "CustomResourceDefinition" in text else None
    if head is None:
        return True
    # A pattern that begins with one certain character is found ten times as fast.
    breaks = rf"[{_BREAKS}\ufeff]" if any(other in text for other in "\r\x85\u2028\u2029\ufeff") else "\n"
    return _other_root(breaks).search(text, head.end() - 1) is not None
