"""Fills variables of a pod into its texts: `$(NAME)` as Kubernetes does, `${NAME}` as programs and shells do.

Source: kubernetes.io, Define Dependent Environment Variables; `$$(NAME)` stays as it is, and so does what is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: What nobody would read any more; variables that hold each other twice grow without an end.
_MOST = 20_000
_REFERENCE = r"\$\$|\$\(([\w.-]+)\)|\$\{(?:env[:.])?(\w+)(?::[^{}]*|-[^{}]*)?\}"
_IN_TEXT = re.compile(_REFERENCE)
_IN_SCRIPT = re.compile(rf"{_REFERENCE}|\$([A-Za-z_]\w*)")


def environment(values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return variables by name, each filled in with those before it; of several values of one name the last counts."""
    found: dict[str, str] = {}
    for name, value in values:
        found[name] = filled_in(value, found)
    return found


def filled_in(text: str, variables: Mapping[str, str], *, is_script: bool = False) -> str:
    """Return a text with variables in the place of their names, where they are known; in a script `$NAME`, too."""
    if "$" not in text or not variables:
        return text

    def value(found: re.Match[str]) -> str:
        name = next((each for each in found.groups() if each is not None), "")
        return variables.get(name, found[0])

    filled = (_IN_SCRIPT if is_script else _IN_TEXT).sub(value, text)
    return filled if len(filled) <= max(_MOST, len(text)) else text
