"""Which images a skaffold.yaml builds (skaffold.dev, docs/references/yaml, build.artifacts)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from harden.builds.builds import Build, arguments_of, below, dict_of, documents, list_of, place_of, text_of
from harden.builds.files import Files
from harden.builds.jib import jib_build
from harden.builds.ko import ko_build
from harden.model.text import Plain

#: People keep several beside each other, and name one with `skaffold -f`.
_NAME = re.compile(r"skaffold[\w.-]*\.ya?ml")

_UNKNOWN = {
    "bazel": "Bazel, whose rules name the user",
    "buildpacks": "buildpacks, whose builder decides the user",
    "custom": "a command of the repository's own",
}


def skaffold_builds(files: Files) -> Iterator[Build]:
    """Yield the builds of all skaffold files, those of their profiles too."""
    for path in files.paths:
        if _NAME.fullmatch(posixpath.basename(path)) is None:
            continue
        for document in documents(files, path):
            sections = [document, *map(dict_of, list_of(document.get("profiles")))]
            for section in sections:
                for artifact in list_of(dict_of(section.get("build")).get("artifacts")):
                    image = text_of(dict_of(artifact).get("image"))
                    if image:
                        yield _build(files, path, image, dict_of(artifact))


def _build(files: Files, path: str, image: str, artifact: Mapping[str, Plain]) -> Build:
    place = place_of(files, path, image)
    context = below(posixpath.dirname(path), text_of(artifact.get("context"), "."))
    if context is None:
        return Build(image, place, why=f"{place} builds it outside the repository")
    for tool, what in _UNKNOWN.items():
        if tool in artifact:
            return Build(image, place, context=context, why=f"{place} builds it with {what}")
    if "jib" in artifact:
        project = text_of(dict_of(artifact["jib"]).get("project"))
        return jib_build(files, image, place, context, project)
    if "ko" in artifact:
        base = text_of(dict_of(artifact["ko"]).get("fromImage")) or None
        if base is None:
            # `fromImage` corresponds to, and overrides, the default of .ko.yaml (skaffold.dev, builders, ko).
            found = ko_build(files, image)
            return found._replace(place=place, context=context, shown=found.place if ":" in found.place else "")
        return Build(image, place, context=context, base=base)
    docker = dict_of(artifact.get("docker", artifact.get("kaniko")))
    # skaffold looks for the Dockerfile below the context.
    dockerfile = below(context, text_of(docker.get("dockerfile"), "Dockerfile"))
    target = text_of(docker.get("target")) or None
    return Build(image, place, dockerfile, context, target, _required(artifact) | arguments_of(docker.get("buildArgs")))


def _required(artifact: Mapping[str, Plain]) -> dict[str, str]:
    """Return the build arguments that stand for other images of skaffold: the alias of each in `requires`."""
    found = {}
    for entry in map(dict_of, list_of(artifact.get("requires"))):
        image = text_of(entry.get("image"))
        found[text_of(entry.get("alias"), image)] = image
    return found
