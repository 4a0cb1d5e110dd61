"""Each rule of the start model, from both sides: what starts, what does not, and what is missing to know it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from start_subjects import IMAGES, ROOT_IMAGE, judged, known, one, pod

from harden.images.facts import Need, PortFix
from harden.model.start import Start, Topic
from harden.starts import starts

SYSCTL = "securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: '0'}]}"


def check(spec: dict[str, Any], verdict: str, words: str, images: Any = IMAGES) -> None:
    found = judged(spec, images)
    assert (found.verdict.value, words in found.reason) == (verdict, True), found


@pytest.mark.parametrize(
    ("image", "security", "verdict", "words"),
    [
        ("redis", "{}", "yes", "as the user that its authors ship it with"),
        ("numbered", "{}", "yes", "as the user that its authors ship it with"),
        ("redis", "{runAsNonRoot: false}", "yes", "authors"),
        ("redis", "{runAsNonRoot: true, runAsUser: 0}", "no", "beside runAsUser: 0"),
        ("redis", "{runAsNonRoot: true}", "no", "starts as root"),
        ("named", "{runAsNonRoot: true}", "no", "runs as a name (redis), no number"),
        ("numbered", "{runAsNonRoot: true}", "yes", "runs as 999, a number other than root"),
        ("mystery", "{runAsNonRoot: true}", "unknown", "that of mystery is not known"),
        ("mystery", "{}", "unknown", "nothing is known of mystery"),
        ("redis", "{runAsNonRoot: true, runAsUser: 999}", "yes", "starts as 999 (read)"),
        ("named", "{runAsNonRoot: true, runAsUser: 999}", "yes", "authors"),
        ("redis", "{runAsUser: 998}", "unknown", "it is known to start as 999"),
        ("numbered", "{runAsUser: 0}", "unknown", "as root is not known"),
        ("mystery", "{runAsUser: 1000}", "unknown", "whether mystery starts as user 1000 is not known"),
    ],
)
def test_the_user(image: str, security: str, verdict: str, words: str) -> None:
    check(one(image, security), verdict, words)


@pytest.mark.parametrize(
    ("image", "security", "of_pod", "verdict"),
    [
        ("redis", "{runAsUser: 999, runAsGroup: 999}", "", "yes"),
        ("redis", "{runAsUser: 999, runAsGroup: 5}", "", "unknown"),
        ("redis", "{runAsUser: 999, runAsGroup: 5}", "securityContext: {supplementalGroups: [999]}", "yes"),
        ("redis", "{runAsUser: 999}", "securityContext: {runAsGroup: 5}", "unknown"),
        ("redis", "{runAsUser: 999, runAsGroup: 999}", "securityContext: {runAsGroup: 5}", "yes"),
        ("redis", "{runAsGroup: 5}", "", "yes"),
        ("numbered", "{runAsGroup: 999}", "", "yes"),
        ("numbered", "{runAsGroup: 5}", "", "unknown"),
        ("open", "{runAsGroup: 0}", "", "yes"),
        ("open", "{runAsGroup: 1001}", "", "unknown"),
        ("groupless", "{runAsGroup: 1001}", "", "unknown"),
        ("groupless", "{}", "", "yes"),
    ],
)
def test_the_group(image: str, security: str, of_pod: str, verdict: str) -> None:
    images = known(
        redis=ROOT_IMAGE,
        numbered={**ROOT_IMAGE, "default_user": "999"},
        open={"default_user": "1001:0", "uid": 1001},
        groupless={"default_user": "1001"},
    )
    found = judged(one(image, security, of_pod=of_pod), images)
    assert found.verdict.value == verdict, found
    assert found.verdict is Start.YES or "as group" in found.reason
    assert "its own is None" not in found.reason


def test_the_container_counts_before_the_pod() -> None:
    of_pod = "securityContext: {runAsNonRoot: true, runAsUser: 0}"
    check(one("redis", "{runAsUser: 999}", of_pod=of_pod), "yes", "999")
    check(one("redis", "{}", of_pod=of_pod), "no", "beside runAsUser: 0")
    check(one("redis", "{runAsNonRoot: false, runAsUser: 0}", of_pod=of_pod), "yes", "authors")
    check(one("redis", of_pod="securityContext: {runAsUser: 999}"), "yes", "999")


@pytest.mark.parametrize(
    ("stated", "verdict", "words"),
    [
        ({"runs_as_nonroot": False}, "no", "does not start without root"),
        ({"runs_as_nonroot": None}, "unknown", "no source says"),
        ({"host_access": "reads files of the node"}, "unknown", "reads files of the node"),
        ({"uid": None}, "unknown", "no user is known for it"),
        ({"default_user": None}, "yes", "999"),
    ],
)
def test_what_facts_say_of_a_start_without_root(stated: dict[str, Any], verdict: str, words: str) -> None:
    images = known(redis={**ROOT_IMAGE, **stated})
    check(one("redis", "{runAsUser: 999}"), verdict, words, images)
    check(one("redis"), "yes", "authors", images)


@pytest.mark.parametrize(
    ("env", "verdict", "words"),
    [
        ("env: [{name: MODE, value: plain}]", "yes", "999"),
        ("env: []", "no", "needs MODE set"),
        ("env: [{name: MODE, value: other}]", "unknown", "holds something else"),
        ("env: [{name: MODE, valueFrom: {secretKeyRef: {name: s, key: k}}}]", "unknown", "holds something else"),
        ("envFrom: [{configMapRef: {name: e}}]", "unknown", "envFrom may set"),
    ],
)
def test_variables_of_a_start_without_root(env: str, verdict: str, words: str) -> None:
    needs = {"nonroot_needs": (Need.ENV,), "nonroot_env": {"MODE": "plain"}}
    images = known(redis={**ROOT_IMAGE, **needs}, plain={**ROOT_IMAGE, "nonroot_env": {"MODE": "plain"}})
    check(one("redis", "{runAsUser: 999}", env), verdict, words, images)
    check(one("redis", "{}", env), "yes", "authors", images)
    check(one("plain", "{runAsUser: 999}", env), "yes", "999", images)


def test_the_value_of_a_variable_is_in_no_text() -> None:
    images = known(redis={**ROOT_IMAGE, "nonroot_needs": (Need.ENV,), "nonroot_env": {"MODE": "plain"}})
    spec = one("redis", "{runAsUser: 999, readOnlyRootFilesystem: true}", "env: [{name: MODE, value: hunter2}]")
    assert "hunter2" not in str(starts(spec, images))


DROP = "capabilities: {drop: [ALL]}"


@pytest.mark.parametrize(
    ("image", "security", "verdict", "words"),
    [
        ("redis", f"{{{DROP}}}", "no", "needs CHOWN, SETGID, SETUID to start as root"),
        ("redis", "{capabilities: {drop: [all]}}", "no", "CHOWN, SETGID, SETUID"),
        ("redis", "{capabilities: {drop: [cap_setuid]}}", "no", "needs SETUID"),
        ("redis", "{capabilities: {drop: [NET_RAW]}}", "yes", "as root it needs CHOWN, SETGID, SETUID"),
        ("redis", "{capabilities: {drop: [ALL], add: [CHOWN, SETGID, CAP_SETUID]}}", "yes", "as root it needs"),
        ("redis", "{capabilities: {drop: [ALL], add: [ALL]}}", "no", "needs CHOWN"),
        ("redis", "{capabilities: {add: [ALL]}}", "yes", "authors"),
        ("redis", "{capabilities: {drop: [CHOWN], add: [CHOWN]}}", "no", "needs CHOWN to"),
        ("redis", "{privileged: true, capabilities: {drop: [ALL]}}", "yes", "authors"),
        ("redis", f"{{runAsUser: 999, {DROP}}}", "yes", "starts as 999"),
        ("numbered", f"{{{DROP}}}", "yes", "authors"),
        ("mystery", f"{{{DROP}}}", "unknown", "which capabilities mystery needs as root is not known"),
        ("mystery", f"{{runAsUser: 5, {DROP}}}", "unknown", "starts as user 5"),
        ("silent", f"{{{DROP}}}", "unknown", "which capabilities silent needs"),
        ("silent", "{}", "yes", "authors"),
        ("open", f"{{{DROP}}}", "unknown", "needs SETUID to start as root"),
        ("idle", f"{{{DROP}}}", "yes", "as root it needs none"),
    ],
)
def test_capabilities(image: str, security: str, verdict: str, words: str) -> None:
    images = known(
        redis=ROOT_IMAGE,
        numbered={**ROOT_IMAGE, "default_user": "999"},
        silent={"default_user": "root"},
        open={"root_caps": ("SETUID",)},
        idle={**ROOT_IMAGE, "root_caps": ()},
    )
    check(one(image, security), verdict, words, images)


def test_a_command_of_the_manifest_needs_nothing_of_what_the_entrypoint_needs() -> None:
    check(one("redis", f"{{{DROP}}}", "command: [sleep, '1']"), "yes", "runs sleep")


def test_past_the_entrypoint_its_capabilities_are_not_certain() -> None:
    images = known(redis={**ROOT_IMAGE, "entrypoint": ("docker-entrypoint.sh",), "command": ("redis-server",)})
    check(one("redis", f"{{{DROP}}}", "command: [redis-server]"), "unknown", "needs CHOWN", images)
    check(one("redis", f"{{{DROP}}}", "command: [docker-entrypoint.sh, redis-server]"), "no", "needs CHOWN", images)
    check(one("redis", f"{{{DROP}}}", "args: [--port, '1']"), "no", "needs CHOWN", images)


@pytest.mark.parametrize("user", ["", "runAsUser: 999, "])
def test_a_file_with_capabilities_outside_the_bounding_set_cannot_be_executed(user: str) -> None:
    images = known(caddy={**ROOT_IMAGE, "root_caps": (), "file_caps": ("NET_BIND_SERVICE",)})
    check(one("caddy", f"{{{user}{DROP}}}"), "no", "cannot be executed", images)
    check(one("caddy", f"{{{user}capabilities: {{drop: [ALL], add: [NET_BIND_SERVICE]}}}}"), "yes", "", images)
    check(one("caddy", f"{{{user}privileged: true}}"), "yes", "", images)


WEB = {**ROOT_IMAGE, "ports": (80,), "root_caps": ("NET_BIND_SERVICE",)}
FIX = PortFix(moves={80: 8080}, env={"PORT": "8080"}, args=("--port=8080",), config_file="/etc/web.conf")


@pytest.mark.parametrize(
    ("security", "more", "of_pod", "verdict", "words"),
    [
        ("{}", "", "", "yes", "authors"),
        ("{runAsUser: 999}", "", "", "unknown", "port 80 depends on the node's runtime"),
        ("{runAsUser: 999}", "", SYSCTL, "yes", "999"),
        ("{runAsUser: 999}", "", SYSCTL.replace("'0'", "'80'"), "yes", "999"),
        ("{runAsUser: 999}", "", SYSCTL.replace("'0'", "'81'"), "no", "may not listen on port 80"),
        ("{runAsUser: 999}", "", f"{SYSCTL}, hostNetwork: true", "no", "refuses sysctl"),
        ("{runAsUser: 999}", "", "hostNetwork: true", "unknown", "hostNetwork"),
        ("{runAsUser: 999}", "env: [{name: PORT, value: '8080'}]", "", "yes", "999"),
        ("{runAsUser: 999}", "args: ['--port=9090']", "", "yes", "999"),
        ("{runAsUser: 999}", "args: ['--prt=9090']", "", "unknown", "port 80"),
        ("{runAsUser: 999}", "ports: [{containerPort: 8080}]", "", "unknown", "port 80"),
        (
            "{runAsUser: 999}",
            "env: [{name: PORT, value: '8080'}], ports: [{containerPort: 443}]",
            "",
            "unknown",
            "port 443",
        ),
        ("{runAsUser: 999, capabilities: {add: [NET_BIND_SERVICE]}}", "", "", "unknown", "port 80"),
        ("{capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}", "", "", "yes", "as root"),
        ("{capabilities: {drop: [ALL]}}", "", "", "no", "needs NET_BIND_SERVICE"),
        ("{capabilities: {drop: [ALL]}}", "", SYSCTL, "yes", "as root"),
    ],
)
def test_ports_below_1024(security: str, more: str, of_pod: str, verdict: str, words: str) -> None:
    check(one("web", security, more, of_pod), verdict, words, known(web={**WEB, "low_port_fix": FIX}))


def test_a_configuration_of_ones_own_says_the_ports() -> None:
    volumes = "volumes: [{name: f, emptyDir: {}}]"
    mount = "volumeMounts: [{name: f, mountPath: /etc/web.conf}]"
    images = known(web={**WEB, "low_port_fix": FIX}, fixed=WEB)
    check(one("web", "{runAsUser: 999}", mount, volumes), "yes", "999", images)
    check(one("fixed", "{runAsUser: 999}", mount, volumes), "unknown", "port 80", images)


def test_a_command_that_moves_the_ports() -> None:
    images = known(web={**WEB, "low_port_fix": PortFix(moves={80: 8080}, command=("web", "--listen", "8080"))})
    check(one("web", "{runAsUser: 999}", "command: [web, --listen, '8080']"), "yes", "999", images)
    check(one("web", "{runAsUser: 999}", "command: [web, --listen], args: ['8080']"), "yes", "999", images)
    check(one("web", "{runAsUser: 999}", "command: [web, --listen, '80']"), "unknown", "port 80", images)


def test_a_declared_port_of_an_unknown_image_counts_only_where_it_serves() -> None:
    images = known(job={**ROOT_IMAGE, "ports": ()})
    check(one("job", "{runAsUser: 999}", "ports: [{containerPort: 80}]"), "unknown", "port 80", images)
    init = (
        "{initContainers: [{name: i, image: job, securityContext: {runAsUser: 999}, ports: [{containerPort: 80}]%s}]}"
    )
    check(pod(init % ""), "yes", "999", images)
    check(pod(init % ", restartPolicy: Always"), "unknown", "port 80", images)


def test_a_file_gives_the_capability_to_bind_unless_privileges_are_locked() -> None:
    images = known(caddy={**WEB, "file_caps": ("NET_BIND_SERVICE",)})
    add = "capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}"
    check(one("caddy", f"{{runAsUser: 999, {add}}}"), "yes", "999", images)
    check(one("caddy", f"{{runAsUser: 999, allowPrivilegeEscalation: false, {add}}}"), "unknown", "port 80", images)


@pytest.mark.parametrize(
    ("more", "verdict", "words"),
    [
        ("allowPrivilegeEscalation: false, privileged: true", "no", "beside privileged: true"),
        ("allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}", "no", "SYS_ADMIN"),
        ("allowPrivilegeEscalation: false", "yes", "authors"),
        ("seccompProfile: {type: Localhost, localhostProfile: x}", "unknown", "seccomp profile"),
        ("seccompProfile: {type: RuntimeDefault}", "yes", "authors"),
        ("runAsUser: ${PUID}", "unknown", "runAsUser is no value"),
        ("runAsNonRoot: 'true'", "unknown", "runAsNonRoot is no value"),
        ("capabilities: {drop: ALL}", "unknown", "capabilities.drop is no value"),
    ],
)
def test_what_the_api_refuses_or_cannot_read(more: str, verdict: str, words: str) -> None:
    check(one("redis", f"{{{more.replace('${PUID}', 'PUID')}}}"), verdict, words)


@pytest.mark.parametrize(
    ("of_pod", "verdict", "words"),
    [
        ("hostUsers: false", "unknown", "user namespaces"),
        ("hostUsers: true", "yes", "authors"),
        ("os: {name: windows}", "unknown", "Windows"),
        ("os: {name: linux}", "yes", "authors"),
        ("nodeSelector: {kubernetes.io/os: windows}", "unknown", "Windows"),
        ("securityContext: {windowsOptions: {}}", "unknown", "Windows"),
        ("securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}", "unknown", "kernel.msgmax"),
        ("securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}", "yes", "authors"),
        (
            "securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}, hostNetwork: true",
            "no",
            "hostNetwork",
        ),
        ("securityContext: {runAsUser: no}", "unknown", "runAsUser"),
    ],
)
def test_the_platform(of_pod: str, verdict: str, words: str) -> None:
    check(one("redis", of_pod=of_pod), verdict, words)


def test_mounts_that_only_privileged_containers_may_have() -> None:
    mount = "volumeMounts: [{name: h, mountPath: /h, mountPropagation: Bidirectional}]"
    volumes = "volumes: [{name: h, hostPath: {path: /h}}]"
    check(one("redis", "{}", mount, volumes), "no", "Bidirectional")
    check(one("redis", "{privileged: true}", mount, volumes), "yes", "authors")


@pytest.mark.parametrize("spec", ["{}", "{containers: null}", "{containers: [null, 3]}", "{containers: 7}"])
def test_a_pod_without_containers_has_no_verdict(spec: str) -> None:
    assert starts(pod(spec), IMAGES) == ()


def test_a_container_without_an_image_is_unknown() -> None:
    for image in ("", "image: null", "image: ''", "image: 3"):
        found = judged(pod(f"{{containers: [{{name: c{image and ', '}{image}}}]}}"))
        assert (found.verdict, found.image, found.reason) == (Start.UNKNOWN, None, "the manifest names no image")


def test_containers_come_in_order_and_ephemeral_ones_are_left_out() -> None:
    text = (
        "{containers: [{name: b, image: redis}], initContainers: [{name: a, image: redis}], "
        "ephemeralContainers: [{name: e, image: redis}]}"
    )
    assert [(found.field, found.name) for found in starts(pod(text), IMAGES)] == [
        ("initContainers", "a"),
        ("containers", "b"),
    ]


def test_the_spec_is_never_changed() -> None:
    spec = one("redis", "{runAsNonRoot: true, capabilities: {drop: [ALL]}}", "args: [a]")
    before = copy.deepcopy(spec)
    starts(spec, IMAGES)
    assert spec == before


def test_a_yes_has_evidence_and_a_doubt_its_topic() -> None:
    found = judged(one("redis", "{runAsNonRoot: true, runAsUser: 999}"))
    assert any("own.yaml:1" in place for place in found.evidence)
    assert found.doubts == ()
    doubts = judged(one("mystery", "{runAsNonRoot: true, capabilities: {drop: [ALL]}}")).doubts
    assert [doubt.topic for doubt in doubts] == [Topic.USER, Topic.FILE_CAPABILITIES, Topic.IMAGE]
    doubts = judged(one("mystery", "{capabilities: {drop: [ALL]}}")).doubts
    assert [doubt.topic for doubt in doubts] == [Topic.CAPABILITIES, Topic.IMAGE]


def test_puid_and_pgid_show_an_image_that_changes_its_user_itself() -> None:
    env = "env: [{name: PUID, value: '1000'}, {name: PGID, value: '1000'}]"
    found = judged(one("mystery", "{runAsUser: 1000}", env))
    assert found.reason == "PUID and PGID show that mystery starts as root and changes the user itself"
    assert "PUID" not in judged(one("mystery", "{}", env)).reason
    assert "PUID" not in str(judged(one("mystery", "{runAsUser: 1000}", "env: [{name: PUID, value: '1000'}]")).doubts)
