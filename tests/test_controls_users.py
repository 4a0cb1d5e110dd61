"""Users, volumes and ports chosen from image facts: single pods, and a fixed point for pods at random."""

from __future__ import annotations

import random
from typing import cast

import pytest
from control_subjects import CONTROLS, LATEST, Document, fix_of, spec

from harden.controls import Context, all_controls
from harden.controls._scripts import only_changes_owners, root_need, unknown_writer
from harden.controls._volumes import covers, volume_name
from harden.engine.leaning import unsupported
from harden.engine.plan import contradictions, held_at
from harden.engine.rounds import MOST_ROUNDS
from harden.images.store import lookup
from harden.kube.bundle import gather
from harden.model.finding import AppendItem, Finding, Level, RemoveField, Risk, SetField
from harden.model.kube import Container, Workload
from harden.model.text import Plain, dotted
from harden.outputs.titles import title
from harden.verify.unchanged import apply_changes


def _whole(pod: Document, kind: str = "Deployment") -> Document:
    template: Document = {"metadata": {"labels": {"app": "w"}}, "spec": pod}
    metadata: Document = {"name": "w", "namespace": "n"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": cast("Plain", template)}}


def _judged(
    control: str,
    documents: list[Document],
    version: tuple[int, int] = LATEST,
    platform: str = "kubernetes",
    **options: Plain,
) -> tuple[Finding, ...]:
    bundle = gather(("f", index, document) for index, document in enumerate(documents))
    context = Context(Level.RESTRICTED, version, options, images=lookup, bundle=bundle, platform=platform)
    return CONTROLS[control].run(bundle.members[0].workload, context)


def _fields(findings: tuple[Finding, ...]) -> dict[str, object]:
    """Return what is set and removed, by path below the pod's spec; what goes is None."""
    return {
        dotted(change.path[3:]): None if isinstance(change, RemoveField) else change.value
        for finding in findings
        for change in finding.changes
        if isinstance(change, SetField | RemoveField)
    }


SECURITY = "securityContext"


def test_openshift_chooses_users_and_groups_itself() -> None:
    pod = spec("""
      containers:
      - {name: a, image: redis, securityContext: {runAsUser: 0}, volumeMounts: [{name: v, mountPath: /data}]}
      volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]
    """)
    found = _judged("run-as-non-root", [_whole(pod)], platform="openshift")
    assert _fields(found) == {
        f"{SECURITY}.runAsNonRoot": True,
        f"containers[0].{SECURITY}.runAsUser": None,
    }
    assert _judged("fs-group", [_whole(pod)], platform="openshift") == ()
    assert _judged("run-as-group", [_whole(pod)], platform="openshift") == ()


@pytest.mark.parametrize(("platform", "user"), [("kubernetes", True), ("openshift", False)])
def test_a_seeding_init_container_is_the_same_user(platform: str, *, user: bool) -> None:
    pod = spec("{containers: [{name: a, image: cassandra}]}")
    (found,) = _judged("read-only-root-filesystem", [_whole(pod)], platform=platform)
    (init,) = (c.value for c in found.changes if isinstance(c, AppendItem) and c.path[-1] == "initContainers")
    context = cast("Document", cast("Document", init)[SECURITY])
    assert ("runAsUser" in context, "runAsGroup" in context) == (user, user)


def test_kubernetes_gets_user_group_and_the_group_of_the_volume() -> None:
    pod = spec("""
      containers:
      - {name: a, image: redis, securityContext: {runAsUser: 0}, volumeMounts: [{name: v, mountPath: /data}]}
      volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]
    """)
    assert _fields(_judged("run-as-non-root", [_whole(pod)])) == {
        f"{SECURITY}.runAsNonRoot": True,
        f"containers[0].{SECURITY}.runAsUser": 999,
        f"containers[0].{SECURITY}.runAsGroup": 999,
        f"{SECURITY}.fsGroup": 999,
        f"{SECURITY}.fsGroupChangePolicy": "OnRootMismatch",
    }


def test_the_change_policy_is_not_written_before_the_kubelet_has_it() -> None:
    pod = spec("{containers: [{name: a, image: redis, volumeMounts: [{name: v, mountPath: /data}]}]}")
    found = _judged("run-as-non-root", [_whole(pod, "StatefulSet")], (1, 19))
    assert f"{SECURITY}.fsGroup" in _fields(found)
    assert f"{SECURITY}.fsGroupChangePolicy" not in _fields(found)


def test_a_group_of_the_pod_does_not_reach_a_container_with_its_own_user() -> None:
    pod = spec("containers: [{name: a, image: redis}, {name: b, image: x, securityContext: {runAsUser: 5}}]")
    assert _fields(_judged("run-as-non-root", [_whole(pod)])) == {
        f"{SECURITY}.runAsNonRoot": True,
        f"{SECURITY}.runAsUser": 999,
        f"containers[0].{SECURITY}.runAsGroup": 999,
    }


def test_the_group_of_a_chown_is_used_where_no_user_is_known() -> None:
    pod = spec("""
      initContainers:
      - {name: o, image: busybox, command: [chown, -R, "1000:2000", /data], volumeMounts: [{name: v, mountPath: /data}]}
      containers: [{name: a, image: registry.example.com/a, securityContext: {runAsNonRoot: true}}]
    """)
    (found,) = _judged("run-as-non-root", [_whole(pod, "StatefulSet")])
    assert found.risk is Risk.BREAKING
    assert _fields((found,))[f"{SECURITY}.fsGroup"] == 2000
    assert _fields((found,))["initContainers"] is None


@pytest.mark.parametrize("volume", ["{name: v, hostPath: {path: /d}}", "{name: v, nfs: {server: s, path: /d}}"])
def test_a_chown_of_what_fs_group_does_not_reach_stays(volume: str) -> None:
    pod = spec(f"""
      initContainers:
      - {{name: o, image: busybox, command: [chown, "1", /data/x], volumeMounts: [{{name: v, mountPath: /data}}]}}
      containers: [{{name: a, image: a, securityContext: {{runAsNonRoot: true}}}}]
      volumes: [{volume}]
    """)
    (found,) = _judged("run-as-non-root", [_whole(pod)])
    assert found.risk is None
    assert "chown" in found.reason


def _container(*command: str) -> Container:
    return Container((), "initContainers", "i", {"command": list(command)})


@pytest.mark.parametrize(
    "command",
    [
        ("chown", "-R", "1:1", "/d"),
        ("sh", "-c", "chown -R 1:1 /d && chmod 750 /d; ls -la /d"),
        ("/bin/bash", "-ec", "set -e\nchown 1 /d \\\n  /e\necho done"),
        ("sh", "-c", "find /d -print0 | xargs -0 -r chown 1"),
    ],
)
def test_a_command_that_only_changes_owners(command: tuple[str, ...]) -> None:
    assert only_changes_owners(_container(*command))


@pytest.mark.parametrize(
    "command",
    [
        ("sh", "-c", "chown 1 /d && cp /a /d"),
        ("sh", "-c", "chown 1 /d; echo 1 > /d/ready"),
        ("sh", "-c", "chown $(id -u) /d"),
        ("sh", "-c", "if [ -d /d ]; then chown 1 /d; fi"),
        ("sh", "-c", "find /d -delete; chown 1 /d"),
        ("sh", "-c", "chown 'unclosed /d"),
        ("sh", "script.sh"),
        ("echo", "chown"),
    ],
)
def test_a_command_that_does_more_or_may_do_more(command: tuple[str, ...]) -> None:
    assert only_changes_owners(_container(*command)) == ()


@pytest.mark.parametrize(
    ("command", "program"),
    [
        (("sysctl", "-w", "vm.max_map_count=1"), "sysctl"),
        (("sh", "-c", "while true; do iptables -L; done"), "iptables"),
        (("/bin/sh", "-c", "FOO=1 exec /usr/bin/apt-get update"), "apt-get"),
        (("sh", "-c", "echo 1 > /proc/sys/vm/x"), "a write below /proc/sys"),
        (("sh", "-c", "cp mount.sh /opt/mount"), None),
        (("python", "iptables.py"), None),
        ((), None),
    ],
)
def test_what_a_command_needs_root_for(command: tuple[str, ...], program: str | None) -> None:
    assert root_need(_container(*command)) == program


@pytest.mark.parametrize(
    ("script", "writer"),
    [
        ("until nc -z db 1; do sleep 1; done", None),
        ("curl -sf http://x/ready >/dev/null 2>&1", None),
        ("wget -qO- http://x", None),
        ("wget http://x", "wget"),
        ("curl -o /x http://x", "curl"),
        ("echo 1 > /x", "a redirection"),
        ("python app.py", "python"),
    ],
)
def test_whether_a_script_writes(script: str, writer: str | None) -> None:
    assert unknown_writer(_container("sh", "-c", script)) == writer


@pytest.mark.parametrize(
    ("mounted", "path", "holds"),
    [
        ("/var", "/var/run", True),
        ("/run", "/var/run/x", True),
        ("/var/run/", "/run", True),
        ("/tmp", "/tmpx", False),  # noqa: S108 - a folder in a container
        ("/var/run/a", "/var/run", False),
        ("/", "/x", True),
    ],
)
def test_what_a_mount_covers(mounted: str, path: str, *, holds: bool) -> None:
    assert covers(mounted, path) is holds


def test_names_of_volumes_are_labels_and_free() -> None:
    long = "a" * 60
    pod = spec(f"""
      containers: [{{name: {long}, image: "nginx:1"}}, {{name: b, image: "nginx:1"}}]
      volumes: [{{name: b-tmp, emptyDir: {{}}}}]
    """)
    volumes: list[Plain] = []
    for finding in _judged("read-only-root-filesystem", [_whole(pod)]):
        volumes += [c.value["name"] for c in finding.changes if c.path[-1] == "volumes" and isinstance(c.value, dict)]  # type: ignore[union-attr] # appended items are mappings
    assert len(volumes) == len(set(map(str, volumes))) == 6
    assert "b-tmp" not in volumes
    assert all(isinstance(name, str) and len(name) <= 63 for name in volumes)


def test_folders_that_look_alike_have_volumes_of_their_own() -> None:
    pod = spec("containers: [{name: web, image: a}, {name: web-cache, image: b}]")
    (subject,) = gather([("f", 0, _whole(pod))]).members
    web, cache = subject.workload.containers
    known = ("/a/b", "/a-b", "/a.b", "/cache/x", "/x", "/" + "long/" * 20)
    asked = [volume_name(subject.workload, each, path, known) for each in (web, cache) for path in known]
    assert len(set(asked)) == len(asked)
    assert all(len(name) <= 63 for name in asked)
    # The same from every control, whatever part of the folders it asks for; and plain where nothing looks alike.
    assert asked == [volume_name(subject.workload, each, path, known[::-1]) for each in (web, cache) for path in known]
    assert volume_name(subject.workload, cache, "/x", known) == "web-cache-x"
    assert volume_name(subject.workload, web, "/var/run", known) == "web-var-run"


def _service(**more: Plain) -> Document:
    body: Document = {"selector": {"app": "w"}, "ports": [{"port": 80}], **more}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"}, "spec": body}


WHOAMI = "{containers: [{name: a, image: traefik/whoami, ports: [{containerPort: 80}]}]}"


def test_a_port_moves_with_its_service() -> None:
    (found,) = _judged("low-ports", [_whole(spec(WHOAMI)), _service()], ports="move")
    assert [(o.document, dotted(o.change.path)) for o in found.elsewhere] == [(1, "spec.ports[0].targetPort")]
    assert _fields((found,)) == {"containers[0].ports[0].containerPort": 8080}


@pytest.mark.parametrize(
    "stays",
    [
        {"clusterIP": "None"},
        {"selector": {"app": "w"}, "ports": [{"port": 1, "targetPort": 80}], "clusterIP": "None"},
    ],
)
def test_a_port_that_clients_call_themselves_does_not_move(stays: dict[str, Plain]) -> None:
    whoami = spec(WHOAMI) | spec("securityContext: {runAsUser: 65532}")
    (found,) = _judged("low-ports", [_whole(whoami), _service(**stays)], ports="move")
    assert found.elsewhere == ()
    assert "sysctl" in title(fix_of(found))


def test_services_of_other_pods_and_namespaces_are_left_alone() -> None:
    other = _service()
    cast("Document", other["metadata"])["namespace"] = "elsewhere"
    strange = _service(selector={"app": "x"})
    (found,) = _judged("low-ports", [_whole(spec(WHOAMI)), other, strange], ports="move")
    assert found.elsewhere == ()
    assert "8080" in title(fix_of(found))


NGINX = "{name: v, mountPath: /etc/nginx/conf.d}"
HIGH = "ports: [{containerPort: 8080}]"


@pytest.mark.parametrize(
    ("container", "low"),
    [
        ("image: nginx", True),
        (f"image: nginx, {HIGH}", True),
        (f"image: nginx, volumeMounts: [{NGINX}]", True),
        (f"image: nginx, {HIGH}, volumeMounts: [{NGINX}]", False),
        (f"image: nginx, {HIGH}, volumeMounts: [{{name: v, mountPath: /etc/nginx/conf.d/default.conf}}]", False),
        (f"image: nginx, {HIGH}, volumeMounts: [{{name: v, mountPath: /etc/nginx/conf.d/more.conf}}]", True),
        (f"image: nginx, {HIGH}, volumeMounts: [{{name: v, mountPath: /usr/share/nginx/html}}]", True),
        (f"image: nginx, {HIGH}, command: [nginx, -g, daemon off;]", True),
        (f"image: nginx, {HIGH}, command: [sh, -c, /start]", False),
        ("image: nginx, command: [sh, -c, /start]", True),
        (
            f"image: haproxy, {HIGH}, args: [-f, /own/haproxy.cfg], volumeMounts: [{{name: v, mountPath: /own}}]",
            False,
        ),
        (f"image: haproxy, {HIGH}, args: [-f, /own/haproxy.cfg]", True),
        ("image: haproxy, ports: [{containerPort: 80}], command: [sh, -c, /start]", True),
        ("image: traefik, ports: [{containerPort: 9100}], args: ['--x.address=:9100']", False),
        ("image: traefik, ports: [{containerPort: 9100}], args: ['--x.address=:19100', '--y=10.9100.1']", True),
        ("image: traefik, ports: [{containerPort: 9100}, {containerPort: 8080}], args: ['--x.address=:9100']", True),
    ],
)
def test_what_shows_that_the_ports_of_an_image_are_not_used(container: str, *, low: bool) -> None:
    pod = spec(f"""
      securityContext: {{runAsNonRoot: true, runAsUser: 101}}
      containers: [{{name: a, {container}}}]
      volumes: [{{name: v, configMap: {{name: c}}}}]
    """)
    assert bool(_judged("low-ports", [_whole(pod)])) is low


@pytest.mark.parametrize(("restarts", "low"), [("", False), (", restartPolicy: Always", True)])
def test_an_init_container_listens_only_where_it_stays(restarts: str, *, low: bool) -> None:
    pod = spec(f"""
      securityContext: {{runAsNonRoot: true, runAsUser: 101}}
      initContainers: [{{name: i, image: nginx{restarts}}}]
      containers: [{{name: a, image: a}}]
    """)
    assert bool(_judged("low-ports", [_whole(pod)])) is low


@pytest.mark.parametrize(
    ("container", "risks"),
    [
        # Facts name a user: the fix that writes it brings the sysctl.
        ("image: nginx", []),
        ("image: nginx, securityContext: {runAsUser: 101}", [Risk.SAFE]),
        ("image: nginx, securityContext: {runAsNonRoot: true}", [Risk.SAFE]),
        # Nothing is known: the sysctl leans on runAsNonRoot, whatever that one's risk.
        ("image: unknown/app, ports: [{containerPort: 80}]", [Risk.SAFE]),
        ("image: unknown/app, ports: [{containerPort: 80}], securityContext: {privileged: true}", [Risk.SAFE]),
        ("image: unknown/app, ports: [{containerPort: 80}], securityContext: {runAsUser: 0}", [Risk.SAFE]),
        ("image: unknown/app, ports: [{containerPort: 80}], command: [iptables, -L]", []),
        ("image: unknown/app, ports: [{containerPort: 80}], securityContext: {runAsUser: 7}", [Risk.SAFE]),
    ],
)
def test_the_sysctl_itself_is_safe(container: str, risks: list[Risk]) -> None:
    found = _judged("low-ports", [_whole(spec(f"containers: [{{name: a, {container}}}]"))])
    assert [each.risk for each in found] == risks


# From here on: whatever is chosen, a second look finds nothing more to do, and no two fixes disagree.

IMAGES = """
postgres:16 postgres:18 redis:7-alpine nginx:1.27 bitnami/redis:7.2 busybox alpine:3 unknown/app:1 gitea/gitea:1
hashicorp/vault:1.15 traefik/whoami coredns/coredns:1 caddy:2 node:20 docker.elastic.co/elasticsearch/elasticsearch:8
traefik:v3 cassandra:5 prom/prometheus python:3.12 cockroachdb/cockroach grafana/promtail httpd:2.4 rabbitmq:3
gcr.io/distroless/static dpage/pgadmin4 registry.k8s.io/ingress-nginx/controller:v1
""".split()  # noqa: SIM905 - shorter
COMMANDS: tuple[list[str], ...] = (
    ["sysctl", "-w", "x=1"],
    ["sh", "-c", "until nc -z db 1; do sleep 1; done"],
    ["python", "app.py"],
)
OWNERS = ["chown", "-R", "1000", "/data"]
PLACES = "/data /tmp /var/lib/postgresql/data /var/run /etc/nginx/conf.d /etc/nginx/templates".split()  # noqa: SIM905 - shorter
VOLUMES = """
- {name: pvc, persistentVolumeClaim: {claimName: x}}
- {name: scratch, emptyDir: {}}
- {name: host, hostPath: {path: /x}}
- {name: cm, configMap: {name: x, defaultMode: 256}}
"""


def _random_container(dice: random.Random, number: int) -> Document:
    data: Document = {"name": f"c{number}", "image": dice.choice(IMAGES)}
    context: Document = {}
    for chance, key, values in (
        (0.15, "runAsUser", [0, 1000, 999]),
        (0.15, "runAsNonRoot", [True, False]),
        (0.1, "runAsGroup", [0, 999]),
        (0.1, "privileged", [True]),
        (0.1, "readOnlyRootFilesystem", [True, False]),
        (0.3, "allowPrivilegeEscalation", [False]),
        (0.15, "capabilities", [{"add": ["NET_ADMIN"]}, {"drop": ["ALL"]}, {"add": ["NET_BIND_SERVICE", "CHOWN"]}]),
    ):
        if dice.random() < chance:
            context[key] = dice.choice(cast("list[Plain]", values))
    if context:
        data["securityContext"] = context
    if dice.random() < 0.3:
        data["command"] = list(dice.choice(COMMANDS))
    places = dice.sample(PLACES, dice.randint(0, 2))
    names = ["pvc", "scratch", "host", "cm", "claim"]
    data["volumeMounts"] = [{"name": dice.choice(names), "mountPath": place} for place in places]
    if dice.random() < 0.3:
        data["ports"] = [{"containerPort": dice.choice([80, 443, 8080])}]
    return data


def _random_pod(dice: random.Random) -> Document:
    inits: list[Plain] = [_random_container(dice, 10 + number) for number in range(dice.randint(0, 2))]
    if dice.random() < 0.3:
        mounts: Plain = [{"name": dice.choice(["pvc", "scratch", "host"]), "mountPath": "/data"}]
        inits.append({"name": "owner", "image": "busybox", "command": list(OWNERS), "volumeMounts": mounts})
    containers: list[Plain] = [_random_container(dice, number) for number in range(dice.randint(1, 3))]
    pod: Document = {"containers": containers, "volumes": spec(f"v: {VOLUMES}")["v"]}
    if inits:
        pod["initContainers"] = inits
    if dice.random() < 0.15:
        pod["hostNetwork"] = True
    context: Document = {}
    for chance, key, values in (
        (0.15, "runAsUser", [0, 1000]),
        (0.1, "runAsNonRoot", [True, False]),
        (0.1, "fsGroup", [5]),
        (0.1, "runAsGroup", [5]),
    ):
        if dice.random() < chance:
            context[key] = dice.choice(cast("list[Plain]", values))
    if context:
        pod["securityContext"] = context
    return pod


def _chosen(documents: list[Document], risk: Risk, ports: str, platform: str) -> list[Finding]:
    """Return the findings that are fixed at this risk; what only changes an init container that goes is moot."""
    bundle = gather(("f", index, document) for index, document in enumerate(documents))
    subject: Workload = bundle.members[0].workload
    found: list[Finding] = []
    for control in all_controls():
        # Sizes and tokens have facts of their own to stand on, and tests of their own.
        if control.id in {"resources", "automount-service-account-token"}:
            continue
        options: dict[str, Plain] = {"ports": ports} if control.id == "low-ports" else {}
        context = Context(Level.RESTRICTED, LATEST, options, images=lookup, bundle=bundle, platform=platform)
        found += [each for each in control.run(subject, context) if held_at(each, risk) is None]
    gone = [c.path for each in found for c in each.changes if isinstance(c, RemoveField) and "initContainers" in c.path]
    chosen = [each for each in found if not all(_below(change.path, gone) for change in each.changes)]
    whole = cast("Plain", documents[0])
    while lacking := [each for each, _ in unsupported(whole, [(each, each.changes) for each in chosen])]:
        chosen = [each for each in chosen if each not in lacking]
    assert contradictions([(each, each.changes) for each in chosen]) == {}
    return chosen


def _below(path: tuple[str | int, ...], places: list[tuple[str | int, ...]]) -> bool:
    return any(path[: len(place)] == place and path != place for place in places)


@pytest.mark.parametrize("seed", range(250))
def test_looks_come_to_an_end_within_the_rounds_of_a_run(seed: int) -> None:
    dice = random.Random(seed)
    whole = _whole(_random_pod(dice), "StatefulSet")
    ports, platform = dice.choice(["sysctl", "move", "drop-in"]), dice.choice(["kubernetes"] * 4 + ["openshift"])
    for risk in Risk:
        after, service = whole, _service()
        for _ in range(MOST_ROUNDS):
            chosen = _chosen([after, service], risk, ports, platform)
            after = cast("Document", apply_changes(after, [change for each in chosen for change in each.changes]))
            others = [remote.change for each in chosen for remote in each.elsewhere]
            service = cast("Document", apply_changes(service, others))
        assert _chosen([after, service], risk, ports, platform) == [], f"seed {seed}, {risk.word}, {ports}, {platform}"


def test_a_seeding_init_container_gets_group_0_where_its_container_has_it() -> None:
    own = "securityContext: {runAsUser: 999, runAsGroup: 0}"
    pod = spec(f"{{securityContext: {{runAsGroup: 7}}, containers: [{{name: a, image: cassandra, {own}}}]}}")
    (found,) = _judged("read-only-root-filesystem", [_whole(pod)])
    (init,) = (c.value for c in found.changes if isinstance(c, AppendItem) and c.path[-1] == "initContainers")
    assert cast("Document", cast("Document", init)[SECURITY])["runAsGroup"] == 0


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_the_folder_of_a_database_is_the_same_with_a_slash_at_its_end(end: str) -> None:
    mount = f"volumeMounts: [{{name: v, mountPath: /var/lib/postgresql/data{end}}}]"
    pod = f"containers: [{{name: a, image: 'postgres:16', {mount}}}]"
    (found,) = _judged(
        "run-as-non-root", [_whole(spec(f"{{{pod}, volumes: [{{name: v, persistentVolumeClaim: {{claimName: c}}}}]}}"))]
    )
    assert found.risk is Risk.BREAKING
    assert found.reason.startswith("initdb refuses a new volume")
    (found,) = _judged("run-as-non-root", [_whole(spec(f"{{{pod}, volumes: [{{name: v, emptyDir: {{}}}}]}}"))])
    variables = [c.value for c in found.changes if isinstance(c, AppendItem) and c.path[-1] == "env"]
    assert [cast("Document", variable)["name"] for variable in variables] == ["PGDATA"]


def test_two_containers_that_spell_one_name_have_volumes_of_their_own() -> None:
    pod = spec("containers: [{name: web, image: a}, {name: web-cache, image: b}]")
    (subject,) = gather([("f", 0, _whole(pod))]).members
    web, cache = subject.workload.containers
    assert volume_name(subject.workload, web, "/cache/x", ("/cache/x",)) != volume_name(
        subject.workload, cache, "/x", ("/x",)
    )
