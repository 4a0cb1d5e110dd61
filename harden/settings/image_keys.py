"""Says what `images` in harden.yaml may hold: further facts about images, and which registries are mirrors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harden.controls import Table
from harden.model.text import Plain

FACTS, MIRRORS = "facts", "mirrors"

#: A registry with or without the first parts of a name; without a dot or port, a first part is no registry
#: (distribution/reference, normalize.go).
_PREFIX = re.compile(
    r"(?:localhost|[A-Za-z0-9-]*[.:][A-Za-z0-9.:-]*|\[[0-9a-fA-F:]+\](?::[0-9]+)?)(?:/[a-z0-9._-]+)*/?"
)

_TEXT: Plain = {"type": "string", "minLength": 1}
_PREFIXED: Plain = {"type": "string", "pattern": f"^{_PREFIX.pattern}$"}
_SCHEMA: Mapping[str, Plain] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        FACTS: {
            "description": "Files with facts about images, or folders of such files, relative to this file.",
            "type": "array",
            "items": _TEXT,
        },
        MIRRORS: {
            "description": "Prefixes of image names (registry.example.com/hub), each with what it mirrors (docker.io).",
            "type": "object",
            "propertyNames": _PREFIXED,
            "additionalProperties": _PREFIXED,
        },
    },
}


def _complain(value: Mapping[str, Plain]) -> tuple[tuple[str, ...], str] | None:
    unknown = next((key for key in value if key not in {FACTS, MIRRORS}), None)
    if unknown is not None:
        return (unknown,), f"is no key of images; known keys: {FACTS}, {MIRRORS}"
    facts = value.get(FACTS, [])
    if not isinstance(facts, list) or not all(isinstance(item, str) and item for item in facts):
        return (FACTS,), "must be a list of files and folders"
    mirrors = value.get(MIRRORS, {})
    if not isinstance(mirrors, dict):
        return (MIRRORS,), "must map prefixes of image names to what they mirror"
    for prefix, original in mirrors.items():
        for text in (prefix, original):
            if not isinstance(text, str) or _PREFIX.fullmatch(text) is None:
                return (
                    MIRRORS,
                    prefix,
                ), f'must map "REGISTRY/..." to "REGISTRY/...", and {_shown(text)} is no such prefix'
    return None


def _shown(value: Plain) -> str:
    return f'"{value}"' if isinstance(value, str) else "its value"


IMAGES = Table(_SCHEMA, _complain)
