"""Which comments stay where, and which ones people are told of."""

from __future__ import annotations

import pytest

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import SourceText
from harden.source.comments import Comment
from harden.source.lower import Lowered, lower
from harden.source.parse import parse
from harden.source.splice import splice


def lowered(text: str, *changes: Change) -> Lowered:
    source = SourceText("f.yaml", text)
    done = lower(parse(source, lambda _: True).documents[0], source, changes, {"z": ("w",)}, ())
    assert done.refused == ()
    return done


#: The text, the change, and the line (0-based) on which what is new begins.
CONTINUED: dict[str, tuple[str, Change, int]] = {
    "a deeper comment": ("a:\n  b:\n    c: 1\n    # d: 2\n", SetField(("a", "z"), 1), 4),
    "deeper comments of two depths": ("a:\n  b: 1\n    # c\n   # d\n", SetField(("a", "z"), 1), 4),
    "a commented-out item": ("a:\n  b:\n  - 1\n  # - 2\n", SetField(("a", "z"), 1), 4),
    "a commented-out item of several lines": (
        "a:\n  b:\n  - c: 1\n  # - c: 2\n  #   d: 3\n",
        SetField(("a", "z"), 1),
        5,
    ),
    "commented-out items without a blank": ("a:\n  b:\n  - 1\n  #- 2\n  #- 3\n", SetField(("a", "z"), 1), 5),
    "an item appended behind commented-out ones": ("a:\n- b: 1\n  # c: 2\n# - b: 3\n", AppendItem(("a",), {"b": 4}), 4),
    "a key put before another": ("a:\n  b:\n  - 1\n  # - 2\n  w: 3\n", SetField(("a", "z"), 1), 4),
    "the end of the text without a line break": ("a:\n  b:\n    c: 1\n    # d: 2", SetField(("a", "z"), 1), 4),
    "a comment of the next key": ("a:\n  b: 1\n  # of w\n  w: 2\n", SetField(("a", "y1"), 1), 4),
    # look-alikes
    "a comment at the same depth": ("a:\n  b: 1\n  # c: 2\n", SetField(("a", "z"), 1), 2),
    "a comment at the same depth, of another key": ("a:\n  b:\n  - 1\n  # c: 2\n", SetField(("a", "z"), 1), 3),
    "a deeper comment behind a blank line": ("a:\n  b: 1\n\n    # c\n", SetField(("a", "z"), 1), 2),
    "a dash where no list ends": ("a:\n  b: 1\n  # - c\n", SetField(("a", "z"), 1), 2),
    "a dash at another column": ("a:\n  b:\n    - 1\n  # - c\n", SetField(("a", "z"), 1), 3),
    "a shallower comment": ("a:\n  b: 1\n# c\n", SetField(("a", "z"), 1), 2),
    "what follows a commented-out item": ("a:\n  b:\n  - 1\n  # - 2\n  # c: 3\n", SetField(("a", "z"), 1), 4),
    "a comment above the key that it is put before": ("a:\n  b: 1\n  # of w\n  w: 2\n", SetField(("a", "z"), 1), 2),
}


@pytest.mark.parametrize(("text", "change", "line"), CONTINUED.values(), ids=CONTINUED)
def test_what_is_new_stands_behind_what_continues(text: str, change: Change, line: int) -> None:
    after = splice(text, lowered(text, change).edits).splitlines()
    before = text.splitlines()
    new = len(after) - len(before)
    assert new == 1
    assert [*after[:line], *after[line + 1 :]] == before


TOLD: dict[str, tuple[str, Change, tuple[Comment, ...]]] = {
    "above what is removed": (
        "a: 1\n# why\n# more\nb: 1\n",
        RemoveField(("b",)),
        (Comment(2, "# why", stays=True), Comment(3, "# more", stays=True)),
    ),
    "behind what is removed": ("a: 1\nb: 1  # why\n", RemoveField(("b",)), (Comment(2, "# why", stays=False),)),
    "behind a removed item": ("a:\n- 1\n- 2 # why\n", RemoveField(("a", 1)), (Comment(3, "# why", stays=False),)),
    "behind a value that changes": ("a: true # why\n", SetField(("a",), False), (Comment(1, "# why", stays=True),)),
    "in a flow list": ("a: [\n  1,\n  2, # why\n]\n", RemoveField(("a", 1)), (Comment(3, "# why", stays=False),)),
    # look-alikes
    "inside a removed mapping they stay": ("a: 1\nb:\n  # why\n  c: 1\n", RemoveField(("b",)), ()),
    "a hash in a value": ("a: 1\nb: 'x # no'\nc: x#no\n", RemoveField(("b",)), ()),
    "above another key": ("# why\na: 1\nb: 1\n", RemoveField(("b",)), ()),
    "a blank line between": ("# why\n\nb: 1\na: 1\n", RemoveField(("b",)), ()),
    "behind a value beside which something is new": ("a: {b: 1} # why\n", SetField(("a", "c"), 1), ()),
    "a hash in a literal": ("a: 1\nb: |\n  # no\n", RemoveField(("b",)), ()),
}


@pytest.mark.parametrize(("text", "change", "comments"), TOLD.values(), ids=TOLD)
def test_comments_that_go_or_may_lie_are_told(text: str, change: Change, comments: tuple[Comment, ...]) -> None:
    assert lowered(text, change).comments == comments
