"""Secrets stand in Secrets, not in the manifests of workloads.

## Why
A manifest is read by everybody who reads its repository, and Git keeps every version of it. A value in a Secret can be
replaced without a change to the workload, kept in a store of its own, and its readers are named by RBAC.

## Allowed values
Variables that hold a secret take it by `valueFrom.secretKeyRef`. What is a secret is told by the variable's name, and
by the form of its value (private keys, passwords in URLs and connection texts, tokens of known providers); references
and placeholders are none.

## What a fix may change
The value goes to a Secret that harden writes to a file of its own, and the variable refers to it; where a Secret of the
namespace has the value already, to that one. Review, because that file must not go to Git as it is, and because what
was in Git stays in its history: replace such values. Values with other variables in them, secrets in commands, probes
and headers, and placeholders are only told.

## Sources
- Kubernetes documentation, Concepts, Secrets; Good practices for Kubernetes Secrets
- kubernetes v1.36, pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables
- kubernetes v1.36, third_party/forked/golang/expansion/expand.go
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Secrets
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Scope, bundle_control
from harden.controls._stores import STORES
from harden.model.finding import ObjectFinding

if TYPE_CHECKING:
    from harden.companions.context import BundleContext


@bundle_control(
    scope=Scope.OBJECT,
    fields=("spec.containers[*].env[*].value", "spec.initContainers[*].env[*].value"),
    options=STORES,
    creates=("Secret", "ExternalSecret"),
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each secret that stands in a workload."""
    from harden.companions.secret_literals import literals  # noqa: PLC0415 - slow to load, for runs with companions

    return literals(context)
