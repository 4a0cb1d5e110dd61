"""Pods get a token for the API server only where they use it.

## Why
Without a word the kubelet mounts a token of the pod's service account into every container. Whoever breaks into one
reads it and has all rights of that account against the API server, from inside the network.

## Allowed values
`automountServiceAccountToken` is `false` for the pod, or its ServiceAccount in the same run says so. `true`, at the pod
or its account, is named where nothing shows use of the API.

## What a fix may change
`false` is written where nothing shows use of the API: no RoleBinding or ClusterRoleBinding to the account in the same
run (one to the accounts of all namespaces says nothing of this pod), no arguments, variables or mounted ConfigMaps of
API clients, no volume with a token, no annotation or label that lets a webhook add containers, no image that is known
as an API client.
Rights may also be granted outside of the files, so it is review; it is safe where every image is known not to call the
API. An explicit `true` says that somebody decided: only where every image is known not to call the API does the pod get
`false` instead, for review. Otherwise there is no fix and the message says what shows the use: write
`automountServiceAccountToken: true` to settle it. Workload identities of clouds do not need this token: their webhooks
mount their own.

## Sources
- Kubernetes documentation, "Configure Service Accounts for Pods", "Opt out of API credential automounting"
- kubernetes, plugin/pkg/admission/serviceaccount/admission.go, ShouldAutomount (the pod's word comes first)
- hashicorp/vault-k8s, agent-inject/agent/agent.go, serviceaccount (an injected agent needs the mounted token)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Protecting Pod service account tokens
- CIS Kubernetes Benchmark 1.12: 5.1.6
- Design principles: restrict permissions, limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._neighbours import accounts, beside
from harden.controls._scripts import only_changes_owners
from harden.model.finding import Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Workload

_FIELD = "automountServiceAccountToken"
_UNSEEN = "nothing in these manifests shows that it calls the API server: write false, or exempt it with the reason"


@control(
    level=Level.BASELINE,
    since=(1, 6),
    checks=(),
    profiles=("hardened",),
    fields=(f"spec.{_FIELD}",),
    bundle=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield one finding for a pod that gets a token which nobody asked for."""
    own, of_account = workload.get(_FIELD), _of_account(workload, context)
    path = (*workload.pod, _FIELD)
    if own is True or (own is None and of_account is True):
        yield from _asked_for(workload, context)
    if own is not None or of_account is not None:
        return
    message = "every container gets a token for the API server"
    shown = _use(workload, context)
    if shown is not None:
        yield Finding(workload.pod, message, NoFix(f"{shown}: write {_FIELD}: true where it is needed"))
        return
    risk, reason = _risk(workload, context)
    yield Finding(workload.pod, message, Fix(risk, reason, (SetField(path, value=False),)))


def _asked_for(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for a token that the pod or its account asks for, where nothing shows a use of it.

    It says that somebody decided, so that only what is known of every image speaks against it.
    """
    if _use(workload, context) is not None:
        return
    own = workload.get(_FIELD)
    path = (*workload.pod, _FIELD) if own is True else workload.pod
    message = (
        f"every container gets a token for the API server, because the {'pod' if own is True else 'account'} says so"
    )
    if not _calls_nothing(workload, context):
        yield Finding(path, message, NoFix(_UNSEEN))
        return
    reason = "none of its images calls the API server, but somebody asked for the token"
    yield Finding(path, message, Fix(Risk.REVIEW, reason, (SetField((*workload.pod, _FIELD), value=False),)))


def _of_account(workload: Workload, context: Context) -> bool | None:
    """Return what the pod's account says of tokens, None where it says nothing or is not in the same run."""
    from harden.kube.accounts import account_of  # noqa: PLC0415 - see _use

    name = account_of(workload)
    own = (each for each in beside(context.bundle, workload, "ServiceAccount") if each.name == name)
    said = [word for word in (each.data.get(_FIELD) for each in own) if isinstance(word, bool)]
    return any(said) if said else None


def _use(workload: Workload, context: Context) -> str | None:
    """Return what shows that the pod calls the API server, None where nothing does."""
    # Slow to import (large patterns), and only profiles beyond the standards run this control.
    from harden.kube.api_use import Sign  # noqa: PLC0415

    # Who only changes owners calls nothing, and may be gone in a moment (run-as-non-root).
    running = tuple(container for container in workload.containers if not only_changes_owners(container))
    # That the pod asks for the token is what is judged.
    spec = {key: value for key, value in workload.spec.items() if key != _FIELD}
    pod = workload._replace(containers=running, spec=spec)
    found = accounts(context.bundle).evidence(pod, lambda image: _is_client(image, context) is True)
    return next((each.what for each in found if each.sign is not Sign.EVERYBODY), None)


def _risk(workload: Workload, context: Context) -> tuple[Risk, str]:
    if _calls_nothing(workload, context):
        return Risk.SAFE, "none of its images calls the API server"
    return Risk.REVIEW, "nothing here shows use of the API; rights may be granted elsewhere"


def _calls_nothing(workload: Workload, context: Context) -> bool:
    """Return whether every image is known not to call the API server."""
    images = [container.get("image") for container in workload.containers]
    known = [_is_client(image, context) is False for image in images if isinstance(image, str)]
    return bool(known) and len(known) == len(images) and all(known)


def _is_client(image: str, context: Context) -> bool | None:
    facts = context.images(image)
    return None if facts is None else facts.api_client
