"""Secrets stand in Secrets, not in ConfigMaps.

## Why
ConfigMaps are for settings that everybody may read: RBAC rules that give out ConfigMaps are many, and the API server
encrypts only those kinds in its store that its EncryptionConfiguration names.

## Allowed values
Keys whose values are no secrets. What is a secret is told as for variables: by the key, and by the form of the value.

## What a fix may change
The keys go to a Secret that harden writes to a file of its own, and each variable, `envFrom` and volume of the
workloads that used them gets the Secret beside the ConfigMap, under the same names. Review, because a program that
reads the ConfigMap through the API would miss them, and because what was in Git stays in its history: replace such
values. A ConfigMap that nothing in sight uses, that is immutable, or that unread files may use is only told, and so are
secrets within a longer text and in the literals of kustomizations.

## Sources
- Kubernetes documentation, Concepts, ConfigMaps; Concepts, Secrets
- kubernetes v1.36, pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables
- Kubernetes documentation, Projected Volumes
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
    fields=("ConfigMap.data", "Kustomization.configMapGenerator[*].literals"),
    options=STORES,
    creates=("Secret", "ExternalSecret"),
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each secret that stands in a ConfigMap."""
    from harden.companions.secret_config_maps import config_maps  # noqa: PLC0415 - for runs with companions

    return config_maps(context)
