"""The frameworks that a report for auditors goes by: their sections, and which controls look at each of them.

A control names the sections that it is about in the Sources of its manual page; nothing else does. The titles are
harden's own words for what a section asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from harden.controls import Control, all_controls
from harden.model.finding import Level
from harden.model.record import Record
from harden.pss import NEWEST, checks

_CLUSTER = "only the running cluster shows it"
_PEOPLE = "it is about how people work, which no manifest shows"
_PLANE = "it is about the control plane and its files, not about what runs on it"
_NODES = "it is about nodes and their network"


class Section(Record):
    """A section of a framework; `aside` says why no control of harden looks at it, "" where one does."""

    id: str
    title: str = ""
    aside: str = ""


class Framework(Record):
    """A framework: its full name with the version, where it is published, and its sections in their order."""

    word: str
    name: str
    source: str
    sections: tuple[Section, ...]
    #: Returns the ids of the sections that a control is about.
    cited: Callable[[Control], tuple[str, ...]]

    def controls(self, section: Section) -> tuple[Control, ...]:
        """Return the controls that look at a section."""
        return tuple(control for control in all_controls() if section.id in self.cited(control))


def _citing(mark: str, separator: str) -> Callable[[Control], tuple[str, ...]]:
    """Return what finds the sections behind a mark in the Sources of a control."""
    return lambda control: _cited(control.doc, mark, separator)


@cache
def _cited(manual: str, mark: str, separator: str) -> tuple[str, ...]:
    for entry in re.split(r"^- ", manual.partition("## Sources")[2], flags=re.MULTILINE):
        head, _, rest = entry.partition(": ")
        if head == mark:
            return tuple(each.strip() for each in " ".join(rest.split()).split(separator))
    return ()


_NSA = (
    Section('"Non-root" containers', "programs run without root"),
    Section("Immutable container file systems", "the root file system is read-only"),
    Section("Building secure container images", "images come from known places and do not change behind their names"),
    Section("Pod security enforcement", "pods meet a Pod Security level, and namespaces enforce it"),
    Section("Protecting Pod service account tokens", "only pods that call the API have a token"),
    Section("Hardening container environments", "the kernel's own means confine containers"),
    Section("Namespaces", "workloads are separated by namespaces"),
    Section("Network separation and hardening", "what is open to the outside was meant to be"),
    Section("Network policies", "pods reach only those that they need"),
    Section("Resource policies", "requests, limits and quotas bound what a workload takes"),
    Section("Control plane hardening", "the API server, etcd and their files are protected", _PLANE),
    Section("Worker node segmentation", "nodes are separated from other networks", _NODES),
    Section("Encryption", "traffic goes by TLS"),
    Section("Secrets", "secrets stand in Secrets, and are read as files"),
    Section("Protecting sensitive cloud infrastructure", "metadata services are out of reach", _NODES),
    Section("Authentication", "users log in by strong means", _CLUSTER),
    Section("Role-based access control", "roles give no more than is needed"),
    Section("Audit logging and threat detection", "what happens is recorded and watched", _CLUSTER),
    Section("Upgrading and application security practices", "what is old is replaced"),
)
_CIS = (
    Section("5.1.1", "cluster-admin only where it is needed"),
    Section("5.1.2", "access to Secrets"),
    Section("5.1.3", "wildcards in roles"),
    Section("5.1.4", "access to create pods"),
    Section("5.1.5", "the account default is not used"),
    Section("5.1.6", "tokens only where they are used"),
    Section("5.1.7", "the group system:masters"),
    Section("5.1.8", "bind, impersonate and escalate"),
    Section("5.1.9", "access to create PersistentVolumes"),
    Section("5.1.10", "access to the proxy of nodes"),
    Section("5.1.11", "access to the approval of certificates"),
    Section("5.1.12", "access to admission webhooks"),
    Section("5.1.13", "access to make tokens"),
    Section("5.2.1", "a policy mechanism is in place"),
    Section("5.2.2", "privileged containers"),
    Section("5.2.3", "the node's process namespace"),
    Section("5.2.4", "the node's IPC namespace"),
    Section("5.2.5", "the node's network"),
    Section("5.2.6", "privilege escalation"),
    Section("5.2.7", "containers as root"),
    Section("5.2.8", "the capability NET_RAW"),
    Section("5.2.9", "capabilities"),
    Section("5.2.10", "HostProcess containers of Windows"),
    Section("5.2.11", "hostPath volumes"),
    Section("5.2.12", "host ports"),
    Section("5.3.1", "the network plugin supports network policies", _CLUSTER),
    Section("5.3.2", "every namespace has network policies"),
    Section("5.4.1", "Secrets as files rather than as variables"),
    Section("5.4.2", "secrets outside of the cluster", "where secrets are kept is a decision of people"),
    Section("5.5.1", "the origin of images is checked at admission", _CLUSTER),
    Section("5.6.1", "namespaces as borders of administration", _PEOPLE),
    Section("5.6.2", "seccomp profiles"),
    Section("5.6.3", "security contexts of pods and containers"),
    Section("5.6.4", "the namespace default is not used"),
)
_PRINCIPLES = (
    Section("restrict permissions", "nobody may do more than is needed: least privilege"),
    Section("limit attack surface", "nothing is open or there that is not used"),
)


def _official(control: Control) -> tuple[str, ...]:
    return control.checks


def _checks() -> tuple[Section, ...]:
    """Return the official checks, those of level baseline first, each with what its own control says of it."""
    ids = {check for control in all_controls() for check in control.checks}
    at_baseline = set(checks(Level.BASELINE, NEWEST))
    return tuple(
        Section(check, f"{'baseline' if check in at_baseline else 'restricted'}: {_said(check)}")
        for check in sorted(ids, key=lambda check: (check not in at_baseline, check))
    )


def _said(check: str) -> str:
    """Return the first sentence of the control that is most about a check: that with the fewest."""
    own = min((each for each in all_controls() if check in each.checks), key=lambda each: len(each.checks))
    return own.doc.partition("\n")[0].removesuffix(".")


@cache
def frameworks() -> Mapping[str, Framework]:
    """Return the frameworks by the words that name them."""
    all_ = (
        Framework(
            "nsa",
            "NSA and CISA, Kubernetes Hardening Guidance, version 1.2 (August 2022)",
            "https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
            _NSA,
            _citing("NSA and CISA, Kubernetes Hardening Guidance 1.2", "; "),
        ),
        Framework(
            "cis",
            "CIS Kubernetes Benchmark, version 1.12, section 5 (policies)",
            "https://www.cisecurity.org/benchmark/kubernetes",
            _CIS,
            _citing("CIS Kubernetes Benchmark 1.12", ", "),
        ),
        Framework(
            "pss",
            "Kubernetes Pod Security Standards, by the checks of Pod Security Admission",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
            _checks(),
            _official,
        ),
        Framework(
            "principles",
            "Design principles: restrict permissions, limit attack surface",
            "https://doi.org/10.1109/PROC.1975.9939",
            _PRINCIPLES,
            _citing("Design principles", ", "),
        ),
    )
    return {each.word: each for each in all_}
