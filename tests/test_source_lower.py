"""Changes become the edits that a careful person would make in that very file."""

from __future__ import annotations

import json

import pytest

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import Path, Plain, SourceText
from harden.source.lower import Lowered, lower
from harden.source.parse import parse
from harden.source.read import decode
from harden.source.splice import splice

BEFORE = {"sc": ("init", "cs")}
ORDER = ("nonRoot", "user", "ape", "caps")


def at(path: str) -> Path:
    return tuple(int(step) if step.isdigit() else step for step in path.split("."))


def put(path: str, value: Plain) -> SetField:
    return SetField(at(path), value)


def add(path: str, value: Plain) -> AppendItem:
    return AppendItem(at(path), value)


def cut(path: str) -> RemoveField:
    return RemoveField(at(path))


def lowered(text: str, changes: tuple[Change, ...], index: int = 0) -> Lowered:
    source = SourceText("f.yaml", text)
    parsed = parse(source, lambda _: True)
    assert not parsed.problems, parsed.problems
    document = next(document for document in parsed.documents if document.index == index)
    return lower(document, source, changes, BEFORE, ORDER)


def check(before: str, changes: tuple[Change, ...], after: str) -> None:
    done = lowered(before, changes)
    assert done.refused == ()
    assert splice(before, done.edits) == after
    if not any(isinstance(change, RemoveField) for change in changes):
        assert lowered(after, changes).edits == ()


NEW_KEYS = {
    "at the end, below the end-of-line comment": (
        "a:\n  b: 1  # one\n",
        (put("a.c", 2),),
        "a:\n  b: 1  # one\n  c: 2\n",
    ),
    "above own-line comments and blank lines that follow": (
        "a:\n  b: 1\n  # d: commented out\n\n# about e\ne: 2\n",
        (put("a.c", 2),),
        "a:\n  b: 1\n  c: 2\n  # d: commented out\n\n# about e\ne: 2\n",
    ),
    "below the last leaf of a nested mapping": (
        "a:\n  b:\n    - x\n\n# end\n",
        (put("a.c", 2),),
        "a:\n  b:\n    - x\n  c: 2\n\n# end\n",
    ),
    "one block for many fields, in order": (
        "s:\n  n: x\n",
        (put("s.sc.caps.drop", ["ALL"]), put("s.sc.ape", False), put("s.sc.nonRoot", True), put("s.sc.z", 1)),
        "s:\n  n: x\n  sc:\n    nonRoot: true\n    ape: false\n    caps:\n      drop:\n        - ALL\n    z: 1\n",
    ),
    "the same change twice": (
        "a: {}\n",
        (put("a.b", 1), put("a.b", 1), add("a.l", "x"), add("a.l", "x")),
        "a:\n  b: 1\n  l:\n    - x\n",
    ),
    "before a sibling and its comments": (
        "s:\n  n: x\n\n  # the containers\n  # of it\n  cs:\n  - a\n",
        (put("s.sc.user", 1),),
        "s:\n  n: x\n\n  sc:\n    user: 1\n  # the containers\n  # of it\n  cs:\n  - a\n",
    ),
    "not above comments of another column": (
        "s:\n  n: x\n# left\n  cs:\n  - a\n",
        (put("s.sc.user", 1),),
        "s:\n  n: x\n# left\n  sc:\n    user: 1\n  cs:\n  - a\n",
    ),
    "before the sibling that comes first": (
        "s:\n  cs: [a]\n  init: [b]\n",
        (put("s.sc.user", 1),),
        "s:\n  sc:\n    user: 1\n  cs: [a]\n  init: [b]\n",
    ),
    "before a sibling that is the first key": (
        "s:  # it\n  # about cs\n  cs:\n  - a\n",
        (put("s.sc.user", 1),),
        "s:  # it\n  sc:\n    user: 1\n  # about cs\n  cs:\n  - a\n",
    ),
    "below a sibling on its dash's line": (
        "- cs:\n    - a\n  n: x\n",
        (put("0.sc.user", 1),),
        "- cs:\n    - a\n  sc:\n    user: 1\n  n: x\n",
    ),
    "a comment in a block scalar is no comment": (
        "s:\n  n: |\n    x\n    # y\n  cs: []\n",
        (put("s.sc.user", 1),),
        "s:\n  n: |\n    x\n    # y\n  sc:\n    user: 1\n  cs: []\n",
    ),
    "a hash in a quoted scalar is no comment": (
        's:\n  n: "x\n  # y"\n  cs: []\n',
        (put("s.sc.user", 1),),
        's:\n  n: "x\n  # y"\n  sc:\n    user: 1\n  cs: []\n',
    ),
    "in a mapping behind a dash": (
        "-   a: 1\n    b: 2\n",
        (put("0.c.d", 3),),
        "-   a: 1\n    b: 2\n    c:\n      d: 3\n",
    ),
    "in a mapping below its dash": ("-\n  a: 1\n", (put("0.c", 3),), "-\n  a: 1\n  c: 3\n"),
    "in a mapping behind two dashes": ("- - a: 1\n", (put("0.0.c", 3),), "- - a: 1\n    c: 3\n"),
    "the file's own step": (
        "a:\n    b:\n        c: 1\n",
        (put("a.d.e", 1),),
        "a:\n    b:\n        c: 1\n    d:\n        e: 1\n",
    ),
    "the dash offset of lists near by": (
        "a:\n  l:\n  - x\n  m:\n    n: 1\nb:\n      l:\n          - x\n",
        (put("a.m.o", ["w"]), put("b.o", ["w"])),
        "a:\n  l:\n  - x\n  m:\n    n: 1\n    o:\n    - w\nb:\n      l:\n          - x\n      o:\n          - w\n",
    ),
    "a flat list beside flow lists is a flow list": (
        "c:\n  add: [NET]\n",
        (put("c.drop", ["ALL"]),),
        "c:\n  add: [NET]\n  drop: [ALL]\n",
    ),
    "two mappings that end at one leaf: the deepest first": (
        "a:\n  b:\n    c: 1\n",
        (put("z", 1), put("a.w", 2), put("a.b.x", 3)),
        "a:\n  b:\n    c: 1\n    x: 3\n  w: 2\nz: 1\n",
    ),
    "below a multi-line plain scalar": (
        "a:\n  b: x\n    y\nc: 1\n",
        (put("a.d", 1),),
        "a:\n  b: x\n    y\n  d: 1\nc: 1\n",
    ),
    "below a multi-line quoted scalar": (
        "a:\n  b: 'x\n\n    y'  # z\nc: 1\n",
        (put("a.d", 1),),
        "a:\n  b: 'x\n\n    y'  # z\n  d: 1\nc: 1\n",
    ),
    "below a literal, above the blank lines it does not keep": (
        "a:\n  b: |\n    x\n\n# c\nc: 1\n",
        (put("a.d", 1),),
        "a:\n  b: |\n    x\n  d: 1\n\n# c\nc: 1\n",
    ),
    "below a literal and the blank lines it keeps": (
        "a:\n  b: |+\n    x\n\nc: 1\n",
        (put("a.d", 1),),
        "a:\n  b: |+\n    x\n\n  d: 1\nc: 1\n",
    ),
    "below an empty literal": ("a:\n  b: |\nc: 1\n", (put("a.d", 1),), "a:\n  b: |\n  d: 1\nc: 1\n"),
    "above a literal that the end of the file leaves open": (
        "a: 1\nb: |\n  x",
        (put("c", 1),),
        "a: 1\nc: 1\nb: |\n  x",
    ),
    "above an open literal behind a dash": ("- b: |\n    x", (put("0.c", 1),), "- c: 1\n  b: |\n    x"),
    "below a literal that needs no line break": ("b: |-\n  x", (put("c", 1),), "b: |-\n  x\nc: 1"),
    "no line break at the end": ("a:\n  b: 1", (put("a.c", 2), put("d", 3)), "a:\n  b: 1\n  c: 2\nd: 3"),
    "no line break behind a comment": ("a:\n  b: 1 # x", (put("a.c", 2),), "a:\n  b: 1 # x\n  c: 2"),
    "carriage returns": ("a:\r\n  b: 1\r\n", (put("a.c.d", 2),), "a:\r\n  b: 1\r\n  c:\r\n    d: 2\r\n"),
    "lone carriage returns": ("a:\r  b: 1\rc: 2\r", (put("a.d", 2),), "a:\r  b: 1\r  d: 2\rc: 2\r"),
    "behind many-byte text": ("😀: é\na:\n  b: ü\n", (put("a.c", 2),), "😀: é\na:\n  b: ü\n  c: 2\n"),
    "above the end of the document": ("a:\n  b: 1\n...\n", (put("a.c", 2),), "a:\n  b: 1\n  c: 2\n...\n"),
    "below an explicit key": ("? a\n: b: 1\n", (put("a.c", 2), put("d", 3)), "? a\n: b: 1\n  c: 2\nd: 3\n"),
    "beside quoted keys": ('"a":\n  "b": 1\n', (put("a.c", 2),), '"a":\n  "b": 1\n  c: 2\n'),
    "under an anchor on its own line": ("a: &x\n  b: 1\n", (put("a.c", 2),), "a: &x\n  b: 1\n  c: 2\n"),
    "a key that is no string to YAML": ("a:\n  b: 1\n", (put("a.on", "y"),), 'a:\n  b: 1\n  "on": "y"\n'),
    "a string in the quotes of the file": (
        "a: 'x'\nb: 'y'\nc: \"z\"\n",
        (put("d", "no"),),
        "a: 'x'\nb: 'y'\nc: \"z\"\nd: 'no'\n",
    ),
    "list items that are mappings": (
        "a:\n- b: 1\n",
        (put("c", [{"d": 1, "e": [1, [2]]}, {}, []]),),
        "a:\n- b: 1\nc:\n- d: 1\n  e:\n  - 1\n  - - 2\n- {}\n- []\n",
    ),
}


@pytest.mark.parametrize(("before", "changes", "after"), NEW_KEYS.values(), ids=NEW_KEYS)
def test_new_keys(before: str, changes: tuple[Change, ...], after: str) -> None:
    check(before, changes, after)


FILLED = {
    "nothing": ("sc:\nb: 1\n", (put("sc.user", 1),), "sc:\n  user: 1\nb: 1\n"),
    "nothing with a comment": ("sc: # c\nb: 1\n", (put("sc.user", 1),), "sc: # c\n  user: 1\nb: 1\n"),
    "nothing at the end of the file": ("a: 1\nsc:", (put("sc.user", 1),), "a: 1\nsc:\n  user: 1"),
    "null": ("sc: null  # c\n", (put("sc.user", 1),), "sc:  # c\n  user: 1\n"),
    "tilde": ("sc: ~\nb: 1\n", (put("sc.user", 1),), "sc:\n  user: 1\nb: 1\n"),
    "an anchored nothing": ("sc: &a\nb: 1\n", (put("sc.user", 1),), "sc: &a\n  user: 1\nb: 1\n"),
    "an anchored null": ("sc: &a ~  # c\n", (put("sc.user", 1),), "sc: &a  # c\n  user: 1\n"),
    "a tagged null": ("sc: !!null\n", (put("sc.user", 1),), "sc:\n  user: 1\n"),
    "braces": ("sc: {}  # c\nb: 1\n", (put("sc.user", 1),), "sc:  # c\n  user: 1\nb: 1\n"),
    "braces behind a dash": ("- {}\n- b\n", (put("0.a.b", 1), put("0.c", 2)), "- a:\n    b: 1\n  c: 2\n- b\n"),
    "braces behind a dash, with a comment": ("-  {}  # c\n", (put("0.a", 1),), "-  # c\n   a: 1\n"),
    "nothing behind a dash": ("-\n- b\n", (put("0.a", 1), put("0.b", 2)), "- a: 1\n  b: 2\n- b\n"),
    "nothing behind a dash, with a comment": ("- # c\n- b\n", (put("0.a", 1),), "- # c\n  a: 1\n- b\n"),
    "braces that hold a comment": (
        "sc: {\n  # none yet\n}\n",
        (put("sc.user", 1), put("sc.ape", False)),
        "sc: {\n  # none yet\n  user: 1,\n  ape: false\n}\n",
    ),
    "braces with a comment behind the opening one": (
        "sc: { # none\n  }\n",
        (put("sc.user", 1),),
        "sc: { # none\n    user: 1\n  }\n",
    ),
    "brackets": ("l: []  # c\nb: 1\n", (add("l", "x"),), "l:  # c\n  - x\nb: 1\n"),
    "brackets near zero-offset lists": ("m:\n- y\nl: []\n", (add("l", "x"),), "m:\n- y\nl:\n- x\n"),
    "a list that is not there": ("a: 1\n", (add("b.c", "x"), add("b.c", "w")), "a: 1\nb:\n  c:\n    - x\n    - w\n"),
    "braces in braces": ("a: {b: {}}\n", (put("a.b.c", 1),), "a: {b: {c: 1}}\n"),
    "nothing in braces": ("a: {b: , c}\n", (put("a.b.x", 1), put("a.c.w", 2)), "a: {b: {x: 1} , c: {w: 2}}\n"),
    "a document of braces": ("{}\n", (put("a.b", 1),), "a:\n  b: 1\n"),
    "a document of braces behind its marker": ("--- {}\n", (put("a", 1),), "--- {a: 1}\n"),
}


@pytest.mark.parametrize(("before", "changes", "after"), FILLED.values(), ids=FILLED)
def test_what_is_empty_is_filled_in_place(before: str, changes: tuple[Change, ...], after: str) -> None:
    check(before, changes, after)


FLOW = {
    "a blank between a key without a value and the comma": (
        "a: {b: 1, c: }\n",
        (put("a.d", 2),),
        "a: {b: 1, c: , d: 2 }\n",
    ),
    "the same, with the bracket on the next line": (
        "a: {\n  b:\n}\n",
        (put("a.d", 2),),
        "a: {\n  b: ,\n  d: 2\n}\n",
    ),
    "a blank between a tag that makes a text and the comma": (
        "a: {b: !!str }\n",
        (put("a.d", 2),),
        "a: {b: !!str , d: 2 }\n",
    ),
    "no blank between a key that ends in a colon and the comma": (
        "a: {b: 1, c:}\n",
        (put("a.d", 2),),
        "a: {b: 1, c:, d: 2}\n",
    ),
    "no blank between a value that ends in a colon and the comma": (
        "a: {b: c:}\n",
        (put("a.d", 2),),
        "a: {b: c:, d: 2}\n",
    ),
    "no blank behind a bracket": ("a: [{b: }]\n", (add("a", "c"),), "a: [{b: }, c]\n"),
    "a blank behind a pair without a value": ("a: [b: ]\n", (add("a", "c"),), "a: [b: , c]\n"),
    "a blank between a tag and the comma": (
        "a: {b: !!null }\n",
        (put("a.d", 2),),
        "a: {b: !!null , d: 2 }\n",
    ),
    "one line": ("a: {b: 1}  # c\n", (put("a.d", 2),), "a: {b: 1, d: 2}  # c\n"),
    "inner spaces": ("a: { b: 1 }\n", (put("a.d.e", 2),), "a: { b: 1, d: { e: 2 } }\n"),
    "a trailing comma": ("a: {b: 1,}\n", (put("a.d", 2),), "a: {b: 1, d: 2,}\n"),
    "lists": ("a: [x, 'y']\n", (add("a", "z"),), "a: [x, 'y', 'z']\n"),
    "a list with a trailing comma": ("a: [x, ]\n", (add("a", "z"),), "a: [x, z, ]\n"),
    "own lines": ("a: {\n  b: 1  # one\n}\n", (put("a.d", 2),), "a: {\n  b: 1,  # one\n  d: 2\n}\n"),
    "own lines with a trailing comma": (
        "a: {\n  b: 1,  # one\n}\n",
        (put("a.d", 2),),
        "a: {\n  b: 1,  # one\n  d: 2,\n}\n",
    ),
    "own lines, the bracket behind the last": (
        "a: {b: 1,\n    c: 2}\n",
        (put("a.d", 2),),
        "a: {b: 1,\n    c: 2,\n    d: 2}\n",
    ),
    "wrapped lines": ("a: {b: 1,\n  c: 2, d: 3}\n", (put("a.e", 2),), "a: {b: 1,\n  c: 2, d: 3, e: 2}\n"),
    "before a sibling": ("a: {n: x, cs: [1]}\n", (put("a.sc.user", 1),), "a: {n: x, sc: {user: 1}, cs: [1]}\n"),
    "before a sibling on its own line": (
        "a: {\n  n: x,\n  # those\n  cs: [1]\n}\n",
        (put("a.sc.user", 1),),
        "a: {\n  n: x,\n  sc: {\n    user: 1\n  },\n  # those\n  cs: [1]\n}\n",
    ),
    "KYAML": (
        'a: {\n  b: [{\n    c: "x",\n  }],\n  d: {},\n}\n',
        (put("a.d.e", {"f": ["ALL"]}), AppendItem(("a", "b"), {"c": "y"})),
        (
            'a: {\n  b: [{\n    c: "x",\n  }, {\n    c: "y",\n  }],\n'
            '  d: {\n    e: {\n      f: [\n        "ALL",\n      ],\n    },\n  },\n}\n'
        ),
    ),
    "spread text with plain words and without a last comma": (
        "a: {\n    b: x,\n    c: {\n        d: [y]\n    }\n}\n",
        (put("a.e", {"f": ["z"], "g": {"h": "w"}}),),
        (
            "a: {\n    b: x,\n    c: {\n        d: [y]\n    },\n"
            "    e: {\n        f: [z],\n        g: {\n            h: w\n        }\n    }\n}\n"
        ),
    ),
    "one spread mapping among many on one line": (
        "a: {\n  b: {c: 1},\n  d: {e: 1},\n}\n",
        (put("a.f", {"g": "z"}),),
        "a: {\n  b: {c: 1},\n  d: {e: 1},\n  f: {g: z},\n}\n",
    ),
    "a string that flow style must quote": ("a: {b: 1}\n", (put("a.c", "x:y"),), 'a: {b: 1, c: "x:y"}\n'),
    "tabs": ("a: {\n\tb: 1\n\t}\n", (put("a.d", 2),), "a: {\n\tb: 1,\n\td: 2\n\t}\n"),
    "JSON": (
        '{\n  "a": {\n    "b": "x"\n  },\n  "l": []\n}\n',
        (put("a.sc.user", 1), put("a.sc.s", "yes"), add("l", "x")),
        """{
  "a": {
    "b": "x",
    "sc": {
      "user": 1,
      "s": "yes"
    }
  },
  "l": [
    "x"
  ]
}
""",
    ),
    "JSON with lists on one line": (
        '{\n    "a": ["x"],\n    "b": {}\n}\n',
        (put("b.c", ["y"]), add("a", "z")),
        '{\n    "a": ["x", "z"],\n    "b": {\n        "c": ["y"]\n    }\n}\n',
    ),
    "compact JSON": ('{"a":{"b":1},"c":[]}', (put("a.d.e", 2), add("c", "x")), '{"a":{"b":1,"d":{"e":2}},"c":["x"]}'),
    "JSON with tabs": (
        '{\n\t"a": {\n\t\t"b": 1\n\t}\n}',
        (put("a.c", {}),),
        '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": {}\n\t}\n}',
    ),
    "JSON inside block style": ('a: {"b": 1}\n', (put("a.c", "x"),), 'a: {"b": 1, "c": "x"}\n'),
}


@pytest.mark.parametrize(("before", "changes", "after"), FLOW.values(), ids=FLOW)
def test_flow_style_stays_flow(before: str, changes: tuple[Change, ...], after: str) -> None:
    check(before, changes, after)
    if before.lstrip().startswith("{"):
        json.loads(after)


VALUES = {
    "a scalar keeps its comment": ("a: 1  # c\n", (put("a", 2),), "a: 2  # c\n"),
    "a string keeps its single quotes": ("a: 'x'\n", (put("a", "it's"),), "a: 'it''s'\n"),
    "a string keeps its double quotes": ('a: "x"\n', (put("a", "b"),), 'a: "b"\n'),
    "a plain string stays plain": ("a: x\n", (put("a", "w"),), "a: w\n"),
    "a plain string gets quotes when it needs them": ("a: x\n", (put("a", "no"),), 'a: "no"\n'),
    "quotes go with the string": ("a: 'true'\n", (put("a", True),), "a: true\n"),
    "an anchor stays": ("a: &x 1\n", (put("a", 2),), "a: &x 2\n"),
    "a tag goes": ("a: !!str 1\n", (put("a", 2),), "a: 2\n"),
    "an anchor stays and a tag goes": ("a: &x !!str 1 # c\n", (put("a", 2),), "a: &x 2 # c\n"),
    "nothing becomes a scalar": ("a:  # c\nb: 1\n", (put("a", True),), "a: true  # c\nb: 1\n"),
    "nothing with blanks becomes a scalar": ("a:   \nb: 1\n", (put("a", True),), "a: true\nb: 1\n"),
    "a scalar becomes null": ("a: 1\n", (put("a", None),), "a: null\n"),
    "a multi-line scalar": ("a: x\n  y\nb: 1\n", (put("a", "z"),), "a: z\nb: 1\n"),
    "a literal keeps its comment": ("a: |  # c\n  x\n\nb: 1\n", (put("a", "z"),), "a: z  # c\n\nb: 1\n"),
    "a block mapping becomes a scalar": ("a:  # c\n  b: 1\nd: 1\n", (put("a", 2),), "a: 2  # c\nd: 1\n"),
    "a block list becomes a scalar": ("a:\n- b\n- c\nd: 1\n", (put("a", 2),), "a: 2\nd: 1\n"),
    "a scalar becomes a mapping": ("a: 1  # c\nb: 1\n", (put("a", {"x": 1}),), "a:  # c\n  x: 1\nb: 1\n"),
    "a scalar becomes a list": ("a: 1\nb:\n- 1\n", (put("a", ["x"]),), "a:\n- x\nb:\n- 1\n"),
    "a flow list stays flow": ("a: [x, y]  # c\n", (put("a", {"x": 1}),), "a: {x: 1}  # c\n"),
    "a mapping keeps what stays": (
        "a:\n  b: 1  # b\n  c: 2\n",
        (put("a", {"b": 1, "d": 3}),),
        "a:\n  b: 1  # b\n  d: 3\n",
    ),
    "a list keeps what stays": ("a:\n- x  # x\n- y\n- z  # z\n", (put("a", ["x", "z"]),), "a:\n- x  # x\n- z  # z\n"),
    "a list gets more": ("a:\n  - x  # x\n", (put("a", ["x", "w"]),), "a:\n  - x  # x\n  - w\n"),
    "a list gets others": ("a: [KILL, CHOWN]\n", (put("a", ["ALL"]),), "a: [ALL]\n"),
    "a list item": ("a:\n- x: 1\n- y\n", (put("a.1", "z"), put("a.0.x", 2)), "a:\n- x: 2\n- z\n"),
    "an alias": ("x: &x 1\na: *x  # c\n", (put("a", 2),), "x: &x 1\na: 2  # c\n"),
    "an alias becomes a mapping": ("x: &x 1\na: *x  # c\n", (put("a", {"b": 1}),), "x: &x 1\na:  # c\n  b: 1\n"),
    "a key that YAML sees as a boolean": ("y: 1\n", (put("true", 2),), "y: 2\n"),
    "the tag of a block mapping goes": ("a: !!map\n  b: 1\nd: 1\n", (put("a", 2),), "a: 2\nd: 1\n"),
    "the tag of a block list goes, its anchor stays": ("a: &x !!seq\n- b\n", (put("a", 2),), "a: &x 2\n"),
    "the tag of a first key goes": ("- !!str a: 1\n- b\n", (put("0", 2),), "- 2\n- b\n"),
    "a mapping behind a dash becomes a scalar": ("- a: 1\n  b: 2\n- c\n", (put("0", "x"),), "- x\n- c\n"),
}


@pytest.mark.parametrize(("before", "changes", "after"), VALUES.values(), ids=VALUES)
def test_values_are_replaced_alone(before: str, changes: tuple[Change, ...], after: str) -> None:
    check(before, changes, after)


ITEMS = {
    "zero offset": ("a:\n- x\nb: 1\n", (add("a", "w"),), "a:\n- x\n- w\nb: 1\n"),
    "two columns": ("a:\n  - x  # x\n  # z\nb: 1\n", (add("a", "w"),), "a:\n  - x  # x\n  - w\n  # z\nb: 1\n"),
    "four columns, mixed in one file": (
        "a:\n- x\nb:\n    - x\n",
        (add("a", "w"), add("b", "w")),
        "a:\n- x\n- w\nb:\n    - x\n    - w\n",
    ),
    "mappings at the key column of that list": (
        "a:\n  -   b: 1\n      c: 2\n",
        (add("a", {"b": 3, "c": {"d": 4}}),),
        "a:\n  -   b: 1\n      c: 2\n  -   b: 3\n      c:\n        d: 4\n",
    ),
    "lists in lists": ("- - a\n  - b\n", (add("0", "c"), add("0", ["d"])), "- - a\n  - b\n  - c\n  - - d\n"),
    "an item that is there": ("a:\n- ALL\n", (add("a", "ALL"),), "a:\n- ALL\n"),
    "below nothing": ("a:\n-\nb: 1\n", (add("a", "w"),), "a:\n-\n- w\nb: 1\n"),
    "below an open literal": ("a:\n- |\n  x", (add("a", "w"),), "a:\n- |-\n  x\n- w"),
    "below an open literal that keeps": ("a:\n- |+\n  x", (add("a", "z"),), "a:\n- |-\n  x\n- z"),
    "no final line break": ("a:\n- x", (add("a", "z"),), "a:\n- x\n- z"),
}


@pytest.mark.parametrize(("before", "changes", "after"), ITEMS.values(), ids=ITEMS)
def test_items_are_appended_in_the_hand_of_the_list(before: str, changes: tuple[Change, ...], after: str) -> None:
    check(before, changes, after)


REMOVED = {
    "the first of a flow mapping and the line below it": (
        "a: {b: 1,\n    c: 2,\n    d: 3}\n",
        (cut("a.b"), cut("a.c")),
        "a: {\n    d: 3}\n",
    ),
    "the first of a flow mapping": ("a: {b: 1,\n    c: 2,\n    d: 3}\n", (cut("a.b"),), "a: {c: 2,\n    d: 3}\n"),
    "all there is behind a tag": ("a: !!map\n  b: 1\nc: 1\n", (cut("a.b"),), "a: !!map {}\nc: 1\n"),
    "all there is behind an anchor and a tag": ("a: &x !!seq\n- b\nc: 1\n", (cut("a.0"),), "a: &x !!seq []\nc: 1\n"),
    "all there is behind a tag on its line": ("a:\n  !x\n  b: 1\nc: 1\n", (cut("a.b"),), "a:\n  !x {}\nc: 1\n"),
    "a key with its block and comment": ("a: 1\nb:  # b\n  c: 1  # c\n# d\nd: 1\n", (cut("b"),), "a: 1\n# d\nd: 1\n"),
    "a key between comments": ("# a\na: 1\n# b\nb: 1\n# c\nc: 1\n", (cut("b"),), "# a\na: 1\n# b\n# c\nc: 1\n"),
    "the last key": ("a:\n  b: 1\nc: 1\n", (cut("a.b"),), "a: {}\nc: 1\n"),
    "the last keys, and a comment between them": (
        "a:  # a\n  b: 1\n  # c\n  c: 1\n",
        (cut("a.b"), cut("a.c")),
        "a: {}  # a\n  # c\n",
    ),
    "the only key of the document": ("a: 1\n", (cut("a"),), "{}\n"),
    "the last item": ("a:\n- b: 1\n  c: 2\nd: 1\n", (cut("a.0"),), "a: []\nd: 1\n"),
    "the first key behind a dash": ("- a: 1  # a\n  b: 2\n", (cut("0.a"),), "- b: 2\n"),
    "the first key behind a dash, above a comment": ("- a: 1\n  # b\n  b: 2\n", (cut("0.a"),), "-\n  # b\n  b: 2\n"),
    "the first keys behind a dash": ("- a: 1\n  b: 2\n  c: 3\n", (cut("0.a"), cut("0.b")), "- c: 3\n"),
    "the only key behind a dash": ("- a: 1  # a\n- b\n", (cut("0.a"),), "- {}\n- b\n"),
    "the first key behind a dash, with a new one": (
        "- cs: 1\n  b: 2\n",
        (cut("0.cs"), put("0.m", 3)),
        "- b: 2\n  m: 3\n",
    ),
    "the only key behind a dash, with a new one": ("- a: 1\n- b\n", (cut("0.a"), put("0.m", 3)), "- m: 3\n- b\n"),
    "a list behind a dash": ("- - a\n  - b\n", (cut("0.0"),), "- - b\n"),
    "an item": ("a:\n  - x\n  # y\n  - y  # y\n  - z\n", (cut("a.1"),), "a:\n  - x\n  # y\n  - z\n"),
    "items by their old indexes": ("- a\n- b\n- c\n", (cut("0"), cut("2")), "- b\n"),
    "a key and what is new in its mapping": (
        "a:\n  b: 1\n  c: 2\n",
        (cut("a.c"), put("a.d", 3)),
        "a:\n  b: 1\n  d: 3\n",
    ),
    "an only key and what is new in its mapping": (
        "a:  # a\n  b: 1\n",
        (cut("a.b"), put("a.d", 3)),
        "a:  # a\n  d: 3\n",
    ),
    "an item and a new one": ("a: [x, y]\n", (cut("a.1"), add("a", "z")), "a: [x, z]\n"),
    "a flow entry": ("a: {b: 1, c: 2, d: 3}\n", (cut("a.c"),), "a: {b: 1, d: 3}\n"),
    "the first flow entry": ("a: { b: 1, c: 2 }\n", (cut("a.b"),), "a: { c: 2 }\n"),
    "the last flow entry": ("a: { b: 1, c: 2 }\n", (cut("a.c"),), "a: { b: 1 }\n"),
    "the last flow entries": ("a: {b: 1, c: 2, d: 3}\n", (cut("a.c"), cut("a.d")), "a: {b: 1}\n"),
    "the only flow entry": ("a: { b: 1 }\n", (cut("a.b"),), "a: {}\n"),
    "the only flow item": ("a: [b]  # c\n", (cut("a.0"),), "a: []  # c\n"),
    "a flow entry with a trailing comma": ("a: {b: 1, c: 2,}\n", (cut("a.c"),), "a: {b: 1,}\n"),
    "a JSON entry": ('{\n  "a": 1,\n  "b": 2\n}\n', (cut("b"),), '{\n  "a": 1\n}\n'),
    "a JSON entry and a new one": (
        '{\n  "a": 1,\n  "b": 2\n}\n',
        (cut("b"), put("c", 3)),
        '{\n  "a": 1,\n  "c": 3\n}\n',
    ),
    "flow entries on their own lines": (
        "a: {\n  b: 1,  # b\n  # c\n  c: 2  # c\n}\n",
        (cut("a.b"),),
        "a: {\n  # c\n  c: 2  # c\n}\n",
    ),
    "what is not there": ("a: 1\n", (cut("b"), cut("c.d")), "a: 1\n"),
    "the last line of an open end": ("a: 1\nb: 2", (cut("b"),), "a: 1"),
    "the last line below a literal": ("a: |\n  x\nb: 2", (cut("b"),), "a: |\n  x\n"),
    "blank lines that a literal would take in": ("a: |+\n  x\nb: 1\n\nc: 2\n", (cut("b"),), "a: |+\n  x\nc: 2\n"),
    "a comment that a literal would take in": (
        "a: |\n  x\nb: 1\n    # c\nc: 2\n",
        (cut("b"),),
        "a: |\n  x\n# c\nc: 2\n",
    ),
    "comment lines inside of what goes": (
        "a: 1\nb:\n  # c\n  c: 1  # gone\n  # d\n  d: 1\ne: 1\n",
        (cut("b"),),
        "a: 1\n  # c\n  # d\ne: 1\n",
    ),
    "comment lines that a literal above would take in": (
        "a: |\n  x\nb:\n  # c\n  c: 1\ne: 1\n",
        (cut("b"),),
        "a: |\n  x\n# c\ne: 1\n",
    ),
    "comment lines at an open end": ("a: 1\nb:\n  # c\n  c: 1", (cut("b"), put("d", 2)), "a: 1\nd: 2\n  # c"),
    "an anchor that nobody uses": ("a: &x 1\nb: 2\n", (cut("a"),), "b: 2\n"),
    "an anchor with its only user": ("a: {b: &x 1, c: *x}\nd: 2\n", (cut("a"),), "d: 2\n"),
}


@pytest.mark.parametrize(("before", "changes", "after"), REMOVED.values(), ids=REMOVED)
def test_removals_leave_valid_text(before: str, changes: tuple[Change, ...], after: str) -> None:
    check(before, changes, after)


def test_a_byte_order_mark_does_not_shift_edits() -> None:
    source = decode("f.yaml", b"\xef\xbb\xbfa:\n  b: 1\n")
    assert isinstance(source, SourceText)
    document = parse(source, lambda _: True).documents[0]
    text = splice(source.text, lower(document, source, [put("a.c", 2)], {}, ()).edits)
    assert source.encode(text) == b"\xef\xbb\xbfa:\n  b: 1\n  c: 2\n"


def test_only_the_given_document_is_touched() -> None:
    text = "# one\n---\na: 1\n---\n# two\na:\n  b: 1\n# end\n---\nlast: 1\n"
    done = lowered(text, (put("a.c", 2),), index=2)
    assert splice(text, done.edits) == text.replace("  b: 1\n", "  b: 1\n  c: 2\n")


NOT_CHANGED = {
    "no changes": ("a: 1\n", ()),
    "the value that is there": ("a: {b: 'x'}\nl: [1]\n", (put("a.b", "x"), put("a", {"b": "x"}), put("l", [1]))),
    "an item that is there": ("l:\n- x\n", (add("l", "x"),)),
    "a key that is not there": ("a: 1\n", (cut("b"),)),
    "the value behind an alias": ("x: &x {a: 1}\nw: *x\n", (put("w.a", 1),)),
    "the value behind a merge": ("x: &x {a: {b: 1}}\nw:\n  <<: *x\n", (put("w.a.b", 1),)),
}


@pytest.mark.parametrize(("text", "changes"), NOT_CHANGED.values(), ids=NOT_CHANGED)
def test_nothing_to_do_is_no_edit(text: str, changes: tuple[Change, ...]) -> None:
    done = lowered(text, changes)
    assert done == Lowered((), ())


REFUSED = {
    "a key of a scalar": ("a: 1\n", put("a.b", 1), "expected a mapping"),
    "a key of a list": ("a: [1]\n", put("a.b", 1), "found a list"),
    "an item of a mapping": ("a: {b: 1}\n", put("a.0", 1), "found a mapping"),
    "an item that is not there": ("a: [1]\n", put("a.1", 1), "no item 1"),
    "an item below nothing": ("a:\n", put("a.0.b", 1), "expected a list"),
    "an append to a mapping": ("a: {b: 1}\n", add("a", 1), "found a mapping"),
    "an append to a scalar": ("a: x\n", add("a", 1), "found a scalar"),
    "an empty document": ("# nothing\n", put("a", 1), "empty"),
    "a pair in a flow list": ("a: [b: 1]\n", put("a.0.c", 1), "single pair"),
    "a removal of what a merge brings": ("x: &x {a: 1}\nw:\n  <<: *x\n", cut("w.a"), "merge"),
    "a removal that uncovers a merge": ("x: &x {a: 1}\nw:\n  <<: *x\n  a: 2\n", cut("w.a"), "merge"),
    "a value that a merge overwrites": ("x: &x {a: 1}\nw:\n  a: 2\n  <<: *x\n", put("w.a", 3), "below it"),
}


@pytest.mark.parametrize(("text", "change", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_with_a_reason(text: str, change: Change, words: str) -> None:
    done = lowered(text, (change,))
    assert done.edits == ()
    assert [refused for refused, _ in done.refused] == [change]
    assert words in done.refused[0][1]


def test_a_refused_change_leaves_the_others() -> None:
    text = "a: 1\nb: {}\n"
    done = lowered(text, (put("a.x", 1), put("b.x", 1)))
    assert splice(text, done.edits) == "a: 1\nb:\n  x: 1\n"
    assert [change for change, _ in done.refused] == [put("a.x", 1)]


def test_contradictions_are_refused() -> None:
    done = lowered("a: 1\n", (put("a", 2), put("a", 3), cut("a")))
    assert [change for change, _ in done.refused] == [put("a", 3), cut("a")]
    assert splice("a: 1\n", done.edits) == "a: 2\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n  r: \n    {}\n  z: 1\n", "a:\n  r: \n    x: 1\n  z: 1\n"),
        ("a:\n  r:   # c\n    {}\n  z: 1\n", "a:\n  r:   # c\n    x: 1\n  z: 1\n"),
        ("a:\n  r:\n    # c\n    {}\n  z: 1\n", "a:\n  r:\n    # c\n    x: 1\n  z: 1\n"),
        ("a:\n  r:\n    {}  # c\n  z: 1\n", "a:\n  r:\n    # c\n    x: 1\n  z: 1\n"),
        ("a:\r\n  r: # b\r\n    {}  # c\r\n", "a:\r\n  r: # b\r\n    # c\r\n    x: 1\r\n"),
        ("a:\n  r:\n    {}", "a:\n  r:\n    x: 1"),
    ],
)
def test_an_empty_value_on_its_own_line_is_filled_there(before: str, after: str) -> None:
    source = decode("x", before.encode())
    assert isinstance(source, SourceText)
    (document,) = parse(source, lambda _: True).documents
    lowered = lower(document, source, [SetField(("a", "r", "x"), 1)], {}, ())
    assert not lowered.refused
    assert splice(before, lowered.edits) == after


def test_a_comment_right_behind_what_goes_stays_a_comment() -> None:
    check('a: "x"#c\nb: 1\n', (put("a", 2),), "a: 2 #c\nb: 1\n")


def test_a_new_line_ends_as_its_neighbour_does_in_a_file_with_both_line_breaks() -> None:
    check("a:\n  b: 1\r\nc: 1\n", (put("a.d", 2),), "a:\n  b: 1\r\n  d: 2\r\nc: 1\n")
    check("a:\r\n  b: 1\nc: 1\r\n", (put("a.d", 2),), "a:\r\n  b: 1\n  d: 2\nc: 1\r\n")
