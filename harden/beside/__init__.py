"""Owns what a run does beside hardening: companions, their files, and what is said of the other objects.

Nothing here is imported by a run without companions.
"""

from __future__ import annotations

from harden.beside.company import Company
from harden.beside.wish import Wish, bundle_controls

__all__ = ["Company", "Wish", "bundle_controls"]
