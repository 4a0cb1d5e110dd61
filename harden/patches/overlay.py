"""Puts patches and companions into the files of an overlay: a kustomization, and what it lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

from harden.companions.signature import sign
from harden.model.text import Plain
from harden.patches.patch import Patch
from harden.source.render import block_entries, block_items
from harden.source.style import BlockLook

KUSTOMIZATION = "kustomization.yaml"
COMPANIONS = "companions.yaml"
_LOOK = BlockLook(step=2, dash=0, gap=" ", quote='"', flow_lists=False)


def make_overlay(
    resources: Sequence[str], patches: Iterable[Patch], *, copies: Mapping[str, str], companions: str
) -> dict[str, str]:
    """Return the files of the overlay over `resources` (paths and addresses relative to it), by their names there.

    Each is signed; the kustomization is the last.
    `copies` are texts of manifests by the names that they get there, `companions` the text of new objects, "" for none.
    """
    files = {name: sign(text if text.endswith("\n") else f"{text}\n") for name, text in copies.items()}
    listed: list[Plain] = [*resources, *copies]
    if companions:
        files[COMPANIONS] = sign(companions)
        listed.append(COMPANIONS)
    entries: list[Plain] = []
    for patch in patches:
        name = _name(patch, files)
        files[name] = sign(yaml_of(patch.content))
        entries.append({"path": name} if patch.is_merge else {"path": name, "target": patch.target.selector()})
    data: dict[str, Plain] = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    data |= {"resources": listed, **({"patches": entries} if entries else {})}
    files[KUSTOMIZATION] = sign(yaml_of(data))
    return files


def yaml_of(value: dict[str, Plain] | list[Plain]) -> str:
    """Return a value as a YAML document in block style."""
    lines = block_entries(value, _LOOK) if isinstance(value, dict) else block_items(value, _LOOK)
    return "".join(f"{line}\n" for line in lines)


def _name(patch: Patch, taken: Mapping[str, str]) -> str:
    """Return the file of a patch: `patches/KIND-NAME.yaml`, with the namespace where that is not enough."""
    target = patch.target
    tails = chain(("", f".{target.namespace}", f".{target.group}"), (f".{at}" for at in count(2)))
    stems = (re.sub(r"[^a-z0-9.-]", "-", f"{target.kind}-{target.name}{tail}".lower()) for tail in tails)
    return next(name for stem in stems if (name := f"patches/{stem}.yaml") not in taken)
