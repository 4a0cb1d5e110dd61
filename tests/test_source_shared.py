"""Anchors, aliases and merges: nobody gets what is not wanted there."""

from __future__ import annotations

import pytest

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import Plain, SourceText
from harden.source.locate import locate
from harden.source.lower import Lowered, lower
from harden.source.parse import parse
from harden.source.splice import splice

ALIASES = """\
cs:
- name: a
  sc: &sc
    user: 1  # one
- name: b
  sc: *sc
- name: c
  sc: *sc  # as a
"""

MERGES = """\
cs:
- &base
  name: a
  image: x
- <<: *base
  name: b
- name: c
  <<: *base
"""


def put(index: int, *, value: Plain = True) -> SetField:
    return SetField(("cs", index, "sc", "root"), value)


def lowered(text: str, *changes: Change) -> Lowered:
    source = SourceText("f.yaml", text)
    parsed = parse(source, lambda _: True)
    assert not parsed.problems, parsed.problems
    return lower(parsed.documents[0], source, changes, {"sc": ("image",)}, ())


def check(text: str, changes: tuple[Change, ...], after: str) -> None:
    done = lowered(text, *changes)
    assert done.refused == ()
    assert splice(text, done.edits) == after
    assert lowered(after, *changes).edits == ()


def test_all_users_want_the_same_the_anchor_is_edited_once() -> None:
    check(ALIASES, (put(0), put(1), put(2)), ALIASES.replace("# one\n", "# one\n    root: true\n"))


def test_one_alias_becomes_a_copy() -> None:
    after = ALIASES.replace("name: b\n  sc: *sc\n", "name: b\n  sc:\n    user: 1\n    root: true\n")
    check(ALIASES, (put(1),), after)


def test_a_copy_keeps_the_comment_behind_the_alias() -> None:
    after = ALIASES.replace("  sc: *sc  # as a\n", "  sc:  # as a\n    user: 1\n    root: true\n")
    check(ALIASES, (put(2),), after)


def test_the_anchor_is_not_edited_for_one_of_its_users() -> None:
    done = lowered(ALIASES, put(0), put(1))
    assert [change for change, _ in done.refused] == [put(0)]
    assert done.refused[0][1] == "shared through anchor &sc with cs[2].sc"
    assert "name: b\n  sc:\n    user: 1\n    root: true\n" in splice(ALIASES, done.edits)


def test_the_anchor_is_edited_when_all_others_get_copies() -> None:
    after = (
        ALIASES.replace("# one\n", "# one\n    root: true\n")
        .replace("name: b\n  sc: *sc\n", "name: b\n  sc:\n    user: 1\n    root: false\n")
        .replace("  sc: *sc  # as a\n", "  sc:  # as a\n    user: 1\n    root: false\n")
    )
    check(ALIASES, (put(0), put(1, value=False), put(2, value=False)), after)


def test_a_user_that_wants_what_it_has_keeps_it() -> None:
    text = "a: &x {w: 1}\nb: *x\n"
    check(text, (SetField(("a", "w"), 2), SetField(("b", "w"), 1)), "a: &x {w: 2}\nb:\n  w: 1\n")


def test_an_alias_in_flow_becomes_a_flow_copy() -> None:
    check("a: &x {w: 1}\nb: {c: *x}\n", (SetField(("b", "c", "m"), 2),), "a: &x {w: 1}\nb: {c: {w: 1, m: 2}}\n")


def test_an_alias_as_an_item_becomes_a_copy() -> None:
    text = "a: &x\n  w: 1\nb:\n- *x\n- *x  # last\n"
    check(text, (SetField(("b", 0, "m"), 2),), "a: &x\n  w: 1\nb:\n- w: 1\n  m: 2\n- *x  # last\n")
    check(text, (SetField(("b", 1, "m"), 2),), "a: &x\n  w: 1\nb:\n- *x\n-  # last\n  w: 1\n  m: 2\n")


def test_an_anchored_scalar_is_not_edited_for_one_user() -> None:
    text = "a: &x nginx\nb: *x\n"
    done = lowered(text, SetField(("a",), "nginx:1"))
    assert done.edits == ()
    assert done.refused[0][1] == "shared through anchor &x with b"
    check(text, (SetField(("b",), "nginx:1"),), "a: &x nginx\nb: nginx:1\n")
    check(text, (SetField(("a",), "c"), SetField(("b",), "c")), "a: &x c\nb: *x\n")


def test_an_anchored_list() -> None:
    text = "a: &x\n- p\nb: *x\n"
    check(text, (AppendItem(("a",), "q"), AppendItem(("b",), "q")), "a: &x\n- p\n- q\nb: *x\n")
    check(text, (AppendItem(("b",), "q"),), "a: &x\n- p\nb:\n- p\n- q\n")


def test_anchors_in_anchors() -> None:
    text = "a: &o\n  i: &i {w: 1}\n  j: *i\nb: *o\n"
    path = ("i", "m")
    both = (SetField(("a", *path), 2), SetField(("b", *path), 2))
    done = lowered(text, *both)
    assert {reason for _, reason in done.refused} == {"shared through anchor &i with a.j"}
    three = (*both, SetField(("a", "j", "m"), 2), SetField(("b", "j", "m"), 2))
    check(text, three, text.replace("{w: 1}", "{w: 1, m: 2}"))
    check(
        text, (SetField(("b", "j", "m"), 2),), text.replace("b: *o\n", "b:\n  i:\n    w: 1\n  j:\n    w: 1\n    m: 2\n")
    )


def test_anchors_that_name_something_else_later() -> None:
    text = "a: &x {w: 1}\nb: *x\nc: &x {w: 2}\nd: *x\n"
    check(text, (SetField(("a", "m"), 1), SetField(("b", "m"), 1)), text.replace("{w: 1}", "{w: 1, m: 1}"))


def test_a_merged_mapping_is_edited_once_for_all() -> None:
    after = MERGES.replace("  image: x\n", "  sc:\n    root: true\n  image: x\n")
    check(MERGES, (put(0), put(1), put(2)), after)


def test_a_merging_mapping_gets_a_key_of_its_own() -> None:
    check(MERGES, (put(1),), MERGES.replace("  name: b\n", "  name: b\n  sc:\n    root: true\n"))


def test_a_merged_mapping_is_not_edited_for_one_user() -> None:
    done = lowered(MERGES, put(0), put(1))
    assert [change for change, _ in done.refused] == [put(0)]
    assert "shared through anchor &base with cs[2]" in done.refused[0][1]


def test_a_key_below_the_merge_shields_its_mapping() -> None:
    text = MERGES.replace("  <<: *base\n", "  <<: *base\n  sc: {}\n").replace("  name: b\n", "  name: b\n  sc: {}\n")
    check(text, (put(0),), text.replace("  image: x\n", "  sc:\n    root: true\n  image: x\n"))


def test_a_merged_part_is_copied_in_full_and_below_the_merge() -> None:
    text = "x: &x\n  sc: {user: 1, root: false}\ncs:\n- image: y\n  <<: *x\n"
    after = text + "  sc:\n    user: 1\n    root: true\n"
    check(text, (put(0),), after)


def test_a_key_goes_with_the_one_that_it_overrides() -> None:
    text = "ports:\n- &one\n  port: 1\n  host: 1\n- &two\n  <<: *one\n  host: 2\n- <<: *two\n  host: 3\n"
    changes = [RemoveField(("ports", index, "host")) for index in range(3)]
    check(text, tuple(changes), "ports:\n- &one\n  port: 1\n- &two\n  <<: *one\n- <<: *two\n")
    assert lowered(text, changes[2]).refused == ((changes[2], "without it, host would come from the `<<` merge"),)


def test_merges_of_several() -> None:
    text = "x: &x {sc: {w: 1}}\ny: &y {sc: {w: 2}}\ncs:\n- <<: [*x, *y]\n"
    check(text, (put(0),), text + "  sc:\n    w: 1\n    root: true\n")


def test_an_anchor_in_use_is_not_removed() -> None:
    text = "a: &x {w: 1}\nb: *x\nc:\n- d: &y 1\n- *y\n"
    for change, words in (
        (RemoveField(("a",)), "&x with b"),
        (RemoveField(("c", 0)), "&y with c[1]"),
        (SetField(("c", 0), 1), "&y with c[1]"),
    ):
        done = lowered(text, change)
        assert done.edits == ()
        assert words in done.refused[0][1]


def test_an_anchor_goes_with_all_its_users() -> None:
    text = "a: &x 1\nb: *x\nc: 1\n"
    assert splice(text, lowered(text, RemoveField(("a",)), RemoveField(("b",))).edits) == "c: 1\n"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), "cs:"),
        (("cs",), "cs:"),
        (("cs", 0), "- name: a"),
        (("cs", 1, "name"), "name: b"),
        (("cs", 1, "sc"), "sc: *sc"),
        (("cs", 1, "sc", "user"), "user: 1"),
        (("cs", 1, "sc", "nothing", "deeper"), "sc: *sc"),
        (("cs", 9), "cs:"),
        (("cs", "name"), "cs:"),
    ],
)
def test_places_of_paths(path: tuple[str | int, ...], line: str) -> None:
    document = parse(SourceText("f.yaml", "# ä\n" + ALIASES), lambda _: True).documents[0]
    assert ("# ä\n" + ALIASES)[locate(document, path) :].startswith(line)


def test_places_behind_merges_and_in_flow() -> None:
    text = "x: &x {p: 1, q: {r: 2}}\nw: {<<: *x, p: 3}\nz: [1, {s: 2}]\n\u00e9: 1\n"
    document = parse(SourceText("f.yaml", text), lambda _: True).documents[0]
    for path, start in (
        (("w", "p"), "p: 3"),
        (("w", "q", "r"), "r: 2"),
        (("z", 1, "s"), "s: 2"),
        (("z", 0), "1, {"),
        (("\u00e9",), "\u00e9: 1"),
    ):
        assert text[locate(document, path) :].startswith(start)
    empty = parse(SourceText("f.yaml", "a: 1\n---\n# nothing\n"), lambda _: True).documents[1]
    assert locate(empty, ("a",)) == len("a: 1\n")


def test_users_that_go_away_hold_nothing_back() -> None:
    text = "pod:\n  armor: &a\n    type: x\n  keep: 1\nbox:\n  armor:\n    <<: *a\n    file: y\n  keep: 2\n"
    more = "more: {inner: {in: *a}, x: 3}\n"
    every = (RemoveField(("pod", "armor")), RemoveField(("box", "armor")), RemoveField(("more", "inner")))
    check(text + more, every, "pod:\n  keep: 1\nbox:\n  keep: 2\nmore: {x: 3}\n")


def test_one_user_that_stays_holds_the_anchor() -> None:
    text = "pod:\n  armor: &a\n    type: x\nbox:\n  armor:\n    <<: *a\nlist: [{in: *a}, 3]\n"
    done = lowered(text, RemoveField(("pod", "armor")), RemoveField(("box", "armor")))
    assert [reason for _, reason in done.refused] == ["shared through anchor &a with list[0].in"]
    # What stands in the removed mapping goes all the same, once nothing else does.
    assert "<<" not in splice(text, done.edits)


def test_a_removal_that_is_refused_keeps_what_stands_in_it() -> None:
    text = "pod:\n  armor: &a\n    type: x\nbox: &b\n  armor:\n    <<: *a\nend: *b\n"
    done = lowered(text, RemoveField(("pod", "armor")), RemoveField(("box",)))
    assert len(done.refused) == 2
    assert done.edits == ()
