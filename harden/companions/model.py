"""Owns what a companion is: a resource written beside the workloads, and one that is only offered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Companion:
    """A generated object; `text` is one YAML document that ends in a newline, with comments that say why.

    `namespace` is None where the object names none. `because` says in one sentence why the object stands there.
    """

    kind: str
    name: str
    namespace: str | None
    text: str
    because: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that is not generated; `message` says what and why not, `option` what would write it."""

    message: str
    option: str
