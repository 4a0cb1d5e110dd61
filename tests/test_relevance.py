"""Which documents are parsed at all."""

from __future__ import annotations

import pytest

from harden.kube.kinds import TEMPLATES
from harden.kube.relevance import is_relevant


@pytest.mark.parametrize("kind", [*TEMPLATES, "List", "PodList", "DeploymentList"])
@pytest.mark.parametrize(
    "text",
    [
        "kind: {}",
        "apiVersion: v1\nkind:   {}  # note\n",
        'kind: "{}"',
        "kind: '{}'\r\n",
        '{{"kind":"{}"}}',
        '{{"kind" : "{}", "x": 1}}',
        "kind:\n  {}\n",
        "kind: &k {}\n",
        "kind: !!str {}\n",
        "kind: >-\n  {}\n",
        "- kind: {}",
        "{{kind: {}}}",
        "? kind\n: {}\n",
    ],
)
def test_workload_kinds_are_relevant_however_they_are_written(kind: str, text: str) -> None:
    assert is_relevant(text.format(kind))


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service",
        "kind: ConfigMap\ndata:\n  Deployment: x",
        "kind: PodDisruptionBudget",
        "kind: PodSecurityPolicy",
        "kind: PodMonitor",
        "kind: DeploymentConfig",
        "kind: Jobber",
        "# a Deployment\nmetadata: {name: Pod}",
        "listKind: PodList",
        "",
    ],
)
def test_other_documents_are_not(text: str) -> None:
    assert not is_relevant(text)


def test_alias_as_kind_is_relevant() -> None:
    assert is_relevant("x: &k Deployment\nkind: *k\n")
