"""Tells from the raw text of a document whether it may hold a kind that somebody looks at, so that it is parsed."""

from __future__ import annotations

import re
from functools import cache

from harden.kube.kinds import NEIGHBOURS, TEMPLATES

_KINDS = tuple(TEMPLATES)


# A cheap test on raw text decides which documents are parsed at all: most of a repository is something else. It may say
# yes too often (the parsed document is looked at again), but must not say no to a workload: an anchor, a tag, quotes, a
# block scalar or the next line may stand between `kind:` and its value, and the value may be an alias.
@cache
def _naming(kinds: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(kinds)
    return re.compile(
        rf"""\bkind["']?\s*:\s*(?:\*|(?:[&!]\S*\s+|[|>][-+0-9]*\s+)*["']?(?:(?:{words})(?:List)?|List)\b)"""
    )


def is_relevant(text: str) -> bool:
    """Return whether the text of a document may hold a workload."""
    return _naming(_KINDS).search(text) is not None


def is_relevant_or_neighbour(text: str) -> bool:
    """Return whether the text of a document may hold a workload, or a kind that controls look at beside one."""
    return _naming((*_KINDS, *NEIGHBOURS)).search(text) is not None


@cache
def _definition() -> re.Pattern[str]:
    return re.compile(r"""^kind\s*:\s*["']?CustomResourceDefinition\b""", re.MULTILINE)


def is_no_definition(text: str) -> bool:
    """Return whether the text of a document is anything but a CustomResourceDefinition: long, and no pods in it."""
    return _definition().search(text) is None
