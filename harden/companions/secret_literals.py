"""Finds secrets that stand in manifests, and moves those of variables to Secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.companions.context import BundleContext
from harden.companions.secrets_drafts import ROTATE, Drafts, Reference, Store, store_of
from harden.kube.bundle import Member
from harden.model.finding import Finding, Fix, NoFix, ObjectFinding, RemoveField, Risk, SetField, Severity
from harden.model.kube import Container, dig
from harden.model.record import Record
from harden.model.text import Path
from harden.secrets import expansion
from harden.secrets.detector import Judged, Verdict, judge, spoken

_BY_HAND = f"keep it in a Secret and refer to it; {ROTATE}"


class _Variable(Record):
    """A variable with a secret for its value; `value` is what the container sees of it."""

    member: Member
    container: Container
    path: Path
    name: str
    value: str
    why: str


class _Entry(Record):
    """A variable whose value stands in the manifest, and what that value is."""

    path: Path
    name: str
    value: str
    judged: Judged


def literals(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each secret in a workload's manifest; the variables go to Secrets."""
    store = store_of(context.options.get("secret-literals", {}))
    drafts = Drafts(context.bundle, context.secrets, context.fallback, store)
    moves: list[tuple[_Variable, Reference]] = []
    for member in context.bundle.members:
        for container in member.workload.containers:
            env = tuple(_env(container))
            yield from _told(member, container, env)
            for variable, why_not in _variables(member, container, env, store):
                if why_not is not None:
                    yield _unfixed(member, variable.path, _said(variable), why_not)
                    continue
                moves.append((variable, _place(drafts, variable)))
    # Only now is it known what each Secret holds.
    for variable, reference in moves:
        yield _move(variable, reference, drafts, store)


def _place(drafts: Drafts, variable: _Variable) -> Reference:
    owner = variable.member.resource
    found = drafts.holding(owner.effective_namespace, variable.value)
    base = variable.member.workload.name or variable.container.name
    return drafts.add(owner, base, variable.name, variable.value) if found is None else found


def _env(container: Container) -> Iterator[_Entry]:
    env = container.get("env")
    for at, entry in enumerate(env if isinstance(env, list) else ()):
        name, value = dig(entry, "name"), dig(entry, "value")
        if isinstance(name, str) and isinstance(value, str):
            yield _Entry((*container.path, "env", at), name, value, judge(name, value))


def _variables(
    member: Member, container: Container, env: Iterable[_Entry], store: Store
) -> Iterator[tuple[_Variable, str | None]]:
    """Yield the variables with a secret for their value, each with the reason why it stays, if any."""
    for each in env:
        if each.judged.is_secret:
            seen = expansion.literal(each.value)
            variable = _Variable(member, container, each.path, each.name, seen or "", each.judged.why)
            yield variable, _stays(variable, seen, store)


def _stays(variable: _Variable, seen: str | None, store: Store) -> str | None:
    if variable.member.workload.row.is_custom:
        return f"what {variable.member.workload.row.owner} makes of it is not known; {_BY_HAND}"
    if seen is None:
        return "its value has other variables in it, which a Secret's has not: build it in the program, or in a Secret"
    for field, _, words in expansion.probes(variable.container):
        if any(expansion.refers(word, variable.name) for word in expansion.strings(words)):
            return f"{field} has $({variable.name}), which the kubelet fills in from the manifest alone; {_BY_HAND}"
    return _BY_HAND if store.kind == "report" else None


def _move(variable: _Variable, reference: Reference, drafts: Drafts, store: Store) -> ObjectFinding:
    resource, path = variable.member.resource, variable.path
    target = {"name": reference.name, "key": reference.key}
    changes = (RemoveField((*path, "value")), SetField((*path, "valueFrom", "secretKeyRef"), dict(target)))
    created = (drafts.generated(resource.effective_namespace, reference.name),) if reference.is_new else ()
    risk, reason = store.risk() if reference.is_new else (Risk.REVIEW, f"the Secret has this value already; {ROTATE}")
    finding = Finding(path, _said(variable), Fix(risk, reason, changes, creates=created))
    return ObjectFinding(resource, finding)


def _said(variable: _Variable) -> str:
    return f'container "{variable.container.name}": variable {variable.name} holds a secret ({variable.why})'


def _told(member: Member, container: Container, env: Iterable[_Entry]) -> Iterator[ObjectFinding]:
    """Yield what is only told: placeholders and doubtful variables, and secrets in commands, probes and hooks."""
    where = f'container "{container.name}"'
    for each in env:
        yield from _only_told(member, each.path, f"{where}: variable {each.name}", each.judged)
    for field in ("command", "args"):
        yield from _spoken(member, (*container.path, field), f"{where}: {field}", container.get(field))
    for field, keys, words in expansion.probes(container):
        yield from _spoken(member, (*container.path, *keys), f"{where}: {field}", words)
    for field, keys, name, value in expansion.headers(container):
        if judge(name, value).is_secret:
            said = f"{where}: {field} sends the header {name} with a secret in it"
            yield _unfixed(member, (*container.path, *keys), said, "probe a path that needs none")


def _only_told(member: Member, path: Path, said: str, judged: Judged) -> Iterator[ObjectFinding]:
    if judged.verdict is Verdict.PLACEHOLDER:
        yield _unfixed(member, path, f"{said} has a placeholder", "fill it in through a Secret", Severity.NOTE)
    elif judged.verdict is Verdict.DOUBTFUL:
        yield _unfixed(member, path, f"{said} may hold a secret ({judged.why})", _BY_HAND, Severity.NOTE)


def _spoken(member: Member, path: Path, where: str, line: object) -> Iterator[ObjectFinding]:
    for found in spoken(line) if isinstance(line, list) else ():
        name = f" for {found.name}" if found.name else ""
        said = f"{where} holds a secret{name} ({found.why}), which every process list shows"
        yield _unfixed(member, (*path, found.at), said, f"read it from a file or a variable; {ROTATE}")


def _unfixed(member: Member, path: Path, said: str, why: str, severity: Severity = Severity.WARNING) -> ObjectFinding:
    return ObjectFinding(member.resource, Finding(path, said, NoFix(why), severity=severity))
