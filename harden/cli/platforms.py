"""Says that files look like those of another platform than the profile's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.model.profile import Profile
from harden.model.report import FileReport, Problem, Stage
from harden.model.text import LineIndex, SourceText

#: What the API groups of OpenShift's own kinds end in (docs.openshift.com, API reference).
_OPENSHIFT = ".openshift.io/v1"


def of_platform(profile: Profile, files: Sequence[FileReport]) -> Iterator[Problem]:
    """Yield a note on the first object of a run that only OpenShift has, where the profile is for Kubernetes."""
    if profile.platform == "kubernetes":
        found = (_first(file.before) for file in files if file.before is not None)
        yield from [note for note in found if note is not None][:1]


def _first(source: SourceText) -> Problem | None:
    at = source.text.find(_OPENSHIFT)
    while at >= 0:
        start = source.text.rfind("\n", 0, at) + 1
        if source.text.startswith("apiVersion: ", start) and "#" not in source.text[start:at]:
            line = LineIndex(source.text).line(start)
            hint = "platform: openshift in harden.yaml leaves users and groups to it"
            return Problem(source.name, Stage.NOTE, "a kind of OpenShift is among the files", line, hint)
        at = source.text.find(_OPENSHIFT, at + 1)
    return None
