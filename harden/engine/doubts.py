"""Reads an object by its schema: what Kubernetes would not decode of it, and fields that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.pods import Malformed
from harden.model.kube import Version, Workload, dig
from harden.model.report import Problem, Stage
from harden.model.text import LineIndex, dotted, value_at
from harden.model.tree import Document
from harden.source.locate import locate
from harden.source.templates import in_value
from harden.verify.schema import SchemaError, errors, near_field, template_errors


def schema_errors(version: Version | None, workload: Workload, document: Document) -> tuple[SchemaError, ...]:
    """Return where a workload's object breaks its schema, with paths from the root of its document."""
    row = workload.row
    if workload.served and not row.is_custom:
        value = value_at(document.value, workload.path)
        found = errors(version, workload.api_version, workload.kind, value)
        return tuple(each._replace(path=(*workload.path, *each.path)) for each in found)
    if not workload.place.is_plain:
        return ()
    found = template_errors(version, value_at(document.value, workload.template))
    return tuple(each._replace(path=(*workload.template, *each.path)) for each in found)


def undecodable(workload: Workload, document: Document, found: tuple[SchemaError, ...]) -> Malformed | None:
    """Return the first value of a type that Kubernetes does not decode, in fields that no check reads.

    Only of Kubernetes' own kinds: the schema of another one may take more.
    """
    if not workload.served or workload.row.is_custom:
        return None
    for error in found:
        # A null decodes everywhere: it leaves the zero value (encoding/json, which sigs.k8s.io/json follows).
        if error.is_wrong_type and value_at(document.value, error.path) is not None:
            return Malformed(error.path, error.message)
    return None


def not_decoded(name: str, lines: LineIndex, document: Document, wrong: Malformed) -> Problem:
    """Return what is said of an object that Kubernetes would not take."""
    line = lines.line(locate(document, wrong.path))
    try:
        value = value_at(document.value, wrong.path)
    except (KeyError, IndexError):
        value = None
    template = in_value(value) if isinstance(value, str) else None
    hint = wrong.consequence if template is None else template.command
    if template is not None and dig(document.value, "kind") == "Template":
        hint = "oc process -f FILE | harden apply -"
    return Problem(name, Stage.LEFT, f"{dotted(wrong.path)}: {wrong.message}", line, hint)


def doubts(
    file: tuple[str, LineIndex],
    workload: Workload,
    document: Document,
    version: Version | None,
    found: tuple[SchemaError, ...],
) -> Iterator[Problem]:
    """Yield the fields that the schema does not have, by line: with them a manifest says less than it seems to."""
    yield from sorted(_doubts(file, workload, document, version, found), key=lambda each: each.line or 0)


def _doubts(
    file: tuple[str, LineIndex],
    workload: Workload,
    document: Document,
    version: Version | None,
    found: tuple[SchemaError, ...],
) -> Iterator[Problem]:
    name, lines = file
    for error in found:
        field = error.unknown_field
        if field is None:
            continue
        path = (*error.path, field)
        if path == (*workload.path, "sops"):
            # sops puts its own data there, and takes them out again.
            continue
        is_own = workload.served and not workload.row.is_custom
        kind = (workload.api_version, workload.kind) if is_own else None
        inner = error.path[len(workload.path if is_own else workload.template) :]
        near = near_field(version, kind, inner, field)
        if not near and not is_own:
            # The kind may have fields beside those of a pod.
            continue
        hint = f"did you mean {near}?" if near else "Kubernetes has no such field there"
        yield Problem(name, Stage.DOUBT, f"{dotted(path)}: unknown field", lines.line(locate(document, path)), hint)
