"""What distributions bring along: their accounts, and the ids that their programs give to new ones."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from harden.images.reference import Reference


class Family(Enum):
    """Whose accounts and programs an image has."""

    ALPINE = "Alpine"
    BUSYBOX = "BusyBox"
    DEBIAN = "Debian"
    DISTROLESS = "distroless"
    RED_HAT = "Red Hat"
    WOLFI = "Wolfi"


#: User and group of the accounts that every image of a family has. Sources: alpinelinux/aports, main/alpine-baselayout,
#: passwd; debian base-passwd 3.6.1, passwd.master; GoogleContainerTools/distroless, common/variables.bzl; the `setup`
#: package of Fedora and of Red Hat Enterprise Linux from 8 on, passwd; docker-library/busybox, Dockerfile.
ACCOUNTS: Mapping[Family, Mapping[str, tuple[int, int]]] = {
    Family.ALPINE: {"nobody": (65534, 65534), "guest": (405, 100), "daemon": (2, 2), "bin": (1, 1)},
    Family.BUSYBOX: {"nobody": (65534, 65534), "www-data": (33, 33), "daemon": (1, 1)},
    Family.DEBIAN: {"nobody": (65534, 65534), "www-data": (33, 33), "daemon": (1, 1), "games": (5, 60)},
    Family.DISTROLESS: {"nonroot": (65532, 65532), "nobody": (65534, 65534)},
    Family.RED_HAT: {"nobody": (65534, 65534)},
    Family.WOLFI: {"nonroot": (65532, 65532), "nobody": (65534, 65534)},
}

_WORDS: Mapping[Family, tuple[str, ...]] = {
    Family.ALPINE: ("alpine",),
    Family.DEBIAN: ("debian", "ubuntu", "slim", "buster", "bullseye", "bookworm", "trixie", "jammy", "noble", "focal"),
    Family.RED_HAT: (
        "centos",
        "fedora",
        "rockylinux",
        "almalinux",
        "oraclelinux",
        "amazonlinux",
        "ubi",
        "ubi8",
        "ubi9",
    ),
    Family.BUSYBOX: ("busybox",),
}
#: Official images whose tags build on Debian or Ubuntu unless a word of the tag says otherwise.
_ON_DEBIAN = (
    "buildpack-deps eclipse-temurin gcc golang haskell httpd mariadb memcached mongo mysql nginx node openjdk perl php "
    "postgres pypy python redis ruby rust tomcat"
)
_PACKAGES: Mapping[str, Family] = {
    "apk": Family.ALPINE,
    "apt": Family.DEBIAN,
    "apt-get": Family.DEBIAN,
    "dnf": Family.RED_HAT,
    "microdnf": Family.RED_HAT,
    "yum": Family.RED_HAT,
}

#: The user of .NET images from 8 on (dotnet/dotnet-docker, src/runtime-deps/8.0: `ENV APP_UID=1654`, user `app`).
DOTNET_USER = 1654
_DOTNET_SINCE = 8


def family_of(reference: Reference) -> Family | None:
    """Return the family of a base image by its name and the words of its tag."""
    if reference.name.startswith("gcr.io/distroless/"):
        return Family.DISTROLESS
    if reference.registry == "cgr.dev" or reference.name.startswith("docker.io/chainguard/"):
        return Family.WOLFI
    words = [*(reference.tag or "").replace("_", "-").split("-"), *reference.repository.replace("/", "-").split("-")]
    for family, marks in _WORDS.items():
        if any(word.startswith(mark) if mark == "alpine" else word == mark for word in words for mark in marks):
            return family
    official = reference.name.startswith("docker.io/library/")
    return Family.DEBIAN if official and reference.last in _ON_DEBIAN.split() else None


def family_by_package(program: str) -> Family | None:
    """Return the family whose package program this is."""
    return _PACKAGES.get(program)


def base_environment(reference: Reference) -> dict[str, str]:
    """Return the variables of a base that Dockerfiles name as the user."""
    return {"APP_UID": str(DOTNET_USER)} if _is_new_dotnet(reference) else {}


def base_accounts(reference: Reference, family: Family | None) -> dict[str, tuple[int, int]]:
    """Return user and group of the accounts that a base is known to have."""
    accounts = dict(ACCOUNTS[family]) if family is not None else {}
    return {**accounts, "app": (DOTNET_USER, DOTNET_USER)} if _is_new_dotnet(reference) else accounts


def free_id(family: Family | None, *, system: bool, program: str, before: int, taken: frozenset[int]) -> int | None:
    """Return the id that a new account most likely gets without a number; None where no default is documented.

    `before` counts the accounts of the same kind that the Dockerfile made earlier. adduser: first free from 100 for
    system accounts and from 1000 for others (Debian adduser.conf, FIRST_SYSTEM_UID and FIRST_UID; BusyBox adduser.c);
    useradd: from 1000, and for system accounts downwards from 999 (login.defs, SYS_UID_MAX).
    """
    if family not in {Family.ALPINE, Family.DEBIAN, Family.RED_HAT, Family.BUSYBOX}:
        return None
    down = system and (program == "useradd" or family is Family.RED_HAT)
    start, step = (999, -1) if down else (100 if system else 1000, 1)
    free = (number for number in range(start, start + step * 200, step) if number not in taken)
    return next((number for at, number in enumerate(free) if at == before), None)


def _is_new_dotnet(reference: Reference) -> bool:
    if not reference.name.startswith("mcr.microsoft.com/dotnet/"):
        return False
    major = (reference.tag or "").partition(".")[0]
    return major.isdecimal() and int(major) >= _DOTNET_SINCE
