"""Holds the first lines of generated files: they name what a file was made from, and read back as written."""

from __future__ import annotations

import pytest

from harden.companions.signature import Authorship, authorship, sign, sources

NAMES = ["a.yaml", 'we"ird, one.yaml', "base/ä.yaml", "../c d.yaml", "e.yaml"]


@pytest.mark.parametrize("count", range(len(NAMES) + 1))
def test_the_files_that_a_text_was_made_from_read_back(count: int) -> None:
    text = sign("kind: A\n", NAMES[:count])
    assert sources(text) == tuple(NAMES[:count])
    assert authorship(text) is Authorship.OURS
    assert text.count("# From: ") == (count if count <= 3 else 1)
    assert sources(text.replace("\n", "\r\n")) == tuple(NAMES[:count])


def test_lines_of_earlier_versions_are_read_too() -> None:
    old = "# Written by harden; x; sha256:0\n" + "".join(f"# From: {name}\n" for name in NAMES) + "kind: A\n"
    assert sources(old) == tuple(NAMES)


def test_a_line_that_somebody_broke_names_no_file() -> None:
    assert sources('# Written by harden; x; sha256:0\n# From: ["a.yaml"\nkind: A\n') == ()
