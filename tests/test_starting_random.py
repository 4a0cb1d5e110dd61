"""Random facts, bundles and profiles through the whole of a run: what starts goes on to start at safe and review.

The model that judges is held to real servers in test_starts_runs. A failure prints its seed. Each way in which it could
be lost is tried by hand at the end: a rule that is not asked has to show here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from start_subjects import Spec
from test_starts_random import random_container, random_facts, some

import harden.starts.judge as judging
from harden.controls import all_controls
from harden.engine import starting
from harden.engine.choosing import TOLERATED
from harden.engine.run import harden
from harden.images.conditions import Condition
from harden.images.facts import ImageFacts
from harden.model.finding import Risk
from harden.model.profile import Profile
from harden.model.report import Mode
from harden.model.start import ContainerStart, Start
from harden.settings import load
from harden.starts import Given, compare, starts
from harden.starts.case import Case, Statements

Look = Callable[[str], ImageFacts | None]
Bundle = list[dict[str, Any]]

SEEDS = range(150)
_PATHS = ("/data", "/var/lib/postgresql/data", "/etc/app", "/opt/app", "/var/run/app")

#: What hangs on a setting, by each way in which one shows.
_WHEN: tuple[Condition, ...] = (
    Condition("it pings", "o:1", {"root_caps": ("NET_RAW",)}, env={"PING": "*"}),
    Condition("it stays root", "o:2", {"runs_as_nonroot": False, "root_reason": "it mounts"}, args=(r"--dir=",)),
    Condition("it writes", "o:3", {"writable": ("/opt/more",)}, command=("^$",)),
    Condition("it locks", "o:4", {"root_caps": ("SYS_CHROOT",)}, config=(r"^\s*chroot\b",)),
    Condition("its data", "o:5", {"writable_seeded": ("/opt/app",)}, mount=("/etc/app",)),
    Condition("no data", "o:6", {"writable": ("/data",)}, unmounted=("/data",)),
    Condition("an old build", "o:7", {"root_caps": ("CHOWN",), "runs_as_nonroot": False}, tags=("1*",)),
)

NEIGHBOURS: Bundle = [
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "conf"},
        "data": {"a": "log /var/log/a\nlisten 80\n"},
    },
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "jail"}, "data": {"a": "chroot /data\n"}},
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"},
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "shared"},
        "spec": {"accessModes": ["ReadWriteMany"], "volumeName": "nfs"},
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "nfs"},
        "spec": {"accessModes": ["ReadWriteMany"], "nfs": {"server": "s", "path": "/"}},
    },
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast"},
        "provisioner": "disk.csi",
    },
]

_SOURCES: tuple[dict[str, Any], ...] = (
    {"emptyDir": {}},
    {"emptyDir": {"medium": "Memory"}},
    {"persistentVolumeClaim": {"claimName": "disk"}},
    {"persistentVolumeClaim": {"claimName": "shared"}},
    {"persistentVolumeClaim": {"claimName": "elsewhere"}},
    {"hostPath": {"path": "/x"}},
    {"nfs": {"server": "s", "path": "/"}},
    {"configMap": {"name": "conf"}},
    {"configMap": {"name": "jail"}},
    {"secret": {"secretName": "s", "defaultMode": 256}},
    {"projected": {"sources": [{"configMap": {"name": "jail"}}]}},
)


def random_spec(random: Random) -> Spec:
    context: dict[str, Any] = {}
    for key, values in {"fsGroup": (999,), "runAsUser": (0, 999), "runAsNonRoot": (True, False)}.items():
        if random.random() < 0.15:
            context[key] = random.choice(values)
    names = ["init"] * (random.random() < 0.3) + [f"c{number}" for number in range(random.randint(1, 2))]
    containers = [random_container(random, name) for name in names]
    for container in containers:
        paths = some(random, _PATHS)
        container["volumeMounts"] = [
            {"name": f"v{_PATHS.index(path)}", "mountPath": path, "readOnly": random.random() < 0.2} for path in paths
        ]
        container["image"] = random.choice(("one:1.2", "two:2.0"))
        if random.random() < 0.5:
            # What runs as its authors ship it starts, so that there is something to lose.
            container.pop("securityContext")
            container.pop("command", None)
    return {
        "securityContext": context,
        "initContainers": [each for each in containers if each["name"] == "init"],
        "containers": [each for each in containers if each["name"] != "init"],
        "volumes": [{"name": f"v{at}", **random.choice(_SOURCES)} for at in range(len(_PATHS))],
    }


def random_workload(random: Random) -> dict[str, Any]:
    spec, metadata = random_spec(random), {"name": "w"}
    if random.random() < 0.4:
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    body: dict[str, Any] = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    if random.random() < 0.5:
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": body}
    # One of the volumes is a claim of the set's own.
    spec["volumes"] = spec["volumes"][1:]
    claim = {"metadata": {"name": "v0"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}}
    body |= {"serviceName": "w", "volumeClaimTemplates": [claim]}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": body}


def random_images(random: Random) -> dict[str, ImageFacts]:
    found: dict[str, ImageFacts] = {}
    for image in ("one:1.2", "two:2.0"):
        facts = random_facts(random, image)
        if facts is not None:
            reaches = random.random() < 0.8
            outside = frozenset[str]() if reaches else facts.outside
            when = some(random, _WHEN) if random.random() < 0.6 else ()
            found[image] = facts._replace(when=when, outside=outside, reaches_tag=not outside)
    return found


def random_profile(random: Random, risk: Risk) -> Profile:
    off = [control.id for control in all_controls() if random.random() < 0.1]
    overrides: dict[str, Any] = {"risk": risk.word, "controls": {name: {"enabled": False} for name in off}}
    if random.random() < 0.15:
        overrides["platform"] = "openshift"
    return load(random.choice(("baseline", "restricted", "restricted", "hardened")), overrides=overrides)


def judged(workload: dict[str, Any], images: Look) -> tuple[ContainerStart, ...]:
    body = workload["spec"]
    spec = body if workload["kind"] == "Pod" else body["template"]["spec"]
    return starts(spec, images, Given(NEIGHBOURS, None, body.get("volumeClaimTemplates") or ()))


def lost(seed: int, risk: Risk, seen: Counter[str]) -> Iterator[str]:
    """Yield what a run with this seed lost; `seen` counts what was met on the way."""
    random = Random(seed)
    workload, images, profile = random_workload(random), random_images(random), random_profile(random, risk)
    content = "".join(f"---\n{json.dumps(each, indent=1)}\n" for each in (workload, *NEIGHBOURS)).encode()
    (report,) = harden([("a.yaml", content)], profile, Mode.APPLY, images=images.get)
    text = content.decode() if report.after is None else report.after
    after = json.loads(text.split("---\n")[1])
    if profile.platform == "openshift":
        # The constraint's number is none of the manifest's; that it is taken into account shows in test_starting.
        return
    before, now = judged(workload, images.get), judged(after, images.get)
    known = {(each.field, each.name): each for each in now}
    for was in before:
        found = known.get((was.field, was.name), was)
        seen[was.verdict.value] += 1
        seen[f"{was.verdict.value} to {found.verdict.value}"] += 1
        if was.verdict is Start.YES and found.verdict is Start.NO:
            yield f"seed {seed}: {was.name}: {found.reason}"
    if all(each.verdict is not Start.NO for each in before):
        worse = compare(before, now, frozenset() if risk is Risk.SAFE else TOLERATED)
        yield from (f"seed {seed}: {each.name}: {each.reason}" for each in worse)
    seen["changed"] += after != workload
    volumes = workload["spec"].get("template", {}).get("spec", workload["spec"])["volumes"]
    seen.update(kind for volume in volumes for kind in volume if kind != "name")
    seen.update(each.because for facts in images.values() for each in facts.when)
    seen["template"] += workload["kind"] == "StatefulSet"


@pytest.mark.parametrize("risk", [Risk.SAFE, Risk.REVIEW], ids=lambda risk: risk.word)
def test_what_starts_goes_on_to_start(risk: Risk) -> None:
    seen: Counter[str] = Counter()
    assert [each for seed in SEEDS for each in lost(seed, risk, seen)] == []
    assert seen["yes"] > 30
    assert seen["changed"] > len(SEEDS) / 5
    for met in (*(each.because for each in _WHEN), *(kind for source in _SOURCES for kind in source), "template"):
        assert seen[met] > 5, met


def _nothing(_case: Case) -> Statements:
    return iter(())


def _all(_finding: object) -> bool:
    return False


@pytest.mark.parametrize(
    "rule", ["non_root", "users", "capabilities", "writes", "volumes", "conditions", "configuration"]
)
def test_a_rule_that_is_not_asked_shows(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chooser without one rule of the model writes what the whole model finds worse."""
    whole = judging._RULES
    less = tuple(_nothing if each.__module__.endswith(f".{rule}") else each for each in whole)
    assert less != whole
    found: list[str] = []
    for seed in range(400):
        found += _with_fewer(seed, whole, less, monkeypatch)
        if found:
            return
    pytest.fail(f"nothing is lost without {rule}")


def _with_fewer(seed: int, whole: Any, less: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    original = harden

    def without(*args: Any, **named: Any) -> Any:
        monkeypatch.setattr(judging, "_RULES", less)
        try:
            return original(*args, **named)
        finally:
            monkeypatch.setattr(judging, "_RULES", whole)

    monkeypatch.setitem(globals(), "harden", without)
    try:
        return list(lost(seed, Risk.REVIEW, Counter()))
    finally:
        monkeypatch.setitem(globals(), "harden", original)


def test_a_run_that_asks_for_no_start_loses_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_matters", _all)
    assert any(each for seed in SEEDS for each in lost(seed, Risk.REVIEW, Counter()))
