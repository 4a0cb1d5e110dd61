"""automount-service-account-token: a token goes only where nothing shows that it is used, and never against a word."""

from __future__ import annotations

import pytest
from control_subjects import CONTROLS, Document, document, said, spec, workload

from harden.controls import Context
from harden.images.facts import ImageFacts
from harden.images.reference import parse_reference
from harden.kube.bundle import Bundle, gather
from harden.model.finding import Finding, Level, NoFix
from harden.model.text import Plain

CONTROL = CONTROLS["automount-service-account-token"]
PLAIN = "containers: [{name: a, image: app}]"
FALSE = "automountServiceAccountToken=false"


def facts(image: str) -> ImageFacts | None:
    known = {"client": True, "static": False, "silent": None}
    if image not in known:
        return None
    return ImageFacts(parse_reference(image), (), {}, api_client=known[image])


def judge(
    pod: str,
    *neighbours: Document,
    namespace: str | None = None,
    annotations: Document | None = None,
    labels: Document | None = None,
) -> tuple[Finding, ...]:
    bundle: Bundle = gather(("bundle.yaml", at, data) for at, data in enumerate(neighbours))
    subject = workload(document(spec(pod), annotations))._replace(
        namespace=namespace, effective_namespace=namespace or "default"
    )
    if labels is not None:
        subject = subject._replace(metadata={"labels": labels})
    return CONTROL.run(subject, Context(Level.RESTRICTED, (1, 37), images=facts, bundle=bundle))


def account(name: str, namespace: str | None, automount: Plain) -> Document:
    metadata: Document = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": automount,
    }


def binding(kind: str, name: str, namespace: str) -> Document:
    subject: Plain = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    metadata: Document = {"name": "b"} if kind == "ClusterRoleBinding" else {"name": "b", "namespace": namespace}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "subjects": [subject]}


def test_a_pod_without_any_sign_loses_its_token_for_review() -> None:
    assert said(judge(PLAIN)) == [f"review: {FALSE}"]
    assert said(judge("containers: [{name: a, image: silent}]")) == [f"review: {FALSE}"]


def test_it_is_safe_where_every_image_is_known_not_to_ask() -> None:
    assert said(judge("containers: [{name: a, image: static}]")) == [f"safe: {FALSE}"]
    mixed = "containers: [{name: a, image: static}, {name: b, image: app}]"
    assert said(judge(mixed)) == [f"review: {FALSE}"]


def test_the_users_own_word_stays() -> None:
    assert judge(f"{{automountServiceAccountToken: false, {PLAIN}}}") == ()
    (found,) = judge(f"{{automountServiceAccountToken: true, {PLAIN}}}")
    assert isinstance(found.fix, NoFix)


def test_a_token_that_is_asked_for_and_used_is_right() -> None:
    pod = "{automountServiceAccountToken: true, containers: [{name: a, image: a, command: [kubectl, get, pods]}]}"
    assert judge(pod) == ()


def test_null_is_no_word() -> None:
    assert said(judge(f"{{automountServiceAccountToken: null, {PLAIN}}}")) == [f"review: {FALSE}"]


def test_the_word_of_the_account_stays() -> None:
    pod = f"{{serviceAccountName: web, {PLAIN}}}"
    assert judge(pod, account("web", "shop", automount=False), namespace="shop") == ()
    (found,) = judge(pod, account("web", "shop", automount=True), namespace="shop")
    assert isinstance(found.fix, NoFix)
    assert "because the account says so" in found.message
    assert judge(PLAIN, account("default", None, automount=False)) == ()
    assert judge(f"{{serviceAccount: web, {PLAIN}}}", account("web", None, automount=False)) == ()


def test_another_account_has_no_word() -> None:
    pod = f"{{serviceAccountName: web, {PLAIN}}}"
    assert len(judge(pod, account("web", "other", automount=False), namespace="shop")) == 1
    assert len(judge(pod, account("default", "shop", automount=False), namespace="shop")) == 1
    assert len(judge(pod, account("web", "shop", automount=None), namespace="shop")) == 1


SIGNS = {
    "an image": ("containers: [{name: a, image: client}]", "the image is known to call the API server"),
    "an init container's image": (f"{{initContainers: [{{name: i, image: client}}], {PLAIN}}}", "the image is known"),
    "a flag": ("containers: [{name: a, image: app, args: [--leader-elect]}]", "the flag --leader-elect"),
    "a variable": (
        "containers: [{name: a, image: app, env: [{name: WATCH_NAMESPACE, value: secret-value}]}]",
        "the variable WATCH_NAMESPACE",
    ),
    "a program": ("containers: [{name: a, image: app, command: [sh, -c, kubectl get pods]}]", "command calls the API"),
}


@pytest.mark.parametrize(("pod", "words"), SIGNS.values(), ids=SIGNS)
def test_a_sign_in_the_pod_keeps_the_token_and_is_named(pod: str, words: str) -> None:
    (found,) = judge(pod)
    assert (found.risk, found.changes) == (None, ())
    assert found.reason.startswith(words)
    assert found.reason.endswith(": write automountServiceAccountToken: true where it is needed")
    assert "secret-value" not in found.reason


def test_a_binding_keeps_the_token_and_is_named() -> None:
    pod = f"{{serviceAccountName: web, {PLAIN}}}"
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        (found,) = judge(pod, binding(kind, "web", "shop"), namespace="shop")
        assert found.risk is None
        assert found.reason.startswith(f"{kind} b names its service account")


def test_a_binding_of_a_group_counts_for_its_namespace_only() -> None:
    def bound(group: str) -> list[str]:
        subject: Plain = {"kind": "Group", "name": group}
        each = {**binding("ClusterRoleBinding", "x", "x"), "subjects": [subject]}
        return said(judge(PLAIN, each, namespace="shop"))

    assert bound("system:serviceaccounts:shop") == ["no fix: spec"]
    assert bound("system:serviceaccounts:other") == [f"review: {FALSE}"]
    assert bound("system:serviceaccounts") == [f"review: {FALSE}"]


def test_a_binding_of_another_account_is_no_sign() -> None:
    pod = f"{{serviceAccountName: web, {PLAIN}}}"
    for each in (binding("RoleBinding", "api", "shop"), binding("ClusterRoleBinding", "web", "other")):
        assert said(judge(pod, each, namespace="shop")) == [f"review: {FALSE}"]


@pytest.mark.parametrize("key", ["vault.hashicorp.com/agent-inject", "consul.hashicorp.com/connect-inject"])
def test_containers_that_a_webhook_adds_may_need_the_token(key: str) -> None:
    (found,) = judge(PLAIN, annotations={key: "true"})
    assert found.risk is None
    assert found.reason.startswith(f"{key} lets a webhook add containers")
    assert len(judge(PLAIN, labels={key: "true"})) == 1
    assert said(judge(PLAIN, annotations={key: "false"})) == [f"review: {FALSE}"]


def test_a_subject_without_a_namespace_may_mean_the_account_of_any() -> None:
    each = binding("ClusterRoleBinding", "web", "shop")
    each = {**each, "subjects": [{"kind": "ServiceAccount", "name": "web"}]}
    assert said(judge(f"{{serviceAccountName: web, {PLAIN}}}", each, namespace="shop")) == ["no fix: spec"]
