"""What harden writes into a custom resource is in its CRD's schema: so says the table of kinds, and the API server."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import requirements
import yaml
from crd_facts import Crd, at, crds
from custom_resources import resource, spec_path, steps
from golden_case import cases, result
from own_kinds import TEMPLATES
from test_api_validation import PROFILES, RISKS, ask, compare, faults_of

from harden.engine.run import harden
from harden.kube.rows import CUSTOM
from harden.model.finding import AppendItem, Fix, SetField
from harden.model.kinds import Kind, PodTemplate
from harden.model.report import Mode
from harden.settings import load

#: Why there is no schema of a kind in an API version.
NO_CRD = {
    "apps.openshift.io/v1 DeploymentConfig": "served by an API server of its own",
    "template.openshift.io/v1 Template": "served by an API server of its own",
    "serving.knative.dev/v1beta1 Service": "no longer served",
    "serving.knative.dev/v1alpha1 Service": "no longer served",
    "serving.knative.dev/v1beta1 Configuration": "no longer served",
    "serving.knative.dev/v1alpha1 Configuration": "no longer served",
    "serving.knative.dev/v1beta1 Revision": "no longer served",
    "serving.knative.dev/v1alpha1 Revision": "no longer served",
}
SEEDS = 6


def test_every_version_of_every_kind_has_the_facts_of_its_crd() -> None:
    listed = {f"{version} {row.name}" for row in CUSTOM for version in row.versions}
    assert listed == {" ".join(each) for each in crds()} | set(NO_CRD)


@functools.cache
def written() -> frozenset[tuple[str, ...]]:
    """Return the paths below a pod's spec that fixes of golden cases write, of whatever control, without indexes."""
    found: set[tuple[str, ...]] = set()
    chosen = load("hardened", overrides={"risk": "breaking"})
    for case in cases():
        for report in harden(case.inputs(case.source.read_bytes()), chosen, Mode.APPLY):
            for workload in report.workloads:
                if workload.kind not in TEMPLATES:
                    continue
                spec = (*TEMPLATES[workload.kind], "spec")
                fixes = [outcome.finding.fix for outcome in workload.outcomes]
                for change in (change for fix in fixes if isinstance(fix, Fix) for change in fix.changes):
                    if isinstance(change, (SetField, AppendItem)) and change.path[: len(spec)] == spec:
                        path = tuple("*" if isinstance(step, int) else step for step in change.path[len(spec) :])
                        found |= set(paths((*path, "*") if isinstance(change, AppendItem) else path, change.value))
    return frozenset(found)


def paths(path: tuple[str, ...], value: object) -> Iterator[tuple[str, ...]]:
    """Yield a path and all paths inside of the value that is written there."""
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths((*path, str(key)), each)
    elif isinstance(value, list):
        for each in value:
            yield from paths((*path, "*"), each)


def test_enough_is_written_for_the_comparison() -> None:
    tops = {path[0] for path in written()}
    assert {"hostUsers", "securityContext", "volumes", "automountServiceAccountToken", "containers"} <= tops
    inside = {path[3] for path in written() if path[:3] == ("containers", "*", "securityContext") and len(path) > 3}
    assert {"allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem", "runAsUser"} <= inside


PLACES = [
    pytest.param(row, crd, place, id=f"{crd.api_version}-{row.name}-{'.'.join(place.path)}")
    for row in CUSTOM
    for (version, kind), crd in crds().items()
    if kind == row.name and version in row.versions
    for place in row.templates
]


@pytest.mark.parametrize(("row", "crd", "place"), PLACES)
def test_a_row_forbids_what_its_schema_lacks(row: Kind, crd: Crd, place: PodTemplate) -> None:
    root = spec_path(place)
    if at(crd.schema, root) is None:
        # Another version of the kind has it.
        assert any(at(each.schema, root) is not None for each in crds().values() if each.kind == row.name)
        return
    places = ((own, own[len(root) :]) for path in sorted(written()) for own in as_in(crd, place, path))
    assert [
        ".".join(own) for own, below in places if at(crd.schema, own) is None and not is_forbidden(row, below)
    ] == []


def as_in(crd: Crd, place: PodTemplate, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the paths in an object that stand for a path of a pod's spec."""
    root, (field, *below) = spec_path(place), path
    if field in ("initContainers", "containers", "ephemeralContainers"):
        for own in (tuple(own.split(".")) for own in place.containers.get(field, ())):
            # Where there are no containers, nothing is written into them.
            if at(crd.schema, (*root, *own)) is not None:
                single = (at(crd.schema, (*root, *own)) or {}).get("type") == "object"
                yield (*root, *own, *below[1 if single else 0 :])
        for made in place.adds:
            if field == "containers" and made.path and below[1:2] and below[1] in made.fields:
                yield (*steps((*place.path, *made.path)), *below[1:])
    elif field == "securityContext":
        yield (*root, place.security, *below)
    elif not (field == "volumes" and place.volumes):
        yield (*root, *path)


def is_forbidden(row: Kind, below: tuple[str, ...]) -> bool:
    """Return whether a row says that such a field of a pod is never written."""
    return any(
        len(forbid) <= len(below) and all(want in ("*", step) for want, step in zip(forbid, below, strict=False))
        for forbid in (*row.forbids, *(path for path, _ in row.keeps))
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_random_resources(profile: str, tmp_path: Path) -> None:
    """The API server has nothing against what harden writes into an object of any row that it had not before."""
    requirements.api_validation()
    rng = random.Random(f"{profile} 1")
    pairs = []
    changed: set[str] = set()
    for row in CUSTOM:
        for crd in (crd for crd in crds().values() if crd.kind == row.name and crd.api_version in row.versions):
            for seed, risk in enumerate(RISKS * (SEEDS // len(RISKS))):
                name = f"{crd.api_version} {row.name} {seed} {profile} {risk}.yaml"
                content = yaml.safe_dump(resource(rng, row, crd)).encode()
                chosen = load(profile, overrides={"risk": risk})
                (report,) = harden([("in.yaml", content)], chosen, Mode.APPLY)
                assert faults_of(report) == [], f"{name}\n{content.decode()}"
                after = result(report, content)
                changed |= {row.name} if after != content else set()
                pairs.append((name, content, after))
    new, judged = compare(pairs, tmp_path)
    print(f"{profile}: {len(pairs)} objects, {judged} judged")
    assert new == []
    assert judged == 2 * len(pairs)
    # Some hold whole objects; cert-manager sets by itself what a random solver lacks.
    theirs = {row.name for row in CUSTOM if row.templates and row.owner != "cert-manager"}
    assert profile == "baseline" or changed >= theirs & {kind for _, kind in crds()}


#: What a real API server answered about golden cases, before and after: `make test-api-server ARGS="--answers FILE"`.
ANSWERS = Path(__file__).parent / "data" / "api_server_answers.json"
CREATED = 201


def test_what_judges_here_says_what_a_real_api_server_said(tmp_path: Path) -> None:
    answers = json.loads(ANSWERS.read_text("utf-8"))
    names: dict[str, tuple[str, int]] = {}
    for case in (case for case in cases() if case.folder.parent.name == "custom-kinds"):
        content = case.source.read_bytes()
        for moment, data in enumerate((content, result(case.run(content), content))):
            path = tmp_path / f"{case.folder.name}-{moment}.yaml"
            path.write_bytes(data)
            names[str(path)] = case.name, moment
    told = ask([Path(path) for path in names])
    seen = {}
    for (path, document, item), each in told.items():
        name, moment = names[path]
        if item is None and f"{name} {document}" in answers:
            seen[name, document, moment] = not each.faults, answers[f"{name} {document}"][moment] == CREATED
    assert {where: both for where, both in seen.items() if both[0] != both[1]} == {}
    assert len(seen) > len(answers)
