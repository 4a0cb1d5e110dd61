"""Builds pods and facts for the tests of the start model: built from a few words, judged, and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml import YAML

from harden.images.facts import ImageFacts
from harden.images.reference import parse_reference
from harden.model.start import ContainerStart
from harden.starts import Neighbours, starts

Spec = dict[str, Any]

ROOT_IMAGE: Mapping[str, Any] = {
    "default_user": "root",
    "uid": 999,
    "gid": 999,
    "user_name": "redis",
    "runs_as_nonroot": True,
    "ports": (6379,),
    "volumes": (),
    "writable": (),
    "root_caps": ("CHOWN", "SETGID", "SETUID"),
}


def facts(image: str, **stated: Any) -> ImageFacts:
    """Return facts that state these fields."""
    origins = dict.fromkeys(stated, "own.yaml:1")
    return ImageFacts(reference=parse_reference(image), matched=(image,), origins=origins, **stated)


def known(**images: Mapping[str, Any]) -> Callable[[str], ImageFacts | None]:
    """Return a look-up that knows images by the last part of their name, `-` written as `_`."""

    def look_up(image: str) -> ImageFacts | None:
        stated = images.get(image.rpartition("/")[2].partition(":")[0].replace("-", "_"))
        return None if stated is None else facts(image, **stated)

    return look_up


#: An image that starts as root, drops it itself, and can do without; one whose authors gave it a number, and a name.
IMAGES = known(
    redis=ROOT_IMAGE,
    numbered={**ROOT_IMAGE, "default_user": "999", "root_caps": ()},
    named={**ROOT_IMAGE, "default_user": "redis", "root_caps": ()},
    busybox={"default_user": "root", "shell": True, "command": ("sh",), "ports": (), "root_caps": (), "writable": ()},
)


def pod(text: str) -> Spec:
    """Return a pod's spec from its YAML."""
    loaded = YAML(typ="safe").load(text)
    assert isinstance(loaded, dict)
    return loaded


def one(image: str, security: str = "{}", more: str = "", of_pod: str = "") -> Spec:
    """Return a pod of one container from flow YAML: its securityContext, more of the container, more of the pod."""
    container = f"name: c, image: '{image}', securityContext: {security}{more and ', '}{more}"
    return pod(f"{{containers: [{{{container}}}]{of_pod and ', '}{of_pod}}}")


def judged(
    spec: Spec,
    images: Callable[[str], ImageFacts | None] = IMAGES,
    neighbours: Neighbours | None = None,
) -> ContainerStart:
    """Return the verdict on the last container of a pod."""
    return starts(spec, images, neighbours)[-1]
