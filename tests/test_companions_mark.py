"""Holds the first lines of generated files: they name what a file was made from, and read back as written."""

from __future__ import annotations

import pytest

from harden.companions.signature import Authorship, authorship, counted, crowd, crowd_of, named, sign, sources

NAMES = ["a.yaml", 'we"ird, one.yaml', "base/ä.yaml", "../c d.yaml", "e.yaml"]


@pytest.mark.parametrize("count", range(len(NAMES) + 1))
def test_the_files_that_a_text_was_made_from_read_back(count: int) -> None:
    text = sign("kind: A\n", named(NAMES[:count]))
    assert sources(text) == tuple(NAMES[:count])
    assert authorship(text) is Authorship.OURS
    assert text.count("# From: ") == (count if count <= 3 else 1)
    assert sources(text.replace("\n", "\r\n")) == tuple(NAMES[:count])


def test_lines_of_earlier_versions_are_read_too() -> None:
    old = "# Written by harden; x; sha256:0\n" + "".join(f"# From: {name}\n" for name in NAMES) + "kind: A\n"
    assert sources(old) == tuple(NAMES)


def test_a_line_that_somebody_broke_names_no_file() -> None:
    assert sources('# Written by harden; x; sha256:0\n# From: ["a.yaml"\nkind: A\n') == ()


def test_of_more_than_a_hundred_files_number_folder_and_digest_are_said() -> None:
    many = [f"web-{at}.yaml" for at in range(101)]
    assert crowd_of(many[:100], "base") is None
    said = crowd_of(many, "base")
    assert said is not None
    text = sign("kind: A\n", counted(said, "../base"))
    assert crowd(text) == said._replace(below="../base")
    assert crowd(text.replace("\n", "\r\n")) == said._replace(below="../base")
    assert sources(text) == ()
    assert authorship(text) is Authorship.OURS
    assert len(text) < 300
    other = crowd_of([*many[:100], "other.yaml"], "base")
    assert other is not None
    assert other.digest != said.digest


@pytest.mark.parametrize("said", ['{"files": 3}', '{"files": "x", "below": "", "sha256": ""}', '{"files'])
def test_a_count_that_somebody_broke_says_nothing(said: str) -> None:
    assert crowd(f"# Written by harden; x; sha256:0\n# From: {said}\nkind: A\n") is None
