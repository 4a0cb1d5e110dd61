"""The Secrets that values move to: their names, keys and texts, and which Secrets hold a value already."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping

from harden.companions import yaml_text
from harden.kube.bundle import Bundle
from harden.model.finding import GeneratedObject, Risk
from harden.model.kube import Resource, dig
from harden.model.record import Record
from harden.model.text import Plain
from harden.secrets.names import Hint, hint
from harden.source.quote import double

#: What a key of a Secret may hold (kubernetes v1.36, apimachinery, util/validation, IsConfigMapKey).
_NOT_IN_KEY = re.compile(r"[^-._A-Za-z0-9]")
#: The longest name of an object (apimachinery, util/validation, DNS1123SubdomainMaxLength).
_LONGEST = 253
#: What is said of every value that has to be replaced.
ROTATE = "what was in Git stays in its history: replace the value there, too"


class Store(Record):
    """How values are kept: `kind` is the profile's word, `name` that of the SecretStore of external ones."""

    kind: str
    name: str

    def risk(self, of_moving: str = "") -> tuple[Risk, str]:
        """Return the risk of moving values there and the reason; `of_moving` is what else may go wrong."""
        said = f"{of_moving}; {ROTATE}" if of_moving else ROTATE
        match self.kind:
            case "external-secret":
                return Risk.BREAKING, f"the pods wait until the value is in the store: copy it there first; {said}"
            case "sealed":
                return Risk.REVIEW, f"seal the new file (kubeseal --format yaml < FILE) and delete it; {said}"
            case _:
                return Risk.REVIEW, f"the new file holds the value: keep it out of Git; {said}"


def store_of(options: Mapping[str, Plain]) -> Store:
    """Return what a profile says of where values go."""
    return Store(str(options.get("store", "secret")), str(options.get("secret-store", "secret-store")))


class Reference(Record):
    """A key of a Secret; `is_new` says that harden writes the Secret, or writes it anew."""

    name: str
    key: str
    is_new: bool


class _Draft:
    """One Secret to be: its keys with their values, None where only another store knows them."""

    def __init__(self, namespace: str | None, name: str) -> None:
        self.namespace = namespace
        self.name = name
        self.values: dict[str, str | None] = {}
        self.is_changed = False
        #: What was made of these values, for all the variables that move to it.
        self.made: GeneratedObject | None = None


class Drafts:
    """The Secrets of a run: those of the bundle, and those that harden wrote or is about to write."""

    def __init__(self, bundle: Bundle, written: Iterable[Resource], fallback: str, store: Store) -> None:
        self.store = store
        self._theirs: dict[tuple[str, str], Mapping[str, str]] = {}
        self._drafts: dict[tuple[str, str], _Draft] = {}
        for resource in bundle.of_kind("Secret"):
            self._theirs[resource.effective_namespace, resource.name] = contents(resource)
        for resource in bundle.of_kind("ExternalSecret", "SealedSecret"):
            self._theirs.setdefault((resource.effective_namespace, resource.name), {})
        for each in written:
            draft = _Draft(each.namespace, each.name)
            draft.values.update(contents(each) if each.kind == "Secret" else dict.fromkeys(_external_keys(each)))
            self._drafts[each.namespace or fallback, each.name] = draft

    def known(self, namespace: str, name: str) -> Mapping[str, str | None] | None:
        """Return the keys of a Secret with their values, None where it is not in sight."""
        draft = self._drafts.get((namespace, name))
        return self._theirs.get((namespace, name)) if draft is None else draft.values

    def holding(self, namespace: str, value: str) -> Reference | None:
        """Return the key in this namespace that has this very value already."""
        for (where, name), draft in self._drafts.items():
            for key, held in draft.values.items():
                if where == namespace and held == value:
                    return Reference(name, key, draft.is_changed)
        for (where, name), values in self._theirs.items():
            for key, held in values.items():
                # A user's name may have the value of a password by accident.
                if where == namespace and held == value and hint(key) > Hint.VAGUE:
                    return Reference(name, key, is_new=False)
        return None

    def add(self, owner: Resource, base: str, key: str, value: str, suffix: str = "-credentials") -> Reference:
        """Return where a value goes that `owner` needs; `base` and `suffix` make the name of its Secret."""
        namespace = owner.effective_namespace
        name = self._name(namespace, base, suffix)
        draft = self._drafts.setdefault((namespace, name), _Draft(owner.namespace, name))
        wanted = _NOT_IN_KEY.sub("_", key)
        free = (wanted, *(f"{wanted}_{number}" for number in range(2, len(draft.values) + 3)))
        chosen = next(each for each in free if each not in draft.values)
        draft.values[chosen] = value
        draft.is_changed = True
        draft.made = None
        return Reference(name, chosen, is_new=True)

    def _name(self, namespace: str, base: str, suffix: str) -> str:
        stem = f"{base[: _LONGEST - len(suffix) - 3].rstrip('-.') or 'pod'}{suffix}"
        names = (stem, *(f"{stem}-{number}" for number in range(2, len(self._theirs) + 3)))
        return next(each for each in names if (namespace, each) not in self._theirs)

    def generated(self, namespace: str, name: str) -> GeneratedObject:
        """Return a Secret as it has to be written, with every value that goes to it."""
        draft = self._drafts[namespace, name]
        if draft.made is None:
            kind, lines = self._external(draft) if self.store.kind == "external-secret" else self._secret(draft)
            draft.made = GeneratedObject(kind, draft.name, draft.namespace, yaml_text.text(lines), _REASON)
        return draft.made

    def _secret(self, draft: _Draft) -> tuple[str, list[str]]:
        lines = yaml_text.head("Secret", draft.name, draft.namespace)
        lines += [f"# {said}" for said in _WARNING]
        if self.store.kind == "sealed":
            lines += [f"# {said}" for said in _SEAL]
        lines += ["type: Opaque", "stringData:"]
        values = ((key, value) for key, value in draft.values.items() if value is not None)
        lines += [f"  {yaml_text.scalar(key)}: {double(value)}" for key, value in values]
        return "Secret", lines

    def _external(self, draft: _Draft) -> tuple[str, list[str]]:
        lines = yaml_text.head("ExternalSecret", draft.name, draft.namespace, "external-secrets.io/v1")
        lines += ["# Put the values into the store before this is applied: until then the pods do not start.", "spec:"]
        lines += ["  secretStoreRef:", "    kind: SecretStore", f"    name: {yaml_text.scalar(self.store.name)}"]
        lines += ["  target:", f"    name: {yaml_text.scalar(draft.name)}", "  data:"]
        for key in draft.values:
            lines += [f"    - secretKey: {yaml_text.scalar(key)}", "      remoteRef:"]
            lines += [f"        key: {yaml_text.scalar(draft.name)}", f"        property: {yaml_text.scalar(key)}"]
        return "ExternalSecret", lines


_REASON = "it holds values that stood in manifests"
_WARNING = (
    "These values stood in manifests, and Git's history keeps them: replace them, and revoke the old ones.",
    "Keep this file out of Git, or encrypt it (SOPS, kubeseal).",
)
_SEAL = ("To seal it: kubeseal --format yaml < THIS_FILE > SEALED_FILE, then delete this file.",)


def contents(secret: Resource) -> dict[str, str]:
    """Return what the keys of a Secret hold, "" for binary values; `stringData` wins, as in the API server."""
    found: dict[str, str] = {}
    for key, value in _pairs(secret.data.get("data")):
        try:
            found[key] = base64.b64decode(value).decode("utf-8")
        except ValueError:
            found[key] = ""
    found.update(_pairs(secret.data.get("stringData")))
    return found


def _pairs(data: object) -> Iterator[tuple[str, str]]:
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(key, str) and isinstance(value, str):
            yield key, value


def _external_keys(resource: Resource) -> Iterator[str]:
    entries = dig(resource.data, "spec", "data")
    for entry in entries if isinstance(entries, list) else ():
        key = dig(entry, "secretKey")
        if isinstance(key, str):
            yield key
