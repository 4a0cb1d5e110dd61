"""Lists rights that let their holder take more than a rule says, by resource and verb, each with its source.

GOOD stands for: Kubernetes documentation, Role Based Access Control Good Practices, "privilege escalation risks".
"""

from __future__ import annotations

from harden.kube.rbac import STARTS_PODS
from harden.model.finding import Severity
from harden.model.record import Record

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_READ = ("get", "list", "watch")
_CHANGE = ("create", "update", "patch")
_DELETE = ("delete", "deletecollection")


class Power(Record):
    """Rights that give more than they say: any of `verbs` on any of `resources` ((API group, resource)).

    `cis` are its sections of the CIS Kubernetes Benchmark, 1.12. With `names` a rule for named objects gives it, too,
    where it has one of these; `only_named` says that another power tells of a rule for all objects.
    """

    resources: tuple[tuple[str, str], ...]
    verbs: tuple[str, ...]
    severity: Severity
    message: str
    advice: str
    names: frozenset[str] = frozenset()
    only_named: bool = False
    cis: tuple[str, ...] = ()


#: Resources that are in no namespace, so that a Role gives nothing of them (Kubernetes API reference, v1.36). Not among
#: them: `namespaces`, since a request for one counts as in it (k8s.io/apiserver, pkg/endpoints/request/requestinfo.go);
#: `bind` of ClusterRoles, which is asked for in the namespace of the binding (pkg/registry/rbac/rolebinding).
CLUSTER_WIDE = frozenset(
    {
        ("", "groups"), ("", "nodes"), ("", "nodes/proxy"), ("", "persistentvolumes"), ("", "users"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("apiregistration.k8s.io", "apiservices"),
        ("authentication.k8s.io", "uids"), ("authentication.k8s.io", "userextras"),
        ("certificates.k8s.io", "certificatesigningrequests/approval"), ("certificates.k8s.io", "signers"),
        (_ADMISSION, "mutatingadmissionpolicies"), (_ADMISSION, "mutatingadmissionpolicybindings"),
        (_ADMISSION, "mutatingwebhookconfigurations"), (_ADMISSION, "validatingadmissionpolicies"),
        (_ADMISSION, "validatingadmissionpolicybindings"), (_ADMISSION, "validatingwebhookconfigurations"),
        (_RBAC, "clusterrolebindings"),
    }
)  # fmt: skip

POWERS = (
    # GOOD, "Escalate verb", "Bind verb".
    Power(
        ((_RBAC, "roles"), (_RBAC, "clusterroles")),
        ("escalate", "bind"),
        Severity.ERROR,
        "may give itself rights that it does not have",
        "leave escalate and bind to people who administer the cluster, or name the roles in resourceNames",
        cis=("5.1.8",),
    ),
    # GOOD, "Impersonate verb".
    Power(
        (("", "users"), ("", "groups"), ("", "serviceaccounts"), ("authentication.k8s.io", "userextras"),
         ("authentication.k8s.io", "uids")),
        ("impersonate",),
        Severity.ERROR,
        "may act as somebody else",
        "leave impersonate out, or name in resourceNames who may be impersonated",
        cis=("5.1.8",),
    ),
    # GOOD, "Token request".
    Power(
        (("", "serviceaccounts/token"),),
        ("create",),
        Severity.ERROR,
        "may make tokens of service accounts and act as them",
        "name the accounts in resourceNames",
        cis=("5.1.13",),
    ),
    # GOOD, "CSRs and certificate issuing".
    Power(
        (("certificates.k8s.io", "certificatesigningrequests/approval"), ("certificates.k8s.io", "signers")),
        ("update", "patch", "approve"),
        Severity.ERROR,
        "may approve certificates and so make itself anybody",
        "leave the approval to people, or name the signers in resourceNames",
        cis=("5.1.11",),
    ),
    # GOOD, "Access to proxy subresource of Nodes".
    Power(
        (("", "nodes/proxy"),),
        ("get", "create", "update", "patch"),
        Severity.ERROR,
        "reaches the kubelets, and through them every pod of every node, unseen by admission and audit",
        "use nodes/metrics and nodes/stats instead",
        cis=("5.1.10",),
    ),
    # GOOD, "Listing secrets".
    Power(
        (("", "secrets"),),
        _READ,
        Severity.WARNING,
        "may read Secrets",
        "allow get alone and name the Secrets in resourceNames, or mount them",
        cis=("5.1.2",),
    ),
    # Kubernetes documentation, Managing Service Accounts: Secrets of type service-account-token.
    Power(
        (("", "secrets"),),
        _CHANGE,
        Severity.WARNING,
        "may write Secrets, and so order tokens of any service account of the namespace",
        "name the Secrets in resourceNames; create cannot be narrowed by name",
    ),
    # MITRE ATT&CK T1485: what is deleted is gone, and who uses it stops.
    Power(
        (("", "secrets"),),
        _DELETE,
        Severity.NOTE,
        "may delete Secrets",
        "name the Secrets in resourceNames",
    ),
    # GOOD, "Workload creation": what runs in pods can be run through them.
    Power(
        (("", "pods/exec"), ("", "pods/attach")),
        ("create", "get"),
        Severity.WARNING,
        "may run commands in every pod that it sees",
        "leave it to people, for the time that they need it",
    ),
    # Kubernetes documentation, Use Port Forwarding: the connection comes from the kubelet, on the pod's own loopback.
    Power(
        (("", "pods/portforward"),),
        ("create", "get"),
        Severity.WARNING,
        "may connect to every port of every pod that it sees, past all policies",
        "leave it to people, for the time that they need it",
    ),
    # Kubernetes documentation, Ephemeral Containers.
    Power(
        (("", "pods/ephemeralcontainers"),),
        ("update", "patch"),
        Severity.WARNING,
        "may add containers to running pods",
        "leave it to people, for the time that they need it",
    ),
    # GOOD, "Persistent volume creation".
    Power(
        (("", "persistentvolumes"),),
        ("create",),
        Severity.WARNING,
        "may make volumes of any folder of a node",
        "let a storage class make the volumes",
        cis=("5.1.9",),
    ),
    # GOOD, "Namespace modification".
    Power(
        (("", "namespaces"),),
        ("update", "patch"),
        Severity.WARNING,
        "may take the Pod Security labels off a namespace",
        "name the namespaces in resourceNames",
    ),
    # GOOD, "Control admission webhooks".
    Power(
        ((_ADMISSION, "mutatingwebhookconfigurations"), (_ADMISSION, "validatingwebhookconfigurations")),
        (*_CHANGE, *_DELETE),
        Severity.WARNING,
        "may read and change whatever is applied, by way of an admission webhook, or switch its checks off",
        "name the configurations in resourceNames",
        cis=("5.1.12",),
    ),
    # Kubernetes documentation, Validating Admission Policy, Mutating Admission Policy.
    Power(
        ((_ADMISSION, "mutatingadmissionpolicies"), (_ADMISSION, "mutatingadmissionpolicybindings"),
         (_ADMISSION, "validatingadmissionpolicies"), (_ADMISSION, "validatingadmissionpolicybindings")),
        (*_CHANGE, *_DELETE),
        Severity.WARNING,
        "may change what admission policies refuse and write",
        "name the policies in resourceNames",
    ),
    # Kubernetes documentation, Kubernetes API Aggregation Layer: requests, with their users, go to the extension.
    Power(
        (("apiregistration.k8s.io", "apiservices"),),
        _CHANGE,
        Severity.WARNING,
        "may answer requests in the API server's place",
        "name the APIServices in resourceNames",
    ),
    # Kubernetes documentation, Extend the Kubernetes API with CustomResourceDefinitions, "Delete a CRD".
    Power(
        (("apiextensions.k8s.io", "customresourcedefinitions"),),
        (*_CHANGE, *_DELETE),
        Severity.WARNING,
        "may change custom kinds, or delete them with all their objects",
        "name the definitions in resourceNames",
    ),
    # Kubernetes documentation, Taints and Tolerations; Assigning Pods to Nodes, "Node isolation/restriction".
    Power(
        (("", "nodes"),),
        (*_CHANGE, *_DELETE),
        Severity.WARNING,
        "may change nodes: their labels and taints decide which pods run there",
        "name the nodes in resourceNames",
    ),
    # Kubernetes documentation, Network Policies: those of a pod add up.
    Power(
        (("networking.k8s.io", "networkpolicies"), ("extensions", "networkpolicies")),
        (*_CHANGE, *_DELETE),
        Severity.WARNING,
        "may open what network policies close",
        "name the policies in resourceNames",
    ),
    # kubernetes/kubernetes issue 103675 (CVE-2021-25740).
    Power(
        (("", "endpoints"), ("discovery.k8s.io", "endpointslices")),
        _CHANGE,
        Severity.WARNING,
        "may send the clients of Services to other addresses, those of other namespaces among them",
        "name the objects in resourceNames",
    ),
    # kubernetes/kubernetes issue 97076 (CVE-2020-8554).
    Power(
        (("", "services/status"),),
        ("update", "patch"),
        Severity.WARNING,
        "may give Services addresses of others and so take their clients",
        "leave it to the controller of load balancers",
    ),
    # OpenShift documentation, Managing Security Context Constraints, "Role-based access".
    Power(
        (("security.openshift.io", "securitycontextconstraints"),),
        ("use",),
        Severity.WARNING,
        "may run pods under security context constraints that allow more than the default",
        "name in resourceNames the least that is needed, restricted-v2 or nonroot-v2",
        frozenset(
            {"anyuid", "hostaccess", "hostmount-anyuid", "hostnetwork", "hostnetwork-v2", "node-exporter", "privileged"}
        ),
    ),
    # GOOD, "Workload creation".
    Power(
        STARTS_PODS,
        ("create",),
        Severity.NOTE,
        "may start pods, and these run as any service account of the namespace and read its Secrets",
        "bind it only in namespaces whose accounts and Secrets its holder may use",
        cis=("5.1.4",),
    ),
    # GOOD, "Workload creation"; kubernetes v1.36, pkg/apis/core/validation, ValidatePodUpdate: images may change.
    Power(
        STARTS_PODS,
        ("update", "patch"),
        Severity.NOTE,
        "may change what pods run, and with that act as their service accounts",
        "name the workloads in resourceNames",
    ),
    # Kubernetes documentation, Using RBAC Authorization, "Privilege escalation prevention and bootstrapping".
    Power(
        ((_RBAC, "roles"), (_RBAC, "clusterroles"), (_RBAC, "rolebindings"), (_RBAC, "clusterrolebindings")),
        _CHANGE,
        Severity.NOTE,
        "may change roles or bindings, and pass on whatever rights it has",
        "leave roles and bindings to people who administer them",
    ),
    # Kubernetes documentation, ConfigMaps: programs take their settings from them.
    Power(
        (("", "configmaps"),),
        ("update", "patch", *_DELETE),
        Severity.NOTE,
        "may change the settings of whatever reads ConfigMaps",
        "name the ConfigMaps in resourceNames",
    ),
    # EKS documentation, "Grant IAM users access to Kubernetes with a ConfigMap"; Kubernetes documentation, "Customizing
    # DNS Service".
    Power(
        (("", "configmaps"),),
        ("update", "patch"),
        Severity.WARNING,
        "may say who logs in to the cluster, or where its names lead (aws-auth, coredns)",
        "leave these ConfigMaps to people who administer the cluster",
        frozenset({"aws-auth", "coredns", "coredns-custom", "kube-dns"}),
        only_named=True,
    ),
    # MITRE ATT&CK T1070: events tell what happened.
    Power(
        (("", "events"), ("events.k8s.io", "events")),
        _DELETE,
        Severity.NOTE,
        "may delete events, which tell what happened",
        "leave delete out: events expire by themselves",
    ),
)  # fmt: skip
