"""Checks generated objects before they are written: their text is one object that fits its schema."""

from __future__ import annotations

from functools import cache

from harden.model.finding import GeneratedObject
from harden.model.kube import Version
from harden.model.text import SourceText, dotted
from harden.source.parse import parse
from harden.verify.schema import errors


# A companion is asked about when its step is planned, when it is planned again, and when it is written.
@cache
def schema_error(companion: GeneratedObject, version: Version | None) -> str | None:
    """Return what is wrong with the text of a companion, None where nothing is."""
    parsed = parse(SourceText(companion.name, companion.text), lambda _text: True)
    values = [document.value for document in parsed.documents if not document.is_empty]
    if parsed.problems or len(values) != 1 or not isinstance(values[0], dict):
        return "is not one YAML object"
    api_version = values[0].get("apiVersion")
    if not isinstance(api_version, str) or values[0].get("kind") != companion.kind:
        return "is not the object that it should be"
    group = api_version.rpartition("/")[0]
    if "." in group and not group.endswith(".k8s.io"):
        # No schema of a custom resource comes with Kubernetes.
        return None
    for error in errors(version, api_version, companion.kind, values[0]):
        return f"breaks the schema at {dotted(error.path)}: {error.message}"
    return None
