"""Puts companions into a stream: as documents of their own, each with its signature, in the place of earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harden.companions.signature import sign
from harden.generated.previous import is_generated, without_signature
from harden.model.finding import GeneratedObject, ObjectKey
from harden.model.generated import Status
from harden.model.text import SourceText
from harden.source.parse import parse
from harden.source.split import piece_texts


def with_companions(source: SourceText, companions: Sequence[GeneratedObject]) -> str | None:
    """Return the text with these companions, the very same where they are all there; None where it takes none.

    Companions of earlier runs go, those that somebody edited stay. JSON values one after another take no YAML.
    """
    text = source.text
    pieces = piece_texts(text)
    wanted = [sign(companion.text) for companion in companions]
    ours = [without_signature(piece) for piece in pieces if is_generated(piece)]
    if ours == wanted:
        return text
    kept = "".join(piece for piece in pieces if not is_generated(piece))
    if kept and not kept.endswith("\n"):
        kept += "\n"
    added = "".join(f"---\n{each}" for each in wanted)
    result = kept + (added.replace("\n", "\r\n") if "\r\n" in text else added)
    is_whole = _others(source._replace(text=result)) == _others(source)
    return result if is_whole else None


def standing(
    generated_object: GeneratedObject, source: SourceText, after: str | None, known: Collection[ObjectKey]
) -> Status:
    """Return what becomes of a companion in a stream; `known` are the objects that an earlier run wrote there."""
    if after is None:
        return Status.KEPT
    if sign(generated_object.text) in source.text.replace("\r\n", "\n"):
        return Status.SAME
    return Status.UPDATED if generated_object.key in known else Status.NEW


def _others(source: SourceText) -> tuple[list[object], int]:
    """Return the values of the documents that harden did not write, and how many could not be read."""
    parsed = parse(source, lambda _text: True)
    full = [document for document in parsed.documents if not document.is_empty]
    others: list[object] = [each.value for each in full if not is_generated(source.text[each.start : each.end])]
    return others, len(parsed.problems)
