"""Says what `images` in harden.yaml may hold: facts, mirrors, where build files are, and what a person states."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harden.controls import Table
from harden.model.text import Plain

FACTS, MIRRORS, BUILD_FILES, NON_ROOT = "facts", "mirrors", "build-files", "assume-non-root"
_KNOWN = (FACTS, MIRRORS, BUILD_FILES, NON_ROOT)

#: A registry with or without the first parts of a name; without a dot or port, a first part is no registry
#: (distribution/reference, normalize.go).
_PREFIX = r"(?:localhost|[A-Za-z0-9-]*[.:][A-Za-z0-9.:-]*|\[[0-9a-fA-F:]+\](?::[0-9]+)?)(?:/[a-z0-9._-]+)*/?"

_TEXT: Plain = {"type": "string", "minLength": 1}
_PREFIXED: Plain = {"type": "string", "pattern": f"^{_PREFIX}$"}
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
        BUILD_FILES: {
            "description": "Whether Dockerfiles and other build files of the repository tell of its own images (true, "
            "the default, or false), or the folder, relative to this file, in which they are.",
            "type": ["boolean", "string"],
            "minLength": 1,
        },
        NON_ROOT: {
            "description": "Globs of images that start as a number other than 0, which counts where nothing else is "
            "known: registry.example.com/shop/*.",
            "type": "array",
            "items": _TEXT,
        },
    },
}


def _complain(value: Mapping[str, Plain]) -> tuple[tuple[str, ...], str] | None:
    unknown = next((key for key in value if key not in _KNOWN), None)
    if unknown is not None:
        return (unknown,), f"is no key of images; known keys: {', '.join(_KNOWN)}"
    for key, what in ((FACTS, "files and folders"), (NON_ROOT, "globs of images")):
        listed = value.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(item, str) and item for item in listed):
            return (key,), f"must be a list of {what}"
    builds = value.get(BUILD_FILES, True)
    if not isinstance(builds, bool) and (not isinstance(builds, str) or builds == ""):
        return (BUILD_FILES,), "must be true, false or a folder"
    mirrors = value.get(MIRRORS, {})
    if not isinstance(mirrors, dict):
        return (MIRRORS,), "must map prefixes of image names to what they mirror"
    for prefix, original in mirrors.items():
        for text in (prefix, original):
            if not isinstance(text, str) or re.fullmatch(_PREFIX, text) is None:
                return (
                    MIRRORS,
                    prefix,
                ), f'must map "REGISTRY/..." to "REGISTRY/...", and {_shown(text)} is no such prefix'
    return None


def _shown(value: Plain) -> str:
    return f'"{value}"' if isinstance(value, str) else "its value"


IMAGES = Table(_SCHEMA, _complain)
