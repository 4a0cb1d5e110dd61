"""Each workload runs as a service account of its own, which gets no token where nothing shows that it needs one.

## Why
Pods that name no account all run as `default`: what is granted for one of them is granted to all.

## Allowed values
Any account but `default`. In a namespace that these files decide for, it is one of those that they make: the API server
refuses pods of an account that does not exist.

## What a fix may change
It creates an account, and the workload names it: review, because rights and pull secrets of `default` that no file
shows would lack. A workload that uses the API server keeps `default`, unless it is the only one there: then the rights
move with it. The account has `automountServiceAccountToken: false` where nothing in the manifests shows that the
workload calls the API server. A ServiceAccount `default` among the files gets the same word, for review, where these
files decide for its namespace and nothing in them runs as it; else it is only told.

## Sources
- kubernetes.io, Concepts, Service Accounts; Tasks, Configure Service Accounts for Pods
- kubernetes v1.36, plugin/pkg/admission/serviceaccount
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Protecting Pod service account tokens; Role-based access control
- CIS Kubernetes Benchmark 1.12: 5.1.5
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Scope, bundle_control
from harden.model.finding import ObjectFinding

if TYPE_CHECKING:
    from harden.companions.context import BundleContext


@bundle_control(
    scope=Scope.OBJECT,
    fields=("spec.serviceAccountName", "ServiceAccount.automountServiceAccountToken"),
    creates=("ServiceAccount",),
    needs_all=True,
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each workload that runs as `default`."""
    from harden.companions.surveys import accounts  # noqa: PLC0415 - slow to load, for runs with companions

    return accounts(context)
