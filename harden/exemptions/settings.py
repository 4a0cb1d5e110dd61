"""Reads the exemptions of harden.yaml, for what cannot be annotated: by globs of file, kind, name and namespace."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from harden.errors import HardenError
from harden.exemptions.model import Exemption, Origin, Scope
from harden.exemptions.text import is_date, unknown
from harden.model.record import Record
from harden.model.text import Plain

_GLOBS = {"path": "paths", "kind": "kinds", "name": "names", "namespace": "namespaces"}
_KEYS = ("control", *_GLOBS, "reason", "owner", "until")
_EXAMPLE = (
    "for example {control: restricted-volumes, kind: DaemonSet, name: fluent-bit, reason: it reads the node's logs}"
)


def config_exemptions(
    entries: Plain, where: Callable[..., str], base: str, known: Collection[str]
) -> tuple[Exemption, ...]:
    """Return the exemptions that the list `entries` states.

    `where` gives the place (`file:line`) of the list, or of keys below it (index and key, as texts); `base` is the
    absolute folder that paths hold from; `known` are the ids that an exemption may name. Raises HardenError for
    whatever is wrong.
    """
    if not isinstance(entries, list):
        raise HardenError(f"{where()}: exemptions must be a list, {_EXAMPLE}")
    return tuple(each for at, entry in enumerate(entries) for each in _read(entry, _Entry(where, str(at)), base, known))


class _Entry(Record):
    """The place of one entry, for errors and reports."""

    where: Callable[..., str]
    at: str

    def error(self, message: str, *keys: str) -> HardenError:
        return HardenError(f"{self.where(self.at, *keys)}: {message}")

    def place(self) -> tuple[str, int]:
        file, _, number = self.where(self.at).rpartition(":")
        return (file, int(number)) if number.isdecimal() else (self.where(self.at), 1)


def _read(entry: Plain, here: _Entry, base: str, known: Collection[str]) -> Iterator[Exemption]:
    if not isinstance(entry, dict):
        raise here.error(f"an exemption must be a mapping, {_EXAMPLE}")
    for key in entry:
        if key not in _KEYS:
            raise here.error(f'unknown key "{key}" of an exemption; known keys: {", ".join(_KEYS)}', key)
    controls = _controls(entry, here, known)
    globs = {field: _words(entry, key, here) for key, field in _GLOBS.items()}
    if not any(globs.values()):
        raise here.error("an exemption needs at least one of path, kind, name and namespace")
    reason, until = entry.get("reason"), entry.get("until")
    if not isinstance(reason, str) or reason.strip() == "":
        raise here.error("an exemption needs a reason, for whoever reads it next")
    if until is not None and not (isinstance(until, str) and is_date(until)):
        raise here.error("until must be a date such as 2027-01-31", "until")
    owner = entry.get("owner")
    if owner is not None and (not isinstance(owner, str) or owner.strip() == ""):
        raise here.error("owner must say who answers for the exemption", "owner")
    file, line = here.place()
    said, who, about = " ".join(reason.split()), " ".join((owner or "").split()), Scope(base, **globs)
    for control in controls:
        yield Exemption(control, said, until, Origin.CONFIG, file, line, about, who)


def _controls(entry: dict[str, Plain], here: _Entry, known: Collection[str]) -> tuple[str, ...]:
    controls = _words(entry, "control", here)
    if not controls:
        raise here.error(f"an exemption needs the id of a control, {_EXAMPLE}")
    for control in controls:
        if control not in known:
            wrong = unknown(control, known)
            raise here.error(f"{wrong.message}: {wrong.hint}", "control")
    return controls


def _words(entry: dict[str, Plain], key: str, here: _Entry) -> tuple[str, ...]:
    value = entry.get(key)
    words = value if isinstance(value, list) else [] if value is None else [value]
    texts = tuple(word for word in words if isinstance(word, str) and word != "")
    if len(texts) != len(words):
        raise here.error(f"{key} must be a text or a list of texts", key)
    return texts


def config_schema(doc: str, controls: Collection[str]) -> Plain:
    """Return the JSON Schema of the list; `controls` are the ids that it may name."""
    text: Plain = {"type": "string", "minLength": 1}
    texts: Plain = {"anyOf": [text, {"type": "array", "items": text}]}
    names: list[Plain] = [*sorted(controls)]
    ids: Plain = {"enum": names}
    properties: dict[str, Plain] = {
        "control": {"anyOf": [ids, {"type": "array", "items": ids, "minItems": 1}]},
        **dict.fromkeys(_GLOBS, texts),
        "reason": text,
        "owner": text,
        "until": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    }
    entry: Plain = {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": ["control", "reason"],
        "anyOf": [{"required": [key]} for key in _GLOBS],
    }
    return {"description": doc, "type": "array", "items": entry}
