"""Dockerfiles as people write them: who the image starts as, and what must stay unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds_facts import known

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Refused, Resolved
from harden.images.facts import Confidence, Need


def resolved(folder: Path, text: str, **files: str) -> Resolved | Refused:
    """Return what a Dockerfile in the folder `app` says of the image `app`; `files` lie beside it."""
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app" / "Dockerfile").write_text(text, "utf-8")
    for name, content in files.items():
        (folder / "app" / name.replace("_", ".")).write_text(content, "utf-8")
    found = BuildFiles(folder, known).lookup("app", "app.yaml")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "user", "uid", "gid", "confidence"),
    [
        ("FROM alpine\nUSER 1000\n", "1000", 1000, None, "read"),
        ("FROM alpine\nUSER 1000:2000\n", "1000:2000", 1000, 2000, "read"),
        ('FROM alpine\nUSER "1000"\n', "1000", 1000, None, "read"),
        ("from alpine\nuser 1000\n", "1000", 1000, None, "read"),
        ("FROM alpine\nUSER 1000\nUSER root\nUSER 7\n", "7", 7, None, "read"),
        ("FROM alpine\nUSER nobody\n", "nobody", 65534, 65534, "derived"),
        ("FROM alpine\nUSER nobody:nobody\n", "nobody:nobody", 65534, None, "derived"),
        ("FROM alpine\nARG U=1200\nUSER $U\n", "1200", 1200, None, "read"),
        ("FROM alpine\nARG U\nUSER ${U:-1200}\n", "1200", 1200, None, "read"),
        ("ARG U=1200\nFROM alpine\nARG U\nUSER ${U}\n", "1200", 1200, None, "read"),
        ("FROM alpine\nENV U=1200\nARG U=3\nUSER $U\n", "1200", 1200, None, "read"),
        ("FROM alpine\nENV A=12\nENV U=${A}00\nUSER $U\n", "1200", 1200, None, "read"),
        ("FROM alpine\nENV A=12\nENV A=5 U=${A}00\nUSER $U\n", "1200", 1200, None, "read"),
        ("FROM alpine\nENV U 1200\nUSER $U\n", "1200", 1200, None, "read"),
        ("ARG V=3.22\nFROM --platform=$BUILDPLATFORM alpine:${V}\nUSER 5\n", "5", 5, None, "read"),
        ("ARG B=node\nFROM ${B}:22\nUSER node\n", "node", 1000, 1000, "derived"),
        ("FROM alpine AS a\nUSER 5\nFROM a\nRUN true\n", "5", 5, None, "read"),
        ("FROM alpine AS a\nUSER 5\nFROM alpine\nUSER 6\n", "6", 6, None, "read"),
        ("FROM alpine AS Upper\nUSER 5\nFROM upper\n", "5", 5, None, "read"),
        ("FROM gcr.io/distroless/static\nUSER nonroot:nonroot\n", "nonroot:nonroot", 65532, None, "derived"),
        ("FROM gcr.io/distroless/static:nonroot\n", "65532", 65532, 65532, "derived"),
        ("FROM scratch\nUSER 65534\n", "65534", 65534, None, "read"),
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0\nUSER app\n", "app", 1654, 1654, "derived"),
        ("FROM debian\nRUN useradd -u 1234 -g 99 me\nUSER me\n", "me", 1234, 99, "read"),
        ("FROM debian\nRUN useradd --uid=1234 me\nUSER me\n", "me", 1234, None, "read"),
        ("FROM debian\nRUN useradd -mu1234 -s /bin/sh me\nUSER me\n", "me", 1234, None, "read"),
        ("FROM debian\nRUN groupadd -g 55 us; useradd -u 1234 -g us me\nUSER me\n", "me", 1234, 55, "read"),
        ("FROM debian\nRUN groupadd -g 55 us; useradd -u 1234 me\nUSER me:us\n", "me:us", 1234, 55, "read"),
        ("FROM debian\nRUN adduser --disabled-password --gecos '' --uid 1234 me\nUSER me\n", "me", 1234, None, "read"),
        ("FROM alpine\nRUN adduser -D -H -u 1234 -G users -g 'a b' me\nUSER me\n", "me", 1234, None, "read"),
        ("FROM alpine\nRUN addgroup -S us && adduser -S me -G us\nUSER me\n", "me", 100, None, "derived"),
        ("FROM alpine\nRUN adduser -D me\nUSER me\n", "me", 1000, None, "derived"),
        ("FROM node\nRUN useradd me\nUSER me\n", "me", 1001, None, "derived"),
        ("FROM debian\nRUN useradd -r me\nUSER me\n", "me", 999, None, "derived"),
        ("FROM debian\nRUN useradd one && useradd two\nUSER two\n", "two", 1001, None, "derived"),
        ("FROM alpine\nRUN adduser me users\nUSER me\n", "me", None, None, "read"),
        ("FROM debian\nARG ID=1300\nRUN if ! id me; then useradd -u $ID me; fi\nUSER me\n", "me", 1300, None, "read"),
        ("FROM debian\nENV N=me\nRUN useradd -u 1300 ${N}\nUSER $N\n", "me", 1300, None, "read"),
        ('FROM debian\nRUN ["useradd", "-u", "1300", "me"]\nUSER me\n', "me", 1300, None, "read"),
        ("FROM debian\nRUN true \\\n  # comment\n  && useradd -u 1300 me\nUSER me\n", "me", 1300, None, "read"),
        ("FROM scratch\nCOPY <<EOF /etc/passwd\nme:x:41:42:::\nEOF\nUSER me\n", "me", 41, 42, "read"),
        ("FROM scratch\nCOPY my.accounts /etc/passwd\nUSER me\n", "me", 43, 44, "read"),
        ("FROM debian\nRUN useradd -u 9 m\nFROM scratch\nCOPY --from=0 /etc/passwd /etc\nUSER m", "m", 9, None, "read"),
        ("# escape=`\nFROM alpine\nRUN x `\n  y\nUSER 5\n", "5", 5, None, "read"),
        ("FROM alpine\nONBUILD USER 9\nFROM alpine\nUSER 5\n", "5", 5, None, "read"),
        ("FROM node\nRUN groupmod -g 15 node && usermod -u 15 -g 15 node\nUSER node\n", "node", 15, 15, "read"),
        ("FROM debian\nRUN usermod --uid=15 www-data\nUSER www-data\n", "www-data", 15, 33, "read"),
        ("FROM node\nRUN usermod -l me -aG users node\nUSER me\n", "me", 1000, 1000, "read"),
        ("FROM node\nRUN usermod -aG users node\nUSER node\n", "node", 1000, 1000, "derived"),
        ("FROM node\nRUN usermod -u $WHO node\nUSER node\n", "node", None, 1000, "read"),
        ("FROM node\nRUN usermod -u $(id -u root) node\nUSER node\n", "node", None, 1000, "read"),
        ("FROM node\nRUN useradd -u `cat $(cat /id)` node\nUSER node\n", "node", None, None, "read"),
        ("FROM node\nRUN useradd --unheard-of 7 node\nUSER node\n", "node", None, None, "read"),
        ("FROM node\nRUN echo $(usermod -u 7 node)\nUSER node\n", "node", 7, 1000, "read"),
        ("FROM node\nRUN usermod --unheard-of 7 node\nUSER node\n", "node", None, None, "read"),
        ("FROM node\nRUN groupmod -g 15 node\nUSER node\n", "node", 1000, 15, "derived"),
        ("FROM node\nRUN deluser --remove-home node && adduser -D me\nUSER me\n", "me", 1000, None, "derived"),
        ("FROM node\nRUN useradd -u 15 node || true\nUSER node\n", "node", None, None, "read"),
        ("FROM node\nRUN userdel node && useradd -u 15 node\nUSER node\n", "node", 15, None, "read"),
        ("FROM debian\nRUN useradd -K UID_MIN=5000 me\nUSER me\n", "me", None, None, "read"),
        ("FROM debian\nRUN printf 'nobody:x:%s:%s' 7 7 > /etc/passwd\nUSER nobody\n", "nobody", None, None, "read"),
        ("FROM node\nCOPY change.sh /\nRUN /change.sh\nUSER node\n", "node", 15, 1000, "read"),
        ("FROM node\nCOPY change.sh /\nRUN sh -e change.sh\nUSER node\n", "node", 15, 1000, "read"),
        ("FROM node\nCOPY change.sh /\nRUN cat /change.sh\nUSER node\n", "node", 1000, 1000, "derived"),
        ("FROM alpine\nCOPY my.accounts /etc/passwd\nUSER nobody\n", "nobody", None, None, "read"),
        ("FROM node AS b\nRUN useradd -u 9 m\nFROM scratch\nCOPY --from=b /etc /etc\nUSER m\n", "m", 9, None, "read"),
        ("FROM node\nCOPY --from=alpine /etc/passwd /etc/\nUSER node\n", "node", None, None, "read"),
        ("FROM node\nRUN userdel -r node\nUSER node\n", "node", None, None, "read"),
        ("FROM node\nRUN deluser node users\nUSER node\n", "node", 1000, 1000, "derived"),
        ("FROM debian\nRUN useradd a && userdel a && useradd me\nUSER me\n", "me", None, None, "read"),
        ("FROM node\nRUN sed -i s/1000/15/g /etc/passwd\nUSER node\n", "node", None, None, "read"),
        ("FROM node\nRUN grep node /etc/passwd\nUSER node\n", "node", 1000, 1000, "derived"),
        ("FROM node\nRUN echo me:x:15:16::/: >> /etc/passwd\nUSER me\n", "me", 15, 16, "read"),
        ("FROM debian\nARG U=7\nRUN U=8; useradd -u $U me\nUSER me\n", "me", None, None, "read"),
        ("FROM debian\nARG U=7\nRUN for U in 8 9; do useradd -u $U me; done\nUSER me\n", "me", None, None, "read"),
        ("FROM debian\nARG U=7\nRUN A=8; useradd -u $U me\nUSER me\n", "me", 7, None, "read"),
        ("FROM ubuntu:24.04\nRUN useradd me\nUSER me\n", "me", 1001, None, "derived"),
        ("FROM ubuntu:22.04\nRUN useradd me\nUSER me\n", "me", 1000, None, "derived"),
        ("FROM ubuntu\nUSER ubuntu\n", "ubuntu", 1000, 1000, "derived"),
        ("FROM eclipse-temurin:21\nRUN useradd me\nUSER me\n", "me", None, None, "read"),
        ("FROM eclipse-temurin:21-alpine\nRUN adduser -D me\nUSER me\n", "me", 1000, None, "derived"),
        ("FROM centos:7\nUSER nobody\n", "nobody", None, None, "read"),
        ("FROM amazonlinux:2\nUSER nobody\n", "nobody", None, None, "read"),
        ("FROM amazonlinux:2023\nUSER nobody\n", "nobody", 65534, 65534, "derived"),
        ("FROM rockylinux:9\nUSER nobody\n", "nobody", 65534, 65534, "derived"),
        ("FROM quay.io/nobody/knows\nRUN apk add x && adduser -D me\nUSER me\n", "me", None, None, "read"),
        ("FROM quay.io/nobody/knows\nRUN useradd -u 7 me\nUSER me\n", "me", 7, None, "read"),
        ("FROM alpine\nRUN apk add --no-cache nginx && adduser -S me\nUSER me\n", "me", None, None, "read"),
        ("FROM alpine\nRUN apk add curl=8.1 libc6-compat && adduser -S me\nUSER me\n", "me", 100, None, "derived"),
        ("FROM alpine\nRUN apk add --no-cache nginx && adduser -D me\nUSER me\n", "me", 1000, None, "derived"),
        ("FROM debian:11\nRUN adduser --system me\nUSER me\n", "me", 101, None, "derived"),
        ("FROM debian:12-slim\nRUN adduser --system me\nUSER me\n", "me", 100, None, "derived"),
        ("FROM python:3-slim\nRUN adduser --system me\nUSER me\n", "me", None, None, "read"),
        ("FROM alpine AS b\nONBUILD USER 9\nFROM b\n", "9", 9, None, "read"),
        ("FROM alpine AS b\nONBUILD USER 9\nFROM b AS c\nUSER 5\nFROM c\n", "5", 5, None, "read"),
        ('FROM alpine\nHEALTHCHECK CMD wget x\nSHELL ["/bin/ash", "-c"]\nUSER 5\n', "5", 5, None, "read"),
    ],
)  # fmt: skip
def test_the_user_of_an_image(  # noqa: PLR0917 - a row of the table
    text: str, user: str, uid: int | None, gid: int | None, confidence: str, tmp_path: Path
) -> None:
    found = resolved(
        tmp_path, text, my_accounts="root:x:0:0::/:/bin/sh\nme:x:43:44::/:/bin/sh\n", change_sh="usermod -u 15 node\n"
    )
    assert isinstance(found, Resolved), found
    facts = found.facts
    assert (facts.default_user, facts.uid, facts.gid, facts.confidence.value) == (user, uid, gid, confidence)
    assert facts.runs_as_nonroot is True
    assert found.finding is None
    assert facts.starts_as_root is False


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM alpine\nUSER $NOBODY_SAYS\n", "app/Dockerfile:2 says USER $NOBODY_SAYS"),
        ("FROM alpine\nARG U\nUSER ${U}\n", "app/Dockerfile:3 says USER ${U}"),
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0-windowsservercore-ltsc2022\nUSER $APP_UID\n", "users of Windows"),
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0-nanoserver-1809\nUSER app\n", "users of Windows"),
        ("ARG U=7\nFROM alpine\nUSER $U\n", "app/Dockerfile:3 says USER $U"),
        ("FROM alpine AS a\nARG U=7\nFROM a\nUSER $U\n", "app/Dockerfile:4 says USER $U"),
        ("FROM alpine\nUSER me # the user\n", "app/Dockerfile:2 says USER me # the user"),
        ("FROM alpine\nUSER 99999999999\n", "app/Dockerfile:2 says USER 99999999999, which is no id"),
        ("FROM quay.io/nobody/knows\n", "builds on quay.io/nobody/knows, of which nothing is known"),
        ("FROM quay.io/nobody/knows AS a\nFROM a\nRUN true\n", "of which nothing is known"),
        ("ARG B\nFROM $B\n", "app/Dockerfile:2 builds on $B"),
        ("FROM base-${TARGETARCH}\n", "app/Dockerfile:1 builds on base-${TARGETARCH}"),
        ("RUN true\n", "app/Dockerfile has no FROM"),
        ("", "app/Dockerfile has no FROM"),
        ("FROM alpine\nNONSENSE\n", "app/Dockerfile cannot be read"),
        ("FROM alpine\nRUN <<EOF\nnever ends\n", "app/Dockerfile cannot be read"),
        ("FROM scratch AS s\n" * 101, "more than 100"),
    ],
)
def test_what_is_not_known_is_refused_and_never_root(text: str, reason: str, tmp_path: Path) -> None:
    found = resolved(tmp_path, text)
    assert isinstance(found, Refused), found
    assert reason in found.reason
    assert found.candidates == ("app/Dockerfile",)


@pytest.mark.parametrize(
    ("text", "line", "suggestion"),
    [
        ("# first\nFROM node:22\nCMD node x\n", 2, "USER 1000"),
        ("FROM node:22\nUSER node\nUSER root\n", 3, "USER 1000"),
        ("FROM node:22\nUSER 0:0\n", 2, "USER 1000"),
        ("FROM node:22\nUSER 00\n", 2, "USER 1000"),
        ("FROM node:22\nRUN useradd -o -u 0 toor\nUSER toor\n", 3, "USER 1000"),
        ("FROM debian\nRUN useradd -u 1234 me\nCMD x\n", 1, "USER 1234"),
        ("FROM scratch\nCOPY x /x\n", 1, None),
        ('FROM debian\nRUN apt-get install x\nENTRYPOINT ["gosu", "me", "x"]\n', 1, None),
        ('FROM debian\nCOPY run.sh /run.sh\nENTRYPOINT ["/run.sh"]\n', 1, None),
    ],
)  # fmt: skip
def test_a_file_that_ends_as_root_is_a_finding(text: str, line: int, suggestion: str | None, tmp_path: Path) -> None:
    found = resolved(tmp_path, text, run_sh="#!/bin/sh\n# chmod only\nchown -R me /data\n")
    assert isinstance(found, Resolved), found
    assert found.facts.starts_as_root is True
    assert found.finding is not None
    assert (found.finding.path, found.finding.line) == ("app/Dockerfile", line)
    assert found.finding.suggestion == suggestion
    assert found.facts.evidence == f"Dockerfile app/Dockerfile:{line}"


def test_a_script_that_wants_root_leaves_it_open_who_else_would_do(tmp_path: Path) -> None:
    text = 'FROM node:22\nCOPY run.sh /\nENTRYPOINT ["/run.sh"]\n'
    found = resolved(tmp_path, text, run_sh="exec su-exec node app\n")
    assert isinstance(found, Resolved)
    assert (found.facts.default_user, found.facts.uid, found.facts.runs_as_nonroot) == ("root", None, None)
    quiet = resolved(tmp_path, text, run_sh="# su-exec is not called\nexec app\n")
    assert isinstance(quiet, Resolved)
    assert (quiet.facts.uid, quiet.facts.runs_as_nonroot) == (1000, None)


def test_what_a_base_says_of_its_program_holds_for_that_program_only(tmp_path: Path) -> None:
    same = resolved(tmp_path, "FROM postgres:17\nCOPY a.sql /docker-entrypoint-initdb.d/\nEXPOSE 9000/tcp 5/udp\n")
    other = resolved(tmp_path, 'FROM postgres:17\nENTRYPOINT ["/save"]\nVOLUME /data\nEXPOSE 8000-8002\n')
    assert isinstance(same, Resolved)
    assert isinstance(other, Resolved)
    assert (same.facts.writable, same.facts.ports) == (("/run/postgresql",), (5432, 9000))
    assert (other.facts.writable, other.facts.ports) == (None, (8000, 8001, 8002))
    assert (other.facts.entrypoint, other.facts.command) == (("/save",), ())
    assert other.facts.volumes == ("/data",)


def test_a_low_port_and_file_capabilities_are_needs(tmp_path: Path) -> None:
    found = resolved(tmp_path, "FROM node\nRUN setcap 'cap_net_bind_service=+ep' /usr/bin/node\nEXPOSE 80\nCMD x y\n")
    assert isinstance(found, Resolved)
    assert found.facts.file_caps == ("NET_BIND_SERVICE",)
    assert Need.LOW_PORT in found.facts.nonroot_needs
    assert found.facts.command == ("/bin/sh", "-c", "x y")
    assert found.facts.confidence is Confidence.DERIVED


def test_a_stage_that_is_copied_from_changes_no_other(tmp_path: Path) -> None:
    stages = "FROM node AS a\nFROM a AS b\nRUN usermod -u 5 node\nFROM a\nCOPY --from=b /x /x\nUSER node\n"
    found = resolved(tmp_path, stages)
    assert isinstance(found, Resolved)
    assert found.facts.uid == 1000


@pytest.mark.parametrize(
    ("copy", "names"),
    [
        ("COPY --from=b /app /app", ("NET_RAW",)),
        ("COPY --from=0 /app .", ("NET_RAW",)),
        ("COPY --from=b /ap* /bin/", ("NET_RAW",)),
        ("COPY --from=b / /", ("NET_RAW",)),
        ("COPY --from=b /other /app", ()),
        ("COPY --from=alpine /app /app", ()),
        ("COPY app /app", ()),
    ],
)
def test_a_copied_file_keeps_its_capabilities(copy: str, names: tuple[str, ...], tmp_path: Path) -> None:
    found = resolved(tmp_path, f"FROM golang AS b\nRUN setcap cap_net_raw+ep /app\nFROM alpine\n{copy}\nUSER 5\n")
    assert isinstance(found, Resolved)
    assert (found.facts.file_caps or ()) == names


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ('FROM node:22\nCOPY . .\nCMD ["node", "server.js"]\n', False),
        ("FROM node:22\nCOPY . .\nCMD node server.js\n", False),
        ('FROM node:22\nCOPY . .\nENTRYPOINT ["tini", "--", "node", "x"]\n', False),
        ('FROM node:22\nCOPY . .\nCMD ["npm", "start"]\n', False),
        ('FROM node:22\nCOPY . .\nCMD ["npm", "run", "serve"]\n', True),
        ('FROM node:22\nCOPY . .\nCMD ["npm", "run", "absent"]\n', True),
        ("FROM node:22\nCMD npx next start\n", True),
        ('FROM python:3\nCOPY . /app\nCMD ["./boot.sh"]\n', True),
        ('FROM python:3\nCOPY . /app\nCMD ["./plain.sh"]\n', False),
        ('FROM python:3\nCOPY . /app\nCMD ["sh", "plain.sh"]\n', False),
        ('FROM python:3\nCOPY . /app\nCMD ["./unseen.sh"]\n', True),
        ("FROM python:3\nCMD pip install x && python app.py\n", True),
        ("FROM python:3\nCMD python app.py > log\n", True),
        ("FROM python:3\nCMD python app.py 2>&1 > /dev/null\n", False),
        ('FROM golang:1\nCMD ["/app/server", "--port=8080"]\n', False),
        ('FROM golang:1\nCMD ["go", "run", "."]\n', True),
    ],
)
def test_whether_a_program_of_its_own_starts_as_another_user_is_left_open(
    text: str, writes: object, tmp_path: Path
) -> None:
    package = '{"scripts": {"start": "node server.js", "serve": "react-scripts start"}}'
    scripts = {
        "boot_sh": "#!/bin/sh\nmkdir -p /data\nexec python app.py\n",
        "plain_sh": "#!/bin/bash\nexec python a.py\n",
    }
    found = resolved(tmp_path, text, package_json=package, **scripts)
    assert isinstance(found, Resolved)
    assert found.facts.default_user == "root"
    assert found.facts.uid is not None
    assert found.facts.runs_as_nonroot is None
    assert any("is its own" in note for note in found.facts.notes)
    assert any("may write" in note for note in found.facts.notes) is writes


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FROM postgres:17\n", None),
        ("FROM alpine\nCOPY x /x\n", None),
        ("FROM nginx\nCOPY site /usr/share/nginx/html\n", None),
        ("FROM nginx\nCOPY plain.conf /etc/nginx/conf.d/default.conf\n", None),
        ("FROM nginx\nCOPY log.conf /etc/nginx/conf.d/default.conf\n", "log.conf names /var/log/nginx/shop.log"),
        ("FROM nginx\nCOPY absent.conf /etc/nginx/\n", "what absent.conf in /etc/nginx/ asks for is not known"),
        ("FROM node AS a\nFROM nginx\nCOPY --from=a /x.conf /etc/nginx/\n", "what x.conf in /etc/nginx/ asks for"),
        ("FROM nginx\nUSER root\nRUN apt-get update\n", "its authors chose root"),
        ("FROM nginx\nRUN sed -i s/a/b/ /etc/nginx/nginx.conf\n", "what sed in line 2 changes is not known"),
        ("FROM nginx\nWORKDIR /etc/nginx\nRUN mv other.conf nginx.conf\n", "what mv in line 3 changes is not known"),
        (
            "FROM nginx\nRUN echo 'user root;' > /etc/nginx/conf.d/a\n",
            "what a redirection to /etc/nginx/conf.d/a in line",
        ),
        ("FROM nginx\nRUN chmod 700 /usr/share/nginx/html\n", "what chmod in line 2 changes is not known"),
        ("FROM nginx\nRUN chmod -R 755 /usr/share/nginx && chmod a+r,g+w /x\n", None),
        ("FROM nginx\nRUN chown -R root /var/cache/nginx\n", "what chown in line 2 changes is not known"),
        ("FROM nginx\nRUN chown -R nginx:nginx /var/cache/nginx && chown 101 /run\n", None),
        ("FROM nginx\nRUN rm -rf /var/cache/nginx\n", "what rm in line 2 changes is not known"),
        ("FROM nginx\nRUN rm /etc/nginx/conf.d/default.conf; rm -rf /var/lib/apt/lists/*\n", None),
        ("FROM nginx\nRUN apt-get update && apt-get install -y curl > /dev/null\n", None),
        ("FROM nginx\nCOPY --chmod=600 site /usr/share/nginx/html\n", "copies files with mode 600"),
        ("FROM nginx\nCOPY --chmod=644 site /usr/share/nginx/html\n", None),
        ("FROM nginx AS a\nRUN chmod 700 /srv\nFROM a\nRUN true\n", "what chmod in line 2 changes is not known"),
        ("FROM nginx AS a\nRUN chmod 700 /srv\nFROM nginx\nRUN true\n", None),
    ],
)
def test_the_program_of_a_base_runs_as_that_can_unless_it_is_told_otherwise(
    text: str, why: str | None, tmp_path: Path
) -> None:
    configs = {
        "plain_conf": "server { listen 8080; root /usr/share/nginx/html; }\n# access_log /var/log/x.log\n",
        "log_conf": "server { listen 8080; access_log /var/log/nginx/shop.log; }\n",
    }
    found = resolved(tmp_path, text, **configs)
    assert isinstance(found, Resolved)
    assert (found.facts.default_user, found.facts.uid is not None) == ("root", True)
    assert found.facts.runs_as_nonroot is (True if why is None else None)
    assert why is None or any(why in note for note in found.facts.notes)
