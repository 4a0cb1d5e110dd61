"""The records of what a folder shows."""

from __future__ import annotations

from harden.model.record import Record
from harden.project.tools import Tool
from harden.project.versions import Release


class Judged(Record):
    """How many workloads one level of the Pod Security Standards would admit as they stand."""

    level: str
    admitted: int


class Project(Record):
    """What a folder shows; file names are relative to it.

    `namespaces` has the workloads of each namespace by number, "" for those that name none. `labelled` are the levels
    that labels of its Namespaces enforce. `vendored` are folders of what others wrote, `images` those of which too
    little is known. `findings` counts what is open at the level that is proposed. `above` is a harden.yaml in a folder
    above, "" where there is none.
    """

    folder: str
    files: int
    workloads: int
    namespaces: tuple[tuple[str, int], ...]
    labelled: tuple[str, ...]
    judged: tuple[Judged, ...]
    tools: tuple[Tool, ...]
    releases: tuple[Release, ...]
    vendored: tuple[str, ...]
    images: tuple[str, ...]
    findings: int
    above: str = ""
