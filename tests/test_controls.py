"""Each control against small pods: what it must change and how, and what it must leave alone."""

from __future__ import annotations

import pytest
from control_subjects import CONTROLS, LATEST, Document, changed, document, judge, judge_all, said, spec, workload

from harden.controls import Context
from harden.model.finding import Level, SetField
from harden.model.text import Path, Plain, value_at

B, R = Level.BASELINE, Level.RESTRICTED
A = "containers[0].sc"

# Control, pod, what it says; judged at restricted and the newest version unless the row says otherwise.
MUST_CHANGE = {
    "allow-privilege-escalation missing": (
        "allow-privilege-escalation",
        "containers: [{name: a}]",
        ["review: containers[0].sc.allowPrivilegeEscalation=false"],
    ),
    "allow-privilege-escalation null": (
        "allow-privilege-escalation",
        "containers: [{name: a, securityContext: {allowPrivilegeEscalation: null}}]",
        ["review: containers[0].sc.allowPrivilegeEscalation=false"],
    ),
    "allow-privilege-escalation true, in all kinds of containers": (
        "allow-privilege-escalation",
        """
        initContainers: [{name: i, securityContext: {allowPrivilegeEscalation: true}}]
        containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}]
        ephemeralContainers: [{name: e}]
        """,
        [
            "review: initContainers[0].sc.allowPrivilegeEscalation=false",
            "review: ephemeralContainers[0].sc.allowPrivilegeEscalation=false",
        ],
    ),
    "allow-privilege-escalation ends privileged too": (
        "allow-privilege-escalation",
        "containers: [{name: a, securityContext: {privileged: true}}]",
        ["breaking: containers[0].sc.allowPrivilegeEscalation=false, containers[0].sc.privileged=false"],
    ),
    "allow-privilege-escalation ends CAP_SYS_ADMIN too": (
        "allow-privilege-escalation",
        "containers: [{name: a, securityContext: {capabilities: {add: [CAP_SYS_ADMIN, NET_BIND_SERVICE]}}}]",
        ["breaking: containers[0].sc.allowPrivilegeEscalation=false, -containers[0].sc.capabilities.add[0]"],
    ),
    "allow-privilege-escalation ends SYS_ADMIN and privileged": (
        "allow-privilege-escalation",
        "containers: [{name: a, securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN]}}}]",
        [
            f"breaking: {A}.allowPrivilegeEscalation=false, {A}.privileged=false, -{A}.capabilities.add",
        ],
    ),
    "capabilities misspelt and forbidden are taken away, and not put right as well": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [CHOWN, CAP_CHOWN]}}}]",
        [f"breaking: -{A}.capabilities.add"],
    ),
    "capabilities missing": (
        "capabilities",
        "containers: [{name: a}]",
        ['review: containers[0].sc.capabilities.drop=["ALL"]'],
    ),
    "capabilities keep the drop list": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {drop: [NET_RAW]}}}]",
        ['review: containers[0].sc.capabilities.drop+="ALL"'],
    ),
    "capabilities all in small letters": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {drop: [NET_RAW, all]}}}]",
        ['safe: containers[0].sc.capabilities.drop[1]="ALL"'],
    ),
    "capabilities keep NET_BIND_SERVICE": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}}]",
        ['review: containers[0].sc.capabilities.drop=["ALL"]'],
    ),
    "capabilities lose a forbidden one": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {add: [NET_BIND_SERVICE, CHOWN], drop: [ALL]}}}]",
        ["breaking: -containers[0].sc.capabilities.add[1]"],
    ),
    "capabilities lose the whole list": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {add: [NET_ADMIN, CHOWN], drop: [ALL]}}}]",
        ["breaking: -containers[0].sc.capabilities.add"],
    ),
    "capabilities spelled in small letters": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {add: [net_bind_service], drop: [ALL]}}}]",
        ['safe: containers[0].sc.capabilities.add[0]="NET_BIND_SERVICE"'],
    ),
    "capabilities spelled with CAP_": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {add: [CAP_NET_BIND_SERVICE], drop: [ALL]}}}]",
        ['review: containers[0].sc.capabilities.add[0]="NET_BIND_SERVICE"'],
    ),
    "capabilities of a confined user": (
        "capabilities",
        "containers: [{name: a, securityContext: {runAsUser: 70, allowPrivilegeEscalation: false}}]",
        ['safe: containers[0].sc.capabilities.drop=["ALL"]'],
    ),
    "capabilities of a confined root": (
        "capabilities",
        "containers: [{name: a, securityContext: {runAsUser: 0, allowPrivilegeEscalation: false}}]",
        ['review: containers[0].sc.capabilities.drop=["ALL"]'],
    ),
    "capabilities of a user that may escalate": (
        "capabilities",
        "{securityContext: {runAsUser: 70}, containers: [{name: a}]}",
        ['review: containers[0].sc.capabilities.drop=["ALL"]'],
    ),
    "host-namespaces": (
        "host-namespaces",
        "{hostNetwork: true, hostPID: true, hostIPC: true, containers: [{name: a}]}",
        ["breaking: -hostNetwork", "breaking: -hostPID", "breaking: -hostIPC"],
    ),
    "host-namespaces take hostProcess along": (
        "host-namespaces",
        """
        os: {name: windows}
        hostNetwork: true
        securityContext: {windowsOptions: {hostProcess: true}}
        containers: [{name: a}]
        """,
        ["breaking: -hostNetwork, sc.windowsOptions.hostProcess=false"],
    ),
    "host-ports": (
        "host-ports",
        "containers: [{name: a, ports: [{containerPort: 80, hostPort: 80}, {containerPort: 1}, {hostPort: 443}]}]",
        ["breaking: -containers[0].ports[0].hostPort, -containers[0].ports[2].hostPort"],
    ),
    "host-probes": (
        "host-probes",
        """
        containers:
        - name: a
          livenessProbe: {httpGet: {host: example.test, port: 80}}
          lifecycle: {preStop: {tcpSocket: {host: 127.0.0.1, port: 80}}}
        """,
        [
            "breaking: -containers[0].livenessProbe.httpGet.host",
            "breaking: -containers[0].lifecycle.preStop.tcpSocket.host",
        ],
    ),
    "privileged": (
        "privileged",
        "containers: [{name: a, securityContext: {privileged: true}}]",
        ["breaking: containers[0].sc.privileged=false"],
    ),
    "privileged in a Windows pod": (
        "privileged",
        "{os: {name: windows}, containers: [{name: a, securityContext: {privileged: true}}]}",
        ["breaking: -containers[0].sc.privileged"],
    ),
    "proc-mount": (
        "proc-mount",
        "containers: [{name: a, securityContext: {procMount: Unmasked}}]",
        ['breaking: containers[0].sc.procMount="Default"'],
    ),
    "proc-mount in a user namespace": (
        "proc-mount",
        "{hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}",
        ['breaking: containers[0].sc.procMount="Default"'],
    ),
    "restricted-volumes": (
        "restricted-volumes",
        "volumes: [{name: a, hostPath: {}}, {name: b, emptyDir: {}}, {name: c, nfs: {}}, {name: d, gitRepo: {}}]",
        ["no fix: volumes[0]", "no fix: volumes[2]", "no fix: volumes[3]"],
    ),
    "run-as-non-root once for the pod": (
        "run-as-non-root",
        "containers: [{name: a}, {name: b, securityContext: {runAsNonRoot: true}}]",
        ["review: sc.runAsNonRoot=true"],
    ),
    "run-as-non-root into a present context": (
        "run-as-non-root",
        "{securityContext: {fsGroup: 1}, containers: [{name: a}]}",
        ["review: sc.runAsNonRoot=true"],
    ),
    "run-as-non-root with a user for everybody": (
        "run-as-non-root",
        "{securityContext: {runAsUser: 1000}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 1}}]}",
        ["safe: sc.runAsNonRoot=true"],
    ),
    "run-as-non-root with a user for some": (
        "run-as-non-root",
        "containers: [{name: a}, {name: b, securityContext: {runAsUser: 1}}]",
        ["safe: containers[1].sc.runAsNonRoot=true", "review: containers[0].sc.runAsNonRoot=true"],
    ),
    "run-as-non-root next to root": (
        "run-as-non-root",
        "{initContainers: [{name: i, securityContext: {runAsUser: 0}}], containers: [{name: a}]}",
        [
            "review: containers[0].sc.runAsNonRoot=true",
            "breaking: initContainers[0].sc.runAsNonRoot=true, -initContainers[0].sc.runAsUser",
        ],
    ),
    "run-as-non-root next to a pod that is root": (
        "run-as-non-root",
        "{securityContext: {runAsUser: 0}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 1}}]}",
        ["safe: containers[1].sc.runAsNonRoot=true", "breaking: containers[0].sc.runAsNonRoot=true, -sc.runAsUser"],
    ),
    "run-as-non-root false for the pod, which nobody inherits": (
        "run-as-non-root",
        "{securityContext: {runAsNonRoot: false}, containers: [{name: a, securityContext: {runAsNonRoot: true}}]}",
        ["safe: sc.runAsNonRoot=true"],
    ),
    "run-as-non-root false for the pod and a container": (
        "run-as-non-root",
        """
        securityContext: {runAsNonRoot: false}
        containers: [{name: a, securityContext: {runAsNonRoot: false}}, {name: b}]
        """,
        ["no fix: sc.runAsNonRoot", "no fix: containers[0].sc.runAsNonRoot"],
    ),
    "run-as-non-root that a container opts out of": (
        "run-as-non-root",
        "{securityContext: {runAsNonRoot: true}, containers: [{name: a, securityContext: {runAsNonRoot: false}}]}",
        ["no fix: containers[0].sc.runAsNonRoot"],
    ),
    "run-as-non-root that a container with a user opts out of": (
        "run-as-non-root",
        """
        securityContext: {runAsNonRoot: true}
        containers: [{name: a, securityContext: {runAsNonRoot: false, runAsUser: 9}}]
        """,
        ["safe: containers[0].sc.runAsNonRoot=true"],
    ),
    "run-as-non-root in a Windows pod": (
        "run-as-non-root",
        "{os: {name: windows}, containers: [{name: a}]}",
        ["review: sc.runAsNonRoot=true"],
    ),
    "run-as-user 0": (
        "run-as-user",
        "{securityContext: {runAsUser: 0}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 0}}]}",
        ["breaking: -sc.runAsUser", "breaking: -containers[1].sc.runAsUser"],
    ),
    "run-as-user 0 that reaches nobody": (
        "run-as-user",
        "{securityContext: {runAsUser: 0}, containers: [{name: a, securityContext: {runAsUser: 5}}]}",
        ["safe: -sc.runAsUser"],
    ),
    "se-linux-options": (
        "se-linux-options",
        "{securityContext: {seLinuxOptions: {type: spc_t, level: s0, user: u, role: r}}, containers: [{name: a}]}",
        ["breaking: -sc.seLinuxOptions.user, -sc.seLinuxOptions.role, -sc.seLinuxOptions.type"],
    ),
    "se-linux-options with nothing else": (
        "se-linux-options",
        "containers: [{name: a, securityContext: {seLinuxOptions: {type: spc_t}}}]",
        ["breaking: -containers[0].sc.seLinuxOptions"],
    ),
    "seccomp-profile once for the pod": (
        "seccomp-profile",
        "containers: [{name: a}, {name: b, securityContext: {seccompProfile: {type: RuntimeDefault}}}]",
        ['review: sc.seccompProfile.type="RuntimeDefault"'],
    ),
    "seccomp-profile Unconfined in a container": (
        "seccomp-profile",
        """
        securityContext: {seccompProfile: {type: RuntimeDefault}}
        containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}]
        """,
        ['breaking: containers[0].sc.seccompProfile.type="RuntimeDefault"'],
    ),
    "seccomp-profile Unconfined for the pod": (
        "seccomp-profile",
        "{securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a}]}",
        ['breaking: sc.seccompProfile.type="RuntimeDefault"'],
    ),
    "seccomp-profile Unconfined with a file": (
        "seccomp-profile",
        "{securityContext: {seccompProfile: {type: Unconfined, localhostProfile: x.json}}, containers: [{name: a}]}",
        ['breaking: sc.seccompProfile.type="RuntimeDefault", -sc.seccompProfile.localhostProfile'],
    ),
    "seccomp-profile with a file and no type": (
        "seccomp-profile",
        "{securityContext: {seccompProfile: {localhostProfile: x.json}}, containers: [{name: a}]}",
        ['review: sc.seccompProfile.type="Localhost"'],
    ),
    "sysctls": (
        "sysctls",
        "securityContext: {sysctls: [{name: kernel.sem}, {name: net.ipv4.tcp_syncookies}, {name: net.core.rmem_max}]}",
        ["breaking: -sc.sysctls[0], -sc.sysctls[2]"],
    ),
    "sysctls, all of them": (
        "sysctls",
        "securityContext: {sysctls: [{name: kernel.msgmax}]}",
        ["breaking: -sc.sysctls"],
    ),
    "windows-host-process": (
        "windows-host-process",
        """
        nodeSelector: {kubernetes.io/os: windows}
        securityContext: {windowsOptions: {hostProcess: true}}
        containers: [{name: a, securityContext: {windowsOptions: {hostProcess: true}}}, {name: b}]
        """,
        ["breaking: sc.windowsOptions.hostProcess=false, containers[0].sc.windowsOptions.hostProcess=false"],
    ),
    "capabilities of a privileged container": (
        "capabilities",
        "containers: [{name: a, securityContext: {privileged: true, runAsUser: 5}}, {name: b}]",
        ['breaking: containers[0].sc.capabilities.drop=["ALL"]', 'review: containers[1].sc.capabilities.drop=["ALL"]'],
    ),
    "windows-host-process where nothing else shows Windows": (
        "windows-host-process",
        "{securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a}]}",
        ["no fix: sc.windowsOptions.hostProcess"],
    ),
    "host-namespaces where nothing but hostProcess shows Windows": (
        "host-namespaces",
        "{hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a}]}",
        ["no fix: hostNetwork"],
    ),
    "app-armor-profile of the pod": (
        "app-armor-profile",
        "{securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: a}]}",
        ["breaking: -sc.appArmorProfile"],
    ),
    "app-armor-profile of a container": (
        "app-armor-profile",
        "containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]",
        ["breaking: -containers[0].sc.appArmorProfile"],
    ),
}

FULL = """
securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
initContainers:
- name: i
  restartPolicy: Always
  securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
containers:
- name: a
  securityContext: {allowPrivilegeEscalation: false, privileged: false, capabilities: {drop: [ALL]}, procMount: Default}
"""

MUST_NOT_CHANGE = {
    **{
        f"{control}: a pod that is hardened": (control, FULL)
        for control in dict.fromkeys(r[0] for r in MUST_CHANGE.values())
    },
    "app-armor-profile of one's own": (
        "app-armor-profile",
        "{securityContext: {appArmorProfile: {type: Localhost, localhostProfile: p}}, containers: [{name: a}]}",
    ),
    "allow-privilege-escalation in a Windows pod": (
        "allow-privilege-escalation",
        "{os: {name: windows}, containers: [{name: a}]}",
    ),
    "capabilities: drop more than ALL": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {drop: [NET_RAW, ALL], add: [NET_BIND_SERVICE]}}}]",
    ),
    "capabilities: nothing added": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: []}}}]",
    ),
    "capabilities: null": (
        "capabilities",
        "containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: null}}}]",
    ),
    "capabilities in a Windows pod": ("capabilities", "{os: {name: windows}, containers: [{name: a}]}"),
    "host-namespaces false": ("host-namespaces", "{hostNetwork: false, hostPID: null, containers: [{name: a}]}"),
    "host-namespaces in words": ("host-namespaces", '{hostNetwork: "true", containers: [{name: a}]}'),
    "host-ports 0": (
        "host-ports",
        "containers: [{name: a, ports: [{containerPort: 80, hostPort: 0}, {hostPort: null}]}]",
    ),
    "host-probes empty": ("host-probes", 'containers: [{name: a, livenessProbe: {httpGet: {host: "", port: 80}}}]'),
    "host-probes header": (
        "host-probes",
        "containers: [{name: a, livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: Host, value: a.test}]}}}]",
    ),
    "privileged null": ("privileged", "containers: [{name: a, securityContext: {privileged: null}}]"),
    "proc-mount null": ("proc-mount", "containers: [{name: a, securityContext: {procMount: null}}]"),
    "restricted-volumes: every allowed type, no source, null source": (
        "restricted-volumes",
        """
        volumes: [{name: a, configMap: {}}, {name: b, csi: {}}, {name: c, downwardAPI: {}}, {name: d, emptyDir: {}},
          {name: e, ephemeral: {}}, {name: f, image: {}}, {name: g, persistentVolumeClaim: {}},
          {name: h, projected: {}}, {name: i, secret: {}}, {name: j}, {name: k, hostPath: null}]
        """,
    ),
    "run-as-non-root: every container says it": (
        "run-as-non-root",
        """
        initContainers: [{name: i, securityContext: {runAsNonRoot: true}}]
        containers: [{name: a, securityContext: {runAsNonRoot: true}}]
        """,
    ),
    "run-as-non-root: pod true, container null": (
        "run-as-non-root",
        "{securityContext: {runAsNonRoot: true}, containers: [{name: a, securityContext: {runAsNonRoot: null}}]}",
    ),
    "run-as-non-root in a user namespace": ("run-as-non-root", "{hostUsers: false, containers: [{name: a}]}"),
    "run-as-user: one's own": ("run-as-user", "containers: [{name: a, securityContext: {runAsUser: 1000}}]"),
    "run-as-user false is no number": ("run-as-user", "containers: [{name: a, securityContext: {runAsUser: false}}]"),
    "run-as-user in a user namespace": ("run-as-user", "{hostUsers: false, securityContext: {runAsUser: 0}}"),
    "se-linux-options: level and allowed types": (
        "se-linux-options",
        """
        securityContext: {seLinuxOptions: {level: s0, user: "", type: container_engine_t}}
        containers: [{name: a, securityContext: {seLinuxOptions: {type: container_kvm_t}}}, {name: b}]
        """,
    ),
    "seccomp-profile of one's own": (
        "seccomp-profile",
        "containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: p.json}}}]",
    ),
    "seccomp-profile in a Windows pod": ("seccomp-profile", "{os: {name: windows}, containers: [{name: a}]}"),
    "sysctls that are safe": (
        "sysctls",
        "securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start}, {name: net.ipv4.tcp_notsent_lowat}]}",
    ),
    "windows-host-process false": (
        "windows-host-process",
        "{securityContext: {windowsOptions: {hostProcess: false}}, containers: [{name: a}]}",
    ),
}


@pytest.mark.parametrize(("control", "pod", "expected"), MUST_CHANGE.values(), ids=MUST_CHANGE)
def test_must_change(control: str, pod: str, expected: list[str]) -> None:
    assert said(judge(control, document(spec(pod)))) == expected


@pytest.mark.parametrize(("control", "pod"), MUST_NOT_CHANGE.values(), ids=MUST_NOT_CHANGE)
def test_must_not_change(control: str, pod: str) -> None:
    assert said(judge(control, document(spec(pod)))) == []


BARE = "containers: [{name: a}]"
ROOT = "securityContext: {runAsUser: 0}"
PORT = "securityContext: {sysctls: [{name: net.ipv4.tcp_rmem}]}"
ENGINE = "securityContext: {seLinuxOptions: {type: container_engine_t}}"
WINDOWS = "{os: {name: windows}, containers: [{name: a}]}"
HOST_PATH = "volumes: [{name: v, hostPath: {path: /}}]"
PROBE = "containers: [{name: a, livenessProbe: {httpGet: {host: h}}}]"
UNMASKED = "{hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}"
ADDED = "containers: [{name: a, securityContext: {capabilities: {add: [CHOWN, SYS_TIME]}}}]"
USERS = "{hostUsers: false, containers: [{name: a, securityContext: {runAsUser: 0}}]}"


@pytest.mark.parametrize(
    ("control", "pod", "level", "version", "expected"),
    [
        ("allow-privilege-escalation", BARE, B, LATEST, 0),
        ("allow-privilege-escalation", BARE, R, (1, 7), 0),
        ("allow-privilege-escalation", BARE, R, (1, 8), 1),
        ("capabilities", BARE, B, LATEST, 0),
        ("capabilities", BARE, R, (1, 21), 0),
        ("capabilities", BARE, R, (1, 22), 1),
        ("host-path-volumes", HOST_PATH, B, (1, 0), 1),
        ("host-path-volumes", HOST_PATH, R, LATEST, 0),
        ("restricted-volumes", HOST_PATH, B, LATEST, 0),
        ("restricted-volumes", HOST_PATH, R, (1, 0), 1),
        ("host-probes", PROBE, B, (1, 33), 0),
        ("host-probes", PROBE, B, (1, 34), 1),
        ("proc-mount", UNMASKED, B, (1, 34), 1),
        ("proc-mount", UNMASKED, B, (1, 35), 0),
        ("proc-mount", UNMASKED, R, (1, 35), 1),
        ("run-as-non-root", BARE, B, LATEST, 0),
        ("run-as-non-root", BARE, R, (1, 0), 1),
        ("run-as-non-root", USERS, R, (1, 34), 1),
        ("run-as-non-root", USERS, R, (1, 35), 0),
        ("run-as-user", ROOT, B, LATEST, 0),
        ("run-as-user", ROOT, R, (1, 22), 0),
        ("run-as-user", ROOT, R, (1, 23), 1),
        ("run-as-user", USERS, R, (1, 34), 1),
        ("run-as-user", USERS, R, (1, 35), 0),
        ("se-linux-options", ENGINE, B, (1, 30), 1),
        ("se-linux-options", ENGINE, B, (1, 31), 0),
        ("seccomp-profile", BARE, B, LATEST, 0),
        ("seccomp-profile", BARE, R, (1, 18), 0),
        ("seccomp-profile", BARE, R, (1, 19), 1),
        ("sysctls", PORT, B, (1, 31), 1),
        ("sysctls", PORT, B, (1, 32), 0),
        ("privileged", "containers: [{name: a, securityContext: {privileged: true}}]", Level.PRIVILEGED, LATEST, 0),
    ],
)
def test_only_what_level_and_version_ask_for(
    control: str, pod: str, level: Level, version: tuple[int, int], expected: int
) -> None:
    assert len(judge(control, document(spec(pod)), level, version)) == expected


def test_capabilities_follow_the_list_of_the_level() -> None:
    at_baseline = judge("capabilities", document(spec(ADDED)), B)
    assert said(at_baseline) == ["breaking: -containers[0].sc.capabilities.add[1]"]
    assert at_baseline[0].checks == ("capabilities_baseline",)
    at_restricted = judge("capabilities", document(spec(ADDED)), R)
    assert said(at_restricted)[0] == "breaking: -containers[0].sc.capabilities.add"
    assert {finding.checks for finding in at_restricted} == {("capabilities_restricted",)}


@pytest.mark.parametrize("control", ["allow-privilege-escalation", "capabilities", "seccomp-profile"])
def test_linux_fields_are_not_written_into_windows_pods(control: str) -> None:
    findings = judge(control, document(spec(WINDOWS)), R, (1, 24))
    assert [(finding.risk, finding.changes) for finding in findings] == [(None, ())]
    assert "Windows" in findings[0].reason


SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_A = "container.seccomp.security.alpha.kubernetes.io/a"
AT = f'metadata.annotations["{SECCOMP}"]'
AT_A = f'metadata.annotations["{SECCOMP_A}"]'


@pytest.mark.parametrize(
    ("annotations", "version", "expected"),
    [
        ({SECCOMP: "docker/default"}, LATEST, ['review: sc.seccompProfile.type="RuntimeDefault"']),
        (
            {SECCOMP: "localhost/a/b.json"},
            LATEST,
            ['review: sc.seccompProfile.type="Localhost", sc.seccompProfile.localhostProfile="a/b.json"'],
        ),
        (
            {SECCOMP_A: "localhost/x"},
            LATEST,
            [
                'review: sc.seccompProfile.type="RuntimeDefault"',
                f'review: {A}.seccompProfile.type="Localhost", {A}.seccompProfile.localhostProfile="x"',
            ],
        ),
        (
            {SECCOMP: "unconfined"},
            LATEST,
            [f'breaking: sc.seccompProfile.type="RuntimeDefault", {AT}="runtime/default"'],
        ),
        ({SECCOMP_A: "unconfined"}, LATEST, ['review: sc.seccompProfile.type="RuntimeDefault"']),
        (
            {SECCOMP_A: "unconfined"},
            (1, 26),
            [f'breaking: sc.seccompProfile.type="RuntimeDefault", {AT_A}="runtime/default"'],
        ),
        (
            {SECCOMP: "unconfined"},
            (1, 26),
            [f'breaking: sc.seccompProfile.type="RuntimeDefault", {AT}="runtime/default"'],
        ),
        ({SECCOMP: "unconfined"}, (1, 18), [f'breaking: {AT}="runtime/default"']),
        ({SECCOMP: "runtime/default", SECCOMP_A: "localhost/x"}, (1, 18), []),
        ({"container.seccomp.security.alpha.kubernetes.io/other": "unconfined"}, (1, 18), []),
    ],
)
def test_seccomp_annotations(annotations: dict[str, str], version: tuple[int, int], expected: list[str]) -> None:
    pod = spec("containers: [{name: a}, {name: b}]")
    assert said(judge("seccomp-profile", document(pod, {**annotations}), R, version)) == expected


def test_a_field_and_its_annotation_never_contradict() -> None:
    unconfined = "{seccompProfile: {type: Unconfined}}"
    pod = spec(f"{{securityContext: {unconfined}, containers: [{{name: a, securityContext: {unconfined}}}]}}")
    whole = document(pod, {SECCOMP: "unconfined", SECCOMP_A: "unconfined"})
    both = [
        f'breaking: sc.seccompProfile.type="RuntimeDefault", {AT}="runtime/default"',
        f'breaking: {A}.seccompProfile.type="RuntimeDefault", {AT_A}="runtime/default"',
    ]
    assert said(judge("seccomp-profile", whole, B)) == both
    assert said(judge("seccomp-profile", whole, R)) == both
    assert said(judge("seccomp-profile", whole, B, (1, 18))) == [
        f'breaking: {AT}="runtime/default", sc.seccompProfile.type="RuntimeDefault"',
        f'breaking: {AT_A}="runtime/default", {A}.seccompProfile.type="RuntimeDefault"',
    ]


def test_a_field_counts_more_than_an_annotation() -> None:
    pod = spec("{securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}]}")
    assert judge("seccomp-profile", document(pod, {SECCOMP: "unconfined"})) == ()


ARMOR = "container.apparmor.security.beta.kubernetes.io/"


@pytest.mark.parametrize(
    ("pod", "annotations", "expected"),
    [
        (BARE, {f"{ARMOR}a": "unconfined"}, [f'breaking: -metadata.annotations["{ARMOR}a"]']),
        (BARE, {f"{ARMOR}gone": "unconfined"}, [f'breaking: -metadata.annotations["{ARMOR}gone"]']),
        (
            "containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]",
            {f"{ARMOR}a": "unconfined"},
            [f'breaking: -containers[0].sc.appArmorProfile, -metadata.annotations["{ARMOR}a"]'],
        ),
        (BARE, {f"{ARMOR}a": "runtime/default", f"{ARMOR}b": "localhost/p", f"{ARMOR}c": ""}, []),
        (BARE, {"other": "unconfined"}, []),
    ],
)
def test_app_armor_annotations(pod: str, annotations: dict[str, str], expected: list[str]) -> None:
    assert said(judge("app-armor-profile", document(spec(pod), {**annotations}), B)) == expected


def test_host_ports_that_the_api_server_writes() -> None:
    pod = "{hostNetwork: true, containers: [{name: a, ports: [{containerPort: 80}]}]}"
    assert judge("host-namespaces", document(spec(pod)))[0].checks == ("hostNamespaces",)
    assert judge("host-namespaces", document(spec(pod), kind="Pod"))[0].checks == ("hostNamespaces", "hostPorts")


def test_a_profile_can_name_the_seccomp_file() -> None:
    whole = document(spec(BARE))
    found = CONTROLS["seccomp-profile"].run(workload(whole), Context(R, LATEST, {"localhostProfile": "p.json"}))
    assert said(found) == ['review: sc.seccompProfile.type="Localhost", sc.seccompProfile.localhostProfile="p.json"']


def test_paths_are_those_of_the_document() -> None:
    pod = spec(BARE)
    assert judge("privileged", document(pod)) == ()
    inside = judge("run-as-non-root", document(pod))[0]
    assert (inside.path, inside.changes[0].path) == (
        ("spec", "template", "spec"),
        ("spec", "template", "spec", "securityContext", "runAsNonRoot"),
    )
    assert judge("run-as-non-root", document(pod, kind="Pod"))[0].path == ("spec",)


def present(whole: Document, path: Path) -> Plain:
    """Return what stands at a path, None where nothing does."""
    try:
        return value_at(whole, path)
    except KeyError:
        return None


@pytest.mark.parametrize("odd", ["1", "text", "[1]", "{a: 1}", "[{}]", "[[]]", "true", "null", '""'])
@pytest.mark.parametrize(
    "pod",
    [
        "securityContext: ODD",
        "{os: ODD, hostUsers: ODD, hostNetwork: ODD, volumes: ODD}",
        "{volumes: [ODD], containers: [{name: a, ports: ODD}, {name: b, ports: [ODD]}]}",
        "securityContext: {runAsNonRoot: ODD, runAsUser: ODD, seccompProfile: ODD, sysctls: ODD, windowsOptions: ODD}",
        "securityContext: {sysctls: [ODD], seLinuxOptions: ODD, appArmorProfile: ODD}",
        "securityContext: {seLinuxOptions: {type: ODD, user: ODD}, appArmorProfile: {type: ODD}}",
        "securityContext: {seccompProfile: {type: ODD, localhostProfile: ODD}}",
        "containers: [{name: ODD, securityContext: ODD}]",
        "containers: [{name: a, securityContext: {capabilities: ODD, privileged: ODD, allowPrivilegeEscalation: ODD}}]",
        "containers: [{name: a, securityContext: {capabilities: {add: ODD, drop: ODD}, procMount: ODD}}]",
        "containers: [{name: a, securityContext: {capabilities: {add: [ODD], drop: [ODD]}, windowsOptions: ODD}}]",
        "containers: [{name: a, livenessProbe: ODD, lifecycle: {preStop: ODD}, startupProbe: {httpGet: {host: ODD}}}]",
    ],
)
@pytest.mark.parametrize("version", [(1, 18), (1, 24), LATEST])
def test_odd_types_never_crash_and_are_never_overwritten(pod: str, odd: str, version: tuple[int, int]) -> None:
    whole = document(spec(pod.replace("ODD", odd)), {SECCOMP: None, ARMOR + "a": 1})
    for level in (B, R):
        changes = [change for finding in judge_all(whole, level, version) for change in finding.changes]
        # Raises where a change leads through what holds no keys.
        changed(whole, changes)
        for change in changes:
            assert not (isinstance(change, SetField) and isinstance(present(whole, change.path), dict | list)), change
