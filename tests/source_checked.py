"""What must hold of the source layer for any bytes at all; fuzz_source.py and test_source_hostile.py make the bytes.

They are read, or refused with a problem; a sketch says what its tree says; what is inside of a node lies inside of it
in the text; and random changes, lowered and spliced, read back as exactly those changes.
"""

from __future__ import annotations

import random
import zlib

from random_changes import change_at_random

from harden.model.report import Problem
from harden.model.text import SourceText
from harden.model.tree import Alias, Map, Node, parts_of
from harden.source.parse import Parsed, parse
from harden.source.patch import same
from harden.source.read import decode


def check_source(data: bytes) -> None:
    """Raise AssertionError, or what harden raises by mistake, where the source layer is wrong about these bytes."""
    source = decode("fuzz.yaml", data)
    if isinstance(source, Problem):
        return
    parsed, sketched = (parse(source, lambda _: True, sketch=sketch) for sketch in (False, True))
    assert parsed.problems == sketched.problems, "the two readers complain of different things"
    assert parsed.syntax_error == sketched.syntax_error
    for document, sketch in zip(parsed.documents, sketched.documents, strict=True):
        assert same(document.value, sketch.value), "the sketch says something else than the tree"
        if document.root is not None:
            _nested(document.root, document.start, document.end)
    if not parsed.problems:
        _change(source, parsed, random.Random(zlib.crc32(data)))


def _nested(node: Node, start: int, end: int) -> None:
    assert start <= node.start <= node.end <= end, "a node lies outside of what holds it"
    at = node.start
    assert not isinstance(node, Alias) or node.end > node.start
    for child in parts_of(node):
        assert at <= child.start, "nodes overlap"
        _nested(child, at, node.end)
        at = child.end


def _change(source: SourceText, parsed: Parsed, chance: random.Random) -> None:
    changed = [each for each in parsed.documents if isinstance(each.root, Map)]
    if changed:
        document = chance.choice(changed)
        change_at_random(source.text, parsed, document, chance)
