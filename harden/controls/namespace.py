"""Each Namespace has Pod Security labels, and enforces what all of its workloads reach.

## Why
Without labels Pod Security Admission judges nothing: whatever is created in the namespace is admitted.

## Allowed values
`warn` and `audit` at the profile's level or a stricter one; `enforce` at the highest level that every workload reaches.

## What a fix may change
`warn` and `audit` refuse nothing: safe. `enforce` is pinned to the version that the workloads were judged by: review,
because pods that these files do not show may fall short. A label that is stricter stays. One that refuses workloads of
these files is named. Only namespaces that the files own are labelled; with `write-missing` one that has no manifest
gets one.

## Sources
- kubernetes.io, Concepts, Pod Security Admission, "Pod Security Admission labels for namespaces"
- k8s.io/pod-security-admission v0.37, api/constants.go and api/helpers.go
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement; Namespaces
- CIS Kubernetes Benchmark 1.12: 5.2.1
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Option, Scope, bundle_control
from harden.model.finding import ObjectFinding

if TYPE_CHECKING:
    from harden.companions.context import BundleContext


@bundle_control(
    scope=Scope.NAMESPACE,
    fields=("Namespace.metadata.labels",),
    options=(Option("write-missing", default=False, doc="Whether an owned namespace without a manifest gets one."),),
    creates=("Namespace",),
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each label that lacks or is too lax, and for workloads that name no namespace."""
    from harden.companions.surveys import namespace_labels  # noqa: PLC0415 - slow to load, for runs with companions

    return namespace_labels(context)
