"""Service accounts: a workload on `default` gets its own, without a token where it needs none."""

from __future__ import annotations

from collections.abc import Callable, Collection

from harden.companions import yaml_text
from harden.companions.model import Answer, Companion, Note, Step
from harden.companions.ownership import Ownership, namespaces
from harden.kube.accounts import Accounts, Bound, Reach, account_of, identities
from harden.kube.bundle import Bundle, Member
from harden.kube.forbidden import unwritten
from harden.model.finding import Change, Finding, Fix, NoFix, Risk, SetField, Severity
from harden.model.kube import Resource, Workload, dig
from harden.model.record import Record
from harden.model.text import Path

CONTROL = "service-account"

#: Annotations that tie an account to an identity in a cloud: another account would not have it (manuals of EKS, GKE
#: and AKS on workload identity).
CLOUD = (
    "azure.workload.identity/client-id",
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
)

Workloads = dict[tuple[str, str], list[Member]]


class _Place(Record):
    """One namespace as the accounts see it.

    `own` are its accounts in the files, `shared` the workloads on `default`, by kind and name.
    """

    bundle: Bundle
    ownership: Ownership
    accounts: Accounts
    namespace: str
    own: tuple[Resource, ...]
    shared: Workloads

    @property
    def default(self) -> Resource | None:
        """Return the account default, where the files hold it."""
        return next((each for each in self.own if each.name == "default"), None)


def split(
    bundle: Bundle,
    ownership: Ownership,
    is_api_client: Callable[[str], bool],
    written: Collection[tuple[str, str]] = (),
) -> Answer:
    """Return own accounts for the workloads that share `default`, as steps, and remarks on those that keep it.

    `written` are the (namespace, name) of accounts that an earlier run wrote and that are not in the bundle: they are
    written again for the workloads that name them.
    """
    steps: list[Step] = []
    remarks: list[Note] = []
    companions: dict[tuple[str, str], Companion] = {}
    accounts = Accounts(bundle)
    defaults = (each for each in bundle.of_kind("ServiceAccount") if (each.api_version, each.name) == ("v1", "default"))
    lived_in = {*namespaces(bundle, ownership), *map(ownership.namespace_of, defaults)}
    for namespace in sorted(lived_in):
        place = _look(bundle, ownership, accounts, namespace)
        again = _again(place, written)
        companions |= again
        found, said = _namespace(place, is_api_client, _taken(place) | {name for _, name in again})
        steps += found
        remarks += said
        remarks += _token_of_default(place)
        if ownership.owns(namespace):
            remarks += _missing(place, {name for _, name in again})
    return Answer(tuple(companions.values()), tuple(steps), tuple(remarks))


def _look(bundle: Bundle, ownership: Ownership, accounts: Accounts, namespace: str) -> _Place:
    own = ownership.resources(bundle, namespace, ("v1", "ServiceAccount"))
    shared: Workloads = {}
    for member in ownership.members(bundle, namespace):
        workload = member.workload
        # Where a kind has no such field, its operator chooses the account.
        if account_of(workload) == "default" and workload.name != "" and _has_account(workload):
            shared.setdefault((member.resource.kind, member.workload.name), []).append(member)
    return _Place(bundle, ownership, accounts, namespace, own, shared)


def _has_account(workload: Workload) -> bool:
    return unwritten(workload, (*workload.pod, "serviceAccountName")) is None


def _taken(place: _Place) -> set[str]:
    """Return the account names that something has or means already: a new account must not inherit rights."""
    members = place.ownership.members(place.bundle, place.namespace)
    return {
        "default",
        *(account.name for account in place.own),
        *(account_of(member.workload) for member in members),
        *place.accounts.named(place.namespace),
    }


def _again(place: _Place, written: Collection[tuple[str, str]]) -> dict[tuple[str, str], Companion]:
    found = {}
    for member in place.ownership.members(place.bundle, place.namespace):
        key = (place.namespace, account_of(member.workload))
        if key in written and key not in found:
            holds = any(each.reach is not Reach.AUTHENTICATED for each in place.accounts.bound(*key))
            found[key] = _account(place, member, key[1], needs_token=holds)
    return found


def _namespace(place: _Place, is_api_client: Callable[[str], bool], taken: set[str]) -> tuple[list[Step], list[Note]]:
    everything = place.accounts.bound(place.namespace, "default")
    bound = [each for each in everything if each.reach is not Reach.AUTHENTICATED]
    if bound and _is_movable(place, bound):
        return [_move(place, bound, taken)], []
    steps: list[Step] = []
    remarks: list[Note] = []
    for members in place.shared.values():
        kept = _why_kept(place, members, bound, is_api_client)
        if kept is not None:
            remarks += [_keeps(member, kept) for member in members]
            continue
        name = _free(members[0], taken)
        taken.add(name)
        reason = (
            "nothing shows that it calls the API server; pull secrets that only the cluster's account has would lack"
        )
        changes = tuple(_rename(member, name, reason) for member in members)
        steps.append(Step(changes, (_account(place, members[0], name, needs_token=False),)))
    return steps, remarks


def _why_kept(
    place: _Place,
    members: list[Member],
    bound: list[Bound],
    is_api_client: Callable[[str], bool],
) -> str | None:
    if bound:
        return bound[0].what
    if place.default is not None:
        cloud = [key for key in CLOUD if dig(place.default.data, "metadata", "annotations", key) is not None]
        if cloud:
            return f"ServiceAccount default has {cloud[0]}, an identity that another account would not have"
    found = [each.what for member in members for each in place.accounts.in_pod(member.workload, is_api_client)]
    found += [identity for member in members for identity in identities(member.workload)]
    return found[0] if found else None


def _is_movable(place: _Place, bound: list[Bound]) -> bool:
    """Return whether the rights of `default` are those of one workload: nothing else can run as it."""
    by_name = all(each.reach is Reach.ACCOUNT for each in bound)
    if not by_name or len(place.shared) != 1 or not place.ownership.owns(place.namespace):
        return False
    return not place.ownership.signs(place.bundle, place.namespace)


def _move(place: _Place, bound: list[Bound], taken: set[str]) -> Step:
    """Return the step that gives the only workload on `default` its own account, and that account the rights."""
    (members,) = place.shared.values()
    name = _free(members[0], taken)
    reason = "nothing else in the namespace runs as default; pods that run lack the rights until they are replaced"
    remarks = [_rename(member, name, reason) for member in members]
    said = f"binds the account default, which every pod without an account runs as; only {_said(members[0])} does"
    for each in bound:
        change = SetField((*each.path, "name"), name)
        finding = _finding(each.path, said, reason, (change,))
        remarks.append(Note(each.binding, finding, Severity.WARNING))
    return Step(tuple(remarks), (_account(place, members[0], name, needs_token=True),))


def _rename(member: Member, name: str, reason: str) -> Note:
    pod = member.workload.pod
    changes: list[Change] = [SetField((*pod, "serviceAccountName"), name)]
    if member.workload.get("serviceAccount") is not None:
        changes.append(SetField((*pod, "serviceAccount"), name))
    message = f"{_said(member)} runs as the account default, which it shares with every pod that names none"
    finding = _finding(pod, message, reason, tuple(changes))
    return Note(member.resource, finding, Severity.WARNING)


def _token_of_default(place: _Place) -> list[Note]:
    """Return a remark where the account default gives a token to every pod that names no account.

    Its own word is written only where these files decide for the namespace and nothing in them runs as default.
    """
    field = "automountServiceAccountToken"
    if place.default is None or place.default.data.get(field) is False:
        return []
    message = "ServiceAccount default gives a token to every pod that names no account"
    fix: Fix | NoFix = NoFix(f"write {field}: false once no pod that runs as default needs it")
    is_free = not place.shared and not place.accounts.bound(place.namespace, "default")
    if is_free and place.ownership.owns(place.namespace) and place.default.data.get(field) is None:
        change = SetField((*place.default.path, field), value=False)
        fix = Fix(Risk.REVIEW, "nothing in these files runs as default; what others run there would lack it", (change,))
    finding = Finding(place.default.path, message, fix, control=CONTROL)
    return [Note(place.default, finding, Severity.WARNING)]


def _missing(place: _Place, written: set[str]) -> list[Note]:
    """Return a remark for each workload of an owned namespace whose account these files do not make.

    Source: kubernetes v1.36, plugin/pkg/admission/serviceaccount: a pod of an account that does not exist is refused.
    """
    known = {"default", *written, *(account.name for account in place.own)}
    found = []
    for member in place.ownership.members(place.bundle, place.namespace):
        name = account_of(member.workload)
        if name not in known:
            message = f"{_said(member)} runs as the account {name}, which none of these files makes"
            advice = "write the ServiceAccount: without it the API server refuses the pods"
            finding = Finding(member.workload.pod, message, NoFix(advice), control=CONTROL)
            found.append(Note(member.resource, finding, Severity.WARNING))
    return found


def _keeps(member: Member, why: str) -> Note:
    message = f"{_said(member)} keeps the account default: {why}"
    finding = Finding(
        member.workload.pod, message, NoFix("give it an account with the rights it needs"), control=CONTROL
    )
    return Note(member.resource, finding, Severity.NOTE)


def _finding(path: Path, message: str, reason: str, changes: tuple[Change, ...]) -> Finding:
    return Finding(path, message, Fix(Risk.REVIEW, reason, changes), control=CONTROL)


def _free(member: Member, taken: set[str]) -> str:
    base = member.workload.name.rstrip("-.")
    names = [base, f"{base}-{member.resource.kind.lower()}"]
    names += [f"{base}-{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)


def _account(place: _Place, member: Member, name: str, *, needs_token: bool) -> Companion:
    lines = yaml_text.head("ServiceAccount", name, member.resource.namespace)
    if needs_token:
        lines += [yaml_text.comment(f"{_said(member)} may call the API server: a role binding names this account.", 0)]
    else:
        said = f"Nothing in the manifests shows that {_said(member)} calls the API server: its pods get no token."
        lines += [yaml_text.comment(said, 0)]
        lines += ["automountServiceAccountToken: false"]
    entries = None if place.default is None else place.default.data.get("imagePullSecrets")
    secrets = [dig(entry, "name") for entry in entries] if isinstance(entries, list) else []
    named = [secret for secret in secrets if isinstance(secret, str)]
    if named:
        lines += ["# As for the account default, which these pods ran as.", "imagePullSecrets:"]
        lines += [f"  - name: {yaml_text.scalar(each)}" for each in named]
    because = f"{_said(member)} no longer shares the account default"
    return Companion("ServiceAccount", name, member.resource.namespace, yaml_text.text(lines), because)


def _said(member: Member) -> str:
    return f"{member.resource.kind} {member.workload.name}"
