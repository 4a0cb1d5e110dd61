"""The work on a text grows with its size, not with the square of it: calls are counted, never seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import FrameType

import pytest
from profiled import profiled

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import SourceText
from harden.source.lower import lower
from harden.source.parse import parse
from harden.source.splice import splice
from harden.source.split import split
from harden.verify.unchanged import differs_only_by

SIZE = 60


def work(run: Callable[[], object]) -> int:
    """Return how many functions are called, and generators resumed, while `run` runs."""
    calls = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    with profiled(note):
        run()
    return calls


def items(count: int, item: str, head: str = "items:\n") -> str:
    return head + "".join(item.replace("N", str(at)) for at in range(count))


def sets(count: int) -> list[Change]:
    return [SetField(("items", at, "context", "user"), at) for at in range(count)]


def removals(count: int) -> list[Change]:
    return [RemoveField(("items", at, "port")) for at in range(count)]


def appends(count: int) -> list[Change]:
    return [AppendItem(("items", at, "list"), at) for at in range(count)]


def keys(count: int) -> list[Change]:
    return [SetField(("items", f"k{at}", "a"), 1) for at in range(count)]


def all_items(count: int) -> list[Change]:
    return [RemoveField(("items", at)) for at in range(count - 1)]


def as_json(count: int, indent: int | None) -> str:
    return json.dumps({"items": [{"name": f"c{at}", "port": at} for at in range(count)]}, indent=indent)


SHAPES: dict[str, tuple[Callable[[int], str], Callable[[int], list[Change]]]] = {
    "a block list": (lambda n: items(n, "- name: cN\n  port: N\n"), sets),
    "a block list that loses keys": (lambda n: items(n, "- name: cN\n  port: N\n"), removals),
    "a block list that loses items": (lambda n: items(n, "- name: cN\n  port: N\n"), all_items),
    "JSON over lines": (lambda n: as_json(n, 2), sets),
    "JSON on one line": (lambda n: as_json(n, None), removals),
    "JSON with an odd line break": (lambda n: as_json(n, None).replace("c0", "c\u2028"), sets),
    "aliases": (lambda n: items(n, "- name: cN\n  context: *s\n", "x: &s {a: 1}\nitems:\n"), sets),
    "anchors with a user elsewhere, refused": (
        lambda n: items(n, "- context: &sN {a: 1}\n") + items(n, "- *sN\n", "others:\n"),
        sets,
    ),
    "merges": (lambda n: items(n, "- <<: *m\n  name: cN\n", "x: &m {port: 1}\nitems:\n"), sets),
    "appends": (lambda n: items(n, "- list: []\n"), appends),
    "keys of one mapping": (lambda n: items(n, "  kN: {}\n"), keys),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_text_is_twice_the_work(shape: str) -> None:
    write, wanted = SHAPES[shape]

    def run(count: int) -> None:
        source = SourceText("f.yaml", write(count))
        document = parse(source, lambda _: True).documents[0]
        done = lower(document, source, wanted(count), {}, ())
        after = parse(SourceText("f.yaml", splice(source.text, done.edits)), lambda _: True).documents[0]
        refused = {id(change) for change, _ in done.refused}
        made = [change for change in wanted(count) if not refused]
        assert differs_only_by(document.value, after.value, made)

    run(2)
    once, twice = work(lambda: run(SIZE)), work(lambda: run(2 * SIZE))
    assert twice < 2.4 * once


@pytest.mark.parametrize("line", ["...\n", "a: 1\n...\n", "---\n", "%x\n", "# c\n...\n", "{}\n", "...\n\n"])
def test_splitting_looks_at_each_line_once(line: str) -> None:
    once, twice = (work(lambda count=count: split(line * count)) for count in (200, 400))
    assert twice < 2.2 * once
