"""Repeats the kubelet's check of runAsNonRoot, which refuses a container before it is made."""

from __future__ import annotations

from harden.model.start import Topic
from harden.starts.case import Case, Statements, beyond_tag, doubt, no, stated, yes
from harden.starts.process import image_user


def check(case: Case) -> Statements:
    """Yield whether runAsNonRoot holds.

    Source: kubernetes, pkg/kubelet/kuberuntime/security_context_others.go, verifyRunAsNonRoot: the number in the
    manifest counts; without one that of the image, where a name is refused as "non-numeric user". The image's user is a
    number only where it is written as one, and 0 where there is none (kuberuntime_image.go, getImageUser; CRI
    ImageStatus has `uid` or `username`).
    """
    process = case.process
    if not process.non_root:
        return
    if process.user_set:
        if process.uid == 0:
            yield no(Topic.USER, "the kubelet refuses runAsNonRoot: true beside runAsUser: 0")
        return
    own = image_user(case.facts)
    if not own.known:
        yield doubt(Topic.USER, f"runAsNonRoot needs a numeric user, and that of {case.image} is not known{case.looks}")
        return
    yield from beyond_tag(case, "default_user")
    if own.name is not None:
        yield no(Topic.USER, f"the kubelet refuses runAsNonRoot: {case.image} runs as a name ({own.name}), no number")
    elif own.uid == 0:
        yield no(Topic.USER, f"the kubelet refuses runAsNonRoot: {case.image} starts as root")
    else:
        who = "a number other than root" if own.uid is None else f"{own.uid}, a number other than root"
        yield yes(Topic.USER, f"{stated(case, 'default_user')}: runs as {who}")
