"""Tells which documents were left alone and why: those of many for one reason in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.model.kube import Skip
from harden.model.report import FileReport
from harden.outputs.recurring import MANY

_SHOWN = 3


def left_alone(files: Sequence[FileReport]) -> Iterator[str]:
    """Yield a line for each document that was left alone, in the order of `files`, and one for many of a kind.

    Documents of one file that have neither kind nor name share a line, too.
    """
    alike: dict[tuple[str, str], list[tuple[str, Skip]]] = {}
    for file in files:
        for skip in file.skipped:
            alike.setdefault((skip.kind, skip.reason), []).append((file.name, skip))
    for file in files:
        told: set[str] = set()
        for skip in file.skipped:
            if len(alike[skip.kind, skip.reason]) >= MANY or skip.reason in told:
                continue
            same = [skip]
            if not skip.kind and not skip.name:
                told.add(skip.reason)
                same = [each for each in file.skipped if (each.kind, each.name, each.reason) == ("", "", skip.reason)]
            yield f"{file.name}: {_documents(same)}: left alone, {skip.reason}"
    for (kind, reason), found in alike.items():
        if len(found) >= MANY:
            places = ", ".join(f"{file} document {skip.document + 1}" for file, skip in found[:_SHOWN])
            named = f"{kind}: " if kind else ""
            yield f"{len(found)}x {named}left alone, {reason} ({places} and {len(found) - _SHOWN} more)"


def _documents(skips: Sequence[Skip]) -> str:
    if skips[1:]:
        numbers = [str(skip.document + 1) for skip in skips]
        return f"documents {', '.join(numbers[:-1])} and {numbers[-1]}"
    (skip,) = skips
    named = "".join(f" {word}" for word in (skip.kind, skip.name) if word)
    return f"document {skip.document + 1}{',' if named else ''}{named}"
