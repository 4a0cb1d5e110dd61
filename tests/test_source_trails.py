"""Cases after public bug reports about tools that edit YAML: what broke there must hold here."""

from __future__ import annotations

import pytest

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import SourceText
from harden.source.lower import lower
from harden.source.parse import parse
from harden.source.splice import splice

CASES: dict[str, tuple[str, tuple[Change, ...], str]] = {
    "nested values keep their nesting (zizmor 2270)": (
        "top:\n  existing: 1\n",
        (SetField(("top", "added"), {"outer": {"inner": "value"}}),),
        "top:\n  existing: 1\n  added:\n    outer:\n      inner: value\n",
    ),
    "a scalar becomes a nested block (zizmor 2270)": (
        "top:\n  target: old\n",
        (SetField(("top", "target"), {"outer": {"inner": "value"}}),),
        "top:\n  target:\n    outer:\n      inner: value\n",
    ),
    "a flow entry goes alone (zizmor 2122)": (
        "env: { UNSAFE: true, FOO: bar }\n",
        (RemoveField(("env", "UNSAFE")),),
        "env: { FOO: bar }\n",
    ),
    "the last entry leaves no dangling key (zizmor 2122)": (
        "steps:\n  - run: x\n    env:\n      UNSAFE: true\n",
        (RemoveField(("steps", 0, "env", "UNSAFE")),),
        "steps:\n  - run: x\n    env: {}\n",
    ),
    "a mapping appended to a block list is a block (zizmor 1363)": (
        "updates:\n  - name: a\n    days: 1\n",
        (AppendItem(("updates",), {"name": "b", "cooldown": {"days": 7}}),),
        "updates:\n  - name: a\n    days: 1\n  - name: b\n    cooldown:\n      days: 7\n",
    ),
    "many-byte text above does not shift the change (zizmor 1580)": (
        'steps:\n  - shell: bash\n    run: |\n      echo "✓ x"\n\n  - shell: bash\n',
        (SetField(("steps", 0, "env", "X"), "y ✓"),),
        'steps:\n  - shell: bash\n    run: |\n      echo "✓ x"\n    env:\n      X: "y ✓"\n\n  - shell: bash\n',
    ),
    "comments stay (zizmor 1058)": (
        "when: push  # a\n# b\njobs:\n  # c\n  build: {}  # d\n  # e\n",
        (SetField(("jobs", "build", "steps"), []),),
        "when: push  # a\n# b\njobs:\n  # c\n  build:  # d\n    steps: []\n  # e\n",
    ),
    "an anchor in flow style is no part of the value (zizmor 1558)": (
        "top: { &a foo: &b bar }\nx: [*b]\n",
        (SetField(("top", "new"), 1),),
        "top: { &a foo: &b bar, new: 1 }\nx: [*b]\n",
    ),
    "lines behind the change are all there (kubescape 1685)": (
        "spec:\n  a:\n    b: 1\n    c: 2\n\n# note\nend: 1\n",
        (RemoveField(("spec", "a", "b")), SetField(("spec", "a", "d"), 3)),
        "spec:\n  a:\n    c: 2\n    d: 3\n\n# note\nend: 1\n",
    ),
    "a marker on the first line stays (kubescape 1255, kubeaudit 178)": (
        "---\nspec:\n  a: 1\n",
        (SetField(("spec", "b"), 2),),
        "---\nspec:\n  a: 1\n  b: 2\n",
    ),
    "no line is added below the marker (kubeaudit 152)": (
        "---\n#first\nspec:\n  a: 1 #second\n#last\n",
        (SetField(("spec", "b"), 2),),
        "---\n#first\nspec:\n  a: 1 #second\n  b: 2\n#last\n",
    ),
    "two blanks before a comment stay two (kubeaudit 554)": (
        "spec:\n  a: 1  # two\n  b: 2 # one\n",
        (SetField(("spec", "a"), 3),),
        "spec:\n  a: 3  # two\n  b: 2 # one\n",
    ),
    "a marker in a literal is text (kubeaudit 582)": (
        "data:\n  k1: |\n    ---\n    text\n  k2: |\n    -----BEGIN\nspec: {}\n",
        (SetField(("spec", "a"), 1),),
        "data:\n  k1: |\n    ---\n    text\n  k2: |\n    -----BEGIN\nspec:\n  a: 1\n",
    ),
    "an alias shared by two places (kustomize 3675)": (
        "a: &p\n- path: /\nb: *p\n",
        (SetField(("b", 0, "path"), "/b"),),
        "a: &p\n- path: /\nb:\n- path: /b\n",
    ),
    "a merged list item (kustomize 4144)": (
        "cs:\n- &foo\n  name: foo\n  ports: [ containerPort: 80 ]\n- <<: *foo\n  name: bar\n",
        (SetField(("cs", 0, "x"), 1), SetField(("cs", 1, "x"), 1)),
        "cs:\n- &foo\n  name: foo\n  ports: [ containerPort: 80 ]\n  x: 1\n- <<: *foo\n  name: bar\n",
    ),
    "a tagged merge (kustomize 4212)": (
        "x: &x {a: 1}\ny:\n  !!merge <<: *x\n",
        (SetField(("true", "a"), 2),),
        "x: &x {a: 1}\ny:\n  !!merge <<: *x\n  a: 2\n",
    ),
    "quotes and long lines stay and are not wrapped": (
        "a: 'x'\nb: \"%s\"\nc: 1\n" % ("long " * 40),
        (SetField(("c",), 2),),
        "a: 'x'\nb: \"%s\"\nc: 2\n" % ("long " * 40),
    ),
}


@pytest.mark.parametrize(("before", "changes", "after"), CASES.values(), ids=CASES)
def test_what_broke_elsewhere_holds(before: str, changes: tuple[Change, ...], after: str) -> None:
    source = SourceText("f.yaml", before)
    parsed = parse(source, lambda _: True)
    assert not parsed.problems, parsed.problems
    done = lower(parsed.documents[-1], source, changes, {}, ())
    assert done.refused == ()
    assert splice(before, done.edits) == after
