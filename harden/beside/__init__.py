"""Creates companions and puts them into files, and says what is found on objects that run no pods.

Nothing here is imported by a run without companions.
"""

from __future__ import annotations

from harden.beside.company import Company
from harden.beside.wish import Wish, bundle_controls

__all__ = ["Company", "Wish", "bundle_controls"]
