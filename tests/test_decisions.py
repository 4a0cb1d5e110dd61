"""No decision reads a sentence: what people are told may change its words without changing what harden does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "harden"
#: Fields of records that hold what people read.
SENTENCES = frozenset({"message", "reason", "title", "hint", "without"})
#: Variables that hold what people read.
NAMES = frozenset({"message"})
#: Where sentences are not what is decided by, but what it is about; each with its reason.
WORDS_ARE_THE_MATTER = {
    "engine/alike.py": "finds what stands in for the names of images in sentences, to put the names back",
    "engine/gate.py": "tells once of a line what both of its readers say of it",
    "engine/identity.py": "tells findings apart by the names and numbers in their sentences, whatever those say",
    "outputs/entries.py": "names an object once where a sentence begins with it",
    "outputs/left_alone.py": "tells documents together that are left alone for one reason, whatever that says",
    "outputs/recurring.py": "tells rows once that read alike to people",
}
#: Methods of texts, and functions of `re`, that decide by what a text says.
ASKING = frozenset({"startswith", "endswith", "removeprefix", "removesuffix", "find", "index", "count", "partition"})
PATTERNS = frozenset({"match", "search", "fullmatch", "findall", "sub"})


def decisions(source: str) -> list[int]:
    """Return the lines on which a source compares, searches or takes apart a sentence."""
    return sorted(
        {node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr) and _decides(node)}
    )


def _decides(node: ast.expr) -> bool:
    match node:
        case ast.Compare(left, operators, others):
            asked = [left, *others]
            nothing = any(isinstance(each, ast.Constant) and each.value in (None, "") for each in asked)
            return not nothing and any(map(_is_sentence, asked)) and not all(isinstance(o, ast.Is) for o in operators)
        case ast.Call(ast.Attribute(value, name), arguments):
            return (name in ASKING and _is_sentence(value)) or (name in PATTERNS and any(map(_is_sentence, arguments)))
    return False


def _is_sentence(node: ast.expr) -> bool:
    return any(
        (isinstance(each, ast.Attribute) and each.attr in SENTENCES)
        or (isinstance(each, ast.Name) and each.id in NAMES)
        for each in ast.walk(node)
    )


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_decision_reads_a_sentence(file: Path) -> None:
    allowed = WORDS_ARE_THE_MATTER.get(file.relative_to(ROOT).as_posix())
    found = decisions(file.read_text("utf-8"))
    assert found == [] if allowed is None else found != []


@pytest.mark.parametrize(
    "source",
    [
        'if "a patch" in skip.reason: pass',
        'if outcome.held == f"{risk}: {finding.reason}": pass',
        'if error.message.startswith("must be of type"): pass',
        're.search("root", finding.message)',
    ],
)
def test_what_it_finds(source: str) -> None:
    assert decisions(source) == [1]


@pytest.mark.parametrize("source", ['said = f"{finding.message}"', 'if problem.hint == "": pass', "x = a.reason or b"])
def test_what_it_lets_pass(source: str) -> None:
    assert decisions(source) == []
