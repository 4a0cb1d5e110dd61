"""What the commands of a manifest need, where they take the place of the image's own program."""

from __future__ import annotations

import pytest
from start_subjects import IMAGES, ROOT_IMAGE, judged, known, one

from harden.kube.containers import spoken_image
from harden.model.start import Start
from harden.starts.command import program_of, read_script
from harden.starts.reader import read_pod

IMAGE = {**ROOT_IMAGE, "entrypoint": ("docker-entrypoint.sh",), "command": ("redis-server",)}


@pytest.mark.parametrize(
    ("more", "own", "entry"),
    [
        ("", True, True),
        ("args: [--port, '1']", True, True),
        ("args: [redis-server, --port, '1']", True, True),
        ("args: [server]", True, True),
        ("args: [sh, -c, x]", False, False),
        ("command: [redis-server]", True, False),
        ("command: [/usr/bin/redis-server]", True, False),
        ("command: [docker-entrypoint.sh, redis-server]", True, True),
        ("command: [sh, -c, x]", False, False),
        ("command: [python, x.py]", False, False),
        ("command: []", True, True),
    ],
)
def test_whose_program_runs(more: str, own: bool, entry: bool) -> None:  # noqa: FBT001
    (container,) = read_pod(one("redis", "{}", more)).containers
    program = program_of(container, known(redis=IMAGE)("redis"))
    assert (program.own, program.entry) == (own, entry)


@pytest.mark.parametrize(
    ("more", "own"),
    [
        ("args: [--port]", True),
        ("args: [serve]", True),
        ("args: [sleep, '1']", False),
        ("args: [/bin/app]", False),
        ("args: ['--file=/etc/x']", True),
        ("args: ['s3://models/shop', /models]", True),
        ("command: [/bin/app]", False),
    ],
)
def test_whose_program_runs_in_an_unknown_image(more: str, own: bool) -> None:  # noqa: FBT001
    (container,) = read_pod(one("mystery", "{}", more)).containers
    assert program_of(container, None).own is own


@pytest.mark.parametrize(
    ("command", "security", "verdict", "words"),
    [
        ("[sleep, '5']", "", "yes", "runs sleep"),
        ("[sh, -c, 'until nc -z db 1; do sleep 2; done']", "", "yes", "nc, sleep"),
        ("[sh, -c, 'until nc -z db 1; do sleep 2; done']", "runAsUser: 7", "yes", "nc, sleep"),
        ("[app]", "", "unknown", "what app in busybox needs is not known"),
        ("[app]", "capabilities: {drop: [ALL]}", "unknown", "app in busybox needs as root"),
        ("[app]", "runAsUser: 7", "unknown", "whether app in busybox starts as user 7"),
        ("[chown, '7', /x]", "", "yes", "chown"),
        ("[chown, '7', /x]", "runAsUser: 7", "no", "chown needs root"),
        ("[chgrp, '7', /x]", "runAsUser: 7, runAsGroup: 7", "yes", "chgrp"),
        ("[chown, '7', /x]", "capabilities: {drop: [ALL]}", "no", "chown needs the capability CHOWN"),
        ("[chown, '7', /x]", "capabilities: {drop: [ALL], add: [CHOWN]}", "yes", "chown"),
        ("[sh, -c, 'chown 7 /x && ls']", "runAsUser: 7", "no", "chown needs root"),
        ("[sh, -c, 'chown 7 /x; ls']", "runAsUser: 7", "unknown", "may be allowed to fail"),
        ("[sh, -ec, 'chown 7 /x; ls']", "runAsUser: 7", "no", "chown needs root"),
        ("[sh, -c, 'set -e; chown 7 /x; ls']", "runAsUser: 7", "no", "chown needs root"),
        ("[sh, -c, 'chown 7 /x || true']", "runAsUser: 7", "unknown", "may be allowed to fail"),
        ("[sh, -c, 'ls; chown 7 /x']", "runAsUser: 7", "no", "chown needs root"),
        ("[sh, -c, 'if chown 7 /x; then ls; fi']", "runAsUser: 7", "unknown", "may be allowed to fail"),
        ('[sh, -ec, "cat > /x <<EOF\\nchown 7 /x\\nEOF"]', "runAsUser: 7", "unknown", "may be allowed to fail"),
        ("[sysctl, -w, vm.max_map_count=1]", "", "no", "/proc/sys is read-only"),
        ("[sysctl, -w, vm.max_map_count=1]", "privileged: true", "yes", "sysctl"),
        ("[sysctl, vm.max_map_count]", "", "yes", "sysctl"),
        ("[iptables, -L]", "", "no", "iptables needs the capability NET_ADMIN"),
        ("[iptables, -L]", "capabilities: {add: [NET_ADMIN]}", "yes", "iptables"),
        ("[apt-get, install, x]", "", "yes", "apt-get"),
        ("[apt-get, install, x]", "readOnlyRootFilesystem: true", "no", "a root file system that can be written"),
        ("[apt-get, install, x]", "runAsUser: 7", "no", "apt-get needs root"),
        ("[apk, add, x]", "capabilities: {drop: [CHOWN]}", "no", "CHOWN"),
        ("[gosu, app, x]", "capabilities: {drop: [ALL]}", "no", "SETGID, SETUID"),
        ("[su-exec, app, x]", "runAsUser: 7", "no", "su-exec needs root"),
        ("[sudo, ls]", "runAsUser: 7, allowPrivilegeEscalation: false", "no", "gain privileges"),
        ("[sudo, ls]", "runAsUser: 7", "unknown", "sudo"),
        ("[wget, -qO-, x]", "runAsUser: 7", "yes", "wget"),
        ("[wget, x]", "runAsUser: 7", "unknown", "wget"),
        ("[curl, x]", "runAsUser: 7, readOnlyRootFilesystem: true", "yes", "curl"),
        ("[curl, -o, y, x]", "runAsUser: 7", "unknown", "curl"),
    ],
)
def test_commands(command: str, security: str, verdict: str, words: str) -> None:
    found = judged(one("busybox", f"{{{security}}}", f"command: {command}"), IMAGES)
    assert found.verdict.value == verdict, found
    assert words in f"{found.reason} {found.doubts} {found.evidence}"


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("[wget, -O, /work/index.html, 'http://x']", "yes"),
        ("[curl, -sSL, -o, /work/a, 'http://x']", "yes"),
        ("[curl, --output=/work/a, 'http://x']", "yes"),
        ("[wget, -O, /elsewhere/index.html, 'http://x']", "unknown"),
        ("[wget, -O, index.html, 'http://x']", "unknown"),
        ("[wget, -O, /read/index.html, 'http://x']", "unknown"),
        ("[sh, -c, 'wget -O /work/a x && ./a']", "unknown"),
    ],
)
def test_a_download_into_a_volume_needs_no_root(command: str, verdict: str) -> None:
    mounts = "volumeMounts: [{name: w, mountPath: /work}, {name: w, mountPath: /read, readOnly: true}]"
    security = (
        "runAsUser: 7, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true"
    )
    spec = {
        **one("busybox", f"{{{security}}}", f"command: {command}, {mounts}"),
        "volumes": [{"name": "w", "emptyDir": {}}],
    }
    assert judged(spec, IMAGES).verdict.value == verdict, judged(spec, IMAGES)


def test_a_root_program_in_an_image_whose_user_is_not_known() -> None:
    images = known(silent={"root_caps": ()})
    found = judged(one("silent", "{}", "command: [chown, '7', /x]"), images)
    assert (found.verdict, found.reason) == (Start.UNKNOWN, "chown needs root, and the user of silent is not known")


@pytest.mark.parametrize(
    ("script", "commands", "whole"),
    [
        ("ls", ["ls"], True),
        ("A=1 exec /bin/ls -l", ["ls"], True),
        ("if test -f x; then\n  chown a b\nfi", ["test", "chown"], True),
        ("ls $(id -u)", ["ls", "id"], False),
        ("ls `id -u`", ["ls"], False),
        ("for a in b; do chown $a x; done", ["for", "chown"], False),
        ("cat > x <<EOF\nls\nEOF", ["cat", "ls", "EOF"], False),
        ("echo 'open", [], False),
        ("ls > /tmp/a 2> /dev/null", ["ls"], True),
        ("ls | grep a", ["ls", "grep"], True),
        ("env LANG=C /bin/ls", ["ls"], True),
        ("while [[ -z $a || $b == 1 ]]; do (( a++ )); done", ["[[", "(("], True),
        ("[[ -f x ]] && chown a x", ["[[", "chown"], True),
    ],
)
def test_what_is_read_of_a_script(script: str, commands: list[str], whole: bool) -> None:  # noqa: FBT001
    found, complete = read_script(script, stops=False)
    assert ([command.name for command in found], complete) == (commands, whole)


def test_what_a_script_writes() -> None:
    (first, second), _ = read_script("ls > /var/a 2>> /dev/null; cat >> /b", stops=False)
    assert (first.writes, second.writes) == (("/var/a",), ("/b",))


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("postgres:15-alpine", "postgres:15-alpine"),
        ("registry.test/shop/cart:2@sha256:ab", "cart:2"),
        ("vaultwarden/server:1.30", "vaultwarden/server:1.30"),
        ("quay.test/strimzi/operator", "strimzi/operator"),
        ("registry.test/app:1", "app:1"),
        ("localhost:5000/app", "app"),
    ],
)
def test_how_an_image_is_called(image: str, said: str) -> None:
    assert spoken_image(image) == said


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("command: [sh, -c, 'echo $(WHO)'], env: [{name: WHO, value: world}]", ["echo"]),
        ("command: [sh, -c, 'echo $(WHO)'], env: [{name: WHO, valueFrom: {}}]", ["echo"]),
        ("command: [sh, -c, 'echo $(WHO)'], env: [{name: OTHER, value: world}]", ["echo", "WHO"]),
        ("command: [sh, -c, '$(RUN) /x'], env: [{name: RUN, value: chown 7}]", ["$RUN"]),
        ("command: [/]", ["/"]),
    ],
)
def test_variables_of_the_manifest_are_in_place_before_a_shell_reads(more: str, names: list[str]) -> None:
    (container,) = read_pod(one("mystery", "{}", more)).containers
    assert [command.name for command in program_of(container, None).commands] == names
