"""Images are named so that every node runs the same build, today and next year.

## Why
A tag is a label that its owner may move: `latest` and its like move with every build, and even `1.27` may. Two
replicas then run different programs, a restart is an update that nobody reviewed, and who can push to the registry
decides what runs. A digest names the content itself.

## Allowed values
`image` ends in a digest (`name:tag@sha256:...`, 64 digits in small letters; the tag stays for people). With the option
`digest: false` a tag that names a version will do. A moving tag (none, `latest`, `stable`, `edge`, `main`, `master`,
`nightly`, `dev` and the like) never does, least of all with `imagePullPolicy: IfNotPresent` or `Never`, where every
node keeps the build that it pulled first; a tag other than `latest` that has no policy gets `IfNotPresent`. Images that
a kustomization of the same run gives another tag or a digest are left alone.

## What a fix may change
Nothing: which build is meant can only be asked of the registry and of people, so there is no fix. `docker buildx
imagetools inspect IMAGE`, `skopeo inspect docker://IMAGE` and `crane digest IMAGE` print the digest; tools such as
Renovate keep it fresh.

## Sources
- Kubernetes documentation, Images, "Image names", "Image pull policy" and "Default image pull policy"
- OCI Distribution Specification v1.1, "Pulling manifests" (tags and digests)
- opencontainers/go-digest v1.0.0, algorithm.go (which digests are valid)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Building secure container images
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, Option, control, each_container
from harden.controls._images import named_by_kustomizations
from harden.kube.containers import untagged
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Container, Workload

_MOVING = frozenset(
    {
        "latest", "stable", "edge", "main", "master", "trunk", "head", "nightly", "dev", "develop", "development",
        "devel", "canary", "next", "unstable", "rolling", "current", "release", "snapshot", "test", "testing",
        "staging", "prod", "production",
    }
)  # fmt: skip
_HEX = frozenset("0123456789abcdef")
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
_PIN = "pin it by digest: name:tag@sha256:... (`crane digest {image}` prints it)"
_DIGEST = "write sha256: and 64 digits of 0 to 9 and a to f"


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=each_container("image", "imagePullPolicy"),
    options=(Option("digest", default=True, doc="whether a tag that names a version needs a digest, too"),),
    bundle=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container whose image may change behind its name."""
    wants_digest = context.options.get("digest") is not False
    for container in workload.containers:
        image = container.get("image")
        if not isinstance(image, str) or image == "" or not image.isascii() or "$" in image:
            continue
        _, at, digest = image.partition("@")
        if at != "":
            if not _is_digest(digest):
                message = f'image "{image}" of container "{container.name}" has a digest that no runtime takes'
                yield Finding((*container.path, "image"), message, NoFix(_DIGEST))
            continue
        message = _complaint(container, image, wants_digest=wants_digest)
        if message and untagged(image) not in named_by_kustomizations(context.bundle):
            yield Finding((*container.path, "image"), message, NoFix(_PIN.format(image=image)))


def _is_digest(text: str) -> bool:
    """Return whether a text is a digest of a registered algorithm.

    Source: github.com/opencontainers/go-digest v1.0.0, algorithm.go (anchoredEncodedRegexps).
    """
    algorithm, _, encoded = text.partition(":")
    return len(encoded) == _DIGITS.get(algorithm) and set(encoded) <= _HEX


def _complaint(container: Container, image: str, *, wants_digest: bool) -> str:
    tag = image.removeprefix(untagged(image)).removeprefix(":")
    who = f'image "{image}" of container "{container.name}"'
    if tag.lower() not in _MOVING and tag != "":
        return f"{who} has no digest" if wants_digest else ""
    said = f"{who} has a tag that moves" if tag else f"{who} has no tag, which means latest"
    policy = container.get("imagePullPolicy")
    if policy is None and tag not in ("", "latest"):
        # kubernetes v1.36, pkg/apis/core/v1/defaults.go, SetDefaults_Container: Always is for latest alone.
        return f"{said}, and without imagePullPolicy: Always a node keeps the build that it pulled first"
    kept = f", and imagePullPolicy {policy} keeps the build that a node pulled first"
    return said + kept if policy in ("IfNotPresent", "Never") else said
