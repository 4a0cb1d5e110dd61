"""The documents that make an image: indexes, manifests, and which of several builds is read (OCI image-spec)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from harden.images.config import ImageConfig, is_digest, is_windows, read_config, read_json
from harden.images.layers import Layer
from harden.images.problems import LearnError
from harden.model.kube import dig

#: The build that is read where an image has several; others only where it is missing.
PLATFORM = "linux/amd64"

#: How deep indexes may be nested.
_DEPTH = 4
#: The most layers of an image; runtimes stop at 127 (moby, layer_store.go, maxLayerDepth).
LAYERS = 1024


@dataclass(frozen=True, slots=True)
class Image:
    """An image to learn from; `layers` are lowest first, and empty where only the configuration is there.

    `digest` is that of its manifest, `image_id` that of its configuration. `remarks` say what had to be chosen. Layers
    that are `remote` are opened only where the user cannot be told without them.
    """

    config: ImageConfig
    layers: tuple[Layer, ...] = ()
    name: str | None = None
    digest: str | None = None
    image_id: str | None = None
    remarks: tuple[str, ...] = ()
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to a blob; `platform` is None where it is not said."""

    digest: str
    platform: str | None
    annotations: Mapping[str, str]


class Blobs(Protocol):
    """Where the blobs of an image are, by their digest."""

    @property
    def what(self) -> str:
        """Return what errors call it."""

    def manifest(self, digest: str) -> bytes:
        """Return a manifest or index; raises LearnError."""

    def config(self, digest: str) -> bytes:
        """Return a configuration; raises LearnError."""

    def layer(self, digest: str) -> Layer:
        """Return a layer; it is opened only when it is needed."""


def descriptor(value: object, what: str) -> Descriptor:
    """Return a descriptor; raises LearnError when it has no digest that can be checked."""
    digest = dig(value, "digest")
    if not isinstance(digest, str) or not is_digest(digest):
        raise LearnError(f"{what}: a descriptor without a valid sha256 or sha512 digest")
    system, architecture = dig(value, "platform", "os"), dig(value, "platform", "architecture")
    known = isinstance(system, str) and isinstance(architecture, str)
    annotations = dig(value, "annotations")
    texts = annotations if isinstance(annotations, Mapping) else {}
    return Descriptor(
        digest,
        f"{system}/{architecture}" if known else None,
        {str(key): text for key, text in texts.items() if isinstance(text, str)},
    )


def check(data: bytes, digest: str, what: str) -> bytes:
    """Return `data` when it has the digest; raises LearnError otherwise."""
    algorithm, _, expected = digest.partition(":")
    if hashlib.new(algorithm, data).hexdigest() != expected:
        raise LearnError(f"{what}: the content does not have the digest {digest}: damaged, or tampered with")
    return data


def descriptors(document: object, what: str) -> tuple[Descriptor, ...]:
    """Return the builds of an index, without attestations; raises LearnError."""
    items = dig(document, "manifests")
    if not isinstance(items, list):
        raise LearnError(f"{what}: an index without manifests")
    found = tuple(descriptor(item, what) for item in items)
    return tuple(item for item in found if item.platform != "unknown/unknown")


def choose(builds: Iterable[Descriptor], what: str) -> tuple[Descriptor, tuple[str, ...]]:
    """Return the build to read and what to say of the choice: linux/amd64, else the first that is not for Windows."""
    all_builds = list(builds)
    if not all_builds:
        raise LearnError(f"{what}: the index is empty")
    wanted = next((build for build in all_builds if build.platform == PLATFORM), None)
    if wanted is not None:
        return wanted, ()
    first = next((build for build in all_builds if not is_windows(build.platform or "")), all_builds[0])
    if len(all_builds) == 1 or first.platform is None:
        return first, ()
    return first, (f"Learned from the {first.platform} build: there is none for {PLATFORM}.",)


def read_image(digest: str, data: bytes, blobs: Blobs) -> Image:
    """Return the image of a manifest or index; `data` is the document with `digest`. Raises LearnError."""
    remarks: tuple[str, ...] = ()
    document = read_json(data, blobs.what)
    for _ in range(_DEPTH):
        if not isinstance(dig(document, "manifests"), list):
            break
        build, said = choose(descriptors(document, blobs.what), blobs.what)
        remarks += said
        digest = build.digest
        document = read_json(check(blobs.manifest(digest), digest, blobs.what), blobs.what)
    return replace(_of_manifest(document, blobs), digest=digest, remarks=remarks)


def _of_manifest(document: object, blobs: Blobs) -> Image:
    layers = dig(document, "layers")
    if not isinstance(document, Mapping) or not isinstance(layers, list) or len(layers) > LAYERS:
        raise LearnError(f"{blobs.what}: not the manifest of an image (one of schema 1? copy the image with skopeo)")
    config = descriptor(document.get("config"), blobs.what)
    data = check(blobs.config(config.digest), config.digest, blobs.what)
    found = tuple(blobs.layer(descriptor(item, blobs.what).digest) for item in layers)
    return Image(read_config(read_json(data, blobs.what), blobs.what), found, image_id=config.digest)
