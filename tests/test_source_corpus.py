"""Real manifests: read as another loader reads them, unchanged by nothing, and changed only where asked."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

from random_changes import BEFORE, ORDER, apply, at, paths, random_changes
from requirements import corpus
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from harden.model.finding import Change, RemoveField, SetField
from harden.model.text import Plain, SourceText
from harden.model.tree import Alias, Document, Map, Node, Seq
from harden.source.build import is_merge
from harden.source.lower import lower
from harden.source.parse import parse
from harden.source.patch import same
from harden.source.read import decode
from harden.source.splice import splice

LIMIT = 100_000
SEED = 11


def sources() -> Iterator[SourceText]:
    folder = corpus()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".yaml", ".yml", ".json"} or path.stat().st_size > LIMIT:
            continue
        source = decode(str(path.relative_to(folder)), path.read_bytes())
        assert isinstance(source, SourceText), source
        yield source


def documents() -> Iterator[tuple[SourceText, Document, Node]]:
    for source in sources():
        for document in parse(source, lambda _: True).documents:
            if document.root is not None:
                yield source, document, document.root


def as_text(node: Node) -> object:
    """Return a tree with every scalar as its text, the way a loader without types gives it."""
    if isinstance(node, Alias):
        return as_text(node.target)
    if isinstance(node, Map):
        return [(as_text(key), as_text(value)) for key, value in node.entries]
    return [as_text(item) for item in node.items] if isinstance(node, Seq) else node.text


def other_text(node: object) -> object:
    value = node.value  # type: ignore[attr-defined]  # a node of ruamel.yaml
    if not isinstance(value, list):
        return value
    return [tuple(map(other_text, item)) if isinstance(item, tuple) else other_text(item) for item in value]


def test_real_documents_read_as_another_composer_reads_them() -> None:
    count = 0
    for source, document, root in documents():
        if any(is_merge(key) for node in [root] if isinstance(node, Map) for key, _ in node.entries):
            continue
        text = source.text[document.start : document.end]
        try:
            other = YAML(typ="safe", pure=False).compose(io.StringIO(text))
        except YAMLError:
            continue
        assert as_text(root) == other_text(other), source.name
        count += 1
    assert count > 100


def test_setting_what_is_there_edits_nothing() -> None:
    rng = random.Random(SEED)
    for source, document, root in documents():
        places = paths(root.value)
        changes: list[Change] = [
            SetField(path, at(root.value, path)) for path in rng.sample(places, min(5, len(places))) if path
        ]
        done = lower(document, source, changes, BEFORE, ORDER)
        assert done.edits == (), source.name
        assert done.refused == (), source.name


def test_random_changes_of_real_documents() -> None:
    rng = random.Random(SEED)
    for source, document, root in documents():
        changes = random_changes(rng, root.value)
        lowered = lower(document, source, changes, BEFORE, ORDER)
        result = splice(source.text, lowered.edits)
        refused = {id(change) for change, _ in lowered.refused}
        made = [change for change in changes if id(change) not in refused]
        after = parse(SourceText(source.name, result), lambda _: True)
        now = next(other for other in after.documents if other.index == document.index)
        expected: Plain = apply(root.value, made)
        assert now.root is not None, (source.name, changes)
        assert same(now.root.value, expected), (source.name, changes)
        if not any(isinstance(change, RemoveField) for change in made):
            again = lower(now, SourceText(source.name, result), made, BEFORE, ORDER)
            assert again.edits == (), (source.name, changes)
