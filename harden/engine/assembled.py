"""Files by which a tool puts objects together that stand in no manifest, by name and by content."""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from harden.kube.kustomizations import is_kustomization
from harden.model.record import Record
from harden.model.report import Problem, Stage


class _Tool(Record):
    """A file by whose name a tool makes or changes objects, what is said of it, and whose output can be judged.

    Of some, only those count that have one of these `words`, or spell what they say in another way.
    """

    pattern: str
    said: str
    command: str
    words: tuple[bytes, ...] = ()


#: Each tool's own documentation.
_TOOLS = (
    # A chart is rendered from files of any name.
    _Tool("Chart.yaml", "is a chart, and what it renders is not seen", "helm template"),
    _Tool("helmfile.y*ml*", "names charts for helmfile, which are not seen", "helmfile template"),
    _Tool("*.jsonnet", "is a program that makes objects, which are not seen", "jsonnet FILE"),
    _Tool("fleet.yaml", "says how Fleet changes what lies beside it, which is not seen", ""),
    _Tool(".argocd-source*.yaml", "says how Argo CD changes what lies beside it, which is not seen", ""),
    _Tool(
        "Kptfile",
        "says how kpt changes what lies beside it, which is not seen",
        "kpt fn render -o unwrap",
        (b"pipeline",),
    ),
    _Tool(".kluctl.y*ml", "says what kluctl renders, which is not seen", "kluctl render --print-all"),
    _Tool("werf.yaml", "says what werf renders, which is not seen", "werf render"),
    _Tool("timoni.cue", "is a module of Timoni, and what it renders is not seen", "timoni build NAME FOLDER"),
    _Tool(
        "skaffold.y*ml",
        "names what Skaffold renders or fetches, which is not seen",
        "skaffold render",
        (b"helm", b"kpt", b"transform", b"http"),
    ),
)
_SPELLED = (b"\\", b"!", b"\0")
_SUBMODULES = ".gitmodules"
_PATH = r"(?m)^[ \t]*path[ \t]*=[ \t]*\"?(.*?)\"?[ \t]*$"
#: A block of tar, and where it says that it is one (POSIX.1-2017, pax, ustar).
_BLOCK = 512
_MAGIC = slice(257, 262)
_GZIP = b"\x1f\x8b\x08"

#: What kubectl takes from a folder (k8s.io/cli-runtime, resource.FileExtensions).
_MANIFESTS = (".yaml", ".yml", ".json")


def is_manifest(name: str) -> bool:
    """Return whether a file of this name is taken for a manifest by whoever is given its folder."""
    return name.lower().endswith(_MANIFESTS) or posixpath.basename(name) == "Kustomization"


def uses(name: str) -> frozenset[str]:
    """Return what tools take a file for by its name alone."""
    base = posixpath.basename(name)
    found = {tool.pattern for tool in _TOOLS if fnmatchcase(base, tool.pattern)}
    if is_manifest(name):
        found.add("manifest")
    if is_kustomization(name) or base == _SUBMODULES:
        found.add(base)
    return frozenset(found)


def assembled(name: str, folders: Collection[str], data: bytes) -> Iterator[Problem]:
    """Yield what a file stands for that nobody sees in it; `folders` are those in which files of the tree lie."""
    base = posixpath.basename(name)
    for tool in _TOOLS:
        if not fnmatchcase(base, tool.pattern):
            continue
        if not tool.words or any(word in data for word in (*tool.words, *_SPELLED)):
            hint = f"{tool.command} | harden check --gate -" if tool.command else ""
            yield Problem(name, Stage.READ, tool.said, hint=hint)
    if data.startswith(_GZIP) and _is_archive(data):
        # Helm tells a packed chart by its content (helm.sh/helm, pkg/chart/loader/archive).
        yield Problem(name, Stage.READ, "is packed: what is in it is not seen")
    if base == _SUBMODULES:
        for path in re.findall(_PATH, data.decode("utf-8", "replace")):
            if posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) not in folders:
                said = f"names the submodule {path}, which is not among the files"
                yield Problem(name, Stage.READ, said, hint="git submodule update --init")


def _is_archive(data: bytes) -> bool:
    """Return whether there is an archive of tar in what gzip has packed; what is damaged may be one."""
    try:
        head = zlib.decompressobj(wbits=31).decompress(data, _BLOCK)
    except zlib.error:
        return True
    return head[_MAGIC] == b"ustar" or b"Chart.yaml" in head
