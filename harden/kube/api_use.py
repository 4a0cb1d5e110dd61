"""Owns the signs that a workload calls the API server, so that it needs its service account and its token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from harden.model.kube import Container, Resource, Workload, dig
from harden.model.record import Record
from harden.model.text import Path

#: Where the token is mounted (kubernetes, plugin/pkg/admission/serviceaccount, DefaultAPITokenMountPath).
TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 -- a folder

_VALUES = r"\$\([^)]*\)"


# Each pattern is compiled where it is first needed: together they take 4 ms, and many pods have no arguments.
@cache
def _flags() -> re.Pattern[str]:
    """Return the flags of programs on client-go or controller-runtime, and of ingress controllers and autoscalers."""
    return re.compile(
        r"""(?<![\w-])--?(?:
          (?:enable-)?leader-elect(?:ion)?(?:-[a-z-]+)? | election-id | lease-(?:lock|name|duration)[a-z-]*
        | kube-?config | in-?cluster(?:-config)? | running-in-cluster
        | kube(?:rnetes)?-(?:api|client|context|master)[a-z-]*
        | api-?server(?:-host|-address)? | watch-namespaces? | publish-service | ingress-class
        | service-account-(?:name|token)[a-z-]* | provider[.-]kubernetes[a-z.-]*
        )(?![\w-])""",
        re.VERBOSE | re.IGNORECASE,
    )


@cache
def _words() -> re.Pattern[str]:
    """Return what reaches the API server by name or by variable, in arguments and in the values of variables."""
    return re.compile(
        r"KUBERNETES_SERVICE_(?:HOST|PORT)|\bKUBECONFIG\b|(?<![\w.-])kubernetes\.default(?![\w-])"
        r"|/(?:var/)?run/secrets/kubernetes\.io/serviceaccount"
    )


@cache
def _programs() -> re.Pattern[str]:
    """Return the programs that call the API server, in arguments."""
    return re.compile(r"(?:^|[\s;&|(/`])(?:kubectl|helm|oc)(?=$|[\s;&|)`])")


@cache
def _variables() -> re.Pattern[str]:
    """Return the names of variables that clients of the API server read."""
    return re.compile(
        r"KUBECONFIG|KUBERNETES_(?:SERVICE_(?:HOST|PORT\w*)|MASTER|API\w*|NAMESPACE)"
        r"|KUBE_(?:API|CONFIG|MASTER|NAMESPACE)\w*|K8S_(?:API|NAMESPACE)\w*|WATCH_NAMESPACES?"
        r"|OPERATOR_(?:NAME|NAMESPACE)|(?:ENABLE_)?LEADER_ELECT(?:ION)?\w*"
    )


class Evidence(Record):
    """One sign; `path` is its place in the document, `what` says what it is without any value of the manifest."""

    path: Path
    what: str


def in_pod(workload: Workload, is_api_client: Callable[[str], bool]) -> tuple[Evidence, ...]:
    """Return what in the pod itself shows that it calls the API server.

    `is_api_client` says of an image reference whether the image is known to call it.
    """
    return tuple(_in_pod(workload, is_api_client))


def bindings(resources: Iterable[Resource], namespace: str, account: str, fallback: str) -> tuple[Evidence, ...]:
    """Return the role bindings that give rights to a service account, or to all accounts of its namespace."""
    return tuple(Evidence(path, what) for _, path, what in subjects(resources, namespace, account, fallback))


def subjects(
    resources: Iterable[Resource], namespace: str, account: str, fallback: str
) -> Iterator[tuple[Resource, Path, str]]:
    """Yield each subject that stands for a service account: the binding, the subject's path, and what it is.

    `fallback` is the namespace of bindings that name none. Besides the account itself these are its user name and the
    groups of all accounts (Kubernetes documentation, Authenticating, "Service account tokens").
    """
    groups = {"system:serviceaccounts", f"system:serviceaccounts:{namespace}"}
    for one in resources:
        entries = one.data.get("subjects")
        if one.kind not in {"RoleBinding", "ClusterRoleBinding"} or not isinstance(entries, list):
            continue
        home = (one.namespace or fallback) if one.kind == "RoleBinding" else namespace
        for at, subject in enumerate(entries):
            kind, name = dig(subject, "kind"), dig(subject, "name")
            lives = dig(subject, "namespace") or home
            what = None
            if (kind, name, lives) == ("ServiceAccount", account, namespace):
                what = f"{one.kind} {one.name} names the account"
            elif (kind, name) == ("User", f"system:serviceaccount:{namespace}:{account}"):
                what = f"{one.kind} {one.name} names the account's user"
            elif kind == "Group" and name in groups:
                what = f"{one.kind} {one.name} names a group that the account is in"
            if what is not None:
                yield one, (*one.path, "subjects", at), what


def _in_pod(workload: Workload, is_api_client: Callable[[str], bool]) -> Iterator[Evidence]:
    if workload.get("automountServiceAccountToken") is True:
        yield Evidence((*workload.pod, "automountServiceAccountToken"), "the pod asks for the token")
    for at, volume in enumerate(_list(workload.get("volumes"))):
        for place, source in enumerate(_list(dig(volume, "projected", "sources"))):
            if isinstance(source, Mapping) and "serviceAccountToken" in source:
                path = (*workload.pod, "volumes", at, "projected", "sources", place)
                yield Evidence(path, "a volume holds a token of the account")
    for container in workload.containers:
        yield from _in_container(container, is_api_client)


def _in_container(container: Container, is_api_client: Callable[[str], bool]) -> Iterator[Evidence]:
    image = container.get("image")
    if isinstance(image, str) and is_api_client(image):
        yield Evidence((*container.path, "image"), "the image is known to call the API server")
    for at, mount in enumerate(_list(container.get("volumeMounts"))):
        if str(dig(mount, "mountPath")).rstrip("/") in {TOKEN_FOLDER, TOKEN_FOLDER.removeprefix("/var")}:
            yield Evidence((*container.path, "volumeMounts", at), "a volume is mounted where the token stands")
    yield from _in_arguments(container)
    for at, variable in enumerate(_list(container.get("env"))):
        name, value = dig(variable, "name"), dig(variable, "value")
        if isinstance(name, str) and _variables().fullmatch(name):
            yield Evidence((*container.path, "env", at), f"the variable {name} is for clients of the API server")
        elif isinstance(value, str) and _words().search(value):
            yield Evidence((*container.path, "env", at), f"the variable {name} points to the API server")


def _in_arguments(container: Container) -> Iterator[Evidence]:
    """Yield the arguments that only a client of the API server takes."""
    namespaces = {
        f"$({dig(one, 'name')})"
        for one in _list(container.get("env"))
        if dig(one, "valueFrom", "fieldRef", "fieldPath") == "metadata.namespace"
    }
    for field in ("command", "args"):
        words = _list(container.get(field))
        for at, word in enumerate(words):
            if not isinstance(word, str):
                continue
            path = (*container.path, field, at)
            flag = _flags().search(word)
            before = str(words[at - 1]) if at else ""
            if flag is not None:
                yield Evidence(path, f"the flag {flag.group()} is for clients of the API server")
            elif _words().search(word) or _programs().search(word):
                yield Evidence(path, f"{field} calls the API server")
            elif any(one in word for one in namespaces) and "namespace" in re.sub(_VALUES, "", before + word).lower():
                yield Evidence(path, "a flag tells the program its own namespace")


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
