"""Random files through the whole pipeline: no proof fails, a second run changes nothing, the official verdict is told.

HARDEN_RANDOM_FILES sets how many files there are. Each batch is one run: its files come to rest at different times.
"""

from __future__ import annotations

import collections
import json
import os
import random
import subprocess
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
import requirements
import yaml
from anchored_files import Writer
from own_kinds import SERVED
from pss_generator import Pods
from test_controls_random import _pod as plain_pod

from harden.engine.run import harden
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode, Stage
from harden.settings import load

BATCH = 40
BATCHES = -(-int(os.environ.get("HARDEN_RANDOM_FILES", "360")) // BATCH)
CHOICES = [
    (profile, risk) for profile in ("baseline", "restricted", "hardened") for risk in ("safe", "review", "breaking")
]
VERSIONS = ("latest", "v1.37", "v1.35", "v1.29", "v1.25", "v1.24", "v1.22", "v1.19", "v1.8", "v1.0")
IMAGES = (
    *(
        "nginx:1.27",
        "redis:7",
        "postgres:16",
        "grafana/grafana:11.0.0",
        "rabbitmq:3.13",
        "busybox",
        "jenkins/jenkins:lts",
    ),
    *("registry.example.com/a:1", "registry.example.com/b@sha256:" + "0" * 64),
)
MOUNTS = ("/data", "/var/lib/postgresql/data/", "/var/run", "/tmp", "/")  # noqa: S108 - paths in pods


def with_images(rng: random.Random, pod: dict[str, object]) -> dict[str, object]:
    """Return a pod whose containers have images and mounts of its volumes."""
    volumes = pod.get("volumes")
    named = [volume["name"] for volume in volumes if "name" in volume] if isinstance(volumes, list) else []
    for field in ("containers", "initContainers"):
        containers = pod.get(field)
        for container in containers if isinstance(containers, list) else ():
            container["image"] = rng.choice(IMAGES)
            if named and rng.random() < 0.4:
                container["volumeMounts"] = [{"name": rng.choice(named), "mountPath": rng.choice(MOUNTS)}]
    return pod


def plain(rng: random.Random, name: str) -> dict[str, object]:
    """Return a workload of valid fields, about half of which a level forbids."""
    template = {"metadata": {"labels": {"app": name}}, "spec": with_images(rng, plain_pod(rng))}
    kind = rng.choice(("Pod", "Deployment", "StatefulSet", "CronJob"))
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": template["spec"]}
    if kind == "CronJob":
        job = {"spec": {"template": template}}
        return {
            "apiVersion": "batch/v1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": {"schedule": "@daily", "jobTemplate": job},
        }
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def written(rng: random.Random, value: object) -> str:
    """Return an object as text in one of the styles of YAML."""
    return yaml.safe_dump(value, default_flow_style=rng.choice((False, False, None)), indent=rng.choice((2, 4)))


def text(seed: int) -> str:
    """Return a random file of one to three documents."""
    rng = random.Random(seed)
    wild = iter(Pods(seed))
    made = []
    if rng.random() < 0.1:
        return json.dumps(plain(rng, "w"), indent=rng.choice((None, 2)))
    for at in range(rng.choice((1, 1, 2, 3))):
        kind = rng.randrange(4)
        if kind == 0:
            made.append(Writer(rng).pod(f"w{at}"))
        elif kind == 1:
            made.extend(written(rng, case.manifest()) for case in islice(wild, 1))
        else:
            made.append(written(rng, plain(rng, f"w{at}")))
    whole = "---\n".join(made)
    if rng.random() < 0.1:
        whole = whole.replace("\n", "\r\n")
    return whole.removesuffix("\n") if rng.random() < 0.1 else whole


Verdicts = collections.Counter[tuple[str, ...]]


def told(reports: Sequence[FileReport]) -> Verdicts:
    """Return the verdict on each workload of Kubernetes' own kinds as the reports have it."""
    return collections.Counter(
        (
            report.name,
            str(workload.document),
            workload.kind,
            workload.name,
            *sorted(failure.id for failure in workload.after),
        )
        for report in reports
        for workload in report.workloads
        if SERVED.get(workload.kind) == workload.api_version
    )


def official(folder: Path, texts: dict[str, str], profile: Profile) -> Verdicts:
    """Return the verdict of the official evaluator on each workload of these files."""
    for name, content in texts.items():
        (folder / name).write_bytes(content.encode())
    options = ["--level", profile.level.value, "--version", profile.version_word, "--lenient"]
    command = [str(requirements.oracle()), *options, *(str(folder / name) for name in texts)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return collections.Counter(
        (
            Path(each["file"]).name,
            str(each["doc"]),
            each["kind"],
            each.get("name", ""),
            *sorted(c[0] for c in each["failed"] or ()),
        )
        for each in map(json.loads, lines)
        if "level" in each
    )


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_files(batch: int, tmp_path: Path) -> None:
    requirements.oracle()
    name, risk = CHOICES[batch % len(CHOICES)]
    version = VERSIONS[(batch // len(CHOICES) + batch) % len(VERSIONS)]
    seeds = range(batch * BATCH, (batch + 1) * BATCH)
    print(f"seeds {seeds}, {name} at {risk}, {version}")
    profile = load(name, overrides={"risk": risk, "version": version})
    before = {f"{seed}.yaml": text(seed) for seed in seeds}
    reports = list(harden([(file, content.encode()) for file, content in before.items()], profile, Mode.APPLY))
    assert [problem for report in reports for problem in report.problems if problem.stage is Stage.VERIFY] == []
    after = {report.name: report.after if report.after is not None else before[report.name] for report in reports}
    again = list(harden([(file, content.encode()) for file, content in after.items()], profile, Mode.APPLY))
    assert {report.name for report in again if report.changed} == set()
    ours, theirs = told(reports), official(tmp_path, after, profile)
    # What harden leaves, because another reader than the official one would refuse it, it says nothing of.
    known = {key[:2] for key in ours}
    assert collections.Counter({key: n for key, n in theirs.items() if key[:2] in known}) == ours
    assert sum(ours.values()) > BATCH // 2
