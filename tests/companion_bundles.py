"""Owns bundles for the tests of companions: from objects, from text, and from the folders of the corpus."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from harden.companions.model import Companion
from harden.kube.bundle import Bundle, gather
from harden.kube.namespaces import Namespaces
from harden.verify.schema import errors


def load(text: str) -> list[Any]:
    return [each for each in YAML(typ="safe", pure=True).load_all(io.StringIO(text)) if each is not None]


def bundle(*objects: Mapping[str, Any], fallback: str = "default") -> Bundle:
    return gather((("shop.yaml", at, each) for at, each in enumerate(objects)), Namespaces(fallback=fallback))


def checked(companion: Companion, api_version: str = "v1") -> dict[str, Any]:
    """Return the object that a companion's text stands for, once it passed its schema."""
    (data,) = load(companion.text)
    assert errors(None, api_version, companion.kind, data) == ()
    assert (data["apiVersion"], data["kind"], data["metadata"]["name"]) == (api_version, companion.kind, companion.name)
    assert data["metadata"].get("namespace") == companion.namespace
    assert companion.text.endswith("\n")
    assert companion.because
    return dict(data)


@cache
def corpus_bundles(root: Path) -> tuple[tuple[str, Bundle], ...]:
    """Return the folders with more than one workload, each as one bundle of its own files."""
    folders = sorted(path for path in root.rglob("*") if path.is_dir())
    found = ((folder.relative_to(root).as_posix(), gather(_documents(folder))) for folder in folders)
    return tuple((name, held) for name, held in found if len(held.members) > 1)


def _documents(folder: Path) -> list[tuple[str, int, Any]]:
    found: list[tuple[str, int, Any]] = []
    for path in sorted(folder.glob("*.y*ml")):
        pieces = path.read_text("utf-8").split("\n---")
        # Definitions of custom resources take most of the time and say nothing of pods.
        text = "\n---".join(piece for piece in pieces if "kind: CustomResourceDefinition" not in piece)
        try:
            values = list(YAML(typ="safe", pure=False).load_all(text))
        except YAMLError:  # templates and broken files are the subject of other tests
            continue
        found += [(path.name, at, value) for at, value in enumerate(values)]
    return found
