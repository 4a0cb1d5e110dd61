"""Patches for kustomize: what hardening changes of objects that one cannot edit, as an overlay."""

from __future__ import annotations

from harden.patches.inline import INLINE, inline
from harden.patches.objects import Known, Nameless, Twice, objects_of
from harden.patches.overlay import make_overlay
from harden.patches.patch import Objects, Patch, patches_of

__all__ = [
    "INLINE",
    "Known",
    "Nameless",
    "Objects",
    "Patch",
    "Twice",
    "inline",
    "make_overlay",
    "objects_of",
    "patches_of",
]
