"""How many real workloads harden brings to restricted at the default risk, and whether they still start."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from image_coverage import measure
from requirements import corpus
from test_images_coverage import containers

from harden.images.store import lookup
from harden.kube.relevance import is_relevant
from harden.kube.workloads import find
from harden.model.kube import Container, Workload, dig
from harden.model.report import Problem
from harden.source.parse import parse
from harden.source.read import decode

#: Workloads that are admitted at restricted, and those of which all containers are known to start; lower them only with
#: a reason.
ADMITTED, STARTING = 275, 150
_ORDER = ("no", "unknown", "yes")


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    """Return a copy of the corpus that harden has been over, and the reports before and after."""
    folder = tmp_path_factory.mktemp("corpus") / "copy"
    shutil.copytree(corpus(), folder)
    return folder, _run("check", folder), _run("apply", folder)


def _run(command: str, folder: Path) -> Any:
    words = (sys.executable, "-m", "harden", command, "--format", "json", str(folder))
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode in {0, 1, 3}, done.stderr
    return json.loads(done.stdout)


def workloads_of(report: Any) -> list[Any]:
    return [workload for file in report["files"] for workload in file["workloads"]]


def verdict(workload: Any, moment: str) -> str:
    """Return the worst start verdict of a workload's containers."""
    found = [container["starts"][moment] for container in workload["containers"]]
    return min(found, key=_ORDER.index, default="yes")


def pods(folder: Path) -> Iterator[tuple[Workload, Container]]:
    for path in sorted(folder.rglob("*.y*ml")):
        source = decode(path.name, path.read_bytes())
        if isinstance(source, Problem):
            continue
        for document in parse(source, is_relevant).documents:
            value = None if document.root is None else document.root.value
            for workload in find(document.index, value):
                if isinstance(workload, Workload):
                    yield from ((workload, container) for container in workload.containers)


def guessed(folder: Path) -> list[str]:
    """Return the containers that must not be root, by their images' own user, and nobody knows that it has a number.

    Users of Windows are names, of which only one is refused.
    """
    found = []
    for workload, container in pods(folder):
        own, of_pod = (each.get("securityContext") for each in (container, workload))
        said = [each if isinstance(each, dict) else {} for each in (own, of_pod)]
        must_not = next((each["runAsNonRoot"] for each in said if each.get("runAsNonRoot") is not None), None)
        user = next((each["runAsUser"] for each in said if each.get("runAsUser") is not None), None)
        if any(dig(each, "windowsOptions", "runAsUserName") is not None for each in said):
            continue
        image = container.get("image")
        facts = lookup(image) if isinstance(image, str) else None
        known = "" if facts is None or facts.default_user is None else facts.default_user.partition(":")[0]
        if must_not is True and user is None and not (known.isdecimal() and int(known) != 0):
            found.append(f"{workload.kind} {workload.name}: {image}")
    return found


def test_real_workloads_at_the_default_risk(
    hardened: tuple[Path, Any, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, before, after = hardened
    was, now = workloads_of(before), workloads_of(after)
    starting = Counter((verdict(each, "before"), verdict(each, "after")) for each in now)
    admitted = [sum(each["admitted"] for each in workloads) for workloads in (was, now)]
    share = measure(containers(corpus()))
    with capsys.disabled():
        print(f"\ncorpus at the default risk: {len(now)} workloads")
        print(f"admitted at restricted: {admitted[0]} before, {admitted[1]} now")
        print(f"waiting for facts: {after['waiting']['workloads']} about {len(after['waiting']['images'])} images")
        print(f"containers known: {share.known} of {share.total} ({share.share:.1f} %)")
        print(f"runAsNonRoot without a known user: {len(guessed(folder))} ({len(guessed(corpus()))} before)")
        print(f"start verdict yes: {sum(n for (_, end), n in starting.items() if end == 'yes')}")
        print("start verdicts, before and after: ", *(f"{a}-{b}: {n}" for (a, b), n in sorted(starting.items())))
    assert set(guessed(folder)) <= set(guessed(corpus()))
    assert not any(_ORDER.index(end) < _ORDER.index(start) and end == "no" for start, end in starting)
    assert admitted[1] >= ADMITTED
    assert sum(n for (_, end), n in starting.items() if end == "yes") >= STARTING
