"""Files by which a tool puts objects together that stand in no manifest, by name and by content."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from harden.model.report import Problem, Stage

#: What a file is that renders objects, and the command whose output can be judged; each tool's own documentation.
_TOOLS = (
    # A chart is rendered from files of any name.
    ("Chart.yaml", "is a chart, and what it renders is not seen", "helm template | harden check --gate -"),
    ("helmfile.y*ml*", "names charts for helmfile, which are not seen", "helmfile template | harden check --gate -"),
    ("*.jsonnet", "is a program that makes objects, which are not seen", "jsonnet FILE | harden check --gate -"),
    ("fleet.yaml", "says how Fleet changes what lies beside it, which is not seen", ""),
    (".argocd-source*.yaml", "says how Argo CD changes what lies beside it, which is not seen", ""),
)
_SUBMODULES = ".gitmodules"
_PATH = r"(?m)^[ \t]*path[ \t]*=[ \t]*\"?(.*?)\"?[ \t]*$"


def assembled(name: str, folders: Collection[str], data: bytes) -> Iterator[Problem]:
    """Yield what a file stands for that nobody sees in it; `folders` are those in which files of the tree lie."""
    base = posixpath.basename(name)
    for pattern, said, hint in _TOOLS:
        if fnmatchcase(base, pattern):
            yield Problem(name, Stage.READ, said, hint=hint)
    if base == _SUBMODULES:
        for path in re.findall(_PATH, data.decode("utf-8", "replace")):
            if posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) not in folders:
                said = f"names the submodule {path}, which is not among the files"
                yield Problem(name, Stage.READ, said, hint="git submodule update --init")
