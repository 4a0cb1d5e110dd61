"""Owns workloads for the tests of controls: built from a pod's spec, judged, and changed symbolically."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import deepcopy
from typing import cast

from ruamel.yaml import YAML

from harden.controls import Context, all_controls
from harden.kube.kinds import BUILT_IN
from harden.model.finding import AppendItem, Change, Finding, Fix, Level, RemoveField, SetField
from harden.model.kube import Container, Workload
from harden.model.text import Path, Plain, dotted

LATEST = (1, 37)
CONTROLS = {control.id: control for control in all_controls()}
FIELDS = ("initContainers", "containers", "ephemeralContainers")

Document = dict[str, Plain]


def spec(text: str) -> Document:
    """Return a pod's spec from its YAML."""
    return cast("Document", YAML(typ="safe").load(text))


def document(pod: Document, annotations: Document | None = None, *, kind: str = "Deployment") -> Document:
    """Return a whole document whose pod has this spec."""
    body: Document = {"metadata": {"annotations": annotations or {}}, "spec": pod}
    return {"kind": kind, **body} if kind == "Pod" else {"kind": kind, "spec": {"template": cast("Plain", body)}}


def workload(whole: Document) -> Workload:
    """Return the workload that a document made by `document` is."""
    kind = str(whole["kind"])
    template: Path = () if kind == "Pod" else ("spec", "template")
    body = whole if kind == "Pod" else cast("dict[str, Document]", whole["spec"])["template"]
    pod = cast("Document", body["spec"])
    containers = tuple(
        Container((*template, "spec", field, index), field, str(data.get("name")), data)
        for field in FIELDS
        for index, data in enumerate(cast("list[Document]", pod.get(field) or []))
        if isinstance(data, dict)
    )
    metadata = cast("Document", body["metadata"])
    row = BUILT_IN.named(kind)[0]
    return Workload(0, (), "v1", kind, None, "w", template, metadata, pod, containers, row=row)


def judge(
    control: str, whole: Document, level: Level = Level.RESTRICTED, version: tuple[int, int] = LATEST
) -> tuple[Finding, ...]:
    """Return the findings of one control."""
    return CONTROLS[control].run(workload(whole), Context(level, version))


def judge_all(whole: Document, level: Level, version: tuple[int, int]) -> list[Finding]:
    """Return the findings of all controls."""
    subject = workload(whole)
    return [finding for control in CONTROLS.values() for finding in control.run(subject, Context(level, version))]


def changed(whole: Document, changes: Iterable[Change]) -> Document:
    """Return a copy of the document with all changes made; indexes are those of the document before them."""
    result = deepcopy(whole)
    distinct: list[Change] = []
    for change in changes:
        if change not in distinct:
            distinct.append(change)
    removals = [change.path for change in distinct if isinstance(change, RemoveField)]
    for change in distinct:
        match change:
            case SetField(path, value):
                _parent(result, path)[path[-1]] = deepcopy(value)
            case AppendItem(path, value):
                parent = _parent(result, path)
                present = cast("list[Plain] | None", parent.get(path[-1]))
                parent[path[-1]] = [*(present or []), deepcopy(value)]
            case RemoveField():
                pass
    for path in sorted(removals, key=lambda p: [f"{k:06}" if isinstance(k, int) else k for k in p], reverse=True):
        del _parent(result, path)[path[-1]]
    return result


def said(findings: Iterable[Finding]) -> list[str]:
    """Return each finding as `risk: change, change`, paths from the pod's template on; "no fix" where there is none."""
    return [_said(finding) for finding in findings]


def fix_of(finding: Finding) -> Fix:
    """Return the fix of a finding that has one."""
    assert isinstance(finding.fix, Fix)
    return finding.fix


def _said(finding: Finding) -> str:
    if finding.risk is None:
        return f"no fix: {_short(finding.path)}"
    words = []
    for change in finding.changes:
        match change:
            case SetField(path, value):
                words.append(f"{_short(path)}={json.dumps(value)}")
            case AppendItem(path, value):
                words.append(f"{_short(path)}+={json.dumps(value)}")
            case RemoveField(path):
                words.append(f"-{_short(path)}")
    return f"{finding.risk.word}: {', '.join(words)}"


def _short(path: Path) -> str:
    inner = path[2:] if path[:2] == ("spec", "template") else path
    return dotted(inner).removeprefix("spec.").replace("securityContext", "sc")


def _parent(whole: Document, path: Path) -> dict[str | int, object]:
    value: object = whole
    for key in path[:-1]:
        holder = cast("dict[str | int, object]", value)
        if isinstance(holder, dict) and holder.get(key) is None:
            holder[key] = {}
        value = holder[key]
    return cast("dict[str | int, object]", value)
