"""What a sketch says of a text is what its tree says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest
import requirements

from harden.model.text import Path, Plain, SourceText
from harden.source.locate import locate
from harden.source.parse import Parsed, parse
from harden.source.patch import same
from harden.source.read import decode

GOLDEN = FilePath(__file__).parent.parent / "golden"
SEEDS = range(40)

#: Texts that a outline tells all of.
PLAIN = [
    "a: 1\nb: [x, 'y', {c: }]\n",
    "- a\n- - b\n  -\n- c: 1\n  d:\n",
    "a:\n- |\n  text\n- >-\n  folded\n",
    "? a\n: b\n",
    "{}\n",
    "[]\n---\n# nothing\n---\n~\n---\nnull\n---\n''\n",
    '{"a": {"b": [1, 2.5, true, null, "x"]}}',
    "a: 1\n---\n---\nb: 2\n...\n",
    "# first\n---\na: yes\n",
    "\ufeffa: 1\n",
    "a: 0x10\nb: 1_000\nc: 2001-01-01\nd: 1e3\ne: 0o7\n",
    "%YAML 1.1\n---\na: 1\n",
]
#: Texts that take a tree, or are refused.
ODD = [
    "a: &x {b: 1}\nc: *x\n",
    "a: &x 1\n",
    "a: !!str 1\n",
    "a: !thing {b: 1}\n",
    "a: {b: 1}\n<<: {c: 2}\n",
    "1: a\n",
    "yes: a\n",
    "~: a\n",
    "[a]: b\n",
    "a: 1\na: 2\n",
    "a: 1\na: 1\n",
    "a: .inf\n",
    "a: [\n",
    "a: 1\n---\nb: [\n---\nc: 3\n",
    "a: {{ template }}\n",
    "a: 1\n--- !!map\nb: 1\n",
    "[" * 300 + "]" * 300,
    "{x:1}\n---\n[http://x:80/y]\n",
]


def paths(value: Plain, at: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in a value, and beside each some that lead nowhere."""
    yield at
    yield (*at, "no such key", 0)
    yield (*at, 99)
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*at, index))


def both(source: SourceText) -> tuple[Parsed, Parsed]:
    return parse(source, lambda _: True), parse(source, lambda _: True, sketch=True)


def compare(source: SourceText) -> int:
    """Assert that both readings agree, and return how many documents were sketched."""
    trees, sketches = both(source)
    assert trees.problems == sketches.problems
    assert trees.syntax_error is sketches.syntax_error
    assert len(trees.documents) == len(sketches.documents)
    sketched = 0
    for tree, other in zip(trees.documents, sketches.documents, strict=True):
        sketched += other.sketch is not None
        assert (tree.index, tree.start, tree.end) == (other.index, other.start, other.end)
        assert tree.is_empty is other.is_empty
        assert same(tree.value, other.value)
        for path in paths(tree.value):
            assert locate(tree, path) == locate(other, path), (source.name, path)
        assert (tree.root is None) is (other.root is None)
        if tree.root is not None and other.root is not None:
            assert (tree.root.start, tree.root.end) == (other.root.start, other.root.end)
            assert same(tree.root.value, other.root.value)
    return sketched


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_text_has_a_sketch(text: str) -> None:
    assert compare(SourceText("a.yaml", text)) > 0


@pytest.mark.parametrize("text", ODD)
def test_what_takes_a_tree_has_one(text: str) -> None:
    assert compare(SourceText("a.yaml", text)) == 0


def test_an_empty_text_has_neither() -> None:
    for text in ("", "# only this\n", "---\n"):
        assert compare(SourceText("a.yaml", text)) == 0


def _value(rng: random.Random, depth: int, pad: str) -> str:
    kind = rng.choice("ssssmmq" if depth < 5 else "s")
    if kind == "s":
        return (
            " " + rng.choice(["x", "'a: b'", '"q\\n"', "12", "", "~", "{a: 1, b: [2, 3]}", "[]", "# c", "yes"]) + "\n"
        )
    inner = pad + "  "
    count = rng.randint(1, 4)
    if kind == "m":
        return "\n" + "".join(f"{inner}k{n}:{_value(rng, depth + 1, inner)}" for n in range(count))
    return "\n" + "".join(f"{inner}-{_value(rng, depth + 1, inner)}" for n in range(count))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_texts_read_the_same(seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    documents = [f"top:{_value(rng, 0, '')}other:{_value(rng, 0, '')}" for _ in range(rng.randint(1, 6))]
    assert compare(SourceText("a.yaml", "---\n".join(documents))) == len(documents)


def test_golden_inputs_read_the_same() -> None:
    files = [path for path in GOLDEN.rglob("*") if path.suffix in {".yaml", ".yml", ".json"}]
    sources = [decode(str(path), path.read_bytes()) for path in files]
    sketched = sum(compare(source) for source in sources if isinstance(source, SourceText))
    assert sketched > len(files) // 2


def test_the_corpus_reads_the_same() -> None:
    corpus = requirements.corpus()
    files = [path for path in corpus.rglob("*") if path.suffix in {".yaml", ".yml", ".json"}]
    small = [path for path in files if path.stat().st_size < 60_000]
    sources = [decode(str(path), path.read_bytes()) for path in small]
    sketched = sum(compare(source) for source in sources if isinstance(source, SourceText))
    assert sketched > len(small)
