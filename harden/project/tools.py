"""Recognises tools by the files that they keep: kustomize, Helm, Flux, Argo CD, CI systems, pre-commit and others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from harden.model.record import Record

#: What a tool calls its own file, as a pattern for the path from the folder: each tool's own documentation.
_BY_NAME = {
    "kustomize": r"(?:.*/)?(?:kustomization\.ya?ml|Kustomization)",
    "Helm": r"(?:.*/)?Chart\.yaml",
    "helmfile": r"(?:.*/)?helmfile(?:\.d/.*)?\.ya?ml(?:\.gotmpl)?",
    "Skaffold": r"(?:.*/)?skaffold\.ya?ml",
    "Tilt": r"(?:.*/)?Tiltfile",
    "Docker Compose": r"(?:.*/)?(?:docker-)?compose\.ya?ml",
    "sops": r"(?:.*/)?\.sops\.ya?ml",
    "pre-commit": r"\.pre-commit-config\.ya?ml",
    "GitHub Actions": r"\.github/workflows/[^/]+\.ya?ml",
    "GitLab CI": r"\.gitlab-ci\.yml",
    "Jenkins": r"Jenkinsfile",
    "CircleCI": r"\.circleci/config\.yml",
    "Azure Pipelines": r"azure-pipelines\.ya?ml",
    "Tekton": r"\.tekton/[^/]+\.ya?ml",
}
#: API groups by which manifests show who applies them (each product's reference of its custom resources).
_BY_GROUP = {
    "Flux": r"^apiVersion: *[\"']?[a-z.]+\.toolkit\.fluxcd\.io/",
    "Argo CD": r"^apiVersion: *[\"']?argoproj\.io/v1alpha1[\"']?\s*$(?s:.*?)^kind: *(?:Application|ApplicationSet)\b",
}


class Tool(Record):
    """A tool, and the files by which it was recognised, sorted."""

    name: str
    files: tuple[str, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """Return the folders of its files, "." for the one that was looked at."""
        return tuple(dict.fromkeys(posixpath.dirname(file) or "." for file in self.files))


def tools_in(names: Iterable[str], manifests: Mapping[str, str]) -> tuple[Tool, ...]:
    """Return the tools of which files are among `names`, or whose objects are among the texts of `manifests`."""
    found: dict[str, list[str]] = {}
    known = {tool: re.compile(pattern) for tool, pattern in _BY_NAME.items()}
    for name in sorted(names):
        for tool, pattern in known.items():
            if pattern.fullmatch(name):
                found.setdefault(tool, []).append(name)
    for tool, words in _BY_GROUP.items():
        speaks = re.compile(words, re.MULTILINE)
        own = [name for name, text in sorted(manifests.items()) if speaks.search(text)]
        if own:
            found[tool] = own
    return tuple(Tool(tool, tuple(found[tool])) for tool in (*_BY_NAME, *_BY_GROUP) if tool in found)
