"""Puts edits into a text, and follows an offset from the old text into the new one."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.text import Edit


class SpliceError(Exception):
    """Edits that cannot be put in: out of order, overlapping, or outside of the text.

    `identical` is True when the two edits in question are equal, so that dropping one would do.
    """

    def __init__(self, message: str, *, identical: bool = False) -> None:
        super().__init__(message)
        self.identical = identical


def splice(text: str, edits: Sequence[Edit]) -> str:
    """Return `text` with `edits` put in; they must be in order, inside of the text, and apart.

    Two insertions at one offset have no order of their own, so they count as overlapping. An insertion may stand
    right before or right behind a replacement. Raises SpliceError.
    """
    parts: list[str] = []
    at = 0
    last: Edit | None = None
    for edit in edits:
        _check(edit, last, len(text))
        parts.append(text[at : edit.start])
        parts.append(edit.text)
        at = edit.end
        last = edit
    parts.append(text[at:])
    return "".join(parts)


def _check(edit: Edit, last: Edit | None, length: int) -> None:
    if not 0 <= edit.start <= edit.end <= length:
        raise SpliceError(f"edit {edit.start}..{edit.end} is outside of a text of {length} code points")
    if last is None:
        return
    if edit == last:
        raise SpliceError(f"edit {edit.start}..{edit.end} is given twice", identical=True)
    both_insert_here = edit.start == edit.end == last.start == last.end
    if edit.start < last.end or edit.start < last.start or both_insert_here:
        raise SpliceError(f"edits {last.start}..{last.end} and {edit.start}..{edit.end} overlap or are out of order")
