"""The checks `hostPathVolumes` and `restrictedVolumes`: where a pod's files may come from."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import ALLOWED_SOURCES, FORBIDDEN_SOURCES, Pod, Volume
from harden.pss.wording import counted, named


def judge_host_path(pod: Pod) -> Refusal | None:
    """Judge spec.volumes[*].hostPath."""
    bad = [volume.name for volume in pod.volumes if "hostPath" in volume.sources]
    return ("hostPath volumes", named("volume", "volumes", bad)) if bad else None


def judge_restricted(pod: Pod) -> Refusal | None:
    """Judge the source of every volume; a volume that sets an allowed one passes, whatever else it sets."""
    bad = [volume for volume in pod.volumes if ALLOWED_SOURCES.isdisjoint(volume.sources)]
    if not bad:
        return None
    types = sorted({_first(volume) for volume in bad})
    who = named("volume", "volumes", [volume.name for volume in bad])
    what = named("restricted volume type", "restricted volume types", types)
    return "restricted volume types", f"{who} {counted('uses', 'use', len(bad))} {what}"


def _first(volume: Volume) -> str:
    return next(source for source in FORBIDDEN_SOURCES if source in volume.sources)


CHECKS = (
    Check("hostPathVolumes", Level.BASELINE, (Revision((1, 0), judge_host_path),)),
    Check(
        "restrictedVolumes",
        Level.RESTRICTED,
        (Revision((1, 0), judge_restricted, overrides=("hostPathVolumes",)),),
    ),
)
