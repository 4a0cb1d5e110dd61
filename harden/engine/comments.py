"""Says to which fix a comment belongs that went with what was removed, or that may no longer be true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.model.finding import Change, Finding, RemoveField, SetField
from harden.model.text import LineIndex
from harden.model.tree import Document
from harden.source.comments import Comment
from harden.source.locate import locate

#: A longer comment is cut.
_LONGEST = 80


def notes(
    document: Document,
    lines: LineIndex,
    claims: Sequence[tuple[Finding, Sequence[Change]]],
    comments: Sequence[Comment],
) -> Iterator[tuple[Finding, str]]:
    """Yield each comment as a sentence, with the finding whose fix it is about: the one that changes the next line.

    A comment that goes stands on the line of what is removed or below it; one that stays, on that line or above it.
    """
    places = [
        (lines.line(locate(document, change.path)), finding)
        for finding, changes in claims
        for change in changes
        if isinstance(change, RemoveField | SetField)
    ]
    for comment in comments:
        near = sorted(places, key=lambda place: _distance(place[0], comment))
        if near:
            yield near[0][1], _sentence(comment)


def _distance(line: int, comment: Comment) -> tuple[bool, int]:
    """Return how far a changed line is from a comment; lines on the side where it cannot be come last."""
    away = line - comment.line if comment.stays else comment.line - line
    return away < 0, abs(away)


def _sentence(comment: Comment) -> str:
    text = comment.text if len(comment.text) <= _LONGEST else f"{comment.text[:_LONGEST]}..."
    return f'the comment "{text}" ' + ("may no longer hold" if comment.stays else "went with it")
