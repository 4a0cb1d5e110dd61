"""Profiles and harden.yaml: which level to reach, the settings of each control, and those of the project.

A profile is a YAML file; it may extend another one. Some are shipped. Whatever is wrong in such a file is a HardenError
that says file and line, what is wrong, and what was probably meant.
"""

from __future__ import annotations

from harden.settings.config import Config, load_config, read_config
from harden.settings.resolve import describe, load
from harden.settings.shipped import Shipped, shipped

__all__ = ["Config", "Shipped", "describe", "load", "load_config", "read_config", "shipped"]
