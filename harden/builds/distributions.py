"""What distributions bring along: their accounts, and the ids that their programs give to new ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum

from harden.images.reference import Reference
from harden.model.plain import is_number


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
    "buildpack-deps eclipse-temurin gcc golang haskell httpd mariadb memcached mongo nginx node openjdk perl php "
    "postgres pypy python redis ruby rust tomcat"
)
_WINDOWS = frozenset({"windows", "nanoserver", "servercore", "windowsservercore"})
#: Official images whose tags build on Ubuntu unless a word of the tag says otherwise.
_ON_UBUNTU = frozenset({"eclipse-temurin", "tomcat", "maven", "gradle", "sapmachine", "jruby", "jetty"})
_SINCE_LUNAR = frozenset({"lunar", "mantic", "noble", "oracular", "plucky", "questing", "24.04", "ubuntu24.04"})
#: Packages that people install before they make an account, and that make none themselves.
_WITHOUT_ACCOUNTS = frozenset(
    [
        "bash",
        "build-base",
        "build-essential",
        "busybox",
        "bzip2",
        "ca-certificates",
        "coreutils",
        "curl",
        "dumb-init",
        "file",
        "findutils",
        "g++",
        "gcc",
        "git",
        "gnupg",
        "gzip",
        "jq",
        "less",
        "make",
        "musl-dev",
        "nano",
        "openssl",
        "procps",
        "python3",
        "shadow",
        "sudo",
        "su-exec",
        "tar",
        "tini",
        "tzdata",
        "unzip",
        "vim",
        "wget",
        "xz",
        "xz-utils",
        "zip",
        "zlib1g-dev",
        "locales",
        "gosu",
        "linux-headers",
        "netcat-openbsd",
        "iputils",
        "gettext",
    ]
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
    accounts = dict(ACCOUNTS[family]) if family is not None and not _is_old_red_hat(reference) else {}
    if reference.name == "docker.io/library/ubuntu" and not _is_before_lunar(reference):
        accounts["ubuntu"] = (1000, 1000)
    return {**accounts, "app": (DOTNET_USER, DOTNET_USER)} if _is_new_dotnet(reference) else accounts


def is_windows(reference: Reference) -> bool:
    """Return whether the name or the tag of a base says that it is for Windows."""
    return any(
        word in _WINDOWS for word in (*_tag_words(reference), *reference.repository.replace("-", "/").split("/"))
    )


def are_ids_open(reference: Reference) -> bool:
    """Return whether a base may have an account with the number 1000 that is not known here.

    Ubuntu has the account ubuntu with 1000 since 23.04 (Launchpad, bug 2005129); some of the images on it take it away.
    """
    if reference.name == "docker.io/library/ubuntu":
        return False
    words = _tag_words(reference)
    on_ubuntu = reference.last in _ON_UBUNTU or any(word in _SINCE_LUNAR for word in words)
    return on_ubuntu and not any(word in {"alpine", "jammy", "focal", "bionic"} for word in words)


def account_of_apt(reference: Reference) -> int | None:
    """Return the id of Debian's account _apt, where the tag states the release; None where it does not.

    Until bullseye it is the first free one, 100, since bookworm 42 (debian base-passwd 3.6.0, changelog).
    """
    words = _tag_words(reference)
    majors = {word.partition(".")[0] for word in words} if reference.name == "docker.io/library/debian" else set()
    if not majors.isdisjoint({"12", "13"}) or not {"bookworm", "trixie"}.isdisjoint(words):
        return 42
    return 100 if not majors.isdisjoint({"10", "11"}) or not {"buster", "bullseye"}.isdisjoint(words) else None


def makes_accounts(words: Sequence[str]) -> bool:
    """Return whether a command installs packages that may make system accounts when they are installed."""
    program, *rest = words
    plain = [word for word in rest if not word.startswith("-")]
    if program not in _PACKAGES or not plain or plain[0] not in {"add", "install", "upgrade", "dist-upgrade", "update"}:
        return False
    names = (re.split(r"[=<>~]", word, maxsplit=1)[0] for word in plain[1:])
    return any(name not in _WITHOUT_ACCOUNTS and not name.startswith(("lib", ".")) for name in names)


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


def _tag_words(reference: Reference) -> list[str]:
    return (reference.tag or "").lower().replace("_", "-").split("-")


def _is_before_lunar(reference: Reference) -> bool:
    word = _tag_words(reference)[0]
    major = word.partition(".")[0]
    return word in {"trusty", "xenial", "bionic", "focal", "jammy", "kinetic"} or (is_number(major) and int(major) < 23)


def _is_old_red_hat(reference: Reference) -> bool:
    """Return whether nobody is 99 there, as before RHEL 8 (packages `setup` of CentOS 7 and Amazon Linux 2, passwd)."""
    major = _tag_words(reference)[0].removeprefix("centos").removeprefix("el").removeprefix("ubi").partition(".")[0]
    number = int(major) if is_number(major) and len(major) < 5 else None
    if reference.last == "amazonlinux":
        return number is None or number < 2022
    parts = reference.repository.replace("-", "/").split("/")
    if "ubi7" in parts:
        return True
    return any(part in {"centos", "oraclelinux", "rhel", "rhel7"} for part in parts) and (number is None or number < 8)


def _is_new_dotnet(reference: Reference) -> bool:
    if not reference.name.startswith("mcr.microsoft.com/dotnet/"):
        return False
    major = (reference.tag or "").partition(".")[0]
    return is_number(major) and int(major) >= _DOTNET_SINCE
