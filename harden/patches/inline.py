"""Writes patches to paste into the objects of Flux and Argo CD, which hand them to kustomize.

Sources: fluxcd.io, Kustomization `spec.patches` and HelmRelease `spec.postRenderers`; argo-cd.readthedocs.io,
Application `spec.source.kustomize.patches`.
"""

from __future__ import annotations

from collections.abc import Sequence

from harden.patches.overlay import yaml_of
from harden.patches.patch import Patch

_ABOVE = {
    "flux": ("spec:", "  patches:"),
    "flux-helm": ("spec:", "  postRenderers:", "  - kustomize:", "      patches:"),
    "argo-cd": ("spec:", "  source:", "    kustomize:", "      patches:"),
}
#: Forms of patches to paste: a Kustomization of Flux, its HelmRelease, an Application of Argo CD.
INLINE = tuple(_ABOVE)


def inline(patches: Sequence[Patch], form: str) -> str:
    """Return the patches as a part of an object, from `spec` on; "" where there are none."""
    if not patches:
        return ""
    *_, last = _ABOVE[form]
    indent = " " * (len(last) - len(last.lstrip()))
    lines = list(_ABOVE[form])
    for patch in patches:
        lines.append(f"{indent}- target:")
        lines += [f"{indent}    {line}" for line in yaml_of(patch.target.selector()).splitlines()]
        lines.append(f"{indent}  patch: |")
        lines += [f"{indent}    {line}" for line in yaml_of(patch.content).splitlines()]
    return "".join(f"{line}\n" for line in lines)
