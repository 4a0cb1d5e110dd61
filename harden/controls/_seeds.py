"""The init container that copies what an image ships into the emptyDir that takes the place of its folder."""

from __future__ import annotations

from harden.controls._images import folders_of, image_of
from harden.controls._users import Standing, UserPlan
from harden.controls._volumes import volume_name
from harden.model.finding import AppendItem, Change
from harden.model.kube import Workload
from harden.model.text import Plain

_LONGEST = 63
_SIZES: dict[str, Plain] = {
    "requests": {"cpu": "50m", "memory": "64Mi"},
    "limits": {"memory": "512Mi"},
}


def seeded(workload: Workload, plan: UserPlan, paths: tuple[str, ...]) -> tuple[Change, ...]:
    """Return the changes that give a container writable copies of `paths`, made by an init container of its image.

    It runs as the same user, so that the copies belong to it, and writes nothing else. `cp -R` without `-p`: keeping
    times and owners would fail in a folder that belongs to root.
    """
    container = plan.container
    known = paths if plan.facts is None else folders_of(plan.facts)
    names = [volume_name(workload, container, path, known) for path in paths]
    changes: list[Change] = []
    for name, path in zip(names, paths, strict=True):
        changes.append(AppendItem((*container.path, "volumeMounts"), {"name": name, "mountPath": path}))
        changes.append(AppendItem((*workload.pod, "volumes"), {"name": name, "emptyDir": {}}))
    copies = " && ".join(f"cp -R {path}/. /seed/{name}/" for name, path in zip(names, paths, strict=True))
    policy = container.get("imagePullPolicy")
    init: dict[str, Plain] = {
        "name": f"seed-{container.name}"[:_LONGEST].rstrip("-"),
        "image": image_of(container),
        **({"imagePullPolicy": policy} if isinstance(policy, str) else {}),
        "command": ["sh", "-c", copies],
        "securityContext": _context(plan),
        "resources": _SIZES,
        "volumeMounts": [{"name": name, "mountPath": f"/seed/{name}"} for name in names],
    }
    return (*changes, AppendItem((*workload.pod, "initContainers"), init))


def _context(plan: UserPlan) -> dict[str, Plain]:
    context: dict[str, Plain] = {"runAsNonRoot": True}
    if plan.uid is not None and plan.standing in {Standing.KNOWN, Standing.OWN}:
        context["runAsUser"] = plan.uid
        if plan.gid is not None:
            context["runAsGroup"] = plan.gid
    context["allowPrivilegeEscalation"] = False
    context["readOnlyRootFilesystem"] = True
    context["capabilities"] = {"drop": ["ALL"]}
    context["seccompProfile"] = {"type": "RuntimeDefault"}
    return context
