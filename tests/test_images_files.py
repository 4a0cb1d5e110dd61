"""The shipped facts: every file fits its schema, is in order, cites its sources, and is read as the index expects."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from harden.images.conditions import Condition
from harden.images.entry import Entry, pattern_of, read_entries
from harden.images.facts import Confidence, FileMissing, FileReader, ImageClass, Need, Unit
from harden.images.fields import FIELDS
from harden.images.reference import canonical, parse_reference
from harden.images.store import facts_folder, open_store
from harden.model.text import SourceText
from harden.source.parse import parse

FOLDER = facts_folder()
FILES = sorted(FOLDER.glob("*.yaml"))
SCHEMA = json.loads((FOLDER / "facts.schema.json").read_text("utf-8"))

#: owner/repository@commit:path, possibly with a remark; or a Debian package.
SOURCE = re.compile(
    r"[\w.-]+/[\w.-]+@[0-9a-f]{7,40}:[^ ]+( \([^)]+\))?|debian:[\w-]+@[\w.]+:/[^ ]+|github-file-index@\d+:.+"
)


def entries(path: Path) -> tuple[Entry, ...]:
    return read_entries(SourceText(path.name, path.read_text("utf-8")))


def names(path: Path) -> list[str]:
    return [pattern.text for entry in entries(path) for pattern in entry.patterns]


def test_the_files_are_there() -> None:
    assert len(FILES) > 15
    assert facts_folder(Path("/nowhere/harden")) == Path("/nowhere/profiles/images")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_fits_the_schema(path: Path) -> None:
    (document,) = parse(SourceText(path.name, path.read_text("utf-8")), lambda _: True).documents
    assert document.root is not None
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(document.root.value)


@pytest.mark.parametrize(
    "wrong",
    [
        "- uid: 1",
        "- {match: a, uid: 0}",
        "- {match: a, uid: root}",
        "- {match: a, writable: [tmp]}",
        "- {match: a, volumes: [/]}",
        "- {match: a, ports: ['80']}",
        "- {match: a, user: 5}",
        "- {match: a, root_caps: [CAP_CHOWN]}",
        "- {match: a, low_port_fix: {env: {PORT: '8080'}}}",
        "- {match: a, low_port_fix: {moves: {80: 8080}}}",
        "- {match: a, low_port_fix: {moves: {80: 8080}, config_file: /a, config_directive: b}}",
        "- {match: a, nonroot_env: {A: 1}}",
        "- {match: a, sources: []}",
        "- {match: a, variants: [{uid: 1}]}",
        "- {match: a, read_for: []}",
        "- {match: a, strict_files: [{path: a, mode: '0600'}]}",
        "- {match: a, strict_files: [{path: /a, mode: 600}]}",
        "- {match: a, size_env: {HEAP: bytes}}",
        "- {match: a, when: [{if: {args: [x]}, because: so}]}",
        "- {match: a, when: [{if: {args: [x]}, root_caps: []}]}",
        "- {match: a, when: [{because: so, root_caps: []}]}",
        "- {match: a, when: [{if: {}, because: so, root_caps: []}]}",
        "- {match: a, when: [{if: {arg: [x]}, because: so, root_caps: []}]}",
        "match: a",
    ],
)
def test_the_schema_refuses(wrong: str) -> None:
    (document,) = parse(SourceText("wrong.yaml", wrong), lambda _: True).documents
    assert document.root is not None
    assert not jsonschema_rs.Draft202012Validator(SCHEMA).is_valid(document.root.value)


def test_schema_and_reader_know_the_same_keys_and_words() -> None:
    fields = SCHEMA["$defs"]["fields"]
    assert sorted(fields) == sorted({"read_for", "when", *FIELDS})
    assert set(SCHEMA["$defs"]["entry"]["properties"]) == {"match", "variants", *fields}
    assert set(SCHEMA["$defs"]["variant"]["properties"]) == {"tags", *fields}
    condition = SCHEMA["$defs"]["condition"]["properties"]
    assert set(condition) == {"if", "because", *FIELDS} - {"class", "confidence", "notes", "sources"}
    assert set(condition["if"]["properties"]) == set(Condition._fields) - {"because", "place", "fields"}
    for key in ("size_env", "size_args", "size_config"):
        assert fields[key]["additionalProperties"]["enum"] == [unit.value for unit in Unit]
    for key, kind in (
        ("class", ImageClass),
        ("confidence", Confidence),
        ("file_env_in", FileReader),
        ("file_missing", FileMissing),
    ):
        assert fields[key]["enum"] == [*(member.value for member in kind), None]
    assert fields["nonroot_needs"]["items"]["enum"] == [need.value for need in Need]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_entries_are_sorted_by_their_first_name(path: Path) -> None:
    first = [entry.patterns[0].text for entry in entries(path)]
    assert first == sorted(first)
    for entry in entries(path):
        own = [pattern.text for pattern in entry.patterns]
        assert own == sorted(own)


def test_no_name_has_two_entries() -> None:
    everything = [name for path in FILES for name in names(path)]
    assert sorted(name for name in set(everything) if everything.count(name) > 1) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_names_are_complete_and_no_mirrors(path: Path) -> None:
    for line in re.findall(r"^- match:((?:.|\n  - )*)", path.read_text("utf-8"), re.MULTILINE):
        for name in re.findall(r"[^\s,\[\]]{2,}", line):
            assert pattern_of(name).text == name
            if "*" not in name:
                assert canonical(parse_reference(name)).name == name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_cites_its_sources_and_says_something(path: Path) -> None:
    for entry in entries(path):
        sources = entry.statement.fields.get("sources")
        assert isinstance(sources, tuple), entry.patterns
        assert sources
        assert [source for source in sources if SOURCE.fullmatch(source) is None] == []
        assert len(entry.statement.fields) > 1, entry.patterns


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_needs_are_backed_by_what_they_need(path: Path) -> None:
    for entry in entries(path):
        for statement in (entry.statement, *(variant.statement for variant in entry.variants)):
            together = {**entry.statement.fields, **statement.fields}
            needs = statement.fields.get("nonroot_needs") or ()
            assert isinstance(needs, tuple)
            backing = {
                Need.WRITABLE: "writable",
                Need.WRITABLE_SEEDED: "writable_seeded",
                Need.ENV: "nonroot_env",
                Need.FILE_CAPS: "file_caps",
            }
            missing = [need for need in needs if need in backing and not together.get(backing[need])]
            assert missing == [], statement.place


def test_the_index_finds_every_entry() -> None:
    store = open_store()
    store.index()
    pieces = {id(piece) for found in store.names.values() for piece in found} | {id(piece) for _, piece in store.globs}
    assert len(pieces) == sum(len(entries(path)) for path in FILES)
    assert set(store.names) == {name for path in FILES for name in names(path) if "*" not in name}
    assert {pattern.text for pattern, _ in store.globs} == {
        name for path in FILES for name in names(path) if "*" in name
    }
    assert all("/*" in pattern.text for pattern, _ in store.globs)
    assert store.parsed == 0


def test_a_piece_is_read_at_its_line() -> None:
    for path in FILES:
        whole = {entry.patterns[0].text: entry for entry in entries(path)}
        store = open_store()
        for name, entry in whole.items():
            found = [match for match in store.matches([name.replace("*", "x")]) if match[0].text == name]
            assert [match[1] for match in found] == [entry._replace(shipped=True)]
