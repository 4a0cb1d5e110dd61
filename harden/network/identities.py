"""Finds pods that log in to a cloud by their service account, and where they do: on their node, or at a host outside.

Sources: docs.aws.amazon.com, EKS, IAM roles for service accounts (eks.amazonaws.com/role-arn; STS by HTTPS) and EKS Pod
Identity (169.254.170.23); cloud.google.com, GKE, Workload Identity (metadata server: 169.254.169.254 port 80, and
169.254.169.252 port 988 where policies see it behind its redirect); azure.github.io/azure-workload-identity (token
exchange by HTTPS); the instance metadata service of each is 169.254.169.254, port 80.
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.bundle import Bundle
from harden.model.kube import dig
from harden.model.plain import as_list, as_mapping, as_word
from harden.network.pods import Pods

#: Link-local addresses: of the node or its cloud, never of somebody else (RFC 3927).
LINK_LOCAL = "169.254.0.0/16"
METADATA_PORTS = (80, 988)

_ACCOUNT = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
_POD = ("azure.workload.identity/use", "aadpodidbinding", "iam.amazonaws.com/role")
_VARIABLES = frozenset(
    {
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AZURE_CLIENT_ID",
        "AZURE_FEDERATED_TOKEN_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS",
    }
)


class Identities:
    """The cloud identities of a bundle's service accounts."""

    def __init__(self, bundle: Bundle, fallback: str) -> None:
        """Index the accounts; `fallback` is the namespace of those that name none."""
        self._accounts: dict[tuple[str, str], str] = {}
        for account in bundle.of_kind("ServiceAccount"):
            annotations = as_mapping(dig(account.data, "metadata", "annotations"))
            key = next((key for key in _ACCOUNT if key in annotations), None)
            if key is not None:
                self._accounts[(account.namespace or fallback, account.name)] = key

    def of(self, pods: Pods) -> str | None:
        """Return what shows that these pods log in to a cloud, or None where nothing does."""
        return next(self._shown(pods), None)

    def _shown(self, pods: Pods) -> Iterator[str]:
        if pods.member is None:
            return
        workload = pods.member.workload
        account = as_word(workload.get("serviceAccountName")) or as_word(workload.get("serviceAccount")) or "default"
        key = self._accounts.get((pods.namespace, account))
        if key is not None:
            yield f"ServiceAccount {account} has {key}"
        annotations = as_mapping(workload.metadata.get("annotations"))
        yield from (f"its pods have {key}" for key in _POD if key in pods.labels or key in annotations)
        for container in workload.containers:
            for entry in as_list(container.data.get("env")):
                name = as_word(dig(entry, "name"))
                if name in _VARIABLES:
                    yield f"env {name}"
