"""Who may use what is mounted, and what fsGroup makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from start_subjects import ROOT_IMAGE, Spec, judged, known, pod

from harden.model.start import Start, Topic
from harden.starts import Given, NoNeighbours, Storage

USER = "securityContext: {runAsUser: 999}"
IMAGES = known(
    redis={**ROOT_IMAGE, "volumes": ("/data",)},
    busybox={"default_user": "root", "command": ("sh",), "root_caps": ()},
)


def mounting(source: str, *, user: str = USER, of_pod: str = "", mount: str = "", image: str = "redis") -> Spec:
    """Return a pod that mounts one volume at /data."""
    return pod(
        f"{{containers: [{{name: c, image: {image}, {user}, volumeMounts: [{{name: v, mountPath: /data{mount}}}]}}], "
        f"volumes: [{{name: v, {source}}}]{of_pod and ', '}{of_pod}}}"
    )


GROUP = "securityContext: {fsGroup: 999}"
CLAIM = "persistentVolumeClaim: {claimName: d}"


class Claims(NoNeighbours):
    """Every claim and template is backed by one storage."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def claim(self, name: str) -> Storage | None:  # noqa: ARG002
        return self.storage

    def template(self, volume: str) -> Storage | None:  # noqa: ARG002
        return self.storage

    def config_map(self, name: str) -> dict[str, str]:  # noqa: ARG002
        return {}


ONCE = Storage(("ReadWriteOnce",))


@pytest.mark.parametrize(
    ("source", "of_pod", "storage", "verdict", "words"),
    [
        ("emptyDir: {}", "", ONCE, "yes", ""),
        ("emptyDir: null", "", ONCE, "yes", ""),
        (CLAIM, "", ONCE, "unknown", "no fsGroup gives it to user 999"),
        (CLAIM, GROUP, ONCE, "yes", ""),
        (CLAIM, GROUP, Storage(), "unknown", "accessModes of the claim are not known"),
        (CLAIM, GROUP, None, "unknown", "what backs the claim is not known"),
        (CLAIM, GROUP, Storage(("ReadWriteMany",)), "unknown", "ReadWriteMany"),
        (CLAIM, GROUP, Storage(("ReadWriteMany",), policy="File"), "yes", ""),
        (
            CLAIM,
            GROUP,
            Storage(("ReadWriteOnce",), policy="None", provisioner="p"),
            "unknown",
            "fsGroupPolicy None of p",
        ),
        (CLAIM, GROUP, Storage(("ReadWriteMany", "ReadWriteOnce")), "yes", ""),
        (CLAIM, GROUP, Storage(("ReadWriteOncePod",)), "yes", ""),
        (CLAIM, GROUP, Storage(("ReadWriteOnce",), "nfs"), "unknown", "keep their owner (nfs)"),
        (CLAIM, GROUP, Storage(("ReadWriteOnce",), "hostPath"), "unknown", "hostPath"),
        (CLAIM, GROUP, Storage(("ReadWriteOnce",), "", "nfs.csi.k8s.io"), "unknown", "shares folders"),
        (CLAIM, GROUP, Storage(("ReadWriteOnce",), "csi", "ebs.csi.aws.com"), "yes", ""),
        ("persistentVolumeClaim: {claimName: d, readOnly: true}", GROUP, ONCE, "unknown", "read-only"),
        ("ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}", GROUP, None, "yes", ""),
        ("ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteMany]}}}", GROUP, None, "unknown", "Many"),
        ("ephemeral: {}", GROUP, None, "unknown", "accessModes"),
        ("ephemeral: {volumeClaimTemplate: {spec: {accessModes: Once}}}", GROUP, None, "unknown", "accessModes"),
        ("ephemeral: {volumeClaimTemplate: {spec: {accessModes: 5}}}", GROUP, None, "unknown", "accessModes"),
        ("hostPath: {path: /x}", GROUP, ONCE, "unknown", "keep their owner (hostPath)"),
        ("nfs: {server: s, path: /x}", GROUP, ONCE, "unknown", "keep their owner (nfs)"),
        ("csi: {driver: d}", GROUP, ONCE, "unknown", "driver does is not known"),
        ("iscsi: {}", GROUP, ONCE, "yes", ""),
        ("image: {reference: i}", "", ONCE, "yes", ""),
        ("secret: {secretName: s}", "", ONCE, "yes", ""),
        ("secret: {secretName: s, defaultMode: 256}", "", ONCE, "unknown", "closed to user 999"),
        ("secret: {secretName: s, defaultMode: 256}", GROUP, ONCE, "yes", ""),
        ("secret: {secretName: s, items: [{key: k, path: p, mode: 256}]}", "", ONCE, "unknown", "closed to user 999"),
        ("configMap: {name: s, defaultMode: 420}", "", ONCE, "yes", ""),
        ("projected: {defaultMode: 288, sources: []}", "", ONCE, "unknown", "closed to user 999"),
        ("projected: {sources: [{secret: {name: s, items: [{key: k, mode: 256}]}}]}", "", ONCE, "unknown", "closed"),
        (
            "projected: {defaultMode: 288}",
            "securityContext: {runAsGroup: 0, supplementalGroups: [999]}",
            ONCE,
            "yes",
            "",
        ),
    ],
)
def test_volumes_for_a_user_other_than_root(
    source: str, of_pod: str, storage: Storage | None, verdict: str, words: str
) -> None:
    neighbours = NoNeighbours() if storage is None else Claims(storage)
    found = judged(mounting(source, of_pod=of_pod), known(redis={**ROOT_IMAGE, "writable": None}), neighbours)
    assert (found.verdict.value, words in found.reason) == (verdict, True), found
    assert judged(mounting(source, user="tty: false", of_pod=of_pod), IMAGES, neighbours).verdict is Start.YES


def test_a_mount_of_no_volume_is_a_claim_of_the_set() -> None:
    spec = mounting("emptyDir: {}", of_pod=GROUP)
    spec["volumes"] = []
    assert judged(spec, IMAGES, Claims(ONCE)).verdict is Start.YES
    assert judged(spec, IMAGES, Claims(Storage(("ReadWriteMany",)))).verdict is Start.UNKNOWN
    assert judged(spec, IMAGES).verdict is Start.UNKNOWN


@pytest.mark.parametrize(
    ("stated", "source", "more", "verdict"),
    [
        ({"writable": (), "volumes": ()}, CLAIM, {}, "yes"),
        ({"writable": ("/cache",), "volumes": ("/x",)}, CLAIM, {}, "yes"),
        ({"writable": (), "volumes": ()}, "nfs: {server: s, path: /x}", {}, "yes"),
        ({"writable": ("/data/x",), "volumes": ()}, CLAIM, {}, "unknown"),
        ({"writable": (), "volumes": ("/",)}, CLAIM, {}, "unknown"),
        ({"writable": (), "volumes": (), "writable_seeded": ("/data",)}, CLAIM, {}, "unknown"),
        ({"writable": None, "volumes": ()}, CLAIM, {}, "unknown"),
        ({"writable": (), "volumes": None}, CLAIM, {}, "unknown"),
        ({"writable": (), "volumes": ()}, "hostPath: {path: /x}", {}, "unknown"),
        ({"writable": (), "volumes": ()}, CLAIM, {"args": ["--dir=/data/a"]}, "unknown"),
        ({"writable": (), "volumes": ()}, CLAIM, {"env": [{"name": "D", "value": "/data"}]}, "unknown"),
        ({"writable": (), "volumes": ()}, CLAIM, {"env": [{"name": "D", "valueFrom": {}}]}, "unknown"),
        ({"writable": (), "volumes": ()}, CLAIM, {"env": [{"name": "D", "value": "/other"}]}, "yes"),
        ({"writable": (), "volumes": (), "outside": frozenset({"writable"})}, CLAIM, {}, "unknown"),
    ],
)
def test_a_volume_that_the_image_does_not_write_to(
    stated: dict[str, Any], source: str, more: dict[str, Any], verdict: str
) -> None:
    spec = mounting(source)
    spec["containers"][0] |= more
    images = known(redis={**ROOT_IMAGE, "reaches_tag": "outside" not in stated, **stated})
    assert judged(spec, images).verdict.value == verdict


def test_block_devices() -> None:
    spec = pod("{containers: [{name: c, image: redis, volumeDevices: [{name: v, devicePath: /dev/x}]}]}")
    assert judged(spec).verdict is Start.YES
    spec["securityContext"] = {"runAsUser": 999}
    assert "block device" in judged(spec).reason


@pytest.mark.parametrize(("image", "verdict"), [("busybox", "yes"), ("numbered", "unknown"), ("mystery", "unknown")])
def test_only_an_init_container_that_is_root_gives_a_volume_away(image: str, verdict: str) -> None:
    images = known(
        redis={**ROOT_IMAGE, "volumes": ("/data",)},
        busybox={"default_user": "root", "root_caps": ()},
        numbered={"default_user": "1001"},
    )
    init = f"name: i, image: {image}, command: [chown, '999', /x], volumeMounts: [{{name: v, mountPath: /x}}]"
    spec = mounting(CLAIM, of_pod=f"initContainers: [{{{init}}}]")
    assert judged(spec, images, Claims(ONCE)).verdict.value == verdict


def test_root_without_dac_override_is_shut_out_of_the_files_of_others() -> None:
    images = known(redis={**ROOT_IMAGE, "root_caps": ()})
    spec = mounting("hostPath: {path: /var/log}", user="securityContext: {capabilities: {drop: [ALL]}}")
    assert "closed to root without DAC_OVERRIDE" in judged(spec, images).reason
    kept = "securityContext: {capabilities: {drop: [ALL], add: [DAC_OVERRIDE]}}"
    assert judged(mounting("hostPath: {path: /var/log}", user=kept), images).verdict is Start.YES
    scratch = mounting("emptyDir: {}", user="securityContext: {capabilities: {drop: [ALL]}}")
    assert judged(scratch, images).verdict is Start.YES


@pytest.mark.parametrize(
    ("command", "security", "verdict"),
    [
        ("[sh, -c, 'chown -R 999 /x']", "", "yes"),
        ("[chown, '999', /x]", "", "yes"),
        ("[chmod, '0777', /x]", "", "yes"),
        ("[chown, '999', /y]", "", "unknown"),
        ("[ls, /x]", "", "unknown"),
        ("[chown, '999', /x]", "runAsUser: 999", "unknown"),
        ("[chown, '999', /x]", "capabilities: {drop: [ALL]}", "unknown"),
        ("[chown, '999', /x]", "capabilities: {drop: [ALL], add: [CHOWN]}", "yes"),
    ],
)
def test_an_init_container_that_gives_the_volume_away(command: str, security: str, verdict: str) -> None:
    init = f"name: i, image: busybox, command: {command}, securityContext: {{{security}}}"
    mount = "volumeMounts: [{name: v, mountPath: /x}]"
    spec = mounting(CLAIM, of_pod=f"initContainers: [{{{init}, {mount}}}]")
    assert judged(spec, IMAGES, Claims(ONCE)).verdict.value == verdict


POSTGRES = {
    **ROOT_IMAGE,
    "user_name": "postgres",
    "volumes": ("/var/lib/postgresql/data",),
    "writable": ("/tmp",),  # noqa: S108
}


@pytest.mark.parametrize(
    ("source", "env", "of_pod", "verdict", "words"),
    [
        ("emptyDir: {}", "[]", "", "no", "the root of a new volume"),
        ("emptyDir: {}", "[{name: PGDATA, value: /var/lib/postgresql/data/db}]", "", "yes", ""),
        ("emptyDir: {}", "[{name: PGDATA, valueFrom: {}}]", "", "yes", ""),
        (CLAIM, "[]", "fsGroup: 999, fsGroupChangePolicy: OnRootMismatch", "unknown", "unless it already owns it"),
        (
            CLAIM,
            "[{name: PGDATA, value: /var/lib/postgresql/data/db}]",
            "fsGroup: 999, fsGroupChangePolicy: OnRootMismatch",
            "yes",
            "",
        ),
        (CLAIM, "[{name: PGDATA, value: /var/lib/postgresql/data/db}]", "fsGroup: 999", "unknown", "each start opens"),
        (CLAIM, "[{name: PGDATA, value: /other}]", "fsGroup: 999", "yes", ""),
    ],
)
def test_the_data_folder_of_postgresql(source: str, env: str, of_pod: str, verdict: str, words: str) -> None:
    spec = pod(
        "{containers: [{name: c, image: postgres, volumeMounts: [{name: v, mountPath: /var/lib/postgresql/data}], "
        f"env: {env}}}], volumes: [{{name: v, {source}}}], securityContext: {{runAsUser: 999, {of_pod or 'tty: 1'}}}}}"
    )
    images = known(postgres=POSTGRES, redis={**POSTGRES, "user_name": "redis"})
    found = judged(spec, images, Claims(ONCE))
    assert (found.verdict.value, words in found.reason) == (verdict, True), found
    spec["containers"][0]["image"] = "redis"
    assert judged(spec, images, Claims(ONCE)).verdict is Start.YES
    spec["containers"][0]["image"] = "postgres"
    spec["securityContext"] = {}
    assert judged(spec, images, Claims(ONCE)).verdict is Start.YES


GIVEN: list[dict[str, Any]] = [
    {"kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"a.conf": "listen 80\n"}},
    {"kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "other"}, "data": {"b": "x"}},
    {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "shared"},
        "spec": {"accessModes": ["ReadWriteMany"], "volumeName": "pv"},
    },
    {"kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": {"nfs": {}, "accessModes": ["ReadWriteMany"]}},
    {"kind": "PersistentVolume", "metadata": {"name": "p3"}, "spec": {"cephfs": {}, "accessModes": ["ReadWriteMany"]}},
    {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "classy"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"},
    },
    {"kind": "StorageClass", "metadata": {"name": "fast"}, "provisioner": "disk.example.com"},
    {"kind": "CSIDriver", "metadata": {"name": "disk.example.com"}, "spec": {"fsGroupPolicy": "File"}},
    {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "bound"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "x"},
    },
    {
        "kind": "PersistentVolume",
        "metadata": {"name": "p2"},
        "spec": {"hostPath": {}, "accessModes": ["ReadWriteOnce"], "claimRef": {"name": "bound"}},
    },
]


def test_what_given_objects_say() -> None:
    given = Given(GIVEN, None, [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}])
    assert given.config_map("conf") == {"a.conf": "listen 80\n"}
    assert given.config_map("absent") is None
    assert Given(GIVEN, "other").config_map("conf") == {"b": "x"}
    assert given.claim("shared") == Storage(("ReadWriteMany",), "nfs")
    assert given.claim("classy") == Storage(("ReadWriteOnce",), "", "disk.example.com", "File")
    assert given.claim("bound") == Storage(("ReadWriteOnce",), "hostPath")
    assert given.claim("absent") is None
    assert given.template("data") == Storage(("ReadWriteOnce",))
    assert given.template("absent") is None


def test_a_static_volume_is_found_by_class_and_modes_where_there_is_only_one() -> None:
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteMany"]}}
    volume = {
        "kind": "PersistentVolume",
        "metadata": {"name": "n"},
        "spec": {"nfs": {}, "accessModes": ["ReadWriteMany"]},
    }
    other = {**volume, "metadata": {"name": "o"}}
    once = {**volume, "metadata": {"name": "p"}, "spec": {"local": {}, "accessModes": ["ReadWriteOnce"]}}
    assert Given([claim, volume, once]).claim("c") == Storage(("ReadWriteMany",), "nfs")
    assert Given([claim, volume, other]).claim("c") == Storage(("ReadWriteMany",))


def test_a_doubt_about_owners_says_so() -> None:
    found = judged(mounting(CLAIM), IMAGES)
    assert [doubt.topic for doubt in found.doubts] == [Topic.OWNERS]
