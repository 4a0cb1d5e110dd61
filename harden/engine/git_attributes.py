"""Reads .gitattributes: by which lines Git writes a file otherwise than a commit has it, which other readers do not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from harden.model.report import Problem, Stage

NAME = ".gitattributes"
#: gitattributes(5). `ident` puts a hash in the place of what stands between `$Id:` and `$`, `export-subst` fills in
#: archives, and a text goes into another encoding, which may give other letters.
_CHANGING = r"[ \t](?:ident|export-subst|working-tree-encoding=[^ \t\r\n]+)(?=[ \t\r\n]|$)"
_LINE = rf"(?m)^[ \t]*(\"[^\"\n]*\"|[^\s\"#]\S*)(?:[ \t][^\n]*)?{_CHANGING}"
_WILD = r"[*?\[\]\\]"


def changed_by_git(name: str, data: bytes, used: Collection[str]) -> Iterator[Problem]:
    """Yield that a file of attributes changes some of those names of files that are `used` as manifests."""
    text = data.decode("utf-8", "replace")
    found = (found[1].strip('"').rpartition("/")[2] for found in re.finditer(_LINE, text))
    endings = tuple({re.split(_WILD, pattern)[-1].lower() for pattern in found})
    if any(each.lower().endswith(endings) for each in used):
        said = "has Git change manifests as it writes them: a commit may hold other text than is seen here"
        yield Problem(name, Stage.READ, said, hint="take out ident, export-subst and working-tree-encoding")
