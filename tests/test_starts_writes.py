"""Where a container writes: read-only roots, mounts that hide files, configuration that is mounted, arguments."""

from __future__ import annotations

from typing import Any

import pytest
from start_subjects import ROOT_IMAGE, Spec, judged, known, pod

from harden.images.facts import Need
from harden.starts import NoNeighbours, starts

RO = "readOnlyRootFilesystem: true"
AS = "runAsUser: 999"


class Texts(NoNeighbours):
    """Every ConfigMap holds one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def config_map(self, name: str) -> dict[str, str]:  # noqa: ARG002
        return {"app.conf": self.text}


def mounted(security: str, mounts: str = "", more: str = "", of_pod: str = "") -> Spec:
    """Return a pod of one container of the image `app`; `mounts` are `path=source` in words, `path!` read-only."""
    held, volumes = [], []
    for number, word in enumerate(mounts.split()):
        path, _, source = word.partition("=")
        read_only = ", readOnly: true" if path.endswith("!") else ""
        held.append(f"{{name: v{number}, mountPath: {path.rstrip('!')}{read_only}}}")
        volumes.append(f"{{name: v{number}, {source or 'emptyDir'}: {'{name: c}' if source == 'configMap' else '{}'}}}")
    return pod(
        f"{{containers: [{{name: c, image: app, securityContext: {{{security}}}, volumeMounts: [{', '.join(held)}]"
        f"{more and ', '}{more}}}], volumes: [{', '.join(volumes)}]{of_pod and ', '}{of_pod}}}"
    )


NEEDY = {"writable": ("/var/cache/app", "/var/run", "/tmp"), "nonroot_needs": (Need.WRITABLE,)}  # noqa: S108


@pytest.mark.parametrize(
    ("stated", "security", "mounts", "verdict", "words"),
    [
        ({"writable": ()}, RO, "", "yes", "writes to no folder"),
        ({"writable": None}, RO, "", "unknown", "where app writes to is not known"),
        ({"writable": ("/a",)}, "", "", "yes", ""),
        ({"writable": ("/a",)}, RO, "", "unknown", "writes to /a, which is read-only"),
        ({"writable": ("/a",)}, RO, "/a", "yes", "writes to /a, and can"),
        ({"writable": ("/a/b",)}, RO, "/a", "yes", ""),
        ({"writable": ("/a",)}, RO, "/a/b", "unknown", "/a"),
        ({"writable": ("/a",)}, RO, "/a!", "unknown", "/a"),
        ({"writable": ("/ab",)}, RO, "/a", "unknown", "/ab"),
        ({"writable": ("/a/./b/",)}, RO, "/a//b", "yes", ""),
        ({"writable": ("/a/b",)}, RO, "/a /a/b!", "unknown", "/a/b"),
        ({"writable": ("/var/run/x",)}, RO, "/run", "yes", ""),
        ({"writable": (), "volumes": ("/data",)}, RO, "", "unknown", "depends on the runtime"),
        ({"writable": (), "volumes": ("/data",)}, RO, "/data", "yes", ""),
        ({"writable": (), "volumes": ("/data",)}, "", "", "yes", ""),
        (NEEDY, "", "", "yes", ""),
        (NEEDY, AS, "", "no", "/var/cache/app of app belongs to root"),
        (NEEDY, AS, "/var/cache/app /run", "yes", ""),
        (NEEDY, f"{AS}, {RO}", "/var/cache/app /run", "unknown", "writes to /tmp"),
        (NEEDY, f"{AS}, {RO}", "/run /tmp", "no", "/var/cache/app"),
        (NEEDY, f"{AS}, {RO}", "/var/cache/app /run /tmp", "yes", ""),
        (NEEDY, RO, "/run /tmp", "unknown", "/var/cache/app"),
    ],
)
def test_folders(stated: dict[str, Any], security: str, mounts: str, verdict: str, words: str) -> None:
    found = judged(mounted(security, mounts), known(app={**ROOT_IMAGE, **stated}))
    assert found.verdict.value == verdict, found
    assert words in f"{found.reason} {found.evidence}"


SEED = {"writable_seeded": ("/opt/app",)}
NEEDED = {**SEED, "nonroot_needs": (Need.WRITABLE_SEEDED,)}
COPY = (
    "initContainers: [{name: seed, image: %s, command: [sh, -c, 'cp -R /opt/app/. /seed/'], "
    "volumeMounts: [{name: v0, mountPath: /seed}]}]"
)


@pytest.mark.parametrize(
    ("stated", "security", "mounts", "of_pod", "verdict", "words"),
    [
        (SEED, "", "", "", "yes", ""),
        (SEED, RO, "", "", "unknown", "/opt/app, which is read-only"),
        (NEEDED, f"{RO}, {AS}", "", "", "no", "/opt/app at its start"),
        (NEEDED, AS, "", "", "yes", ""),
        (SEED, "", "/opt/app", "", "unknown", "hides the files"),
        (SEED, RO, "/opt/app", "", "unknown", "hides the files"),
        (SEED, RO, "/opt/app", COPY % "app", "yes", "init container seed copies /opt/app"),
        (SEED, RO, "/opt/app", COPY % "busybox", "unknown", "hides the files"),
        (SEED, RO, "/opt/app", (COPY % "app").replace("/opt/app/.", "/opt/other/."), "unknown", "hides the files"),
        (SEED, RO, "/opt/app", (COPY % "app").replace("/seed/'", "/elsewhere/'"), "unknown", "hides the files"),
        (SEED, "", "/opt/app=persistentVolumeClaim", "", "yes", ""),
        ({"writable_seeded": ("/etc/nginx/conf.d",)}, RO, "", "", "yes", ""),
        ({"writable_seeded": ("/etc/nginx/conf.d",)}, RO, "/etc/nginx/templates=secret", "", "unknown", "conf.d"),
    ],
)
def test_folders_that_ship_files(  # noqa: PLR0917 - the columns of a table
    stated: dict[str, Any], security: str, mounts: str, of_pod: str, verdict: str, words: str
) -> None:
    found = judged(mounted(security, mounts, of_pod=of_pod), known(app={**ROOT_IMAGE, **stated}))
    assert found.verdict.value == verdict, found
    assert words in f"{found.reason} {found.evidence}"


@pytest.mark.parametrize(
    ("security", "mounts", "more", "verdict", "words"),
    [
        (RO, "", "args: ['--dir=/store']", "unknown", "the arguments name /store"),
        (RO, "/store", "args: ['--dir=/store/x']", "yes", ""),
        (RO, "", "args: ['--dir=/dev/shm']", "yes", ""),
        (RO, "", "args: ['--dir=store']", "yes", ""),
        ("", "", "args: ['--dir=/store']", "yes", ""),
        (RO, "", "command: [sh, -c, 'echo a > /a']", "unknown", "echo writes to /a"),
        (RO, "/a", "command: [sh, -c, 'echo a > /a/b']", "yes", ""),
        (RO, "", "command: [sh, -c, 'cp /a /b']", "unknown", "cp may write to /b"),
        (RO, "/b", "command: [sh, -c, 'cp /a /b/c']", "yes", ""),
        (RO, "", "command: [mkdir, x]", "unknown", "where mkdir writes"),
        (RO, "", "command: [ls]", "yes", ""),
        (RO, "", "command: [serve]", "unknown", "where serve writes"),
        (RO, "", "command: [sh, -c, 'ls $(x)']", "unknown", "writes to is not known"),
        ("", "", "command: [sh, -c, 'echo a > /a']", "yes", ""),
    ],
)
def test_arguments_and_commands(security: str, mounts: str, more: str, verdict: str, words: str) -> None:
    found = judged(mounted(security, mounts, more), known(app={**ROOT_IMAGE, "writable": ()}))
    assert found.verdict.value == verdict, found
    assert words in f"{found.reason} {found.doubts}"


@pytest.mark.parametrize(
    ("security", "mounts", "text", "verdict", "words"),
    [
        ("", "/etc/app=configMap", None, "yes", ""),
        (AS, "/etc/app=configMap", None, "unknown", "what the configuration that is mounted into app asks for"),
        (RO, "/etc/app=configMap", None, "unknown", "what the configuration"),
        ("capabilities: {drop: [NET_RAW]}", "/etc/app=configMap", None, "unknown", "what the configuration"),
        (AS, "/etc/app=secret", None, "yes", ""),
        (AS, "/etc/app=configMap", "level info\n", "yes", "names no folder or right"),
        (AS, "/etc/app=configMap", "access_log /var/log/app/a.log;\n", "unknown", "names /var/log/app/a.log"),
        ("", "/etc/app=configMap", "access_log /var/log/app/a.log;\n", "yes", ""),
        (AS, "/etc/app=configMap", "# access_log /var/log/app/a.log;\n", "yes", ""),
        (AS, "/etc/app=configMap", "token /var/run/secrets/kubernetes.io/serviceaccount/token\n", "yes", ""),
        (AS, "/etc/app=configMap", "include /etc/other;\nlocation /api {}\n", "yes", ""),
        (AS, "/etc/app=configMap /var/log", "access_log /var/log/app/a.log;\n", "yes", ""),
        (AS, "/etc/app=configMap", "pid /tmp/a.pid;\n", "yes", ""),
        (f"{AS}, {RO}", "/etc/app=configMap", "pid /tmp/a.pid;\n", "unknown", "names /tmp"),
        (AS, "/etc/app=configMap", "chroot /etc/x\n", "unknown", "says chroot, which needs SYS_CHROOT"),
        ("capabilities: {drop: [NET_RAW]}", "/etc/app=configMap", "prober: icmp\n", "unknown", "which needs NET_RAW"),
        ("capabilities: {drop: [MKNOD]}", "/etc/app=configMap", "prober: icmp\n", "yes", ""),
        (AS, "/etc/app=configMap", "  listen 80;\n", "unknown", "port 80"),
        (AS, "/etc/app=configMap", "bind *:443 ssl\n", "unknown", "port 443"),
        (AS, "/etc/app=configMap", "listen 8080;\n", "yes", ""),
    ],
)
def test_configuration(security: str, mounts: str, text: str | None, verdict: str, words: str) -> None:
    neighbours = NoNeighbours() if text is None else Texts(text)
    found = judged(mounted(security, mounts), known(app={**ROOT_IMAGE, "root_caps": ()}), neighbours)
    assert found.verdict.value == verdict, found
    assert words in f"{found.reason} {found.doubts} {found.evidence}"


def test_a_file_of_a_config_map_and_a_projection() -> None:
    images = known(app=ROOT_IMAGE)
    texts = Texts("log /var/log/a\n")
    spec = mounted(AS, "/etc/app=configMap")
    spec["containers"][0]["volumeMounts"][0]["subPath"] = "other.conf"
    assert judged(spec, images, texts).verdict.value == "yes"
    spec["containers"][0]["volumeMounts"][0]["subPath"] = "app.conf"
    assert judged(spec, images, texts).verdict.value == "unknown"
    spec["volumes"] = [{"name": "v0", "projected": {"sources": [{"configMap": {"name": "c"}}, {"secret": {}}]}}]
    assert "/var/log/a" in judged(spec, images, texts).reason


def test_where_facts_know_how_to_find_paths_nothing_else_is_taken_for_one() -> None:
    images = known(app={**ROOT_IMAGE, "config_writes": (r"^log (\S+)",)})
    spec = mounted(AS, "/etc/app=configMap")
    assert judged(spec, images, Texts("root /var/www\n")).verdict.value == "yes"
    assert "/var/log/a" in judged(spec, images, Texts("log /var/log/a\n")).reason


def test_an_unknown_image_gets_no_verdict_from_its_mounts() -> None:
    found = starts(mounted(RO, "/etc/app=configMap"), lambda _: None, Texts("x"))[0]
    assert [doubt.text for doubt in found.doubts] == [
        "where app writes to is not known, and its root file system is read-only",
        "nothing is known of app",
    ]
