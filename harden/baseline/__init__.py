"""What was found before: a file of findings that a project lives with for now, so that only new ones fail."""

from __future__ import annotations

from harden.baseline.compare import compare
from harden.baseline.file import empty, look_for_baseline, read_baseline, written
from harden.baseline.model import Baseline, Entry, Scope

__all__ = ["Baseline", "Entry", "Scope", "compare", "empty", "look_for_baseline", "read_baseline", "written"]
