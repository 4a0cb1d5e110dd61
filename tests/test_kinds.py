from __future__ import annotations

import pytest

from harden.kube.kinds import gone_since


@pytest.mark.parametrize(
    ("api_version", "kind", "since"),
    [
        ("extensions/v1beta1", "Deployment", 16),
        ("extensions/v1beta1", "StatefulSet", None),
        ("apps/v1beta2", "StatefulSet", 16),
        ("batch/v1beta1", "CronJob", 25),
        ("batch/v2alpha1", "CronJob", 21),
        ("apps/v1", "Deployment", None),
        ("example.com/v1", "Deployment", None),
    ],
)
def test_gone_versions(api_version: str, kind: str, since: int | None) -> None:
    assert gone_since(api_version, kind) == since
