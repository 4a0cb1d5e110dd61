"""Finding exemptions in a file: annotations and comments that are meant, texts that only look so, and mistakes."""

from __future__ import annotations

import pytest
from exemption_subjects import Subject

from harden.exemptions import Exemption, Origin
from harden.exemptions.model import Places, WholeWorkload
from harden.model.report import Problem, Stage
from harden.model.text import dotted

POD = """
apiVersion: v1
kind: Pod
metadata:
  name: logs{annotations}
spec:
  containers:
  - name: a
    image: x
"""


def annotated(*lines: str) -> Subject:
    inner = "".join(f"\n    {line}" for line in lines)
    return Subject(POD.format(annotations=f"\n  annotations:{inner}"))


def commented(line: str) -> Subject:
    return Subject(f"kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - name: a\n    image: x\n{line}\n")


def test_an_annotation_exempts_its_workload() -> None:
    subject = annotated('kube-harden.io/exempt.restricted-volumes: "reads  the logs (until 2027-01-31)"')
    expected = Exemption(
        control="restricted-volumes",
        reason="reads the logs",
        until="2027-01-31",
        origin=Origin.ANNOTATION,
        file="app.yaml",
        line=6,
        about=WholeWorkload(0, ()),
    )
    assert subject.found() == (expected,)
    assert expected.said == "reads the logs (until 2027-01-31)"


OWNERS = {
    "reads logs (owner platform team, until 2027-01-31)": ("reads logs", "platform team", "2027-01-31"),
    "reads logs (Owner: platform  team)": ("reads logs", "platform team", None),
    "reads logs (until 2027-01-31)": ("reads logs", "", "2027-01-31"),
    "reads logs (of the owner)": ("reads logs (of the owner)", "", None),
    "its owner reads logs": ("its owner reads logs", "", None),
    "reads logs (ownership is shared)": ("reads logs (ownership is shared)", "", None),
}


@pytest.mark.parametrize(("text", "said"), OWNERS.items())
def test_an_exemption_may_name_its_owner(text: str, said: tuple[str, str, str | None]) -> None:
    (found,) = annotated(f'kube-harden.io/exempt.restricted-volumes: "{text}"').exemptions()
    assert (found.reason, found.owner, found.until) == said


def test_a_wrong_day_behind_an_owner_is_named() -> None:
    from harden.exemptions.text import TextError, read

    assert isinstance(read("reads logs (owner a, until soon)"), TextError)
    assert isinstance(read("(owner a)"), TextError)


def test_annotations_of_workload_and_template_count_once_each() -> None:
    subject = Subject(
        """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: a, annotations: {kube-harden.io/exempt.privileged: one}}
        spec:
          template:
            metadata: {annotations: {kube-harden.io/exempt.host-ports: two, other/exempt.privileged: three}}
            spec: {containers: [{name: a, image: x}]}
          selector: {}
        """
    )
    assert [
        (exemption.control, exemption.reason, exemption.until, exemption.line) for exemption in subject.exemptions()
    ] == [
        ("privileged", "one", None, 3),
        ("host-ports", "two", None, 6),
    ]
    assert annotated("kube-harden.io/exempt.privileged: a reason").problems() == []


WRONG_ANNOTATIONS = {
    "no control": (
        "kube-harden.io/exempt.privilegd: a",
        'the exemption kube-harden.io/exempt.privilegd: "privilegd" is no control: did you mean "privileged"?',
    ),
    "none named": (
        "kube-harden.io/exempt: a",
        "the exemption kube-harden.io/exempt: it names no control: `harden explain` lists the controls",
    ),
    "no reason": (
        "kube-harden.io/exempt.privileged: ''",
        "the exemption kube-harden.io/exempt.privileged: it gives no reason: say why the finding may stand",
    ),
    "an end only": (
        "kube-harden.io/exempt.privileged: (until 2027-01-31)",
        "the exemption kube-harden.io/exempt.privileged: it gives no reason: ",
    ),
    "no text": (
        "kube-harden.io/exempt.privileged: true",
        "the exemption kube-harden.io/exempt.privileged: it gives no",
    ),
    "no day": (
        "kube-harden.io/exempt.privileged: a (until 2027-02-30)",
        "the exemption kube-harden.io/exempt.privileged: the end date cannot be read: write it as (until 2027-01-31)",
    ),
    "another way to write a day": (
        "kube-harden.io/exempt.privileged: a (until 31.1.2027)",
        "the exemption kube-harden.io/exempt.privileged: the end date cannot be read",
    ),
    "an end that would be overlooked": (
        "kube-harden.io/exempt.privileged: a, until 2027-01-31",
        "the exemption kube-harden.io/exempt.privileged: the end date does not stand at the end, in parentheses",
    ),
}


@pytest.mark.parametrize(("line", "said"), WRONG_ANNOTATIONS.values(), ids=WRONG_ANNOTATIONS)
def test_a_wrong_annotation_exempts_nothing_and_is_named(line: str, said: str) -> None:
    subject = annotated(line)
    assert subject.exemptions() == ()
    assert [problem.startswith(f"app.yaml:6: {said}") for problem in subject.problems()] == [True]
    assert [each.stage for each in subject.found() if isinstance(each, Problem)] == [Stage.MALFORMED]


MEANT = {
    "behind a field": ("  hostNetwork: true  # harden: ignore[host-namespaces] it routes", "spec.hostNetwork"),
    "without blanks": ("  hostNetwork: true #harden:ignore[host-namespaces] it routes", "spec.hostNetwork"),
    "behind a key": ("  volumes: # harden: ignore[host-namespaces] it routes\n  - name: a", "spec.volumes"),
    "behind an item": ("  volumes:\n  - name: a # harden: ignore[host-namespaces] it routes", "spec.volumes[0]"),
    "behind a colon": ("  hostNetwork: true # harden: ignore[host-namespaces]: it routes", "spec.hostNetwork"),
    "inside an item": (
        "  volumes:\n  - name: a\n    hostPath:\n      path: /x # harden: ignore[host-namespaces] it routes",
        "spec.volumes[0].hostPath.path",
    ),
    "behind the mark of a text": (
        "  hostname: | # harden: ignore[host-namespaces] it routes\n    a",
        "spec.hostname",
    ),
    "behind quotes": ("  hostname: 'a # b' # harden: ignore[host-namespaces] it routes", "spec.hostname"),
    "behind a mapping in braces": ("  os: {name: linux} # harden: ignore[host-namespaces] it routes", "spec.os"),
}


@pytest.mark.parametrize(("line", "place"), MEANT.values(), ids=MEANT)
def test_a_comment_is_about_what_begins_on_its_line(line: str, place: str) -> None:
    (found,) = commented(line).exemptions()
    assert (found.control, found.reason, found.origin) == ("host-namespaces", "it routes", Origin.COMMENT)
    assert isinstance(found.about, Places)
    assert [dotted(path) for path in found.about.paths] == [place]
    assert "ignore" in commented(line).source.text.splitlines()[found.line - 1]


NOT_MEANT = {
    "in a text": "  hostname: |\n    # harden: ignore[host-namespaces] it routes",
    "in double quotes": '  hostname: "a # harden: ignore[host-namespaces] it routes"',
    "in single quotes over lines": "  hostname: 'a\n    # harden: ignore[host-namespaces] it routes'",
    "without a blank in front": "  hostname: a#harden:ignore[host-namespaces]",
    "another word": "  hostname: a # harden: ignored by nobody",
    "another tool": "  hostname: a # zizmor: ignore[host-namespaces] it routes",
}


@pytest.mark.parametrize("line", NOT_MEANT.values(), ids=NOT_MEANT)
def test_what_only_looks_like_a_comment_is_passed_over(line: str) -> None:
    assert commented(line).found() == ()


WRONG_COMMENTS = {
    "no brackets": (
        "ignore host-namespaces it routes",
        "the exemption names no control in brackets: write `# harden: ",
    ),
    "nothing": ("ignore", "the exemption names no control in brackets"),
    "no reason": ("ignore[host-namespaces]", "the exemption in the comment: it gives no reason"),
    "empty brackets": ("ignore[] it routes", "the exemption in the comment: it names no control"),
    "no control": ("ignore[host-namespace] r", 'the exemption in the comment: "host-namespace" is no control: did you'),
    "no day": ("ignore[host-namespaces] r (until soon)", "the exemption in the comment: the end date cannot be read"),
}


@pytest.mark.parametrize(("words", "said"), WRONG_COMMENTS.values(), ids=WRONG_COMMENTS)
def test_a_wrong_comment_exempts_nothing_and_is_named(words: str, said: str) -> None:
    subject = commented(f"  hostNetwork: true  # harden: {words}")
    assert subject.exemptions() == ()
    assert [problem.startswith(f"app.yaml:7: {said}") for problem in subject.problems()] == [True]


def test_a_comment_of_its_own_is_about_nothing() -> None:
    subject = commented("  # harden: ignore[host-namespaces] it routes\n  hostNetwork: true")
    assert subject.exemptions() == ()
    assert subject.problems()[0].startswith("app.yaml:7: the exemption in a comment of its own is about nothing: write")


def test_several_controls_share_a_reason() -> None:
    subject = commented("  hostNetwork: true  # harden: ignore[host-namespaces, host-ports ,privilegd] it routes")
    assert [(exemption.control, exemption.reason) for exemption in subject.exemptions()] == [
        ("host-namespaces", "it routes"),
        ("host-ports", "it routes"),
    ]
    assert len(subject.problems()) == 1


def test_line_ends_of_windows_are_no_part_of_the_reason() -> None:
    subject = Subject(
        "kind: Pod\r\napiVersion: v1\r\nspec:\r\n  containers: [{name: a, image: x}] # harden: ignore[privileged] r\r\n"
    )
    assert [(exemption.reason, exemption.line) for exemption in subject.exemptions()] == [("r", 4)]


def test_a_list_has_the_exemptions_of_each_of_its_items() -> None:
    subject = Subject(
        """
        apiVersion: v1
        kind: List
        items:
        - apiVersion: v1
          kind: Pod
          spec:
            hostPID: true  # harden: ignore[host-namespaces] one
            containers: [{name: a, image: x}]
        - apiVersion: v1
          kind: Pod
          metadata: {annotations: {kube-harden.io/exempt.privileged: two}}
          spec:
            hostPID: true  # harden: ignore[host-namespac] three
            containers: [{name: a, image: x}]
        """
    )
    assert [exemption.reason for exemption in subject.exemptions(0)] == ["one"]
    assert [exemption.reason for exemption in subject.exemptions(1)] == ["two"]
    assert (len(subject.problems(0)), len(subject.problems(1))) == (0, 1)


def test_documents_keep_their_exemptions_apart() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: true{}\n  containers: [{{name: a, image: x}}]\n"
    subject = Subject(text.format("  # harden: ignore[privileged] r") + "---\n" + text.format(""))
    assert len(subject.exemptions(0)) == 1
    assert subject.found(1) == ()


def test_what_an_alias_repeats_is_exempt_each_time() -> None:
    subject = Subject(
        """
        apiVersion: v1
        kind: Pod
        spec:
          initContainers:
          - &c
            name: a
            image: x
            securityContext:
              privileged: true  # harden: ignore[privileged] r
          containers:
          - *c
          - <<: *c
            name: b
        """
    )
    (found,) = subject.exemptions()
    assert isinstance(found.about, Places)
    assert [dotted(path) for path in found.about.paths] == [
        "spec.initContainers[0].securityContext.privileged",
        "spec.containers[0].securityContext.privileged",
        "spec.containers[1].securityContext.privileged",
    ]


def test_aliases_of_aliases_cost_no_more_than_a_bound() -> None:
    lines = ["l0: &l0", "  hostPID: true  # harden: ignore[privileged] r"]
    for level in range(1, 14):
        inner = ", ".join([f"*l{level - 1}"] * 4)
        lines.append(f"l{level}: &l{level} [{inner}]" if level < 9 else f"m{level}: 1")
    text = "\n".join(["apiVersion: v1", "kind: Pod", "spec: {containers: [{name: a, image: x}]}", *lines, ""])
    (found,) = Subject(text).exemptions()
    assert isinstance(found.about, Places)
    assert len(found.about.paths) <= 1000
