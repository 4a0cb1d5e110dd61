"""Finds the versions of Kubernetes that a project names: in CI jobs, configurations of clusters, and charts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harden.model.record import Record

#: Texts that name a version, with the group `minor`: images of local clusters, settings of clusters and of validators.
_NAMED = re.compile(
    r"(?:kindest/node:v|rancher/k3s:v|kubernetes[-_]version[\"']?(?: *[:=] *| +)[\"']?v?|"
    r"\bk8s[-_]version[\"']?(?: *[:=] *| +)[\"']?v?|\bcluster_version *= *\")1\.(?P<minor>\d{1,2})\b",
    re.IGNORECASE,
)
#: The configuration of a cluster as eksctl has it (eksctl.io, ClusterConfig): the version stands below metadata.
_EKSCTL = re.compile(r"^apiVersion: *eksctl\.io/", re.MULTILINE)
_EKSCTL_VERSION = re.compile(r"^ +version: *[\"']?1\.(?P<minor>\d{1,2})\b", re.MULTILINE)
#: Files in which versions are looked for; manifests of workloads name none.
_PLACES = re.compile(
    r"(?:.*/)?(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|Jenkinsfile|Makefile|"
    r"azure-pipelines\.ya?ml|[^/]*\.tf|[^/]*\.tfvars|[^/]*(?:kind|k3d|cluster|eksctl)[^/]*\.ya?ml|[^/]+\.sh|Tiltfile|"
    r"\.pre-commit-config\.yaml)"
)


class Release(Record):
    """A version of Kubernetes (v1.N) that a file names, with its 1-based line."""

    version: str
    file: str
    line: int


def speaks_of_releases(name: str) -> bool:
    """Return whether versions are looked for in a file of this name."""
    return _PLACES.fullmatch(name) is not None


def releases_in(texts: Iterable[tuple[str, str]]) -> tuple[Release, ...]:
    """Return the versions that files (name and text) name, each file and version once, by file and line."""
    found: dict[tuple[str, str], Release] = {}
    for name, text in texts:
        matches = list(_NAMED.finditer(text))
        matches += list(_EKSCTL_VERSION.finditer(text)) if _EKSCTL.search(text) else []
        for match in matches:
            version = f"v1.{int(match['minor'])}"
            release = Release(version, name, text.count("\n", 0, match.start("minor")) + 1)
            found.setdefault((name, version), release)
    return tuple(sorted(found.values(), key=lambda each: (each.file, each.line)))
