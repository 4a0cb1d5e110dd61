"""Image references: how a name is completed, and which names mean the same image.

The completion is that of github.com/distribution/reference, normalize.go (ParseNormalizedNamed), which Docker,
containerd and CRI-O share: the part before the first slash is a registry when it holds a dot or a colon, is
`localhost`, or holds a capital letter. Without a registry the name is one of docker.io; when it has one part
only, it is below `library/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from harden.errors import HardenError
from harden.model.record import Record

# Given to `re` as they are, which compiles them when they are needed: most names are letters, digits and dots.
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REGISTRY = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?::[0-9]+)?"
_IPV6 = r"\[[0-9a-fA-F:]+\](?::[0-9]+)?"
_DIGEST = r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}"

#: Longest name of a repository, registry included (distribution/reference, NameTotalLengthMax).
_NAME_LIMIT = 255
_TAG_LIMIT = 128

#: Prefixes under which the same images are published, and the one name that facts use. The longest prefix wins.
#: Sources: index.docker.io and the other hosts of Docker Hub: distribution/reference, normalize.go, and the API
#: of Docker Hub; mirror.gcr.io: Google Cloud, "Pull cached Docker Hub images"; public.ecr.aws/docker: the official
#: images of Docker on Amazon ECR Public; k8s.gcr.io: kubernetes.io/blog/2023/03/10/image-registry-redirect, and
#: gcr.io/google-containers is what it stood for before; the rest: where a project publishes the same build twice.
MIRRORS: Mapping[str, str] = {
    "asia.gcr.io/k8s-artifacts-prod": "registry.k8s.io",
    "docker.io/bitnamilegacy": "docker.io/bitnami",
    "docker.io/prom": "quay.io/prometheus",
    "docker.io/prometheuscommunity": "quay.io/prometheuscommunity",
    "eu.gcr.io/k8s-artifacts-prod": "registry.k8s.io",
    "gcr.io/google-containers": "registry.k8s.io",
    "gcr.io/google_containers": "registry.k8s.io",
    "gcr.io/google_samples": "gcr.io/google-samples",
    "gcr.io/istio-release": "docker.io/istio",
    "ghcr.io/prometheus-operator": "quay.io/prometheus-operator",
    "index.docker.io": "docker.io",
    "k8s.gcr.io": "registry.k8s.io",
    "mirror.gcr.io": "docker.io",
    "public.ecr.aws/bitnami": "docker.io/bitnami",
    "public.ecr.aws/docker": "docker.io",
    "registry-1.docker.io": "docker.io",
    "registry.hub.docker.com": "docker.io",
    "registry.istio.io/release": "docker.io/istio",
    "registry.istio.io/testing": "gcr.io/istio-testing",
    "us.gcr.io/k8s-artifacts-prod": "registry.k8s.io",
}


class ImageNameError(HardenError):
    """An image reference that no container runtime would accept."""


class Reference(Record):
    """A complete image reference; `tag` is None when none is written and a digest is, "latest" when neither is."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """Return registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def last(self) -> str:
        """Return the last part of the repository's name."""
        return self.repository.rpartition("/")[2]

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return f"{self.name}{tag}{digest}"


def parse_reference(image: str) -> Reference:
    """Return the complete reference of `image` as a container runtime reads it; raises ImageNameError."""
    rest, at, digest = image.partition("@")
    if at and re.fullmatch(_DIGEST, digest) is None:
        raise _refuse(image, "what follows the @ is no digest such as sha256:<64 hex digits>")
    slash = rest.rfind("/")
    colon = rest.find(":", slash + 1)
    tag = None if colon < 0 else rest[colon + 1 :]
    if tag is not None and not _is_tag(tag):
        raise _refuse(
            image, "the tag must start with a letter, digit or _, and have at most 128 of letters, digits, _ . -"
        )
    registry, _, repository = complete_name(rest if colon < 0 else rest[:colon]).partition("/")
    _check_name(image, registry, repository)
    if tag is None and not at:
        tag = "latest"
    return Reference(registry, repository, tag, digest if at else None)


def is_name(image: str) -> bool:
    """Return whether a container runtime takes this for the name of an image."""
    try:
        parse_reference(image)
    except ImageNameError:
        return False
    return True


def complete_name(name: str) -> str:
    """Return the name of a repository with its registry; a registry of its own is kept as it is written."""
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        first, rest = "docker.io", name
    if first in {"docker.io", "index.docker.io"}:
        return f"docker.io/{rest}" if "/" in rest or not rest else f"docker.io/library/{rest}"
    return f"{first}/{rest}"


def canonical(reference: Reference, mirrors: Mapping[str, str] | None = None) -> Reference:
    """Return the reference under the name that facts use.

    `mirrors` maps further prefixes ("registry.example.com/hub") to what they mirror ("docker.io"); they come first.
    A prefix ends at a slash; the longest one wins.
    """
    name = reference.name
    if mirrors:
        name = complete_name(_replace(name, mirrors))
    name = complete_name(_replace(name, MIRRORS))
    if name == reference.name:
        return reference
    # A mirror of docker.io/prom is one of quay.io/prometheus too: one more step settles it.
    registry, _, repository = complete_name(_replace(name, MIRRORS)).partition("/")
    return Reference(registry, repository, reference.tag, reference.digest)


def _check_name(image: str, registry: str, repository: str) -> None:
    if repository != repository.lower():
        raise _refuse(image, "the name of the repository must be in lower case")
    if not repository or not all(_is_plain(part) or re.fullmatch(_PART, part) for part in repository.split("/")):
        raise _refuse(
            image, "the name must be parts of lower-case letters and digits, joined by . _ - and divided by /"
        )
    is_host = all(_is_plain(label) for label in registry.split("."))
    if not is_host and re.fullmatch(_REGISTRY, registry) is None and re.fullmatch(_IPV6, registry) is None:
        raise _refuse(image, f'"{registry}" is no host name with an optional port')
    if len(registry) + 1 + len(repository) > _NAME_LIMIT:
        raise _refuse(image, f"the name is longer than {_NAME_LIMIT} characters")


def _is_tag(text: str) -> bool:
    """Return whether a text is a tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`."""
    words = text.replace(".", "0").replace("-", "0").replace("_", "0")
    return len(text) <= _TAG_LIMIT and _is_plain(words) and text[0] not in ".-"


def _is_plain(text: str) -> bool:
    """Return whether a text is letters and digits of ASCII alone, one at least."""
    return text.isascii() and text.isalnum()


def _refuse(image: str, why: str) -> ImageNameError:
    shown = image if len(image) <= _NAME_LIMIT else f"{image[:_NAME_LIMIT]}..."
    return ImageNameError(f'image "{shown}" is not a valid reference: {why}')


def _replace(name: str, mirrors: Mapping[str, str]) -> str:
    found = [prefix for prefix in mirrors if name == prefix or name.startswith(prefix.rstrip("/") + "/")]
    if not found:
        return name
    prefix = max(found, key=len)
    rest = name[len(prefix.rstrip("/")) :].lstrip("/")
    target = mirrors[prefix].rstrip("/")
    return f"{target}/{rest}" if rest else target
