"""Measured usage: what recommenders found out about containers, whatever the form of their files."""

from __future__ import annotations

from harden.usage.measured import Measured, Usage
from harden.usage.read import read_usage

__all__ = ["Measured", "Usage", "read_usage"]
