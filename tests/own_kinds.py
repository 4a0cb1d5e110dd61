"""Kubernetes' own kinds, by name: where each keeps its pod, and the API version that serves it."""

from __future__ import annotations

from harden.kube.kinds import OWN

TEMPLATES = {row.name: row.templates[0].path for row in OWN}
SERVED = {row.name: row.versions[0] for row in OWN}
