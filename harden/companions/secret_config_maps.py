"""Finds secrets in ConfigMaps, and moves them to Secrets beside them, for each workload that uses them."""

from __future__ import annotations

from collections.abc import Iterator

from harden.companions.context import BundleContext
from harden.companions.findings import step
from harden.companions.model import Note
from harden.companions.secrets_drafts import ROTATE, Drafts, store_of
from harden.companions.secrets_uses import Use, uses
from harden.kube.unread import Effect
from harden.model.finding import (
    Finding,
    Fix,
    NoFix,
    ObjectFinding,
    RemoveField,
    Severity,
)
from harden.model.kube import Resource, dig
from harden.model.text import Path
from harden.secrets.detector import Verdict, judge, settings
from harden.secrets.values import is_whole

CONTROL = "secret-config-maps"
_SUFFIX = "-secret-config"
_BY_HAND = f"keep it in a Secret; {ROTATE}"


def config_maps(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield what is found about the secrets in the ConfigMaps of a bundle."""
    drafts = Drafts(context.bundle, context.secrets, context.fallback, store_of(context.options.get(CONTROL, {})))
    for resource in context.bundle.of_kind("ConfigMap"):
        if resource.api_version == "v1":
            yield from _config_map(resource, context, drafts)
    for resource in context.bundle.of_kind("Kustomization"):
        yield from _generated(resource)


def _config_map(resource: Resource, context: BundleContext, drafts: Drafts) -> Iterator[ObjectFinding]:
    data = resource.data.get("data")
    secrets: dict[str, str] = {}
    for key, value in data.items() if isinstance(data, dict) else ():
        if not isinstance(key, str) or not isinstance(value, str):
            continue
        path = (*resource.path, "data", key)
        judged = judge(key, value)
        if judged.is_secret and is_whole(value):
            secrets[key] = value
        elif judged.verdict is Verdict.PLACEHOLDER:
            yield _told(resource, path, f"key {key} has a placeholder", "fill it in through a Secret", Severity.NOTE)
        elif "\n" in value:
            for line in settings(value):
                name = f" for {line.name}" if line.name else ""
                said = f"key {key}, line {line.at + 1} of its text, holds a secret{name} ({line.why})"
                yield _told(resource, path, said, f"keep the whole text in a Secret; {ROTATE}")
    if secrets:
        yield _moved(resource, secrets, context, drafts)


def _moved(resource: Resource, secrets: dict[str, str], context: BundleContext, drafts: Drafts) -> ObjectFinding:
    first = (*resource.path, "data", next(iter(secrets)))
    keys = f"{'keys' if len(secrets) > 1 else 'key'} {', '.join(secrets)}"
    said = f"{keys} of a ConfigMap {'hold secrets' if len(secrets) > 1 else 'holds a secret'}"
    found = list(uses(resource, context.bundle))
    why_not = _stays(resource, found, frozenset(secrets), context)
    if why_not is not None:
        return _told(resource, first, said, why_not)
    store = drafts.store
    references = {key: drafts.add(resource, resource.name, key, value, _SUFFIX) for key, value in secrets.items()}
    name = next(iter(references.values())).name
    if store.kind == "report" or any(reference.key != key for key, reference in references.items()):
        return _told(resource, first, said, _BY_HAND)
    risk, reason = store.risk("a program that reads the ConfigMap through the API would miss it")
    removed = tuple(RemoveField((*resource.path, "data", key)) for key in secrets)
    own = Note(resource, Finding(first, said, Fix(risk, reason, removed)), Severity.WARNING)
    others = []
    for use in found:
        changes = use.changes(frozenset(secrets), name)
        if changes:
            message = f"takes {', '.join(secrets)} from ConfigMap {resource.name}"
            finding = Finding(
                use.path, message, Fix(risk, f"goes with ConfigMap {resource.name}", changes), control=CONTROL
            )
            others.append(Note(use.member.resource, finding, Severity.WARNING))
    generated = drafts.generated(resource.effective_namespace, name)
    return step((own, *others), (generated,))


def _stays(resource: Resource, found: list[Use], keys: frozenset[str], context: BundleContext) -> str | None:
    """Return why the secrets of a ConfigMap stay where they are, None where they can move."""
    unread = context.unread.inside(resource.effective_namespace, Effect.CONNECTIONS)
    if unread:
        return f"{unread}, and might use it; {_BY_HAND}"
    if resource.data.get("immutable") is True:
        return f"the ConfigMap is immutable; {_BY_HAND}"
    if not found:
        return f"nothing in these files uses the ConfigMap, so who reads it is not known; {_BY_HAND}"
    custom = next((use.member.resource for use in found if use.member.workload.row.is_custom), None)
    if custom is not None:
        return f"{custom.kind} {custom.name} uses it, and what its operator makes of it is not known; {_BY_HAND}"
    return next((why for use in found if (why := use.obstacle(keys, context.bundle)) is not None), None)


def _generated(resource: Resource) -> Iterator[ObjectFinding]:
    """Yield the secrets that stand in the literals of a kustomization."""
    for field in ("configMapGenerator", "secretGenerator"):
        entries = resource.data.get(field)
        for at, entry in enumerate(entries if isinstance(entries, list) else ()):
            literals = dig(entry, "literals")
            for index, literal in enumerate(literals if isinstance(literals, list) else ()):
                key, _, value = literal.partition("=") if isinstance(literal, str) else ("", "", "")
                if judge(key, value.strip("\"'")).is_secret:
                    path = (*resource.path, field, at, "literals", index)
                    said = f"{field} holds a secret for {key}"
                    yield _told(resource, path, said, f"take it from a file that is not in Git (envs, files); {ROTATE}")


def _told(resource: Resource, path: Path, said: str, why: str, severity: Severity = Severity.WARNING) -> ObjectFinding:
    return ObjectFinding(resource, Finding(path, said, NoFix(why), severity=severity))
