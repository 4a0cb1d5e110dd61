"""The configuration of an image as builders write it: user, ports, volumes, entrypoint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harden.images.problems import LearnError
from harden.model.kube import dig

#: The most bytes of JSON that are read: configurations have some kilobytes.
JSON_LIMIT = 16 << 20

_PORT = re.compile(r"([0-9]{1,5})(?:/(?:tcp|udp|sctp))?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What a configuration says; `user` is USER as written, "" where it is not set.

    `name` and `digest` are those of the image where its source says them. `strange` counts ports and volumes that could
    not be understood.
    """

    platform: str
    user: str
    ports: tuple[int, ...]
    volumes: tuple[str, ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    name: str | None = None
    digest: str | None = None
    strange: int = 0


def read_json(data: bytes, what: str) -> object:
    """Return the JSON document in `data`; raises LearnError."""
    if len(data) > JSON_LIMIT:
        raise LearnError(f"{what}: more than {JSON_LIMIT >> 20} MB of JSON: not read")
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LearnError(f"{what}: not valid JSON") from error
    return document


def is_windows(platform: str) -> bool:
    """Return whether a platform (`os/architecture`) is one whose users have names and no numbers."""
    return platform.startswith("windows/")


def is_digest(text: object) -> bool:
    """Return whether `text` is a digest of a kind that can be checked."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def read_config(document: object, what: str) -> ImageConfig:
    """Return an image configuration (OCI image-spec config.md, or Docker's); raises LearnError."""
    if not isinstance(document, Mapping) or not isinstance(document.get("config", {}), Mapping | None):
        raise LearnError(f"{what}: not the configuration of an image")
    platform = f"{_text(document, 'os') or 'linux'}/{_text(document, 'architecture') or 'unknown'}"
    return _read(document.get("config"), platform)


def read_inspection(document: object, what: str) -> tuple[ImageConfig, ...]:
    """Return the configurations in what `docker inspect`, `podman inspect`, `skopeo inspect --config` or alike print.

    Raises LearnError, with what to run instead, when the document is something else.
    """
    if isinstance(document, list):
        if not document:
            raise LearnError(f"{what}: the list is empty: no such image?")
        if any(isinstance(item, list) for item in document):
            raise LearnError(f"{what}: not what an inspect command prints")
        return tuple(config for item in document for config in read_inspection(item, what))
    if not isinstance(document, Mapping):
        raise LearnError(f"{what}: not what an inspect command prints")
    if "State" in document and "Config" in document:
        raise LearnError(f"{what}: this describes a container; inspect its image: docker image inspect IMAGE")
    if isinstance(document.get("OCIv1"), Mapping):  # buildah inspect
        return (read_config(document["OCIv1"], what),)
    if isinstance(document.get("Config"), Mapping):
        return (_inspected(document),)
    if "config" in document or "rootfs" in document:
        return (read_config(document, what),)
    if "Layers" in document and "Digest" in document:
        raise LearnError(f"{what}: this lacks the user; add --config: skopeo inspect --config docker://IMAGE")
    raise LearnError(f"{what}: neither docker inspect nor skopeo inspect --config prints this")


def _inspected(document: Mapping[object, object]) -> ImageConfig:
    platform = f"{_text(document, 'Os') or 'linux'}/{_text(document, 'Architecture') or 'unknown'}"
    config = _read(document["Config"], platform)
    tags, digests = _texts(document.get("RepoTags")), _texts(document.get("RepoDigests"))
    name = next((tag for tag in tags if not tag.startswith("<none>")), None)
    at = next((digest.partition("@")[2] for digest in digests), None)
    if name is None and digests:
        name = digests[0].partition("@")[0]
    return ImageConfig(
        config.platform,
        config.user,
        config.ports,
        config.volumes,
        config.entrypoint,
        config.command,
        name,
        at if is_digest(at) else None,
        config.strange,
    )


def _read(config: object, platform: str) -> ImageConfig:
    ports, strange_ports = _ports(dig(config, "ExposedPorts"))
    volumes, strange_volumes = _volumes(dig(config, "Volumes"))
    user = dig(config, "User")
    return ImageConfig(
        platform=platform,
        user=user.strip() if isinstance(user, str) else "",
        ports=ports,
        volumes=volumes,
        entrypoint=_texts(dig(config, "Entrypoint")),
        command=_texts(dig(config, "Cmd")),
        strange=strange_ports + strange_volumes,
    )


def _ports(value: object) -> tuple[tuple[int, ...], int]:
    found: dict[int, None] = {}
    strange = 0
    for key in _keys(value):
        match = _PORT.fullmatch(key)
        if match is None or not 0 < int(match[1]) < 1 << 16:
            strange += 1
        else:
            found[int(match[1])] = None
    return tuple(sorted(found)), strange


def _volumes(value: object) -> tuple[tuple[str, ...], int]:
    keys = list(_keys(value))
    good = {key.rstrip("/") for key in keys if key.startswith("/") and ".." not in key.split("/") and key.isprintable()}
    good.discard("")
    return tuple(sorted(good)), len(keys) - len(good)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (str(key) for key in value)


def _text(document: Mapping[object, object], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    """Return a list of texts; a text alone is a shell's command line, as old images have it."""
    if isinstance(value, str):
        return ("/bin/sh", "-c", value)
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, str))
