"""Random facts and pods: what holds for every start, whatever the rules say. A failure prints its seed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from start_subjects import Spec, facts

from harden.images.conditions import Condition
from harden.images.facts import ImageFacts, Need, StrictFile
from harden.model.start import Start, Topic
from harden.starts import Given, compare, starts

SEEDS = range(400)
_CAPS = ("CHOWN", "SETUID", "SETGID", "NET_BIND_SERVICE", "NET_RAW", "DAC_OVERRIDE", "SYS_CHROOT")
_PATHS = ("/data", "/tmp", "/var/run/app", "/var/lib/postgresql/data", "/etc/app", "/opt/app")  # noqa: S108


def some(random: Random, items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(item for item in items if random.random() < 0.3)


def random_facts(random: Random, image: str) -> ImageFacts | None:
    if random.random() < 0.2:
        return None
    options: dict[str, tuple[Any, ...]] = {
        "uid": (None, 70, 999),
        "gid": (None, 0, 999),
        "user_name": (None, "app", "postgres"),
        "default_user": (None, "root", "0", "app", "postgres", "999", "999:0", "70"),
        "runs_as_nonroot": (None, True, True, True, False),
        "nonroot_needs": ((), tuple(some(random, tuple(Need)))),
        "ports": (None, (), (80,), (8080,)),
        "volumes": (None, (), some(random, _PATHS)),
        "writable": (None, (), some(random, _PATHS)),
        "writable_seeded": ((), some(random, _PATHS)),
        "root_caps": (None, (), some(random, _CAPS)),
        "file_caps": ((), (), ("NET_BIND_SERVICE",)),
        "host_access": (None, None, None, "reads the node"),
        "strict_files": ((), (), (StrictFile("**/key", "0600"),)),
        "entrypoint": (None, (), ("docker-entrypoint.sh",)),
        "command": (None, ("app",)),
        "outside": (frozenset(), frozenset(), frozenset({"uid", "root_caps", "writable"})),
        "when": ((), (Condition("it pings", "o:1", {"root_caps": ("NET_RAW",)}, env={"PING": "*"}),)),
    }
    stated = {name: random.choice(values) for name, values in options.items()}
    stated["reaches_tag"] = not stated["outside"]
    return facts(image, **stated)


def random_container(random: Random, name: str) -> dict[str, Any]:
    security: dict[str, Any] = {}
    options: dict[str, tuple[Any, ...]] = {
        "runAsUser": (0, 70, 999, 5),
        "runAsGroup": (0, 999),
        "runAsNonRoot": (True, True, False),
        "readOnlyRootFilesystem": (True, False),
        "allowPrivilegeEscalation": (True, False),
    }
    for key, values in options.items():
        if random.random() < 0.4:
            security[key] = random.choice(values)
    if random.random() < 0.5:
        security["capabilities"] = {"drop": random.choice((["ALL"], ["CHOWN"], [])), "add": list(some(random, _CAPS))}
    container: dict[str, Any] = {"name": name, "image": random.choice(("one", "two")), "securityContext": security}
    if random.random() < 0.3:
        container["args"] = random.choice((["--x"], ["app"], ["--dir=/store"], ["sleep", "1"]))
    if random.random() < 0.3:
        container["command"] = random.choice((["app"], ["sh", "-c", "chown 1 /data && ls"], ["sleep", "1"], ["x"]))
    container["env"] = random.choice(([], [{"name": "PING", "value": "1"}], [{"name": "PGDATA", "value": "/data/x"}]))
    container["ports"] = random.choice(([], [{"containerPort": 80}], [{"containerPort": 8080}]))
    mounts = some(random, _PATHS)
    container["volumeMounts"] = [
        {"name": f"v{_PATHS.index(path)}", "mountPath": path, "readOnly": random.random() < 0.2} for path in mounts
    ]
    return container


def random_pod(random: Random) -> Spec:
    sources = (
        {"emptyDir": {}},
        {"persistentVolumeClaim": {"claimName": "d"}},
        {"persistentVolumeClaim": {"claimName": "absent"}},
        {"hostPath": {"path": "/x"}},
        {"configMap": {"name": "conf"}},
        {"secret": {"secretName": "s", "defaultMode": 0o400}},
    )
    context: dict[str, Any] = {}
    for key, values in {"fsGroup": (999,), "runAsUser": (0, 999), "runAsNonRoot": (True,)}.items():
        if random.random() < 0.2:
            context[key] = random.choice(values)
    return {
        "securityContext": context,
        "initContainers": [random_container(random, "init")] if random.random() < 0.3 else [],
        "containers": [random_container(random, f"c{number}") for number in range(random.randint(1, 2))],
        "volumes": [{"name": f"v{number}", **random.choice(sources)} for number in range(len(_PATHS))],
    }


GIVEN = Given(
    [
        {"kind": "PersistentVolumeClaim", "metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteOnce"]}},
        {"kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"a": "log /var/log/a\nlisten 80\n"}},
    ]
)


def scene(seed: int) -> tuple[Spec, Callable[[str], ImageFacts | None]]:
    random = Random(seed)
    images = {image: random_facts(random, image) for image in ("one", "two")}
    return random_pod(random), images.get


def _no_non_root(security: dict[str, Any]) -> None:
    security["runAsNonRoot"] = False


def _no_drop(security: dict[str, Any]) -> None:
    security["capabilities"] = {**security.get("capabilities", {}), "drop": []}


def _more_added(security: dict[str, Any]) -> None:
    held = security.get("capabilities", {})
    security["capabilities"] = {
        "drop": [d for d in held.get("drop", []) if d == "ALL"],
        "add": [*held.get("add", []), *_CAPS],
    }


def _writable_root(security: dict[str, Any]) -> None:
    security["readOnlyRootFilesystem"] = False


def _escalation(security: dict[str, Any]) -> None:
    security["allowPrivilegeEscalation"] = True


def _privileged(security: dict[str, Any]) -> None:
    security |= {"privileged": True, "allowPrivilegeEscalation": True}


RELAXED = (_no_non_root, _no_drop, _more_added, _writable_root, _escalation, _privileged)


def contexts(spec: Spec) -> list[dict[str, Any]]:
    return [each["securityContext"] for field in ("initContainers", "containers") for each in spec[field]]


@pytest.mark.parametrize("relax", RELAXED, ids=lambda relax: relax.__name__.strip("_"))
def test_less_restriction_never_makes_a_start_worse(relax: Callable[[dict[str, Any]], None]) -> None:
    for seed in SEEDS:
        spec, images = scene(seed)
        before = starts(spec, images, GIVEN)
        for security in contexts(spec):
            relax(security)
        after = starts(spec, images, GIVEN)
        for old, new in zip(before, after, strict=True):
            assert new.verdict.rank >= old.verdict.rank, (seed, old, new)
        # Where the kubelet refuses root, what starts needs no capabilities, whoever it is; without that it may be root.
        unasked = frozenset({Topic.CAPABILITIES}) if relax is _no_non_root else frozenset[Topic]()
        assert compare(before, after, unasked) == (), seed


def test_ports_that_are_opened_never_make_a_start_worse() -> None:
    for seed in SEEDS:
        spec, images = scene(seed)
        before = starts(spec, images, GIVEN)
        spec["securityContext"]["sysctls"] = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
        assert compare(before, starts(spec, images, GIVEN)) == (), seed


def test_more_neighbours_answer_doubts_and_evidence_is_whole() -> None:
    for seed in SEEDS:
        spec, images = scene(seed)
        kept = copy.deepcopy(spec)
        found = starts(spec, images, GIVEN)
        assert spec == kept
        assert starts(spec, images, GIVEN) == found
        assert compare(found, found) == ()
        for each in found:
            assert each.reason, seed
            assert not each.reason.endswith("."), each
            assert (each.verdict is Start.YES) <= (each.doubts == () and each.evidence != ()), (seed, each)
            assert (each.verdict is Start.UNKNOWN) <= (each.reason == each.doubts[0].text if each.doubts else False), (
                seed
            )


def test_run_as_non_root_without_a_known_number_never_starts() -> None:
    asked = 0
    for seed in SEEDS:
        spec, images = scene(seed)
        for security in contexts(spec):
            security["runAsNonRoot"] = True
            security.pop("runAsUser", None)
        spec["securityContext"] = {}
        every = [*spec["initContainers"], *spec["containers"]]
        for data, found in zip(every, starts(spec, images, GIVEN), strict=True):
            known = images(data["image"])
            user = None if known is None or known.default_user is None else known.default_user.partition(":")[0]
            if user is None:
                assert found.verdict is not Start.YES, (seed, found)
            elif not user.isdecimal() or int(user) == 0:
                assert found.verdict is Start.NO, (seed, found)
            asked += 1
    assert asked > len(SEEDS)


def test_root_without_what_its_image_needs_never_starts() -> None:
    seen = 0
    for seed in SEEDS:
        spec, images = scene(seed)
        for security in contexts(spec):
            security |= {"runAsUser": 0, "capabilities": {"drop": ["ALL"]}}
        every = [*spec["initContainers"], *spec["containers"]]
        for data, found in zip(every, starts(spec, images, GIVEN), strict=True):
            known = images(data["image"])
            if known is not None and known.root_caps and "command" not in data and "args" not in data:
                assert found.verdict is Start.NO, (seed, found)
                seen += 1
    assert seen > 20


_JUNK: tuple[Any, ...] = (None, True, 0, -1, 3.5, "", "x", "0", [], {}, [None], [{}], {"a": 1}, ["x"], {"x": {"y": []}})


def junked(random: Random, value: Any) -> Any:
    if random.random() < 0.08:
        return random.choice(_JUNK)
    if isinstance(value, dict):
        return {key: junked(random, item) for key, item in value.items()}
    return [junked(random, item) for item in value] if isinstance(value, list) else value


def test_nothing_in_a_pod_raises() -> None:
    for seed in range(1500):
        spec, images = scene(seed)
        junk = junked(Random(seed), spec)
        found = starts(junk if isinstance(junk, dict) else {}, images, Given([junk] if isinstance(junk, dict) else []))
        assert all(each.reason for each in found), seed
