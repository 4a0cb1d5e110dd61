"""What `kinds` in harden.yaml may hold: kinds of the user's own that run pods, and where their pods stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.controls import Table
from harden.kube.kinds import BUILT_IN, Kinds
from harden.model.kinds import Kind, PodTemplate
from harden.model.text import Plain

#: An API version with a group, and a kind (Kubernetes API conventions).
_NAME = r"[a-z0-9.-]+\.[a-z0-9-]+/v[0-9][a-z0-9]*/[A-Z][A-Za-z0-9]*"
_PATH = r"[A-Za-z][A-Za-z0-9]*(?:\.(?:\*|[A-Za-z][A-Za-z0-9]*))*"
_SCHEMA: Mapping[str, Plain] = {
    "type": "object",
    "propertyNames": {"type": "string", "pattern": f"^{_NAME}$"},
    "additionalProperties": {
        "description": "Paths of pod templates (metadata and spec), or of specs of pods where they end with `spec`.",
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "pattern": f"^{_PATH}$"},
    },
}


def _complain(value: Mapping[str, Plain]) -> tuple[tuple[str, ...], str] | None:
    for name, paths in value.items():
        if re.fullmatch(_NAME, name) is None:
            return (name,), "must be named group/version/Kind (shop.example.com/v1/Stall)"
        if not isinstance(paths, list) or not paths:
            return (name,), "must be a list of paths of pod templates (spec.worker.template)"
        wrong = [path for path in paths if not isinstance(path, str) or re.fullmatch(_PATH, path) is None]
        if wrong:
            return (name,), "must be a list of paths, with dots and `*` for each item (spec.roles.*.template)"
    return None


KINDS = Table(_SCHEMA, _complain)


def kinds_of(value: Plain) -> Kinds:
    """Return the kinds that a run knows: the built-in ones, and those of harden.yaml."""
    return BUILT_IN.with_rows(_rows(value)) if isinstance(value, dict) else BUILT_IN


def _rows(value: Mapping[str, Plain]) -> Iterator[Kind]:
    for name, paths in value.items():
        version, _, kind = name.rpartition("/")
        if isinstance(paths, list):
            templates = tuple(_template(path) for path in paths if isinstance(path, str))
            yield Kind(version.rpartition("/")[0], kind, (version,), templates, owner="harden.yaml")


def _template(path: str) -> PodTemplate:
    steps = tuple(path.split("."))
    if steps[-1] in {"spec", "podSpec"}:
        return PodTemplate(steps[:-1], spec=(steps[-1],))
    return PodTemplate(steps)
