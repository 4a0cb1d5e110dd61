"""Who may read a Secret by the roles and bindings of a bundle, and who may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle
from test_companions_rbac import ACCOUNT, binding, role, rule

from harden.companions.secret_readers import Readers

READER = role(rule("secrets", "get"))
OF_CLUSTER = role(rule("secrets", "watch"), kind="ClusterRole")
USER = {"kind": "User", "name": "jane"}


def readers(*objects: Mapping[str, Any], namespace: str = "shop") -> tuple[str, ...]:
    return Readers(bundle(*objects)).of(namespace, "db")


@pytest.mark.parametrize(
    "objects",
    [
        (READER, binding("r", ACCOUNT, target="Role")),
        (binding("r", ACCOUNT, target="Role"), READER),
        (OF_CLUSTER, binding("r", ACCOUNT)),
        (role(rule("*", "*", "*")), binding("r", ACCOUNT, target="Role")),
        (role(rule("pods", "get"), rule("secrets", "list")), binding("r", ACCOUNT, target="Role")),
        (role(rule("secrets", "get", resourceNames=["other", "db"])), binding("r", ACCOUNT, target="Role")),
        (binding("admin", ACCOUNT),),
        (binding("edit", ACCOUNT),),
        (binding("cluster-admin", ACCOUNT),),
    ],
)
def test_a_role_that_is_bound_lets_its_subjects_read(objects: tuple[Mapping[str, Any], ...]) -> None:
    assert readers(*objects) == ("ServiceAccount web (RoleBinding b)",)


@pytest.mark.parametrize(
    "objects",
    [
        (READER,),
        (binding("r", ACCOUNT, target="Role"),),
        (READER, binding("r", ACCOUNT)),
        (role(rule("secrets", "create")), binding("r", ACCOUNT, target="Role")),
        (role(rule("configmaps", "get")), binding("r", ACCOUNT, target="Role")),
        (role(rule("secrets", "get", resourceNames=["other"])), binding("r", ACCOUNT, target="Role")),
        (binding("view", ACCOUNT),),
        # A role of the namespace may have the name of one of Kubernetes' own.
        (
            role(rule("pods", "get"), metadata={"name": "edit"}),
            binding("edit", ACCOUNT, target="Role"),
        ),
    ],
)
def test_nobody_else_reads(objects: tuple[Mapping[str, Any], ...]) -> None:
    assert readers(*objects) == ()


def test_a_binding_of_a_namespace_gives_rights_in_it_alone() -> None:
    near, far = binding("r", ACCOUNT), binding("r", ACCOUNT, kind="ClusterRoleBinding")
    assert readers(OF_CLUSTER, near, namespace="other") == ()
    assert readers(OF_CLUSTER, far, namespace="other") == (
        "ServiceAccount web of namespace shop (ClusterRoleBinding b)",
    )
    assert readers(OF_CLUSTER, near, far) == (
        "ServiceAccount web (RoleBinding b)",
        "ServiceAccount web (ClusterRoleBinding b)",
    )


def test_each_subject_is_named_once() -> None:
    assert readers(READER, binding("r", USER, ACCOUNT, USER, target="Role")) == (
        "User jane (RoleBinding b)",
        "ServiceAccount web (RoleBinding b)",
    )
