"""Makes NetworkPolicies: one a workload from what the bundle shows, and default deny where all pods are shown.

Promise: no connection that the bundle shows is cut, and a port that no client is shown for stays open to its own
namespace. What cannot be known is said in remarks, and what a person would have to decide is offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from harden.companions import network_existing
from harden.companions import network_remarks as remarks
from harden.companions.model import Answer, Note
from harden.companions.network_created import created, created_deny
from harden.companions.network_deny import default_denies
from harden.companions.network_draft import Draft, Peer, Rule
from harden.companions.network_existing import Existing
from harden.companions.network_ingress import Doubt, Ingress, Opened, ingress
from harden.companions.network_peers import Key, Peers
from harden.companions.network_selectors import Choice, Group, choose, groups_of
from harden.companions.network_settings import Egress, NetworkSettings
from harden.companions.ownership import Ownership
from harden.companions.pod_makers import pod_makers
from harden.kube.accounts import Accounts, Use
from harden.kube.bundle import Bundle
from harden.model.kube import Resource
from harden.model.record import Record
from harden.model.text import Plain
from harden.network.connection import EvidenceKind
from harden.network.evidence import Evidence, gather
from harden.network.hints import Hint, Hints, Known
from harden.network.mesh import Mesh, Meshes
from harden.network.pods import Pods
from harden.network.policies import Direction
from harden.network.selectors import matches
from harden.network.services import Listening
from harden.network.stated import Stated

if TYPE_CHECKING:
    from harden.companions.network_egress import EgressRules

_NOTHING = Known()


class Generated(Record):
    """Everything about the policies of a bundle; `drafts` are the policies as data, `denies` is about default deny."""

    drafts: tuple[Draft, ...]
    answer: Answer
    denies: Answer

    @property
    def whole(self) -> Answer:
        """Return both answers as one, default deny last."""
        own, denies = self.answer, self.denies
        return Answer((*own.companions, *denies.companions), remarks=own.remarks, offers=(*denies.offers, *own.offers))


def policies(bundle: Bundle, ownership: Ownership, settings: NetworkSettings, known: Known = _NOTHING) -> Answer:
    """Return the policies of a bundle as companions, those that deny by default among them, with remarks and offers."""
    return generate(bundle, ownership, settings, known).whole


def policy_data(
    bundle: Bundle, ownership: Ownership, settings: NetworkSettings, known: Known = _NOTHING
) -> tuple[dict[str, Plain], ...]:
    """Return the same policies as plain data: what the reachability model reads."""
    return tuple(draft.data() for draft in generate(bundle, ownership, settings, known).drafts)


def generate(bundle: Bundle, ownership: Ownership, settings: NetworkSettings, known: Known = _NOTHING) -> Generated:
    """Return the policies of a bundle and all that is to be said of them, sorted by namespace and workload."""
    work = _Work(bundle, ownership, settings, known)
    made = [(draft, group) for group in work.groups if (draft := work.draft(group)) is not None]
    if bundle.labels:
        made = [(draft.spelled_out(), group) for draft, group in made]
    denies, offers = default_denies(bundle, ownership, settings, work.uncovered, work.evidence)
    # Where everything is denied, a policy that lets nobody in says nothing more.
    denied = {deny.namespace for deny in denies}
    made = [(draft, group) for draft, group in made if not (draft.is_denial and group.first.namespace in denied)]
    drafts = [*(draft for draft, _ in made), *denies]
    silent = tuple(work.shut_out(made))
    companions = [created(draft, group, silent if work.closes(group) else ()) for draft, group in made]
    said = (
        *work.remarks,
        *remarks.shut_out(silent),
        *remarks.hinted(work.used, settings, work.evidence, work.stated),
        *network_existing.kept(work.kept.values()),
        *network_existing.cut(bundle, work.evidence, ownership),
    )
    limited = [pods for draft, group in made if draft.ingress is not None for pods in group.variants]
    shown = work.evidence.towards(*limited)
    told = (*remarks.narrowing(shown, settings, work.used), *remarks.unknown(work.evidence, work.stated))
    told += tuple(remarks.limited(drafts))
    answer = Answer(tuple(companions), remarks=said, offers=told)
    refused = Answer(tuple(created_deny(draft, companions) for draft in denies), offers=tuple(offers))
    return Generated(tuple(drafts), answer, refused)


class _Work:
    """The policies of one bundle while they are made."""

    def __init__(self, bundle: Bundle, ownership: Ownership, settings: NetworkSettings, known: Known) -> None:
        self.stated = Stated(settings.connects, settings.flows)
        self.evidence: Evidence = gather(bundle, ownership.fallback, self.stated)
        self.groups = groups_of(self.evidence.pods)
        self.remarks: list[Note] = []
        self.kept: dict[int, tuple[Resource, list[Group]]] = {}
        #: Workloads without a policy, by namespace: a default deny would cut them off.
        self.uncovered: dict[str, list[str]] = {}
        self._settings = settings
        self._meshes = Meshes(bundle)
        self._existing = Existing(bundle, ownership)
        self._choices: dict[Key, Choice] = {
            group.first.key: choose(group, self.evidence.neighbours.index) for group in self.groups
        }
        self._keep_apart()
        self._peers = Peers(self._choices, settings, self.evidence.joined)
        self._accounts = Accounts(bundle)
        self._known = known
        self._ownership = ownership
        self._bundle = bundle
        self._decided: dict[str, bool] = {}
        self._told: dict[int, tuple[Hint, ...]] = {}
        self.hints = Hints(bundle, self.evidence, self._use, ownership.fallback, known.waits)
        #: Those that a closed port concerns, each once.
        self.used: dict[Hint, None] = {}
        self._exits = None if settings.egress is Egress.OPEN else self._ways_out(bundle, ownership.fallback)
        self._names: set[tuple[str, str]] = set(self._existing.names)
        self._ingresses: dict[Key, Ingress] = {}
        self._open_ports: dict[tuple[str, bool], set[Listening]] = {}

    def _keep_apart(self) -> None:
        """Give up selectors that match pods which an overlay puts beside; no default deny where overlays put pods."""
        for far, near in sorted(self.evidence.joined):
            self.uncovered.setdefault(near, []).append(f"what an overlay puts beside its pods, from {far}")
            for group in self.groups:
                key, choice = group.first.key, self._choices[group.first.key]
                others = [pod for pod in self.evidence.pods if pod.namespace == far and pod.key[1:] != key[1:]]
                same = tuple(other for other in others if matches(choice.selector, other.labels))
                if group.first.namespace == near and same:
                    self._choices[key] = choice._replace(others=same)

    def draft(self, group: Group) -> Draft | None:
        """Return the policy of a workload, or None where it gets none; says why in a remark."""
        pods = group.first
        if all(variant.host_network for variant in group.variants):
            self._on_host(group)
            return None
        inwards = self._existing.isolating(group, Direction.INGRESS)
        outwards = self._existing.isolating(group, Direction.EGRESS)
        choice = self._choices[pods.key]
        if inwards:
            self._keep(inwards, group)
        if not choice.exact and not inwards:
            self._indistinct(group, choice)
            return None
        rules = None if inwards else self._ingress(group)
        out = None
        if choice.exact and not outwards and self._exits is not None:
            opened = self._opened(pods.namespace)
            hints, waits = self.hints.of(*group.variants), self.hints.only_waits(pods)
            out, told = self._exits.rules(group, self._use(pods), hints, opened, waits=waits)
            self.remarks += told
        if rules is None and out is None:
            return None
        return Draft(
            self._name(group),
            pods.namespace if pods.stated else None,
            choice.selector,
            rules,
            out,
            self._lead(group, rules, out),
        )

    def _use(self, pods: Pods) -> Use | None:
        """Return what these pods are shown to do with the API."""
        workloads = () if pods.member is None else (pods.member.workload,)
        return self._accounts.use(workloads, self._known.is_api_client)

    def shut_out(self, made: Iterable[tuple[Draft, Group]]) -> Iterator[Group]:
        """Yield the workloads that nothing shows anything of, where policies close ports that they may need."""
        if self._settings.flows is not None or self._exits is not None:
            return  # a log shows what they do, or what is said of their way out tells it
        closed = {group.first.namespace for draft, group in made if draft.ingress is not None and self.closes(group)}
        for group in self.groups:
            is_silent = all(self.hints.is_silent(pods) and not pods.host_network for pods in group.variants)
            if is_silent and group.first.namespace in closed:
                yield group

    def closes(self, group: Group) -> bool:
        """Return whether ports of a workload are closed to some of its namespace."""
        return bool(self._incoming(group).closed)

    def _ways_out(self, bundle: Bundle, fallback: str) -> EgressRules:
        # 3 ms to load, and egress is open unless somebody asks for more.
        from harden.companions.network_egress import EgressRules  # noqa: PLC0415 - see above

        return EgressRules(bundle, self.evidence, self._peers, self._settings, fallback)

    def _opened(self, namespace: str) -> Opened:
        """Return the ports that every pod of a namespace may connect to, as far as its workloads show them."""
        if not self._open_ports:
            for group in self.groups:
                serves = {port for pods in group.variants for port in self.evidence.listening.get(pods, ())}
                on_host = group.first.host_network
                inside = self._open_ports.setdefault((group.first.namespace, on_host), set())
                inside |= serves if on_host else serves - set(self._incoming(group).closed)
        pods, nodes = (self._open_ports.get((namespace, on_host), set()) for on_host in (False, True))
        return Opened(frozenset(pods), frozenset(nodes))

    def _decides_for(self, namespace: str) -> bool:
        """Return whether the bundle owns a namespace and shows all of its pods, as far as anybody knows."""
        if namespace not in self._decided:
            made = namespace not in self._settings.denies and pod_makers(self._bundle, namespace)
            # A log shows the connections of all pods, whoever they belong to.
            self._decided[namespace] = self._settings.flows is not None or (
                self._ownership.owns(namespace) and not made
            )
        return self._decided[namespace]

    def _incoming(self, group: Group) -> Ingress:
        pods = group.first
        if pods.key not in self._ingresses:
            doubt = Doubt(
                self._use(pods),
                self.hints.inside(pods.namespace),
                self._decides_for(pods.namespace),
                self._settings.is_strict,
                self._settings.flows is not None,
            )
            self._ingresses[pods.key] = ingress(group, self.evidence, self._peers, self._meshes.of(pods), doubt)
        return self._ingresses[pods.key]

    def _ingress(self, group: Group) -> tuple[Rule, ...] | None:
        found, mesh = self._incoming(group), self._meshes.of(group.first)
        if found.closed:
            self.used |= dict.fromkeys(self.hints.mentions(group.variants))
        if id(found.hints) not in self._told:
            # The hints of a crowded namespace are the same for all of its workloads.
            self._told[id(found.hints)] = found.hints
            self.used |= dict.fromkeys(found.hints)
        self.remarks += remarks.unclaimed(group, found.unclaimed, self.evidence, self._settings.flows)
        rules = found.rules or self._silent(group, found, mesh)
        if rules is None:
            return None
        rules = (*rules, *found.added, *found.doubtful)
        if mesh.probes and self._is_probed(group):
            peer = Peer(cidr=mesh.probes, because=(f"{mesh.name} sends the kubelet's probes from here",))
            return (*rules, Rule((peer,), None))
        return rules

    def _silent(self, group: Group, found: Ingress, mesh: Mesh) -> tuple[Rule, ...] | None:
        """Decide about pods that declare no port, that no Service selects and nothing names."""
        isolates, pods = self._settings.isolates_silent, group.first
        is_owned = self._decides_for(pods.namespace) or self._settings.is_strict
        if not isolates:
            self.uncovered.setdefault(pods.namespace, []).append(pods.said)
        self.remarks.append(remarks.silent(group, found, mesh, isolates=isolates, is_owned=is_owned))
        if not isolates:
            return None
        said = "other pods may live in this namespace: open to it, so that nothing unseen is cut"
        return () if is_owned else (Rule((Peer(pods={}, because=(said,)),), None),)

    def _on_host(self, group: Group) -> None:
        said = "no policy: it is on its node's network, where no policy applies"
        self.remarks.append(remarks.of_group(group, said, "protect its ports with the node's own firewall"))

    def _indistinct(self, group: Group, choice: Choice) -> None:
        self.uncovered.setdefault(group.first.namespace, []).append(group.first.said)
        self.remarks.append(remarks.indistinct(group, choice))

    def _keep(self, by: Iterable[Resource], group: Group) -> None:
        for policy in by:
            self.kept.setdefault(id(policy), (policy, []))[1].append(group)

    def _name(self, group: Group) -> str:
        pods = group.first
        for name in (f"{pods.name}-network", f"{pods.name}-{pods.kind.lower()}-network"):
            if (pods.namespace, name) not in self._names:
                break
        self._names.add((pods.namespace, name))
        return name

    def _lead(self, group: Group, rules: tuple[Rule, ...] | None, out: tuple[Rule, ...] | None) -> tuple[str, ...]:
        said = group.first.said
        lines = []
        if rules is not None:
            lines.append(f"Who may connect to {said}, as the manifests show it.")
        if rules == ():
            lines = [f"Nothing in these manifests shows that anybody connects to {said}, so nobody may."]
        if out is not None:
            lines.append(f"Where {said} may connect to, as the manifests show it; what only its image names is cut.")
        if rules is not None and self._is_probed(group) and not self._meshes.of(group.first).probes:
            lines.append("Its probes come from its own node, which no policy stops.")
        return tuple(lines)

    def _is_probed(self, group: Group) -> bool:
        return any(toward.why is EvidenceKind.PROBE for toward in self.evidence.towards(*group.variants))
