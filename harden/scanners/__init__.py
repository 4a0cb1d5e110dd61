"""Which control answers for which rule of other scanners, by the ids that these use.

The ids stand in `rules.tsv`, beside this module. They were read from the projects' own repositories, which were last
changed on the days that `SCANNERS` names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from harden.model.record import Record

_RULES = Path(__file__).with_name("rules.tsv")


class Scanner(Record):
    """A scanner: its name, the repository and folder that name its rules, and the day of the state that was read."""

    name: str
    repository: str
    folder: str
    day: str


class ForeignRule(Record):
    """A rule of a scanner: `controls` are those of harden that answer for it; `because` is a key of REASONS else."""

    scanner: str
    id: str
    controls: tuple[str, ...]
    because: str = ""


SCANNERS: tuple[Scanner, ...] = (
    Scanner("kube-linter", "stackrox/kube-linter", "pkg/builtinchecks/yamls", "2026-08-19"),
    Scanner("checkov", "bridgecrewio/checkov", "checkov/kubernetes/checks", "2026-08-20"),
    Scanner("trivy", "aquasecurity/trivy-checks", "checks/kubernetes", "2026-08-21"),
    Scanner("kubescape", "kubescape/regolibrary", "controls", "2026-08-21"),
    Scanner("polaris", "FairwindsOps/polaris", "pkg/config/checks", "2026-08-21"),
    Scanner("kubeaudit", "Shopify/kubeaudit", "auditors", "2024-03-13"),
    Scanner("datree", "datreeio/datree", "pkg/defaultRules/defaultRules.yaml", "2023-08-01"),
    Scanner("kics", "Checkmarx/kics", "docs/queries/kubernetes-queries.md", "commit 01a24f116"),
)

#: Why harden has no control for a rule.
REASONS: Mapping[str, str] = {
    "cloud": "it is about settings of a cloud's own services, which no manifest holds",
    "cluster": "only a running cluster shows it",
    "contrary": "it asks for the contrary: harden names what this rule wants",
    "control-plane": "it is about flags and files of the control plane or the kubelet, not about what runs on them",
    "image": "it looks into images, for vulnerabilities or signatures: a scanner of images does that",
    "inventory": "it lists what there is, and finds nothing wrong",
    "openshift": "it is about OpenShift's own security context constraints",
    "other-tool": "it is about the settings of another tool",
    "program": "it is about one program, not about what pods may do",
    "reliability": "it is about reliability (replicas, budgets, timing, names that lead nowhere), not about rights",
    "removed": "it is about something that is gone: PodSecurityPolicy, or Helm 2 with its Tiller",
    "schema": "harden holds every result to the schema, and names unknown fields by itself",
    "style": "it is about names, labels and order, not about rights",
    "vulnerability": "it is about one vulnerable version of a program: a scanner of vulnerabilities knows them all",
}


@cache
def rules() -> tuple[ForeignRule, ...]:
    """Return all rules that are known, in the order of the file."""
    found: list[ForeignRule] = []
    for line in _RULES.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        scanner, target, ids = line.split("\t")
        because = target.removeprefix("!") if target.startswith("!") else ""
        controls = () if because else tuple(target.split(","))
        found += [ForeignRule(scanner, each, controls, because) for each in ids.split()]
    return tuple(found)


def named(name: str) -> tuple[ForeignRule, ...]:
    """Return the rules that a name means, whatever the case of its letters; those of trivy in all spellings."""
    wanted = _key(name)
    return tuple(rule for rule in rules() if _key(rule.id) == wanted)


def _key(name: str) -> str:
    """Return what the spellings of an id share: AVD-KSV-0017, KSV-0017 and KSV017 are one."""
    plain = name.lower().removeprefix("avd-")
    found = re.fullmatch(r"(?P<kind>ksv|kcv)-?0*(?P<number>\d+)", plain)
    return f"{found['kind']}{found['number']}" if found is not None else plain
