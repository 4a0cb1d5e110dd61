"""Dockerfiles that are filled in before they are built, and those for Windows: neither says who an image starts as."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds_facts import known

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Outcome, Refused, Resolved

IMAGE = "ghcr.io/acme/cart:2"
REMOTE = '[remote "o"]\n\turl = https://github.com/acme/shop.git\n'


def looked_up(root: Path, files: dict[str, str], image: str = IMAGE) -> Outcome:
    for name, text in {".git/config": REMOTE, **files}.items():
        path = root / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return BuildFiles(root / "shop", known).lookup(image, "k8s/cart.yaml")


@pytest.mark.parametrize(
    "name",
    ["Dockerfile.in", "Dockerfile.j2", "Dockerfile.tmpl", "Dockerfile-template", "cart.Dockerfile.erb"],
)
def test_a_template_alone_is_named(name: str, tmp_path: Path) -> None:
    found = looked_up(tmp_path, {f"cart/{name}": "FROM alpine\nUSER 5\n"})
    assert isinstance(found, Refused), found
    assert found.reason == f"nothing here says what cart/{name} is filled in with"
    assert found.candidates == (f"cart/{name}",)


def test_what_a_template_became_counts_and_the_template_does_not(tmp_path: Path) -> None:
    found = looked_up(
        tmp_path, {"cart/Dockerfile.in": "FROM alpine\nUSER 5\n", "cart/Dockerfile": "FROM alpine\nUSER 6\n"}
    )
    assert isinstance(found, Resolved)
    assert found.facts.uid == 6


def test_a_template_at_the_top_is_that_of_the_image_with_the_name_of_the_repository(tmp_path: Path) -> None:
    files = {"Dockerfile.j2": "FROM alpine\nUSER 5\n"}
    found = looked_up(tmp_path, files, "ghcr.io/acme/shop:2")
    assert isinstance(found, Refused), found
    assert found.reason == "nothing here says what Dockerfile.j2 is filled in with"
    other = looked_up(tmp_path, files)
    assert isinstance(other, Refused)
    assert other.candidates == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM alpine\nUSER {{ uid }}\n", "cart/Dockerfile:2 says USER {{ uid }}, and nothing says what that is"),
        ("FROM alpine\nUSER @UID@\n", "cart/Dockerfile:2 says USER @UID@, and nothing says what that is"),
        ("FROM alpine\nUSER 5:%GID%\n", "cart/Dockerfile:2 says USER 5:%GID%, and nothing says what that is"),
        ("FROM alpine\nUSER <%= uid %>\n", "cart/Dockerfile:2 says USER <%= uid %>, and nothing says what that is"),
        ("FROM alpine\nUSER ${RUN_UID}\n", "cart/Dockerfile:2 says USER ${RUN_UID}, and no ARG or ENV says"),
        ("FROM {{ base }}\n", "cart/Dockerfile:1 builds on {{ base }}, and nothing says what that placeholder is"),
        ("FROM @BASE@\n", "cart/Dockerfile:1 builds on @BASE@, and nothing says what that placeholder is"),
        ("FROM alpine\n{% if x %}\nUSER 5\n{% endif %}\n", "cart/Dockerfile is a template, of which line 2 decides"),
        ("FROM alpine\n#{% if x %}\nUSER 5\n#{% endif %}\n", "cart/Dockerfile is a template, of which line 2 decides"),
        (
            "FROM alpine\n{{- if .Root }}\nUSER 0\n{{- end }}\n",
            "cart/Dockerfile is a template, of which line 2 decides",
        ),
        (
            "FROM --platform=windows/amd64 alpine\nUSER 5\n",
            "cart/Dockerfile:1 builds for the platform windows/amd64, and users of Windows have names and no numbers",
        ),
        (
            "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nUSER ContainerUser\n",
            "cart/Dockerfile:1 builds on mcr.microsoft.com/windows/nanoserver:ltsc2022, and users of Windows",
        ),
        (
            "ARG P=windows/amd64\nFROM --platform=$P alpine AS base\nFROM base\nUSER 5\n",
            "cart/Dockerfile:2 builds for the platform windows/amd64",
        ),
    ],
)
def test_who_it_starts_as_is_not_known(text: str, reason: str, tmp_path: Path) -> None:
    found = looked_up(tmp_path, {"cart/Dockerfile": text})
    assert isinstance(found, Refused), found
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    "text",
    [
        # A stage of Windows that only builds something.
        "FROM --platform=windows/amd64 alpine AS tools\nFROM alpine\nCOPY --from=tools /a /a\nUSER 5\n",
        "FROM alpine\nRUN docker inspect --format '{{ .Id }}' x\nUSER 5\n",
        "FROM {{ base }}\nUSER 5\n",
        "FROM --platform=$BUILDPLATFORM alpine\nUSER 5\n",
    ],
)
def test_who_it_starts_as_is_known_all_the_same(text: str, tmp_path: Path) -> None:
    found = looked_up(tmp_path, {"cart/Dockerfile": text})
    assert isinstance(found, Resolved), found
    assert found.facts.uid == 5
