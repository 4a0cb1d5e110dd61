"""The check `appArmorProfile`: the node's default AppArmor profile may be replaced, but not switched off."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, counted, escaped, quoted

_PREFIX = "container.apparmor.security.beta.kubernetes.io/"
_ALLOWED = frozenset(("RuntimeDefault", "Localhost"))


def judge(pod: Pod) -> Refusal | None:
    """Judge appArmorProfile.type of the pod and every container, and every AppArmor annotation."""
    values = set()
    setters = []
    kind = pod.app_armor
    if kind is not None and kind not in _ALLOWED:
        setters.append("pod")
        values.add(kind)
    bad = []
    for container in pod.containers:
        kind = container.app_armor
        if kind is not None and kind not in _ALLOWED:
            bad.append(container.name)
            values.add(kind)
    if bad:
        setters.append(containers(bad))
    annotations = _forbidden_annotations(pod) if pod.annotations else []
    if annotations:
        setters.append(counted("annotation", "annotations", len(annotations)))
    if not setters:
        return None
    shown = sorted(values) + annotations
    return (
        counted("forbidden AppArmor profile", "forbidden AppArmor profiles", len(shown)),
        f"{' and '.join(setters)} must not set AppArmor profile type to {quoted(shown)}",
    )


def _forbidden_annotations(pod: Pod) -> list[str]:
    return sorted(
        f"{key}={escaped(value)}"
        for key, value in pod.annotations.items()
        if key.startswith(_PREFIX) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    )


CHECKS = (Check("appArmorProfile", Level.BASELINE, (Revision((1, 0), judge),)),)
