# ruff: noqa: INP001 - a hook that mkdocs loads by its path, no package
"""Adds the generated page of each control to the navigation of the documentation's site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_HEADING = "Controls"
_FOLDER = "controls"


def on_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of mkdocs with all pages of docs/controls below their heading, the index first."""
    pages = sorted(path.name for path in Path(config["docs_dir"], _FOLDER).glob("*.md"))
    pages.sort(key=lambda name: name != "index.md")
    entries = [f"{_FOLDER}/{name}" for name in pages]
    config["nav"] = [
        {_HEADING: entries} if isinstance(each, dict) and _HEADING in each else each for each in config["nav"]
    ]
    return config
