"""Owns random pods for the evaluator's tests: every field that a check reads, weighted to the edges.

The same seed gives the same pods. A pod is tame, mixed or wild: in a tame one nearly every field has a value that the
restricted level admits, so that single faults show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random

from pss_oracle import Case

#: Stands for a field that is left out.
ABSENT = object()

_KINDS = ("Pod", "Pod", "Pod", "Pod", "Pod", "Deployment", "Deployment", "CronJob", "PodTemplate")
_NAMES = ("app", "init", "sidecar", "a", "b", "Z", "10", "9")
_ODD_NAMES = ("", "a", "a", 'quo"te', "ümlaut", "with, comma", "\U0001f600", None, ABSENT)
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_ANNOTATIONS = ("runtime/default", "localhost/profile", "docker/default", "localhost/")
_ODD_ANNOTATIONS = (
    *("unconfined", "unconfined", "unconfined", "", None, "Unconfined", "RuntimeDefault", " localhost/x", "localhost"),
    *(
        'say "hi"\\',
        "tab\there\nand\r\x0b\x0c\x07\x08",
        "\x00\x01\x1f\x7f\x80\x9f",
        "é\u00ad\u00a0\u200b\u2028\ufeff\ufffd",
    ),
    *("\U0001f600\U000e0001\u3000", "a/b"),
)
_TYPES = ({"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "x"}, {"type": "RuntimeDefault"})
_ODD_TYPES: tuple[object, ...] = (
    *(
        {"type": "Unconfined"},
        {"type": "Unconfined"},
        {"type": "Unconfined", "localhostProfile": None},
        {},
        {"type": ""},
    ),
    *({"type": None}, {"type": "runtimeDefault"}, {"type": "Unconfined", "localhostProfile": ""}, None),
    *({"type": "Localhost"}, {"Type": "RuntimeDefault"}, {"type": "other"}),
)
_CAPABILITIES = (
    *(
        "NET_BIND_SERVICE",
        "NET_BIND_SERVICE",
        "CAP_NET_BIND_SERVICE",
        "net_bind_service",
        "CHOWN",
        "SETUID",
        "SYS_ADMIN",
    ),
    *("CAP_SYS_ADMIN", "NET_RAW", "SYS_CHROOT", "ALL", "all", "", None, "AUDIT_WRITE", "SYS_TIME", " CHOWN"),
)
_DROPS: tuple[object, ...] = (
    ["all"],
    ["CAP_ALL"],
    [],
    None,
    ABSENT,
    ["NET_RAW"],
    ["KILL", "ALL"],
    [None],
    ["ALL "],
    [""],
)
_SELINUX_TYPES = (
    *(
        "container_t",
        "container_init_t",
        "container_kvm_t",
        "container_engine_t",
        "container_engine_t",
        "",
        None,
        ABSENT,
    ),
    *("spc_t", "Container_t", "unconfined_t"),
)
SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range"),
    *("net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time"),
    *("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem"),
    *("net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "kernel.msgmax"),
    *("net/ipv4/tcp_rmem", "", None, ABSENT),
)
SOURCES = (
    *("hostPath", "emptyDir", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "secret", "nfs", "iscsi"),
    *("glusterfs", "persistentVolumeClaim", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "downwardAPI", "fc"),
    *("azureFile", "configMap", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "projected"),
    *("portworxVolume", "scaleIO", "storageos", "csi", "ephemeral", "image", "hostpath", "unheardOf"),
)
_GOOD_SOURCES = ("emptyDir", "configMap", "secret", "projected", "persistentVolumeClaim", "csi", "downwardAPI", "image")
_WRONG: tuple[object, ...] = (
    *("text", "", 0, 1, -1, 1.5, 1000.0, -0.0, 2**31, -(2**31) - 1, 2**63, -(2**63), 1e30, True, False, None),
    *([], {}, [1], ["x"], [None], [[]], {"a": 1}, {"name": "x"}),
)
_UNREAD = frozenset(("image", "level", "port", "runAsUserName", "readOnlyRootFilesystem", "runAsGroup", "value"))


class Pods:
    """Makes random pods, without end; iterate over it."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._wild = 0.0

    def __iter__(self) -> Iterator[Case]:
        while True:
            yield self._case()

    def _case(self) -> Case:
        self._wild = self._random.choice((0.02, 0.05, 0.3, 0.7))
        names: list[object] = []
        spec = _mapping(
            os=self._pick(
                (ABSENT,), ({"name": "windows"}, {"name": "windows"}, {"name": "linux"}, {}, {"name": None}, None)
            ),
            hostUsers=self._pick((ABSENT, ABSENT, None, True), (False, False, True)),
            hostNetwork=self._pick((ABSENT, False, None), (True,)),
            hostPID=self._pick((ABSENT, False, None), (True,)),
            hostIPC=self._pick((ABSENT, False, None), (True,)),
            securityContext=self._pod_security(),
            initContainers=self._containers((ABSENT, None, 0, 0, 1), (1, 2), names),
            containers=self._containers((1, 1, 2), (0, 3, ABSENT, None), names),
            ephemeralContainers=self._containers((ABSENT, None, 0), (0, 1, 2), names),
            volumes=self._volumes(),
        )
        # Through JSON: nothing in the pod is shared with the tables above or with another pod.
        fresh = json.loads(json.dumps({"metadata": self._metadata(names), "spec": spec}))
        if self._random.random() < 0.1:
            self._spoil(fresh)
        return Case(self._random.choice(_KINDS), fresh["metadata"], fresh["spec"])

    def _pick(self, good: Sequence[object], odd: Sequence[object]) -> object:
        return self._random.choice(odd if self._random.random() < self._wild else good)

    def _metadata(self, names: list[object]) -> dict[str, object]:
        if self._random.random() > max(self._wild, 0.1):
            plain: tuple[dict[str, object], ...] = ({}, {"name": "x"}, {"annotations": None}, {"annotations": {}})
            return self._random.choice(plain)
        known = [str(name) for name in names if isinstance(name, str)] + ["elsewhere", ""]
        annotations = {}
        for _ in range(self._random.randint(1, 4)):
            key = self._random.choice((APP_ARMOR, APP_ARMOR, SECCOMP)) + self._random.choice(known)
            if self._random.random() < self._wild / 2:
                key = self._random.choice((SECCOMP_POD, SECCOMP_POD, "example.com/note", key.upper()))
            annotations[key] = self._pick(_ANNOTATIONS, _ODD_ANNOTATIONS)
        return {"annotations": annotations}

    def _pod_security(self) -> object:
        if self._random.random() < self._wild / 3:
            return self._random.choice((ABSENT, None, {}))
        return _mapping(
            **self._shared_security(),
            runAsNonRoot=self._pick((True,), (False, None, ABSENT, ABSENT)),
            seccompProfile=self._pick(_TYPES, (*_ODD_TYPES, ABSENT, ABSENT, ABSENT)),
            sysctls=self._list(
                (ABSENT, ABSENT, None, 0, 1), (1, 2, 4), lambda: _mapping(name=self._random.choice(SYSCTLS), value="1")
            ),
            # Fields that only containers have: nobody reads them here.
            privileged=self._pick((ABSENT,), (True, "x")),
            capabilities=self._pick((ABSENT,), ({"add": ["SYS_ADMIN"]},)),
        )

    def _shared_security(self) -> dict[str, object]:
        windows: tuple[object, ...] = (
            {"hostProcess": True},
            {"hostProcess": True},
            {"hostProcess": False},
            {"hostProcess": None},
            {},
            None,
        )
        return {
            "appArmorProfile": self._pick((ABSENT, *_TYPES), _ODD_TYPES),
            "runAsUser": self._pick((ABSENT, 1000, 65534, None), (0, 0, 0, -1, 2**63 - 1, 0.0, 1000.0, -0.0)),
            "seLinuxOptions": self._pick((ABSENT, ABSENT, None, {}, {"type": "container_t"}), (self._se_linux(),)),
            "windowsOptions": self._pick((ABSENT, None, {"runAsUserName": "x"}), windows),
        }

    def _se_linux(self) -> dict[str, object]:
        return _mapping(
            type=self._random.choice(_SELINUX_TYPES),
            user=self._random.choice((ABSENT, ABSENT, "", None, "system_u")),
            role=self._random.choice((ABSENT, ABSENT, "", None, "system_r")),
            level="s0",
        )

    def _containers(self, good: Sequence[object], odd: Sequence[object], names: list[object]) -> object:
        return self._list(good, odd, lambda: self._container(names))

    def _container(self, names: list[object]) -> object:
        if self._random.random() < self._wild / 20:
            return None
        name = self._pick(_NAMES, _ODD_NAMES)
        names.append(name)
        return _mapping(
            name=name,
            image="example.com/image:1",
            securityContext=self._container_security(),
            ports=self._list((ABSENT, None, 0, 1, 2), (1, 2, 3), self._port),
            livenessProbe=self._handler(),
            readinessProbe=self._handler(),
            startupProbe=self._handler(),
            lifecycle=self._pick(
                (ABSENT, None, {}, {"preStop": {"exec": {}}}),
                (_mapping(postStart=self._handler(), preStop=self._handler()),),
            ),
        )

    def _container_security(self) -> object:
        if self._random.random() < self._wild / 3:
            return self._random.choice((ABSENT, None, {}))
        added = [self._random.choice(_CAPABILITIES) for _ in range(self._random.randint(0, 3))]
        return _mapping(
            **self._shared_security(),
            runAsNonRoot=self._pick((True, ABSENT, ABSENT, None), (False,)),
            seccompProfile=self._pick((ABSENT, ABSENT, *_TYPES), _ODD_TYPES),
            privileged=self._pick((ABSENT, False, None), (True,)),
            allowPrivilegeEscalation=self._pick((False,), (True, None, ABSENT)),
            procMount=self._pick((ABSENT, ABSENT, None, "Default"), ("Unmasked", "Unmasked", "", "default", "Default")),
            readOnlyRootFilesystem=True,
            capabilities=self._pick(
                ({"drop": ["ALL"]}, {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}, {"drop": ["ALL"], "add": None}),
                (_mapping(add=added, drop=self._random.choice((["ALL"], *_DROPS))), None, {}, ABSENT),
            ),
        )

    def _port(self) -> object:
        return _mapping(
            containerPort=self._pick((80, 8080, 443), (0, None, ABSENT, 53, 9, 10250, 80.0)),
            hostPort=self._pick((ABSENT, ABSENT, 0, None), (80, 8080, 443, 9, 10250, -1, 2**31 - 1, 8e3)),
        )

    def _handler(self) -> object:
        hosts = (ABSENT, "", None, "localhost", "127.0.0.1", "example.com", 'a"b', "::1")
        odd = _mapping(
            httpGet=self._random.choice((ABSENT, None, {}, _mapping(port=80, host=self._random.choice(hosts)))),
            tcpSocket=self._random.choice((ABSENT, None, {}, _mapping(port="web", host=self._random.choice(hosts)))),
            exec=self._random.choice((ABSENT, None, {})),
        )
        return self._pick((ABSENT, ABSENT, ABSENT, None, {}, {"httpGet": {"port": 80, "host": ""}}), (odd,))

    def _volumes(self) -> object:
        return self._list((ABSENT, None, 0, 1, 2), (1, 2, 3, 5), self._volume)

    def _volume(self) -> object:
        if self._random.random() < self._wild / 20:
            return None
        source = self._pick(_GOOD_SOURCES, SOURCES)
        volume = _mapping(
            name=self._pick(("data", "config", "tmp"), _ODD_NAMES), **{str(source): self._pick(({},), ({}, None))}
        )
        if self._random.random() < self._wild / 2:
            for more in self._random.choices(SOURCES, k=self._random.randint(1, 2)):
                volume[more] = self._random.choice(({}, {}, None))
        return dict(self._random.sample(list(volume.items()), len(volume)))

    def _list(self, good: Sequence[object], odd: Sequence[object], make: object) -> object:
        count = self._pick(good, odd)
        if not isinstance(count, int):
            return count
        assert callable(make)
        return [make() for _ in range(count)]

    def _spoil(self, pod: dict[str, object]) -> None:
        """Put a value of any type at a place that some check reads."""
        places = [place for place in _places(pod["spec"], ("spec",)) if _is_read(place[2])]
        annotations = pod["metadata"].get("annotations")  # type: ignore[attr-defined]  # JSON
        if annotations:
            places += list(_places(annotations, ("metadata", "annotations")))
        if places:
            holder, key, _ = self._random.choice(places)
            holder[key] = json.loads(json.dumps(self._random.choice(_WRONG)))  # type: ignore[index]  # dict or list


def _mapping(**fields: object) -> dict[str, object]:
    return {key: value for key, value in fields.items() if value is not ABSENT}


def _places(holder: object, at: tuple[str | int, ...]) -> Iterator[tuple[object, object, tuple[str | int, ...]]]:
    pairs = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
    for key, value in pairs:
        yield holder, key, (*at, key)
        yield from _places(value, (*at, key))


def _is_read(path: tuple[str | int, ...]) -> bool:
    if path[-1] in _UNREAD or "exec" in path:
        return False
    if path[1] == "volumes" and len(path) > 3:
        return path[3] in (*SOURCES, "name") and path[3] not in ("hostpath", "unheardOf") and len(path) == 4
    return not (path[1] == "securityContext" and len(path) > 2 and path[2] in ("privileged", "capabilities"))
