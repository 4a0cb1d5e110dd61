"""Finds the images that a text of manifests names, without reading it as YAML."""

from __future__ import annotations

import re

_IMAGE = re.compile(r"""["']?\bimage["']?\s*:\s*["']?([\w][\w.:/@-]*)""")


def mentioned(text: str) -> tuple[str, ...]:
    """Return what stands behind `image:` in a text, each once; more or less than there is does no harm."""
    return tuple(dict.fromkeys(_IMAGE.findall(text)))
