"""Reads what changed: patches, as lines that came and places where lines went."""

from __future__ import annotations

from harden.changes.patch import read_patch

__all__ = ["read_patch"]
