"""Makes the JSON Schemas of a profile and of harden.yaml, made from the same keys that the loader checks."""

from __future__ import annotations

from collections.abc import Iterable

from harden.controls import Control, Option, all_controls
from harden.exemptions.settings import config_schema as exemption_schema
from harden.model.text import Plain
from harden.settings import companion_keys
from harden.settings.keys import CONFIG, CONTROLS, EXEMPTIONS, PROFILE, RELEASES, VERSION_NAMES, Key, settings_of

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHAPES: dict[type, dict[str, Plain]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0},
    str: {"type": "string"},
    list: {"type": "array", "items": {"type": "string"}},
    dict: {"type": "object", "additionalProperties": {"type": "string"}},
}


def profile_schema() -> dict[str, Plain]:
    """Return the JSON Schema (draft 2020-12) of a profile."""
    return _object("A profile of harden", {key.name: _of_key(key) for key in PROFILE} | _of_profiles())


def _of_profiles() -> dict[str, Plain]:
    """Return what profiles and harden.yaml say in the same words."""
    return {
        CONTROLS.name: _closed(CONTROLS.doc, {c.id: _of_control(c) for c in all_controls()}),
        companion_keys.NAME: _of_companions(),
    }


def _of_companions() -> dict[str, Plain]:
    common = {option.name: _of_option(option) for option in companion_keys.OPTIONS}
    controls = {control.id: control for control in all_controls()}
    for name in companion_keys.CONTROLS:
        options = [*settings_of(controls[name]), *companion_keys.moved_from(name, controls)]
        doc = f"The same as {CONTROLS.name}.{name}, where it used to stand."
        common[name] = _closed(doc, {option.name: _of_option(option) for option in options})
    return _closed(companion_keys.DOC, common)


def config_schema() -> dict[str, Plain]:
    """Return the JSON Schema (draft 2020-12) of harden.yaml."""
    exemptions = exemption_schema(EXEMPTIONS.doc, [control.id for control in all_controls()])
    properties = {key.name: _of_key(key) for key in CONFIG} | _of_profiles() | {EXEMPTIONS.name: exemptions}
    return _object("harden.yaml, the settings of a project", properties)


def schemas() -> Iterable[tuple[str, dict[str, Plain]]]:
    """Return each schema with the name of its file among the shipped data."""
    return (("profile.schema.json", profile_schema()), ("config.schema.json", config_schema()))


def _object(title: str, properties: dict[str, Plain]) -> dict[str, Plain]:
    return {"$schema": _DIALECT, "title": title} | _closed("", properties)


def _closed(doc: str, properties: dict[str, Plain]) -> dict[str, Plain]:
    said: dict[str, Plain] = {"description": doc} if doc else {}
    return said | {"type": "object", "additionalProperties": False, "properties": properties}


def _of_key(key: Key) -> Plain:
    if key.table is not None:
        return {"description": key.doc, **key.table.schema}
    if key.many:
        return {"description": key.doc, "type": "array", "items": {"type": "string"}}
    if key.name in VERSION_NAMES:
        return {"description": key.doc, "anyOf": [{"enum": list(key.choices)}, {"type": "string", "pattern": RELEASES}]}
    if key.choices:
        return {"description": key.doc, "enum": list(key.choices)}
    return {"description": key.doc, "type": "string", "minLength": 1}


def _of_control(control: Control) -> Plain:
    doc = control.doc.partition("\n")[0]
    return _closed(doc, {option.name: _of_option(option) for option in settings_of(control)})


def _of_option(option: Option) -> Plain:
    if option.table is not None:
        return {"description": option.doc, **option.table.schema}
    if option.choices:
        return {"description": option.doc, "enum": list(option.choices), "default": option.default}
    return {"description": option.doc, **_SHAPES[type(option.default)], "default": option.default}
