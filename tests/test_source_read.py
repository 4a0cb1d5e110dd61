"""What is text, what is not, and what stays of it."""

from __future__ import annotations

import pytest

from harden.model.report import Problem, Stage
from harden.model.text import SourceText
from harden.source import read
from harden.source.read import decode


@pytest.mark.parametrize("data", [b"", b"a: 1\r\nb: 2", b"a: 1\rb: 2\r", "ä: 😀\n".encode(), b"\xef\xbb\xbfa: 1\n"])
def test_text_comes_back_as_the_same_bytes(data: bytes) -> None:
    source = decode("f.yaml", data)
    assert isinstance(source, SourceText)
    assert source.encode(source.text) == data


def test_the_byte_order_mark_is_taken_off() -> None:
    source = decode("f.yaml", b"\xef\xbb\xbfa: 1\n")
    assert source == SourceText("f.yaml", "a: 1\n", bom=True)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("a: 1\n".encode("utf-16"), "UTF-16"),
        ("a: 1\n".encode("utf-16-le"), "UTF-16"),
        ("a: 1\n".encode("utf-16-be"), "UTF-16"),
        ("a: 1\n".encode("utf-32"), "UTF-32"),
        ("a: 1\n".encode("utf-32-be"), "UTF-32"),
        ("a: 1\n".encode("utf-32-le"), "UTF-32"),
    ],
)
def test_wide_encodings_are_named(data: bytes, name: str) -> None:
    problem = decode("f.yaml", data)
    assert isinstance(problem, Problem)
    assert problem.stage is Stage.READ
    assert name in problem.message
    assert "UTF-8" in problem.hint


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"a: 1\nb: \x00\n", 2, "binary"),
        (b"a: 1\n\nb: \xff\n", 3, "UTF-8"),
        (b"\xef\xbb\xbfa: 1\nb: \xc3", 2, "UTF-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa: 1\n", 1, "two byte order marks"),
    ],
)
def test_bytes_that_are_no_text_have_a_line(data: bytes, line: int, word: str) -> None:
    problem = decode("f.yaml", data)
    assert isinstance(problem, Problem)
    assert (problem.file, problem.line) == ("f.yaml", line)
    assert word in problem.message


def test_a_huge_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "LIMIT", 1024 * 1024)
    problem = decode("f.yaml", b"a" * (1024 * 1024 + 1))
    assert isinstance(problem, Problem)
    assert "1 MB" in problem.message
    assert isinstance(decode("f.yaml", b"a" * (1024 * 1024)), SourceText)
