"""Scalars, keys, tags and merges mean what sigs.k8s.io/yaml says.

`data/scalars.json` was recorded with a Go program that gave each document to k8s.io/apimachinery v0.34.1
`util/yaml.Unmarshal` (sigs.k8s.io/yaml v1.6.0, go.yaml.in/yaml v2.4.2); floats are written with a point or an exponent.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harden.model.text import SourceText
from harden.source.parse import parse
from harden.source.patch import same
from harden.source.quote import is_plain, scalar
from harden.source.scalars import resolve_plain

ROWS = json.loads((Path(__file__).parent / "data" / "scalars.json").read_text(encoding="utf-8"))


def read(text: str) -> object:
    parsed = parse(SourceText("f.yaml", text), lambda _: True)
    if parsed.problems:
        return parsed.problems[0]
    root = parsed.documents[0].root
    return None if root is None else root.value


def test_every_recorded_document_reads_the_same() -> None:
    wrong = []
    for row in ROWS:
        value = read(row["yaml"])
        is_error = type(value).__name__ == "Problem"
        if is_error != row.get("error", False) or (not is_error and not same(value, row["value"])):  # type: ignore[arg-type]  # plain data
            wrong.append((row["yaml"], row.get("value", "error"), value))
    assert len(ROWS) > 1500
    assert not wrong


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("0777", 511),
        ("0o777", 511),
        ("1e3", 1000),
        ("08", 8),
        ("1:30", "1:30"),
        ("1.5", 1.5),
        ("~", None),
    ],
)
def test_words_and_numbers(text: str, value: object) -> None:
    found = resolve_plain(text)
    assert (type(found), found) == (type(value), value)


def test_strings_are_quoted_where_a_reader_would_see_something_else() -> None:
    for row in ROWS:
        text = row["yaml"].removeprefix("k: ")
        if "\n" in text or not row["yaml"].startswith("k: "):
            continue
        for flow in (False, True):
            written = scalar(text, "'", flow=flow)
            document = f"[{written}]" if flow else f"- {written}"
            assert same(read(document), [text]), document  # type: ignore[arg-type]  # plain data


NUMBERS = ("0777", "1e3", "1:30", "2001-01-01", "0x1F", "1_000", ".5", ".inf")
WORDS = ("no", "null", "=", "<<", "", " a", "a ", "a\nb")
INDICATORS = ("a: b", "a #b", "-", "- a", "---", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a")


@pytest.mark.parametrize("text", [*NUMBERS, *WORDS, *INDICATORS])
def test_these_need_quotes(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize(
    "text", ["ALL", "RuntimeDefault", "/var/run", "a:b", "localhost/profile.json", "1.2.3", "-v", "a b", "10m", "v1"]
)
def test_these_need_none(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize("text", ["a,b", "a:b", "[a", "a]", "{}", "a?b"])
def test_flow_text_is_stricter(text: str) -> None:
    assert not is_plain(text, flow=True)


def test_odd_characters_are_escaped() -> None:
    for text in ("tab\t", "line\n", "\x07", "\x85", "\u2028", "\ufeff", "\x7f", "é😀", 'q"q', "back\\slash"):
        written = scalar(text, '"')
        assert read(f"- {written}") == [text]
        assert json.loads(scalar(text, '"', json=True)) == text
