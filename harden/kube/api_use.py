"""Finds the signs in a pod that it calls the API server, so that it needs its service account and its token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache

from harden.kube.containers import NO_CONFIG_MAPS, ConfigMaps, Given
from harden.kube.unseen import added
from harden.model.kube import Container, Resource, Workload, dig
from harden.model.plain import as_list
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
    return re.compile(r"(?:^|[\s;&|(/`])(?:kubectl|helm|oc|kopf)(?=$|[\s;&|)`])")


@cache
def _variables() -> re.Pattern[str]:
    """Return the names of variables that clients of the API server read."""
    return re.compile(
        r"KUBECONFIG|KUBERNETES_(?:SERVICE_(?:HOST|PORT\w*)|MASTER|API\w*|NAMESPACE)"
        r"|KUBE_(?:API|CONFIG|MASTER|NAMESPACE)\w*|K8S_(?:API|NAMESPACE)\w*|WATCH_NAMESPACES?"
        r"|OPERATOR_(?:NAME|NAMESPACE)|(?:ENABLE_)?LEADER_ELECT(?:ION)?\w*"
    )


@cache
def _named() -> re.Pattern[str]:
    """Return names of variables with the words KUBERNETES or K8S in them: whoever sets them configures a client."""
    return re.compile(r"(?:.*_)?(?:KUBERNETES|K8S)(?:_.*)?", re.IGNORECASE)


@cache
def _settings() -> re.Pattern[str]:
    """Return values and lines of configuration that make a program a client of the API server.

    Sources: Airflow, Executor (KubernetesExecutor, CeleryKubernetesExecutor ...); Spark, Running on Kubernetes;
    RabbitMQ, Cluster Formation (peer_discovery_backend); GitLab Runner, Kubernetes executor.
    """
    return re.compile(
        r"\b\w*Kubernetes\w*Executor\b|(?<![\w.-])spark\.kubernetes\.|(?<![\w-])k8s://"
        r"|peer_discovery_backend\s*=\s*(?:k8s|kubernetes|rabbit_peer_discovery_k8s)\b"
        r"|\bexecutor\s*=\s*[\"']kubernetes[\"']"
    )


_OFF = frozenset({"", "0", "disabled", "false", "n", "no", "none", "off"})
_COMMENTS = ("#", "//", ";")


class Sign(Enum):
    """What kind of thing shows use of the API server."""

    #: A role binding names the account, its user, or a group of its namespace.
    BINDING = "binding"
    #: A role binding names a group that every account is in: that says nothing of one pod.
    EVERYBODY = "everybody"
    #: The pod asks for the token, or mounts one.
    TOKEN = "token"  # noqa: S105 -- a word
    #: The image is known as a client of the API server.
    IMAGE = "image"
    ARGUMENT = "argument"
    VARIABLE = "variable"
    #: A ConfigMap that the pod mounts says so.
    CONFIGURATION = "configuration"
    #: A webhook adds a container that may log in with the token.
    SIDECAR = "sidecar"


class Evidence(Record):
    """One sign; `path` is its place in the document, `what` says what it is without any value of the manifest.

    `resource` is the object that it stands in, None for the pod itself.
    """

    sign: Sign
    path: Path
    what: str
    resource: Resource | None = None


def in_pod(
    workload: Workload, is_api_client: Callable[[str], bool], stores: ConfigMaps = NO_CONFIG_MAPS
) -> tuple[Evidence, ...]:
    """Return what the pod, and the ConfigMaps that it takes, show of calls to the API server.

    `is_api_client` says of an image reference whether the image is known to call it.
    """
    return tuple(_in_pod(workload, is_api_client, stores))


def _in_pod(workload: Workload, is_api_client: Callable[[str], bool], stores: ConfigMaps) -> Iterator[Evidence]:
    if workload.get("automountServiceAccountToken") is True:
        yield Evidence(Sign.TOKEN, (*workload.pod, "automountServiceAccountToken"), "the pod asks for the token")
    for at, volume in enumerate(as_list(workload.get("volumes"))):
        for place, source in enumerate(as_list(dig(volume, "projected", "sources"))):
            if isinstance(source, Mapping) and "serviceAccountToken" in source:
                path = (*workload.pod, "volumes", at, "projected", "sources", place)
                yield Evidence(Sign.TOKEN, path, "a volume holds a token of the account")
    for container in workload.containers:
        yield from _in_container(container, is_api_client)
        for given in stores.environment(workload, container):
            yield from _in_variable(given)
    for given in stores.mounted(workload):
        if _configures(given.value or ""):
            said = f"ConfigMap {given.resource.name if given.resource else ''}, {given.key} points to the API server"
            yield Evidence(Sign.CONFIGURATION, given.path, said, given.resource)
    for key, path in added(workload):
        yield Evidence(Sign.SIDECAR, path, f"{key} lets a webhook add containers, which may need it")


def _in_container(container: Container, is_api_client: Callable[[str], bool]) -> Iterator[Evidence]:
    image = container.get("image")
    if isinstance(image, str) and is_api_client(image):
        yield Evidence(Sign.IMAGE, (*container.path, "image"), "the image is known to call the API server")
    for at, mount in enumerate(as_list(container.get("volumeMounts"))):
        if str(dig(mount, "mountPath")).rstrip("/") in {TOKEN_FOLDER, TOKEN_FOLDER.removeprefix("/var")}:
            yield Evidence(
                Sign.TOKEN, (*container.path, "volumeMounts", at), "a volume is mounted where the token stands"
            )
    yield from _in_arguments(container)


def _in_variable(given: Given) -> Iterator[Evidence]:
    name, value = given.key, given.value
    if _variables().fullmatch(name):
        said = f"the variable {name} is for clients of the API server"
    elif value is not None and (_words().search(value) or _settings().search(value)):
        said = f"the variable {name} points to the API server"
    elif _named().fullmatch(name) and not given.is_field and (value is None or value.lower() not in _OFF):
        # A field of the pod under such a name (K8S_POD_NAME) is a label of traces and logs.
        said = f"the variable {name} speaks of Kubernetes"
    else:
        return
    yield Evidence(Sign.VARIABLE, given.path, said, given.resource)


def _configures(text: str) -> bool:
    """Return whether a text of configuration says so outside of its comments."""
    if _words().search(text) is None and _settings().search(text) is None:
        return False
    lines = (line.strip() for line in text.splitlines())
    return any(_words().search(line) or _settings().search(line) for line in lines if not line.startswith(_COMMENTS))


def _in_arguments(container: Container) -> Iterator[Evidence]:
    """Yield the arguments that only a client of the API server takes."""
    namespaces = {
        f"$({dig(each, 'name')})"
        for each in as_list(container.get("env"))
        if dig(each, "valueFrom", "fieldRef", "fieldPath") == "metadata.namespace"
    }
    for field in ("command", "args"):
        words = as_list(container.get(field))
        for at, word in enumerate(words):
            if not isinstance(word, str):
                continue
            path = (*container.path, field, at)
            flag = _flags().search(word)
            before = str(words[at - 1]) if at else ""
            if flag is not None:
                yield Evidence(Sign.ARGUMENT, path, f"the flag {flag.group()} is for clients of the API server")
            elif _words().search(word) or _settings().search(word) or _programs().search(word):
                yield Evidence(Sign.ARGUMENT, path, f"{field} calls the API server")
            elif (
                any(namespace in word for namespace in namespaces)
                and "namespace" in re.sub(_VALUES, "", before + word).lower()
            ):
                yield Evidence(Sign.ARGUMENT, path, "a flag tells the program its own namespace")
