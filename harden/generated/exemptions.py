"""Asks what exemptions say of findings on objects, by the same annotations and settings as of those on workloads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harden.engine.check import CheckedFile
from harden.engine.exempt import NOTHING, RunExemptions, WorkloadExemptions
from harden.model.finding import Finding, Held, ObjectFinding
from harden.model.kube import Resource, Workload, dig
from harden.model.report import Problem
from harden.model.text import Path

#: An object by its place: file, document, path.
_Key = tuple[str, int, Path]


class _Decided(NamedTuple):
    """What exemptions say of one object and its findings, in their order."""

    subject: Workload
    findings: tuple[Finding, ...]
    said: WorkloadExemptions


class ObjectExemptions:
    """What people have said of the findings of one round."""

    def __init__(self, exempting: RunExemptions, files: Sequence[CheckedFile], found: Iterable[ObjectFinding]) -> None:
        self._exempting = exempting
        self._files = {file.source.name: file for file in files}
        self._workloads = {
            (file.source.name, subject.document.index, subject.workload.path): subject.workload
            for file in files
            for subject in file.subjects
        }
        by_object: dict[_Key, tuple[Resource, list[Finding]]] = {}
        for each in found:
            if each.resource is not None:
                by_object.setdefault(_key(each.resource), (each.resource, []))[1].append(each.finding)
        self._decided = {key: self._decide(*own) for key, own in by_object.items()}

    def held(self, found: ObjectFinding) -> Held | None:
        """Return why a finding is left alone by a person's decision, None where nobody has said anything."""
        if found.resource is None:
            return None
        decided = self._decided[_key(found.resource)]
        at = next(at for at, finding in enumerate(decided.findings) if finding is found.finding)
        return decided.said.held(at)

    def note(self) -> None:
        """Keep what was said for the account of the run's exemptions."""
        for subject, findings, said in self._decided.values():
            self._exempting.note(subject, findings, said)

    def unread(self) -> list[tuple[str, Problem]]:
        """Return what is no exemption on objects that run no pods, with the file; workloads have their own report."""
        return [
            (key[0], problem)
            for key, decided in self._decided.items()
            if key not in self._workloads
            for problem in decided.said.unread
        ]

    def _decide(self, resource: Resource, findings: list[Finding]) -> _Decided:
        key = _key(resource)
        subject = self._workloads.get(key) or _as_subject(resource)
        file = self._files[resource.source]
        if not self._exempting.concerns(file.source):
            return _Decided(subject, tuple(findings), NOTHING)
        document = next(each for each in file.parsed.documents if each.index == resource.document)
        return _Decided(
            subject, tuple(findings), self._exempting.say((file.source, file.lines), document, subject, findings)
        )


def _key(resource: Resource) -> _Key:
    return resource.source, resource.document, resource.path


def _as_subject(resource: Resource) -> Workload:
    """Return an object as exemptions look at it: where it stands and what it is called, with no pods in it."""
    metadata = dig(resource.data, "metadata")
    return Workload(
        resource.document,
        resource.path,
        resource.api_version,
        resource.kind,
        resource.namespace,
        resource.name,
        resource.path,
        metadata if isinstance(metadata, dict) else {},
        {},
        (),
        source=resource.source,
    )
