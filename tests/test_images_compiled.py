"""The shipped facts as they are compiled: what is read of them is what stands in their YAML."""

from __future__ import annotations

import json
from pathlib import Path

from harden.images.compiled import Compiled, compiled
from harden.images.entry import Entry, read_entries, shipped_entry
from harden.images.store import COMPILED, facts_folder, open_store, shipped_texts
from harden.model.text import SourceText

HEAD = "- match: [docker.io/library/a]\n"
TEXT = f"""{HEAD}  uid: 7
  variants:
  - tags: ['1']
    when: null
  - tags: ['2']
    uid: null
    when:
    - if: {{env: {{A: null}}}}
      because: so
      uid: 8
  when: []
"""


def from_yaml(text: str, line: int = 1) -> Entry:
    (entry,) = read_entries(SourceText("a.yaml", text), line, shipped=True)
    return entry


def from_compiled(folder: Path, text: str, line: int = 1) -> Entry:
    (folder / COMPILED).write_text(compiled([HEAD, text]), "utf-8")
    node = Compiled(folder / COMPILED).entry(text)
    assert node is not None
    return shipped_entry(node, "a.yaml", line)


def test_all_that_is_shipped_is_compiled_and_means_the_same() -> None:
    known = Compiled(facts_folder() / COMPILED)
    texts = list(shipped_texts())
    for text in texts:
        node = known.entry(text)
        assert node is not None
        assert shipped_entry(node, "a.yaml", 5) == from_yaml(text, 5)
    # No text has the key of another.
    assert len(json.loads((facts_folder() / COMPILED).read_text("utf-8"))) == len(set(texts)) == len(texts)


def test_nulls_lists_and_lines_are_kept(tmp_path: Path) -> None:
    assert from_compiled(tmp_path, TEXT, 40) == from_yaml(TEXT, 40)
    assert [variant.statement.place for variant in from_yaml(TEXT, 40).variants] == ["a.yaml:43", "a.yaml:45"]


def test_a_text_that_has_changed_since_is_not_there(tmp_path: Path) -> None:
    (tmp_path / COMPILED).write_text(compiled([TEXT]), "utf-8")
    known = Compiled(tmp_path / COMPILED)
    assert known.entry(TEXT) is not None
    assert known.entry(TEXT.replace("7", "9")) is None
    assert known.entry(f"{TEXT}\n") is None


def test_facts_that_are_edited_count_at_once() -> None:
    known = open_store()
    known.waiting = [(name, text.replace("  uid: 999\n", "  uid: 998\n")) for name, text in known.waiting]
    ((_, entry),) = known.matches(["docker.io/library/redis"])
    assert entry.statement.fields["uid"] == 998
