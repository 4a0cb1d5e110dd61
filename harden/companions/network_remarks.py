"""Says what stays open, what is admitted in doubt, and which settings would narrow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.companions.model import Note, Suggestion
from harden.companions.network_draft import Draft
from harden.companions.network_ingress import SYSTEM, Ingress, services_to
from harden.companions.network_selectors import Choice, Group
from harden.companions.network_settings import PREFIX, NetworkSettings
from harden.model.finding import Finding, NoFix, Severity
from harden.model.kube import Resource
from harden.network.connection import Connection, EvidenceKind
from harden.network.evidence import Evidence
from harden.network.flows.model import Flows
from harden.network.hints import Hint
from harden.network.mesh import Mesh
from harden.network.pods import Pods
from harden.network.services import Listening
from harden.network.stated import Stated

_POLICY = "NetworkPolicy"


def of_group(group: Group, message: str, reason: str, severity: Severity = Severity.NOTE) -> Note:
    """Return a remark on a workload."""
    return Note(group.resource, Finding(group.resource.path, message, NoFix(reason)), severity)


def indistinct(group: Group, choice: Choice) -> Note:
    """Return a remark on pods that no selector tells from others."""
    others = ", ".join(dict.fromkeys(other.said for other in choice.others))
    why = f"its labels also match {others}" if others else "its pods do not all have the same labels"
    member = group.first.member
    if not group.first.labels and member is not None and member.workload.row.is_custom:
        owner = member.workload.row.owner
        return of_group(group, f"no policy: {owner} gives its pods their labels", "select them as its manual says")
    if not group.first.labels or choice.selector == {}:
        why = "its pods have no lasting labels"
    return of_group(group, f"no policy: {why}", "give its pods a label of their own")


def silent(group: Group, found: Ingress, mesh: Mesh, *, isolates: bool, is_owned: bool) -> Note:
    """Return a remark on pods that declare no port, that no Service selects and nothing names."""
    admitted = (
        ("its own namespace", not is_owned),
        (f"{mesh.whose}'s own programs", bool(found.added)),
        ("those admitted in doubt", bool(found.doubtful) and is_owned),
    )
    others = " and ".join(who for who, is_let_in in admitted if is_let_in)
    what = f", so its policy lets in only {others}" if others else ", so its policy lets nobody in"
    return of_group(
        group,
        "nothing is shown to connect to it" + (what if isolates else ""),
        "a client that finds its pods by address, on a port that no file declares, would be cut; "
        f"{PREFIX}.isolates-silent: false leaves such workloads alone",
    )


def shut_out(groups: Iterable[Group]) -> Iterator[Note]:
    """Yield a remark on each workload that may have peers by its image alone, where ports are closed."""
    for group in groups:
        said = "nothing shows where it connects, so closed ports of its namespace shut it out"
        remedy = (
            f"if its image knows its peers, name them in env or arguments, or state them: {PREFIX}.connects, --flows"
        )
        yield of_group(group, said, remedy, Severity.WARNING)


def unclaimed(
    group: Group, ports: Iterable[Listening], evidence: Evidence, flows: Flows | None = None
) -> Iterator[Note]:
    """Yield a remark for each Service, or else the workload, with ports that no client is shown for."""
    by_service: dict[int, tuple[Resource, list[str]]] = {}
    alone: list[str] = []
    for port in ports:
        services = services_to(port, group, evidence)
        for service in services:
            by_service.setdefault(id(service), (service.resource, []))[1].append(str(port[0]))
        if not services:
            alone.append(str(port[0]))
    wide = "the whole cluster" if group.first.namespace == SYSTEM else "its own namespace"
    reason = f"it stays open to {wide}, so that nothing unseen is cut; name the client in its env, or narrow it"
    lack = "no client is known for sure"
    if flows is not None:
        lack, reason = "no client is shown or was observed", f"it is closed, by {_log(flows)}"
    for resource, numbers in by_service.values():
        said = f"port {', '.join(dict.fromkeys(numbers))} of {group.first.said}: {lack}"
        yield Note(resource, Finding(resource.path, said, NoFix(reason)), Severity.NOTE)
    if alone:
        yield of_group(group, f"port {', '.join(dict.fromkeys(alone))}: behind no Service, and {lack}", reason)


def hinted(hints: Iterable[Hint], settings: NetworkSettings, evidence: Evidence, stated: Stated) -> Iterator[Note]:
    """Yield one remark for each hint: whom closed ports admit in doubt, or shut out where only evidence admits."""
    denied = {source for source, _ in stated.denied(evidence.neighbours)}
    for hint in hints:
        whom = f"{hint.source.said} {hint.kind.value}: {hint.said}"
        if settings.flows is not None:
            whom += _in_log(hint, settings.flows, evidence, denied)
        if settings.is_strict:
            reason = f"{PREFIX}.precision: strict admits certain clients only"
            finding = Finding(hint.place.path, f"{whom}; closed ports shut it out", NoFix(reason))
            yield Note(hint.place.resource, finding, Severity.WARNING)
            continue
        where = "closed ports of its namespace" if hint.target is None else hint.target.said
        reason = f"admitted in doubt to {where}; {PREFIX}.precision: strict shuts it out"
        yield Note(hint.place.resource, Finding(hint.place.path, whom, NoFix(reason)), Severity.NOTE)


def _in_log(hint: Hint, flows: Flows, evidence: Evidence, denied: set[Pods]) -> str:
    """Return what a log says of a hint: that its connections were denied, or that none was observed."""
    if hint.source in denied:
        return f"; denied in {_log(flows)}"
    seen = any(each.why is EvidenceKind.OBSERVED for each in evidence.away(hint.source))
    return "" if seen else f"; never observed in {_log(flows)}"


def _log(flows: Flows) -> str:
    return f"{flows.name} ({flows.window})" if flows.window else flows.name


def unknown(evidence: Evidence, stated: Stated) -> Iterator[Suggestion]:
    """Yield the names in `connects` that are no workload and no Service of the bundle."""
    for name in dict.fromkeys(stated.unknown(evidence.neighbours)):
        yield Suggestion(f"{PREFIX}.connects names {name}, which these files do not hold", "mend the name")


def narrowing(
    shown: Iterable[Connection], settings: NetworkSettings, hints: Iterable[Hint] = ()
) -> Iterator[Suggestion]:
    """Yield the settings that would narrow rules that are wide only because somebody is unknown.

    `shown` are the connections to pods whose policy is made here, `hints` are of those that closed ports admit.
    """
    on_host = next((hint.source for hint in hints if hint.source.host_network), None)
    if on_host is not None and not settings.nodes and not settings.is_strict:
        said = (
            f"ports are open to everybody, because {on_host.said} may connect from its node, whose address is not known"
        )
        yield Suggestion(said, f"{PREFIX}.nodes: [RANGE]", _POLICY)
    why = {each.why for each in shown}
    if EvidenceKind.INGRESS in why and not settings.ingress_from:
        said = (
            "ports behind an Ingress or route are open to everybody, because it is not known where its controller runs"
        )
        yield Suggestion(said, f"{PREFIX}.ingress-from: [NAMESPACE]", _POLICY)
    if EvidenceKind.SCRAPE in why and not settings.scrape_from:
        said = "ports that are scraped are open to pods of any namespace, because it is not known where Prometheus runs"
        yield Suggestion(said, f"{PREFIX}.scrape-from: [NAMESPACE]", _POLICY)


def limited(drafts: Iterable[Draft]) -> Iterator[Suggestion]:
    """Yield once that policies which limit the way out cut what no manifest names."""
    if any(draft.egress is not None for draft in drafts):
        said = "policies cut what only an image or its code connects to (a default host, say)"
        remedy = f"name it in env or arguments, or state it: {PREFIX}.connects, --flows"
        yield Suggestion(f"egress: {said}: no file shows it", remedy, _POLICY)
