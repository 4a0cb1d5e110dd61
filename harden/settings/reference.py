"""Writes the references of harden.yaml and of profiles, from the JSON Schemas that the loader is held to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from harden.model.text import Plain
from harden.settings.keys import CONTROLS, RELEASES
from harden.settings.schema import config_schema, profile_schema

#: More values than this are told by the first and the last ones.
_MOST = 12
_SHAPES = {
    "object": "a mapping",
    "boolean": "`true` or `false`",
    "integer": "a whole number from 0",
    "string": "a text",
}
#: What texts look like that follow a pattern.
_PATTERNS = {RELEASES: "another spelling of it (`1.31`, `v1.31.2`)", r"^\d{4}-\d\d-\d\d$": "a date (`2030-06-30`)"}
_MADE = "Made by `python -m harden.docs` from the same description that harden checks these files by."
_CONFIG = """# harden.yaml

The settings of a project. harden takes the nearest `harden.yaml` from the current folder upwards, or the file that
`--config` names; options of the command line win over it, and it wins over the [profile](profiles.md). `harden init`
writes one. Keys that stand in both files have the same name and meaning. Paths hold from the folder of the file.

For editors, `profiles/config.schema.json` of the repository says the same as JSON Schema.
"""
_PROFILE = """# Profiles

What to reach, and the settings of each control: a file that `--profile`, or `profile` in
[harden.yaml](harden-yaml.md), names. With `extends` it says only what differs from another one.
`harden profile FILE` shows what comes out, and where each value comes from.
"""


def references() -> Iterator[tuple[str, str]]:
    """Yield each page with the name of its file."""
    yield "harden-yaml.md", _page(_CONFIG, config_schema())
    yield "profiles.md", _page(_PROFILE, profile_schema())


def _page(head: str, schema: Mapping[str, Plain]) -> str:
    parts = [head, _MADE, ""]
    for name, key in _properties(schema).items():
        parts += [f"## {name}", "", *_about(name, key), ""]
    return "\n".join(parts).rstrip() + "\n"


def _about(name: str, key: Mapping[str, Plain]) -> Iterator[str]:
    """Yield what is said of one key, and tables of what stands below it."""
    said = key.get("description")
    yield f"{said}" if isinstance(said, str) else "See below."
    yield ""
    yield f"Value: {_shape(key)}."
    inner = _properties(key) or _properties(_items(key))
    plain = {word: each for word, each in inner.items() if not _properties(each)}
    if plain:
        yield ""
        yield from _table(plain)
    for word, each in inner.items():
        if word not in plain:
            page = f" ([manual page](../controls/{word}.md))" if name == CONTROLS.name else ""
            yield f"\n### {name}: {word}\n\n{each.get('description', '')}{page}\n"
            yield from _table(_properties(each))


def _table(keys: Mapping[str, Mapping[str, Plain]]) -> Iterator[str]:
    yield "| key | value | default | |"
    yield "|---|---|---|---|"
    for name, key in keys.items():
        default = f"`{json.dumps(key['default'])}`" if "default" in key else ""
        cells = (f"`{name}`", _shape(key), default, str(key.get("description", "")))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _shape(key: Mapping[str, Plain]) -> str:
    """Return in words what a value may be."""
    choices, ways, kind = key.get("enum"), key.get("anyOf"), key.get("type")
    if isinstance(choices, list):
        words = [f"`{each}`" for each in choices]
        return " or ".join(words) if len(words) <= _MOST else f"{words[0]}, {words[1]} to {words[-1]}"
    if isinstance(ways, list) and kind is None:
        return " or ".join(dict.fromkeys(_shape(way) for way in ways if isinstance(way, dict)))
    if isinstance(kind, list):
        return " or ".join(_SHAPES.get(str(each), "a text") for each in kind)
    if kind == "array":
        return f"a list, each item {_shape(_items(key))}"
    pattern = key.get("pattern")
    return _PATTERNS.get(pattern, "a text") if isinstance(pattern, str) else _SHAPES.get(str(kind), "a text")


def _items(key: Mapping[str, Plain]) -> Mapping[str, Plain]:
    items = key.get("items", {})
    return items if isinstance(items, dict) else {}


def _properties(key: Mapping[str, Plain]) -> dict[str, Mapping[str, Plain]]:
    found = key.get("properties")
    if not isinstance(found, dict):
        return {}
    return {name: each for name, each in found.items() if isinstance(each, dict)}
