"""Tells what an object lets in: a Namespace below the level that pods are judged by, or the settings of admission."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.kube.kinds import BUILT_IN
from harden.kube.unseen import is_custom
from harden.model.finding import Level
from harden.model.kube import POD_SECURITY, Data, Version, dig
from harden.model.plain import as_mapping, as_word
from harden.model.profile import Profile
from harden.pss import NEWEST, lacking

#: The kinds by which a change can let in pods that nobody has judged.
KINDS = ("Namespace", "AdmissionConfiguration", "PodSecurityConfiguration")

#: k8s.io/pod-security-admission v0.37, api/constants.go and api/helpers.go (ParseLevel, ParseVersion).
LABEL = f"{POD_SECURITY}enforce"
_LEVELS = tuple(level.value for level in Level)
_VERSION = r"v1\.(0|[1-9][0-9]{0,8})"


def admitting(api_version: str, kind: str, data: Data, profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield what an object lets in that falls short of the profile, and what to do about it."""
    if profile.level is Level.PRIVILEGED:
        return
    if kind in KINDS[1:]:
        yield f"{kind} says which pods the whole cluster admits", "let somebody read it who looks after the cluster"
    elif kind == KINDS[0] and not is_custom(api_version) and profile.controls["namespace"].enabled:
        said = _weakness(as_mapping(dig(data, "metadata", "labels")), profile.level, profile.version or NEWEST)
        if said:
            yield f"{kind} {_name(data)} {said}", f"{LABEL}: {profile.level.value}, or --ignore namespace"
    elif kind not in BUILT_IN.own and profile.controls["namespace"].enabled and _hands_out(data, profile.level):
        yield f"{kind} {_name(data)} gives namespaces a label {LABEL} below {profile.level.value}", "--ignore namespace"


def _name(data: Data) -> str:
    return as_word(dig(data, "metadata", "name")) or as_word(dig(data, "metadata", "generateName"))


def _hands_out(data: Data, level: Level) -> bool:
    """Return whether an object names the label with a lower level: as a pair, or as a key beside a value."""
    lower = _LEVELS[: _LEVELS.index(level.value)]
    todo: list[object] = [value for key, value in data.items() if key not in {"items", "metadata"}]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if as_word(value.get(LABEL)) in lower or (
                value.get("key") == LABEL and as_word(value.get("value")) in lower
            ):
                return True
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
    return False


def _weakness(labels: Data, level: Level, version: Version) -> str:
    """Return how a namespace with these labels admits more than the level, "" where it does not.

    One without the label says nothing: it admits what the cluster's default lets in, as namespaces do that no file of
    the tree has.
    """
    said = labels.get(LABEL)
    if LABEL not in labels:
        return ""
    if said not in _LEVELS:
        return f"has a label {LABEL} that names no level"
    if _LEVELS.index(str(said)) < _LEVELS.index(level.value):
        return f"enforces {said}, and not {level.value}"
    pinned = labels.get(f"{LABEL}-version", "latest")
    if pinned == "latest":
        return ""
    found = re.fullmatch(_VERSION, pinned) if isinstance(pinned, str) else None
    if found is None:
        return f"has a label {LABEL}-version that names no version"
    missing = lacking(level, (1, int(found[1])), version)
    return f"enforces {said} as of {pinned}, which lacks {', '.join(missing)}" if missing else ""
