"""What a folder shows of the project in it: its tools, the versions of Kubernetes it names, and settings that fit."""

from __future__ import annotations

from harden.project.config_text import config_text, next_steps
from harden.project.findings import Judged, Project
from harden.project.tools import Tool, tools_in
from harden.project.versions import Release, releases_in, speaks_of_releases

__all__ = [
    "Judged",
    "Project",
    "Release",
    "Tool",
    "config_text",
    "next_steps",
    "releases_in",
    "speaks_of_releases",
    "tools_in",
]
