"""Turns variables that come from Secrets into files, where the image is known to read them, and tells of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.companions.context import BundleContext
from harden.companions.secret_readers import Readers
from harden.companions.secret_variables import Taken, generated_keys, others, single, sources, whole
from harden.companions.secret_volumes import Volume, folder, in_the_way, is_free
from harden.companions.secret_wrap import wrapped
from harden.companions.secrets_drafts import Drafts, Store
from harden.kube.bundle import Member
from harden.kube.containers import ConfigMaps
from harden.model.finding import (
    AppendItem,
    Because,
    Change,
    Finding,
    Fix,
    NoFix,
    ObjectFinding,
    RemoveField,
    Risk,
    SetField,
    Severity,
)
from harden.model.kube import Container, dig
from harden.model.record import Record
from harden.model.text import Plain
from harden.secrets import blockers
from harden.secrets.file_forms import Form, Unformed, form_of

CONTROL = "secret-files"
#: As many variables of one source are named in a remark.
_NAMED = 3


class Planned(Record):
    """What becomes of a variable: a file by `form`, a file beside it (`mounts`), or nothing, for this reason.

    `may_wrap` says that nothing is against a shell that reads the file.
    """

    taken: Taken
    form: Form | None = None
    mounts: bool = False
    may_wrap: bool = False
    reason: str = ""
    because: Because = Because.NO_FIX


def files(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about the variables of a bundle's workloads that come from Secrets."""
    drafts = Drafts(context.bundle, context.secrets, context.fallback, Store("report", ""))
    maps, readers = ConfigMaps(context.bundle.resources), Readers(context.bundle)
    for member in context.bundle.members:
        yield from _Workload(member, context, drafts, maps, readers).findings()


class _Workload:
    """One workload: plans each variable, and puts what belongs to one Secret into one fix."""

    def __init__(
        self, member: Member, context: BundleContext, drafts: Drafts, maps: ConfigMaps, readers: Readers
    ) -> None:
        self._member = member
        self._workload = member.workload
        self._context = context
        self._drafts = drafts
        self._maps = maps
        self._readers = readers
        self._mode = str(context.options.get(CONTROL, {}).get("otherwise", "report"))

    def findings(self) -> Iterator[ObjectFinding]:
        planned: list[Planned] = []
        for container in self._workload.containers:
            planned += [self._plan(taken, None) for taken in single(container)]
            for at, source in enumerate(sources(container)):
                if dig(source, "secretRef") is not None:
                    yield from self._source(container, at, planned)
        fixed = False
        for secret in dict.fromkeys(each.taken.secret for each in planned):
            own = [each for each in planned if each.taken.secret == secret and (each.form is not None or each.mounts)]
            found = self._fix(secret, own) if own else None
            if found is not None:
                fixed = True
                yield found
        left = [each for each in planned if each.form is None and not each.mounts]
        if self._mode == "wrap" and not fixed:
            open_ = [each.taken for each in left if each.may_wrap]
            for found, done in wrapped(self._member, open_, self._context):
                left = [each for each in left if not any(each.taken is taken for taken in done)]
                yield found
        firsts: dict[str, Taken] = {}
        for each in left:
            firsts.setdefault(each.taken.secret, each.taken)
        yield from map(self._told, _alike(left))
        yield from map(self._left, firsts.values())

    def _keys(self, name: str) -> frozenset[str] | None:
        known = self._drafts.known(self._workload.effective_namespace, name)
        return generated_keys(self._context.bundle, name) if not known else frozenset(known)

    def _plan(self, taken: Taken, at: int | None) -> Planned:
        container = taken.container
        facts = self._context.facts_of(container, self._workload)
        form = form_of(facts, container, taken.name)
        stays = self._stays(taken)
        if stays is not None:
            return Planned(taken, reason=stays)
        if isinstance(form, Unformed):
            return self._unknown(taken, form)
        if taken.optional:
            return Planned(taken, reason="it is optional: what the program does without the file is not known")
        keys_of = others(container, at, self._keys, self._context.bundle, self._workload)
        why_not = (
            blockers.in_expansion(container, taken.name)
            or blockers.in_probe(container, taken.name)
            or blockers.at_start(container, facts, form)
            or blockers.in_text(self._workload, container, taken.name, form.mark, self._maps)
            or blockers.set_again(container, taken.name, form, keys_of)
        )
        return Planned(taken, form) if why_not is None else Planned(taken, reason=why_not)

    def _stays(self, taken: Taken) -> str | None:
        if self._workload.row.is_custom:
            return f"what {self._workload.row.owner} makes of volumes is not known"
        way = in_the_way(taken.container, taken.secret)
        if way is not None:
            return f"something is mounted at {way}, where the file would be"
        if not is_free(self._workload, taken.secret):
            return "another volume has the name that the Secret's would have"
        return None

    def _unknown(self, taken: Taken, form: Unformed) -> Planned:
        path = f"{folder(taken.secret)}/{taken.key}"
        if self._mode == "mount" and not taken.is_whole:
            if Volume(self._workload, taken.secret).has(taken.container, taken.key):
                return Planned(taken, reason=f"{path} has it, too: drop the variable once the program reads it there")
            return Planned(taken, mounts=True)
        if not form.is_unknown:
            return Planned(taken, reason=form.reason, may_wrap=True)
        return Planned(taken, reason=form.reason, because=Because.NEEDS_FACTS, may_wrap=True)

    def _source(self, container: Container, at: int, planned: list[Planned]) -> Iterator[ObjectFinding]:
        """Plan the variables of a source of `envFrom`; it is taken apart only where one of them becomes a file."""
        found = whole(container, at, self._keys)
        if found is None:
            secret = dig(sources(container)[at], "secretRef", "name")
            said = f'container "{container.name}" takes all keys of Secret {secret} as variables'
            fix = NoFix("its keys are not in sight, so not which of them are files to the program", Because.NEEDS_FACTS)
            path = (*container.path, "envFrom", at)
            yield ObjectFinding(self._member.resource, Finding(path, said, fix, severity=Severity.NOTE))
            return
        plans = [self._plan(taken, at) for taken in found]
        keys_of = others(container, at, self._keys, self._context.bundle, self._workload)
        clash = any(keys is None or not keys.isdisjoint({each.name for each in found}) for keys in keys_of.values())
        if clash and any(plan.form is not None for plan in plans):
            why = "another envFrom may set the same variables, and the order would change"
            plans = [plan if plan.form is None else Planned(plan.taken, reason=why) for plan in plans]
        planned += plans

    def _fix(self, secret: str, own: list[Planned]) -> ObjectFinding | None:
        volume = Volume(self._workload, secret)
        variables: list[Change] = []
        for each in own:
            taken = each.taken
            file = None if each.form is None else each.form.file
            path = volume.add(taken.container, taken.key, file, optional=taken.optional)
            if each.form is not None and not taken.is_whole:
                variables += _in_place(taken, each.form.variable, folder(secret) if each.form.is_folder else path)
        variables += self._taken_apart(own)
        changes = (*variables, *volume.changes)
        if not changes:
            return None
        risk, reason = _risk(own)
        names = ", ".join(dict.fromkeys(each.taken.name for each in own))
        containers = ", ".join(dict.fromkeys(f'"{each.taken.container.name}"' for each in own))
        verb = "takes" if '", "' not in containers else "take"
        said = f"container{'' if verb == 'takes' else 's'} {containers} {verb} {names} of Secret {secret} as variables"
        return ObjectFinding(self._member.resource, Finding(own[0].taken.path, said, Fix(risk, reason, changes)))

    def _taken_apart(self, own: list[Planned]) -> Iterator[Change]:
        """Yield what replaces sources of `envFrom`: a variable for each of their keys."""
        by_source: Mapping[tuple[object, ...], Form | None] = {
            (*each.taken.path, each.taken.name): each.form for each in own if each.taken.is_whole
        }
        for path in dict.fromkeys(each.taken.path for each in own if each.taken.is_whole and each.form is not None):
            first = next(each.taken for each in own if each.taken.path == path)
            # An empty list would be left of the only one.
            yield RemoveField(path if len(sources(first.container)) > 1 else path[:-1])
            for taken in whole(first.container, int(path[-1]), self._keys) or ():
                form = by_source.get((*path, taken.name))
                entry: dict[str, Plain]
                if form is None:
                    entry = {
                        "name": taken.name,
                        "valueFrom": {"secretKeyRef": {"name": taken.secret, "key": taken.key}},
                    }
                else:
                    entry = {"name": form.variable, "value": f"{folder(taken.secret)}/{form.file or taken.key}"}
                yield AppendItem((*first.container.path, "env"), entry)

    def _told(self, same: list[Planned]) -> ObjectFinding:
        planned, names = same[0], [each.taken.name for each in same]
        taken = planned.taken
        what = f"variable {names[0]} comes from Secret {taken.secret}"
        if names[1:]:
            listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if names[_NAMED:] else "")
            what = f"{len(names)} variables come from Secret {taken.secret}: {listed}"
        said = f'container "{taken.container.name}": {what}'
        reason = planned.reason
        if planned.because is Because.NEEDS_FACTS:
            where = f"the files in {folder(taken.secret)}" if names[1:] else f"{folder(taken.secret)}/{taken.key}"
            reason += f"; the program would have to read {where}{_spring(taken)}"
        finding = Finding(taken.path, said, NoFix(reason, planned.because), severity=Severity.NOTE)
        return ObjectFinding(self._member.resource, finding)

    def _left(self, first: Taken) -> ObjectFinding:
        """Return what is to be known of a Secret that stays in variables: how it is rotated, and who may read it.

        Source: Kubernetes documentation, Secrets, "Using Secrets as environment variables": a change reaches the
        variables of a container when it is started anew.
        """
        workload, secret = self._workload, first.secret
        who = self._readers.of(workload.effective_namespace, secret)
        read_by = f"may be read by {', '.join(who)}" if who else "no role in these files lets anybody read it"
        said = f"Secret {secret} stays in variables of {workload.kind} {workload.name}; {read_by}"
        fix = NoFix("rotate it with a restart of the pods: their variables keep the value that they started with")
        return ObjectFinding(self._member.resource, Finding(first.path, said, fix, severity=Severity.NOTE))


def _alike(planned: list[Planned]) -> list[list[Planned]]:
    """Return variables together that one source of `envFrom` sets and that the same is to be said of."""
    found: dict[tuple[object, ...], list[Planned]] = {}
    for at, each in enumerate(planned):
        is_one_of_many = each.taken.is_whole and not _spring(each.taken)
        key = (each.taken.path, each.reason, each.because) if is_one_of_many else (at,)
        found.setdefault(key, []).append(each)
    return list(found.values())


def _in_place(taken: Taken, variable: str, value: str) -> Iterator[Change]:
    yield SetField((*taken.path, "name"), variable)
    yield RemoveField((*taken.path, "valueFrom"))
    yield SetField((*taken.path, "value"), value)


def _risk(own: list[Planned]) -> tuple[Risk, str]:
    forms = [each.form for each in own if each.form is not None]
    if not forms:
        return Risk.REVIEW, "the variables stay until the program reads the files; the pods are replaced"
    worst = max(forms, key=lambda form: form.risk)
    return worst.risk, worst.reason


def _spring(taken: Taken) -> str:
    """Return what Spring Boot needs, where the variable is one of its own.

    Source: Spring Boot reference, Externalized Configuration, "Using Configuration Trees" (from 2.4 on).
    """
    if not taken.name.startswith("SPRING_"):
        return ""
    name = taken.name.lower().replace("_", ".")
    return f" (Spring Boot: as {name}, with SPRING_CONFIG_IMPORT=configtree:{folder(taken.secret)}/)"
