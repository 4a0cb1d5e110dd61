"""Pieces, documents, spans and problems."""

from __future__ import annotations

import gc
import json
import random
import time

import pytest

from harden.model.report import Stage
from harden.model.text import Plain, SourceText
from harden.model.tree import Alias, Document, Map, Node, Scalar, Seq
from harden.source.parse import Parsed, parse, scan
from harden.source.split import split
from harden.source.style import walk
from harden.source.templates import GO


def read(text: str, name: str = "") -> Parsed:
    return parse(SourceText("f.yaml", text), lambda piece: name in piece)


def root(text: str) -> Node:
    parsed = read(text)
    assert not parsed.problems, parsed.problems
    node = parsed.documents[0].root
    assert node is not None
    return node


def values(text: str) -> list[tuple[int, object]]:
    parsed = read(text)
    assert not parsed.problems, parsed.problems
    return [(document.index, document.root.value) for document in parsed.documents if document.root is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n---\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("---\na: 1\n---\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("# note\n---\na: 1\n", [(1, {"a": 1})]),
        ("\n---\na: 1\n", [(1, {"a": 1})]),
        ("---\n---\na: 1\n", [(1, {"a": 1})]),
        ("a: 1\n---\n---\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("a: 1\n---\n# only a note\n---\nb: 2\n", [(0, {"a": 1}), (2, {"b": 2})]),
        ("a: 1\n--- # note\nb: 2", [(0, {"a": 1}), (1, {"b": 2})]),
        ("--- {a: 1}\n--- [2]\n", [(0, {"a": 1}), (1, [2])]),
        ("%YAML 1.1\n---\na: 1\n", [(0, {"a": 1})]),
        ("a: 1\n...\n%TAG ! !x\n---\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("%YAML 1.1\n# note\n\n---\na: 1\n", [(0, {"a": 1})]),
        ("# note\n%YAML 1.1\n# note\n---\na: 1\n", [(1, {"a": 1})]),
        ("a: 1\n...\n# note\n%TAG ! !x\n# note\n---\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("a: 1\n...\n", [(0, {"a": 1})]),
        ("a: 1\n...\n# end\n---\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("a: 1\n...\nb: 2\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("a: |\n  ---\n  x\n---\nb: 2\n", [(0, {"a": "---\nx\n"}), (1, {"b": 2})]),
        ("a: 1\r\n---\r\nb: 2\r\n", [(0, {"a": 1}), (1, {"b": 2})]),
        ("a: 1\r---\rb: 2\r", [(0, {"a": 1}), (1, {"b": 2})]),
        ("a: 1\n---", [(0, {"a": 1})]),
        ('{"a": 1}\n{"b": 2}\n', [(0, {"a": 1}), (1, {"b": 2})]),
        ('{"a": {"x": "}{"}}{"b": 2}', [(0, {"a": {"x": "}{"}}), (1, {"b": 2})]),
        ("", []),
        ("# nothing\n", []),
        ("---\n", []),
    ],
)
def test_documents_and_their_indexes(text: str, expected: list[tuple[int, object]]) -> None:
    assert values(text) == expected
    pieces = split(text)
    assert [piece.index for piece in pieces] == list(range(len(pieces)))
    assert [piece.start for piece in pieces] == [0, *(piece.end for piece in pieces[:-1])]
    assert pieces[-1].end == len(text)


@pytest.mark.parametrize("broken", ["\x85", "\u2028", "\u2029"])
def test_a_key_over_two_lines_is_refused_as_kubectl_refuses_it(broken: str) -> None:
    parsed = read(f"a: 1\nc{broken}d: 2\n")
    assert parsed.syntax_error
    assert [problem.line for problem in parsed.problems] == [2]


def test_only_relevant_pieces_are_parsed() -> None:
    parsed = read("a: 1\n---\nb: [\n---\nx: 1\n---\nx: 2\n", "x")
    assert [document.index for document in parsed.documents] == [2, 3]
    assert [piece.index for piece in parsed.unread] == [0, 1]
    assert not parsed.problems


def test_scan_finds_what_parse_left_unread() -> None:
    source = SourceText("f.yaml", "a: 1\n---\nb: [\n---\nx: 1\n")
    problem = scan(source, parse(source, lambda piece: "x" in piece))
    assert problem is not None
    assert (problem.file, problem.stage, problem.line) == ("f.yaml", Stage.READ, 4)
    for text in ("a: 1\n---\nb: [http://x:80]\n---\nx: 1\n", "x: 1\n", ""):
        source = SourceText("f.yaml", text)
        assert scan(source, parse(source, lambda piece: "x: 1" in piece)) is None


def test_scan_stops_at_deep_nesting() -> None:
    source = SourceText("f.yaml", "[" * 5000 + "\n---\nx: 1\n")
    problem = scan(source, parse(source, lambda piece: "x" in piece))
    assert problem is not None
    assert "deeper" in problem.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n---\nb: 1\n c: 2\n", 4, "key"),
        ("a: [1, 2\n---\nb: 1\n", 2, "comma"),
        ("a:\n\t- b\n", 2, "tab"),
        ("a: 'x\n", 1, "quote"),
        ("a: @x\n", 1, "cannot begin"),
        ("a: \x01\n", 1, "control"),
        ("a: 1\nb\nc: 2\n", 3, "colon"),
    ],
)
def test_syntax_errors_have_a_line_and_our_words(text: str, line: int, words: str) -> None:
    parsed = read(text)
    assert parsed.syntax_error
    problem = parsed.problems[0]
    assert (problem.stage, problem.line) == (Stage.READ, line)
    assert words in problem.message
    assert "\n" not in problem.message


def test_one_bad_document_does_not_hide_the_others() -> None:
    parsed = read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: *d\n\n---\ne: 5\n")
    assert [document.index for document in parsed.documents] == [0, 2, 4]
    assert [problem.line for problem in parsed.problems] == [4, 7]


@pytest.mark.parametrize(
    ("text", "value", "line", "name"),
    [
        ("a: 1\nb:\n  c: SECRET\n  c: 2\n", {"a": 1, "b": {"c": 2}}, 4, "c"),
        ("a: 1\na: 1\na: 3\n", {"a": 3}, 3, "a"),
        ('1: a\n"1": b\n', {"1": "b"}, 2, "1"),
        ("y: 1\ntrue: 2\n", {"true": 2}, 2, "true"),
        ("{a: {b: 1}, a: {c: 2}}", {"a": {"c": 2}}, 1, "a"),
        ("a: 1\n<<: {a: 2}\na: 3\n", {"a": 3}, 3, "a"),
        ("a: 1\na: 3\n<<: {a: 2}\n", {"a": 2}, 2, "a"),
    ],
)
def test_the_last_of_a_repeated_key_counts(text: str, value: Plain, line: int, name: str) -> None:
    parsed = read(text)
    assert [document.value for document in parsed.documents] == [value]
    note = parsed.problems[0]
    assert (note.stage, note.line, len(parsed.problems)) == (Stage.NOTE, line, 1)
    assert repr(name) in note.message
    assert "SECRET" not in note.message


@pytest.mark.parametrize("version", ["1.3", "1.9", "3.0"])
def test_what_the_parser_asserts_is_a_problem_of_the_file(version: str) -> None:
    parsed = read(f"%YAML {version}\n---\na: 1\n")
    assert parsed.syntax_error
    assert parsed.problems[0].stage is Stage.READ


def test_templates_are_told_from_mistakes() -> None:
    found = read("a: {{ if .x }} b\n c: [\n")
    assert (found.templates, found.problems) == (((0, GO),), ())
    assert "envsubst" in read("a: ${X}: [\n").problems[0].hint
    assert read("a: '{{ x }}'\nb: [\n").problems[0].stage is Stage.READ


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: *SECRET\n", 1, "names no anchor"),
        ("a: &x [*x]\n", 1, "contains itself"),
        ("a: &b: {c: 1}\n", 1, "anchor"),
        ("? [a]\n: 1\n", 1, "list or a mapping"),
        ("~: 1\n", 1, "null"),
        ("a: .inf\n", 1, "infinite"),
        ("a: !!int x\n", 1, "tagged as int"),
        ("<<: 1\n", 1, "merges"),
    ],
)
def test_yaml_that_kubernetes_does_not_read(text: str, line: int, words: str) -> None:
    parsed = read(text)
    assert not parsed.documents
    assert not parsed.syntax_error
    problem = parsed.problems[0]
    assert problem.line == line
    assert words in problem.message
    assert "SECRET" not in problem.message


def test_hostile_text_is_refused_quickly() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    started = time.process_time()
    for text in ("[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 50_000, "[{" * 50_000, bomb):
        parsed = read(text)
        assert len(parsed.problems) == 1
        assert not parsed.documents
    assert time.process_time() - started < 5


def test_nesting_up_to_the_limit_is_read() -> None:
    assert values("[" * 199 + "]" * 199)
    assert read("[" * 201 + "]" * 201).syntax_error


def test_the_second_parser_reads_what_the_first_refuses() -> None:
    node = root("# ä\na: [http://x:80/y]\nb: {x:1}\nc:\nd:  # note\n? e\nf: &n\ng:\n- \n- # note\n")
    assert node.value == {
        "a": ["http://x:80/y"],
        "b": {"x:1": None},
        "c": None,
        "d": None,
        "e": None,
        "f": None,
        "g": [None, None],
    }
    text = "# ä\na: [http://x:80/y]\nb: {x:1}\nc:\nd:  # note\n? e\nf: &n\ng:\n- \n- # note\n"
    assert isinstance(node, Map)
    assert [text[: value.end].rsplit("\n", 1)[1] for key, value in node.entries[2:5]] == ["c:", "d:", "? e"]


def test_json_escapes_beyond_the_basic_plane() -> None:
    assert values('{"a": "\\ud83d\\ude00"}') == [(0, {"a": "😀"})]


def test_the_collector_is_as_it_was() -> None:
    assert gc.isenabled()
    read("a: [\n")
    assert gc.isenabled()
    gc.disable()
    try:
        read("a: 1\n")
        assert not gc.isenabled()
    finally:
        gc.enable()


def spans(text: str) -> list[str]:
    return [text[node.start : node.end] for node in walk(root(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1  # c\n", ["a: 1", "a", "1"]),
        ("😀: é\nb: x\n", ["😀: é\nb: x", "😀", "é", "b", "x"]),
        ("a:\n  b: x\n\n# end\n", ["a:\n  b: x", "a", "b: x", "b", "x"]),
        ("a: |\n  x\n\n\nb: 1\n", ["a: |\n  x\n\n\nb: 1", "a", "|\n  x", "b", "1"]),
        ("a: |+\n  x\n\n\nb: 1\n", ["a: |+\n  x\n\n\nb: 1", "a", "|+\n  x\n\n", "b", "1"]),
        ("a: >-\r\n  x\r\n\r\nb: 1\r\n", ["a: >-\r\n  x\r\n\r\nb: 1", "a", ">-\r\n  x", "b", "1"]),
        ("a: |\n  x\n# end\n", ["a: |\n  x", "a", "|\n  x"]),
        ("a: |  # c\n", ["a: |  # c", "a", "|  # c"]),
        ("a: |2\n   x\n   \nb: 1\n", ["a: |2\n   x\n   \nb: 1", "a", "|2\n   x\n   ", "b", "1"]),
        ("a: &x !t 'v'\n", ["a: &x !t 'v'", "a", "&x !t 'v'"]),
        ("- a\n- [b, {c: d}]\n", ["- a\n- [b, {c: d}]", "a", "[b, {c: d}]", "b", "{c: d}", "c", "d"]),
        ("a: x\n  y\nb: 'p\n\n  q'\n", ["a: x\n  y\nb: 'p\n\n  q'", "a", "x\n  y", "b", "'p\n\n  q'"]),
    ],
)
def test_spans(text: str, expected: list[str]) -> None:
    assert spans(text) == expected


def test_aliases_and_merges_share_values() -> None:
    node = root("a: &x {p: 1}\nb: *x\nc: {<<: *x, q: 2}\nd: {p: 0, <<: *x}\ne: {<<: [*x, {p: 9, r: 3}]}\n")
    assert isinstance(node, Map)
    alias = node.entries[1][1]
    assert isinstance(alias, Alias)
    assert alias.value is alias.target.value
    assert node.value["c"] == {"p": 1, "q": 2}
    assert node.value["d"] == {"p": 1}, "go-yaml lets a merge overwrite what stands above it"
    assert node.value["e"] == {"p": 1, "r": 3}


def test_a_run_and_single_pieces_give_the_same_trees() -> None:
    rng = random.Random(3)
    pieces = [f"kind: K{n}\nspec:\n- {{a: {n}}}\n- |\n  text {n}\n" for n in range(30)]
    for _ in range(10):
        text = "---\n".join(rng.sample(pieces, rng.randrange(1, 30)))
        whole = read(text)
        alone = [read(text[piece.start : piece.end]).documents[0] for piece in split(text)]
        for together, single in zip(whole.documents, alone, strict=True):
            assert shape(together, 0) == shape(single, together.start)


def shape(document: Document, shift: int) -> list[tuple[object, ...]]:
    assert document.root is not None
    nodes = walk(document.root)
    return [(type(node).__name__, node.start + shift, node.end + shift, repr(node.value)) for node in nodes]


def test_json_is_read_as_json_reads_it() -> None:
    data = {"a": [1, 2.5, True, None, "x\ty\\u0000".replace("\\u0000", "")], "b": {"c": {}}, "d": []}
    for indent in (None, 2, "\t"):
        node = root(json.dumps(data, indent=indent))
        assert node.value == data
        assert all(isinstance(part, Map | Seq | Scalar) for part in walk(node))
