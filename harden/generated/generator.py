"""Asks the controls that look at bundles: what a run's files hold, what of them is unread, which levels they reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from harden.companions.context import BundleContext
from harden.companions.namespace import Place, place
from harden.companions.ownership import Ownership, settle
from harden.engine.check import CheckedFile, Checker, ParsedFile, known_image
from harden.generated.options import GenerateOptions
from harden.kube.bundle import Bundle, Member, gather
from harden.kube.unread import Blind, Effect
from harden.model.finding import Because, Finding, GeneratedObject, Level, NoFix, ObjectFinding, Severity
from harden.model.kube import Resource
from harden.model.profile import Profile
from harden.model.text import SourceText
from harden.pss import NEWEST, MalformedPod, evaluate
from harden.source.parse import parse

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: Tells what is known of an image reference.
Images = Callable[[str], "ImageFacts | None"]

#: What people call the objects that are kept back together.
_PLURALS = {
    "NetworkPolicy": "network policies",
    "ResourceQuota": "quotas",
    "LimitRange": "quotas",
    "ServiceAccount": "service accounts",
}
#: What a change must be able to do, to make an object of these kinds wrong.
_EFFECTS = {"ResourceQuota": Effect.AMOUNTS, "LimitRange": Effect.AMOUNTS}


class Generator:
    """Asks for the companions of files as they stand, by one profile and wish; the same question is answered once."""

    def __init__(self, profile: Profile, wish: GenerateOptions, images: Images | None, checker: Checker) -> None:
        self._profile = profile
        self._wish = wish
        self._images = known_image if images is None else images
        self._namespaces = checker.namespaces
        self._kinds = checker.kinds
        self._last: tuple[object, tuple[ObjectFinding, ...]] | None = None

    def __call__(
        self,
        files: Sequence[CheckedFile],
        accounts: frozenset[tuple[str, str]],
        unread: Blind,
        secrets: tuple[GeneratedObject, ...] = (),
    ) -> tuple[ObjectFinding, ...]:
        """Return what the controls find; `accounts` and `secrets` are those that harden has written."""
        key = ([file.source for file in files], accounts, secrets)
        if self._last is None or self._last[0] != key:
            self._last = key, tuple(self._ask(self.bundle(files), accounts, unread, _objects(secrets)))
        return self._last[1]

    def bundle(self, files: Sequence[CheckedFile | ParsedFile]) -> Bundle:
        """Return the objects of the files without patches, each in the namespace that it ends up in."""
        return gather(_documents(files), self._namespaces, self._kinds)

    def ownership(self, bundle: Bundle) -> Ownership:
        """Return what the bundle may decide for.

        Where a workload may be meant for any namespace, whoever applies it with `-n NS` puts it into one that these
        files seem to show in full: then only what the user says is owned.
        """
        wish = self._wish
        if wish.fallback is None and _homeless(bundle) is not None:
            return Ownership(frozenset(wish.owns), wish.namespace)
        return settle(bundle, wish.owns, wish.namespace)

    def _ask(
        self, bundle: Bundle, accounts: frozenset[tuple[str, str]], unread: Blind, secrets: tuple[Resource, ...]
    ) -> Iterator[ObjectFinding]:
        profile, wish = self._profile, self._wish
        version = min(profile.version or NEWEST, NEWEST)
        ownership = self.ownership(bundle)
        context = BundleContext(
            bundle,
            profile.level,
            profile.version_word,
            f"v{version[0]}.{version[1]}",
            _reached(bundle, profile),
            wish.options,
            ownership.owned,
            ownership.fallback,
            self._images,
            accounts,
            unread,
            wish.flows,
            secrets,
        )
        yield from self._asked(context)
        homeless = _homeless(bundle)
        if homeless is not None and settle(bundle).owned - ownership.owned:
            said = f"{homeless.resource.kind} {homeless.workload.name} names no namespace and may be meant for any"
            yield _offer(f"nothing for whole namespaces, because {said}", "--namespace NS, or name one")

    def _asked(self, context: BundleContext) -> Iterator[ObjectFinding]:
        """Yield what the controls find, but for what could cut off or refuse what nobody has read; say what that is."""
        bundle, wish = context.bundle, self._wish
        lived_in = sorted({member.namespace for member in bundle.members})
        kept_back: dict[tuple[str, str], list[str]] = {}
        for control in wish.controls:
            effect = _EFFECTS.get(next(iter(control.creates), ""), Effect.CONNECTIONS)
            everywhere = context.unread.everywhere(effect) if control.needs_all else ""
            if everywhere:
                kept_back.setdefault(("", everywhere), []).extend(control.creates)
                continue
            inside = {each: context.unread.inside(each, effect) for each in lived_in} if control.needs_all else {}
            for found in control.survey(context):
                if not any(inside.get(each) for each in _touched(found, context.fallback)):
                    yield found._replace(finding=found.finding._replace(control=control.id))
            for namespace, why in inside.items():
                if why:
                    kept_back.setdefault((namespace, why), []).extend(control.creates)
        for (namespace, why), creates in kept_back.items():
            if bundle.members:
                kinds = ", ".join(dict.fromkeys(_PLURALS[kind] for kind in creates))
                said = f"no {kinds}, because {why}: what nobody sees might be cut off"
                lead = f"namespace {namespace}: " if namespace else ""
                yield _offer(lead + said, "mend it, name it, or leave it out with --exclude")


def _touched(found: ObjectFinding, fallback: str) -> set[str]:
    """Return the namespaces of the objects that a finding is about, and of those that it creates."""
    resources = [each.resource for each in (found, *found.also) if each.resource is not None]
    created = {create.namespace or fallback for create in found.finding.creates}
    return created | {resource.effective_namespace for resource in resources}


def _objects(generated: Iterable[GeneratedObject]) -> tuple[Resource, ...]:
    """Return the objects that generated texts stand for."""
    parsed = (parse(SourceText("", item.text), lambda _text: True) for item in generated)
    values = (document.value for each in parsed for document in each.documents if not document.is_empty)
    return gather(("", at, value) for at, value in enumerate(values)).resources


def _offer(message: str, option: str) -> ObjectFinding:
    fix = NoFix(option, Because.NEEDS_OPTION)
    return ObjectFinding(None, Finding((), message, fix, severity=Severity.NOTE))


def _homeless(bundle: Bundle) -> Member | None:
    return next((member for member in bundle.members if member.resource.namespace is None), None)


def _documents(files: Sequence[CheckedFile | ParsedFile]) -> Iterator[tuple[str, int, object]]:
    for file in files:
        patches = {skip.document for skip in file.skipped if skip.because.is_patch}
        for document in file.parsed.documents:
            if not document.is_empty and document.index not in patches:
                yield file.source.name, document.index, document.value


def _reached(bundle: Bundle, profile: Profile) -> dict[Place, Level]:
    """Return the highest level that admits each workload as it stands."""
    found: dict[Place, Level] = {}
    for member in bundle.members:
        workload = member.workload
        is_pod = workload.kind == "Pod"
        found[place(member)] = Level.PRIVILEGED
        for level in (Level.RESTRICTED, Level.BASELINE):
            try:
                failures = evaluate(workload.metadata, workload.spec, level, profile.version, is_pod=is_pod)
            except MalformedPod:
                break
            if not failures:
                found[place(member)] = level
                break
    return found
