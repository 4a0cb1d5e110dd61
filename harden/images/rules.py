"""General rules: what the name of an image says of it when no facts file knows better."""

from __future__ import annotations

import re
from collections.abc import Callable

from harden.images.reference import Reference
from harden.model.record import Record

_NONROOT = 65532
_BITNAMI = 1001
_NGINX = 101
# Few names are as long, so it is given to `re` as it is, which compiles it when it is needed.
_KO_NAME, _KO_LENGTH = r"[a-z0-9._-]+-[0-9a-f]{32}", 34


class Rule(Record):
    """What follows from an image's name: `why` says it in a sentence, `sources` where it was read."""

    name: str
    why: str
    sources: tuple[str, ...]
    applies: Callable[[Reference], bool]
    states: Callable[[Reference], dict[str, object]]


def _user(uid: int, gid: int, name: str | None, **more: object) -> dict[str, object]:
    from harden.images.facts import Confidence  # noqa: PLC0415 - only images that a rule speaks of need it

    user: dict[str, object] = {"uid": uid, "gid": gid, "confidence": Confidence.RULE, "runs_as_nonroot": True}
    if name is not None:
        user["user_name"] = name
    return {**user, **more}


def _tag_parts(reference: Reference) -> frozenset[str]:
    return frozenset((reference.tag or "").replace(".", "-").replace("_", "-").split("-"))


def _is_chainguard(reference: Reference) -> bool:
    return reference.registry == "cgr.dev" or reference.name.startswith("docker.io/chainguard/")


def _is_ko(reference: Reference) -> bool:
    if reference.registry in {"ko.local", "kind.local"}:
        return True
    return len(reference.last) >= _KO_LENGTH and re.fullmatch(_KO_NAME, reference.last) is not None


def _chainguard(reference: Reference) -> dict[str, object]:
    states = _user(_NONROOT, _NONROOT, "nonroot", default_user=str(_NONROOT), volumes=(), writable=(), root_caps=())
    # Only the development builds are sure to have a shell (edu.chainguard.dev, "Porting a sample application").
    return {**states, "shell": True} if "dev" in _tag_parts(reference) else states


def _bitnami(reference: Reference) -> dict[str, object]:
    home = f"/opt/bitnami/{reference.last}"
    states = _user(
        _BITNAMI,
        0,
        None,
        default_user=str(_BITNAMI),
        root_caps=(),
        volumes=(f"/bitnami/{reference.last}",),
        writable=("/tmp", f"{home}/tmp"),  # noqa: S108 - a folder of the image
        # Until February 2024 conf held the default configuration (bitnami/charts 23622, 16102).
        writable_seeded=(f"{home}/conf", f"{home}/logs"),
    )
    return {**states, "shell": True}


def _distroless(reference: Reference) -> dict[str, object]:
    from harden.images.facts import Confidence  # noqa: PLC0415 - as above

    return _user(
        _NONROOT,
        _NONROOT,
        "nonroot",
        default_user=str(_NONROOT) if "nonroot" in _tag_parts(reference) else "root",
        confidence=Confidence.READ,
        shell="debug" in _tag_parts(reference),
        ports=(),
        volumes=(),
        writable=(),
        file_env=(),
        root_caps=(),
    )


#: From the most general to the most special: a later rule's word counts.
RULES: tuple[Rule, ...] = (
    Rule(
        "distroless-tag",
        "A tag with the word distroless names a build without a shell.",
        ("GoogleContainerTools/distroless@cd080764a:README.md",),
        lambda reference: "distroless" in _tag_parts(reference) and "debug" not in _tag_parts(reference),
        lambda _: {"shell": False},
    ),
    Rule(
        "ko",
        "ko builds onto cgr.dev/chainguard/static, whose user is 65532, unless .ko.yaml names another base.",
        (
            "ko-build/ko@0795ff9b3:docs/configuration.md",
            "chainguard-images/images@cd7edd236:images/static/locked_config.json",
        ),
        _is_ko,
        lambda _: _user(_NONROOT, _NONROOT, None, shell=False, volumes=(), writable=(), root_caps=()),
    ),
    Rule(
        "nonroot-tag",
        "A tag with the word nonroot follows distroless, where the user nonroot is 65532.",
        (
            "GoogleContainerTools/distroless@cd080764a:common/variables.bzl",
            "GoogleContainerTools/distroless@cd080764a:README.md",
        ),
        lambda reference: "nonroot" in _tag_parts(reference),
        lambda _: _user(_NONROOT, _NONROOT, "nonroot", default_user=str(_NONROOT)),
    ),
    Rule(
        "distroless",
        "Every distroless image has the user nonroot; in tags without that word only the default user differs.",
        (
            "GoogleContainerTools/distroless@cd080764a:README.md",
            "GoogleContainerTools/distroless@cd080764a:common/variables.bzl",
            "GoogleContainerTools/distroless@cd080764a:base/testdata/base.yaml",
        ),
        lambda reference: reference.name.startswith("gcr.io/distroless/"),
        _distroless,
    ),
    Rule(
        "chainguard",
        "Chainguard's images run as 65532, whatever the account is called; the exceptions have entries of their own.",
        (
            "chainguard-images/images@cd7edd236:images/nginx/locked_config.json",
            "chainguard-images/images@cd7edd236:images/node/locked_config.json",
            "chainguard-images/images@cd7edd236:images/python/locked_config.json",
            "chainguard-images/images@cd7edd236:images/static/locked_config.json",
            "chainguard-images/images@cd7edd236:images/jre/locked_config.json",
            "chainguard-images/images@cd7edd236:images/minio/locked_config.json",
            "chainguard-images/images@cd7edd236:images/kubectl/locked_config.json",
            "chainguard-images/images@cd7edd236:images/valkey/locked_config.json",
        ),
        _is_chainguard,
        _chainguard,
    ),
    Rule(
        "bitnami",
        "Bitnami's images run as 1001 without a passwd entry; their files belong to group 0, which may write.",
        (
            "bitnami/containers@005986bda:bitnami/postgresql/14/debian-11/Dockerfile",
            "bitnami/containers@9982b9ad3:bitnami/postgresql/14/debian-11/rootfs/opt/bitnami/scripts/postgresql-env.sh",
            "bitnami/containers@0ae6fd522:bitnami/redis/7.2/debian-12/Dockerfile",
            "bitnami/containers@02d41214a:bitnami/rabbitmq/3.13/debian-12/Dockerfile",
            "bitnami/charts@5165628ae:bitnami/nginx/values.yaml",
        ),
        lambda reference: reference.name.startswith("docker.io/bitnami/"),
        _bitnami,
    ),
    Rule(
        "nginx-unprivileged",
        "nginx-unprivileged, under whatever name it is copied, runs as 101 and listens on 8080.",
        ("nginx/docker-nginx-unprivileged@e26803b6f:mainline/debian/Dockerfile",),
        lambda reference: reference.last.endswith("nginx-unprivileged"),
        lambda _: _user(_NGINX, _NGINX, "nginx", default_user=str(_NGINX), ports=(8080,), writable=("/tmp",)),  # noqa: S108 - a folder of the image
    ),
)

#: www-data is 33 in Debian and 82 in Alpine, for whatever image takes it from its base.
ALPINE_WWW_DATA = Rule(
    "alpine-www-data",
    "In Alpine builds www-data is 82, not Debian's 33.",
    (
        "docker-library/php@445bf414f:8.4/alpine3.23/fpm/Dockerfile",
        "docker-library/httpd@9b63b37c9:2.4/alpine/Dockerfile",
        "debian:base-passwd@3.6.1:/usr/share/base-passwd/passwd.master",
    ),
    lambda reference: any(part.startswith("alpine") for part in _tag_parts(reference)),
    lambda _: {"uid": 82, "gid": 82},
)


def rules_for(reference: Reference) -> tuple[Rule, ...]:
    """Return the rules that speak of an image, the most general first."""
    return tuple(rule for rule in RULES if rule.applies(reference))
