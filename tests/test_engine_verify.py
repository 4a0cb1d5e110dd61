"""What a wrong control does is noticed, left out where it was wrong, and said; the rest of the file is hardened."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harden.controls import Context, Control, all_controls
from harden.engine import rounds
from harden.engine.leaning import unsupported
from harden.engine.run import harden
from harden.kube.workloads import find
from harden.model.finding import (
    Because,
    Change,
    Condition,
    Finding,
    Fix,
    Held,
    Lean,
    Level,
    NoFix,
    Remote,
    RemoveField,
    Risk,
    SetField,
)
from harden.model.kube import Workload
from harden.model.profile import ControlSetting, Profile
from harden.model.report import FileReport, Mode, Stage
from harden.model.text import Edit, SourceText
from harden.settings import load
from harden.source import splice as splicing
from harden.source.parse import parse

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    seccompProfile:
      type: RuntimeDefault
  containers:
  - name: web
    image: registry.example.com/web:1
    securityContext:
      allowPrivilegeEscalation: false
      capabilities:
        drop:
        - ALL
"""
#: Lacks allowPrivilegeEscalation, which the real control writes.
LACKING = GOOD.replace("      allowPrivilegeEscalation: false\n", "")


def run(text: str, *wrong: Control, others: dict[str, str] | None = None, mode: Mode = Mode.APPLY) -> list[FileReport]:
    profile = load("restricted")
    settings = {**profile.controls, **{control.id: ControlSetting() for control in wrong}}
    profile = Profile(**(profile._asdict() | {"controls": settings, "risk": Risk.REVIEW}))
    inputs = [("in.yaml", text.encode()), *((name, other.encode()) for name, other in (others or {}).items())]
    return list(harden(inputs, profile, mode, controls=(*all_controls(), *wrong)))


#: What a wrong control wants: changes to the workload, and changes elsewhere.
Wanted = tuple[tuple[Change, ...], tuple[Remote, ...]]


def wrong_control(
    name: str, *, bundle: bool = False, checks: tuple[str, ...] = ()
) -> Callable[[Callable[[Workload], Wanted]], Control]:
    """Return a decorator that makes a control of a function from a workload to what it wants."""

    def declare(wanted: Callable[[Workload], Wanted]) -> Control:
        def check(workload: Workload, _context: Context) -> Iterator[Finding]:
            own, others = wanted(workload)
            if own:
                yield Finding(workload.pod, "is wrong", Fix(Risk.SAFE, "a test", own, elsewhere=others), checks)

        return Control(name, Level.BASELINE, (1, 0), checks, (), (), "", check, bundle)

    return declare


@wrong_control("unknown-field")
def writes_an_unknown_field(workload: Workload) -> Wanted:
    return (() if workload.get("securtyContext") else (SetField((*workload.pod, "securtyContext"), {"a": 1}),)), ()


@wrong_control("restless")
def never_ends(workload: Workload) -> Wanted:
    grace = workload.get("terminationGracePeriodSeconds")
    number = grace if isinstance(grace, int) else 0
    return (SetField((*workload.pod, "terminationGracePeriodSeconds"), number + 1),), ()


@wrong_control("opener")
def breaks_a_check(workload: Workload) -> Wanted:
    return (() if workload.get("hostNetwork") else (SetField((*workload.pod, "hostNetwork"), value=True),)), ()


@wrong_control("empty-promise", checks=("hostNamespaces",))
def does_not_end_what_it_promises(workload: Workload) -> Wanted:
    # It is about the check and finds nothing more once it has set something else.
    return (() if workload.get("hostUsers") is not None else (SetField((*workload.pod, "hostUsers"), value=True),)), ()


@wrong_control("reaching", bundle=True)
def reaches_where_nothing_can_be_written(workload: Workload) -> Wanted:
    if workload.get("priorityClassName") == "high":
        return (), ()
    # Not a list item of that file, so that part is refused, and the whole fix with it.
    remote = Remote("other.yaml", 0, SetField(("data", 0, "a"), "b"))
    return (SetField((*workload.pod, "priorityClassName"), "high"),), (remote,)


WRONG = {
    "an unknown field": (writes_an_unknown_field, "breaks the schema at spec"),
    "no end": (never_ends, "is changed again after 5 rounds"),
    "a check broken": (breaks_a_check, "is refused: host namespaces"),
}


@pytest.mark.parametrize("why", WRONG)
def test_a_wrong_control_is_noticed(why: str) -> None:
    control, said = WRONG[why]
    text = GOOD.format(name="web")
    (report,) = run(text, control)
    assert report.after == text
    (problem,) = report.problems
    assert problem.stage is Stage.VERIFY
    assert said in problem.message
    assert "report this as a bug" in problem.hint
    (outcome,) = [each for each in report.workloads[0].outcomes if each.finding.control == control.id]
    assert not outcome.applied
    assert outcome.held is not None
    assert outcome.held.because is Because.VERIFY


def test_a_check_that_a_fix_was_to_end_and_did_not_is_noticed() -> None:
    text = GOOD.format(name="web").replace("spec:\n", "spec:\n  hostPID: true\n", 1)
    profile_control = {control.id: control for control in all_controls()}["host-namespaces"]
    quiet = profile_control._replace(check=lambda _workload, _context: iter(()))
    profile = load("restricted")
    settings = {**profile.controls, "empty-promise": ControlSetting()}
    profile = Profile(**(profile._asdict() | {"controls": settings}))
    others = [control for control in all_controls() if control.id != "host-namespaces"]
    controls = (*others, quiet, does_not_end_what_it_promises)
    (report,) = harden([("in.yaml", text.encode())], profile, Mode.APPLY, controls=controls)
    assert report.after == text
    assert [problem.stage for problem in report.problems] == [Stage.VERIFY]
    assert "is refused: host namespaces" in report.problems[0].message


def test_a_fix_whose_part_elsewhere_is_refused_is_taken_back_whole() -> None:
    text = GOOD.format(name="web")
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\ndata: {}\n"
    report, neighbour = run(text, reaches_where_nothing_can_be_written, others={"other.yaml": other})
    assert report.after == text
    assert neighbour.after == other
    assert report.problems == ()
    (outcome,) = report.workloads[0].outcomes
    assert not outcome.applied
    assert outcome.held


@pytest.mark.parametrize("why", WRONG)
def test_one_failing_workload_does_not_keep_the_others_from_being_hardened(why: str) -> None:
    control, said = WRONG[why]

    def only_bad(workload: Workload, context: Context) -> Iterator[Finding]:
        if workload.name == "bad":
            yield from control.check(workload, context)

    narrowed = control._replace(check=only_bad)
    text = "---\n".join(LACKING.format(name=name) for name in ("first", "bad", "last"))
    (report,) = run(text, narrowed)
    assert said in report.problems[0].message
    assert "bad" in report.problems[0].message
    first, bad, last = (report.after or "").split("---\n")
    assert "allowPrivilegeEscalation: false" in first
    assert bad == LACKING.format(name="bad")
    assert "allowPrivilegeEscalation: false" in last


def test_what_a_fix_writes_elsewhere_is_held_to_the_schema_too() -> None:
    @wrong_control("follower", bundle=True)
    def misspells(workload: Workload) -> Wanted:
        if workload.get("priorityClassName") == "high":
            return (), ()
        remote = Remote("other.yaml", 0, SetField(("spec", "sesionAffinity"), "None"))
        return (SetField((*workload.pod, "priorityClassName"), "high"),), (remote,)

    other = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n"
    text = GOOD.format(name="web")
    report, neighbour = run(text, misspells, others={"other.yaml": other})
    assert report.after == text
    assert neighbour.after == other
    (problem,) = neighbour.problems
    assert "Service breaks the schema at spec" in problem.message


def test_a_fix_is_taken_back_after_its_own_part_was_made() -> None:
    # Something to do in the other file, which comes first: its document is made last.
    other = LACKING.format(name="other")
    profile = load("restricted")
    settings = {**profile.controls, "reaching": ControlSetting()}
    profile = Profile(**(profile._asdict() | {"controls": settings}))
    text = GOOD.format(name="web")
    wrong = reaches_where_nothing_can_be_written

    def only_web(workload: Workload, context: Context) -> Iterator[Finding]:
        if workload.name == "web":
            yield from wrong.check(workload, context)

    inputs = [("other.yaml", other.encode()), ("in.yaml", text.encode())]
    controls = (*all_controls(), wrong._replace(check=only_web))
    neighbour, report = harden(inputs, profile, Mode.APPLY, controls=controls)
    assert report.problems == neighbour.problems == ()
    assert report.after == text
    assert "allowPrivilegeEscalation: false" in (neighbour.after or "")


def test_one_failing_workload_of_a_list_does_not_keep_the_others() -> None:
    pods = [LACKING.format(name=name).replace("\n", "\n    ").rstrip() for name in ("first", "bad")]
    text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(f"  - {pod}\n" for pod in pods)

    def only_bad(workload: Workload, context: Context) -> Iterator[Finding]:
        if workload.name == "bad":
            yield from writes_an_unknown_field.check(workload, context)

    (report,) = run(text, writes_an_unknown_field._replace(check=only_bad))
    assert [problem.stage for problem in report.problems] == [Stage.VERIFY]
    first, bad = (report.after or "").split("  - apiVersion")[1:]
    assert "allowPrivilegeEscalation: false" in first
    assert "allowPrivilegeEscalation" not in bad


BROKEN = {
    "data": (lambda text: text.replace("web:1", "web:2"), "data changed beside the planned fixes"),
    "syntax": (lambda text: text.replace("image: ", "image: ]"), "does not parse as before"),
    "documents": (lambda text: text.replace("kind: Pod", "kind: Pud"), "other documents or workloads"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_editing_breaks_in_one_document_is_left_as_it_was(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    damage, said = BROKEN[what]
    splice = splicing.splice

    def damaging(text: str, edits: list[Edit]) -> str:
        # Damages what it edits of the second document, as a wrong splice would.
        head, mark, tail = splice(text, edits).partition("name: bad\n")
        first, dash, own = head.rpartition("---\n")
        is_edited = "allowPrivilegeEscalation" in tail
        return first + dash + damage(own + mark + tail) if is_edited else head + mark + tail

    monkeypatch.setattr(splicing, "splice", damaging)
    text = "---\n".join(LACKING.format(name=name) for name in ("first", "bad"))
    (report,) = run(text)
    assert said in report.problems[0].message
    first, bad = (report.after or "").split("---\n")
    assert "allowPrivilegeEscalation: false" in first
    assert bad == LACKING.format(name="bad")


def test_a_fix_that_waits_for_another_one_takes_a_second_round() -> None:
    @wrong_control("waits")
    def follows(workload: Workload) -> Wanted:
        # Right once the field of another control is there.
        is_there = workload.containers[0].get("securityContext", "allowPrivilegeEscalation") is False
        if not is_there or workload.get("enableServiceLinks") is False:
            return (), ()
        return (SetField((*workload.pod, "enableServiceLinks"), value=False),), ()

    (report,) = run(LACKING.format(name="web"), follows)
    assert report.problems == ()
    assert "allowPrivilegeEscalation: false" in (report.after or "")
    assert "enableServiceLinks: false" in (report.after or "")
    lines = (report.after or "").splitlines()
    applied = {
        each.finding.control: lines[each.line - 1].strip() for each in report.workloads[0].outcomes if each.applied
    }
    assert applied == {
        "allow-privilege-escalation": "allowPrivilegeEscalation: false",
        "waits": "enableServiceLinks: false",
    }


def test_what_a_later_round_removes_is_told_where_it_stood() -> None:
    @wrong_control("remover")
    def removes(workload: Workload) -> Wanted:
        if workload.get("terminationGracePeriodSeconds") is None:
            return (), ()
        is_there = workload.containers[0].get("securityContext", "allowPrivilegeEscalation") is False
        return ((RemoveField((*workload.pod, "terminationGracePeriodSeconds")),) if is_there else ()), ()

    text = LACKING.format(name="web") + "  terminationGracePeriodSeconds: 5\n"
    (report,) = run(text, removes, mode=Mode.DIFF)
    assert report.problems == ()
    assert "terminationGracePeriodSeconds" not in (report.after or "")


def test_five_rounds_are_enough_and_no_more_are_made() -> None:
    looked = []

    @wrong_control("counts")
    def counts(workload: Workload) -> Wanted:
        looked.append(workload.get("terminationGracePeriodSeconds"))
        number = workload.get("terminationGracePeriodSeconds")
        now = number if isinstance(number, int) else 0
        field = (*workload.pod, "terminationGracePeriodSeconds")
        return ((SetField(field, now + 1),) if now < rounds.MOST_ROUNDS else ()), ()

    (report,) = run(GOOD.format(name="web"), counts)
    assert report.problems == ()
    assert "terminationGracePeriodSeconds: 5" in (report.after or "")
    assert looked == [None, 1, 2, 3, 4, 5]


def takes_rounds(number: int) -> Control:
    """Return a control that wants another round after each of its first ones, in workloads named `slow`."""

    @wrong_control("slow")
    def counts(workload: Workload) -> Wanted:
        now = workload.get("terminationGracePeriodSeconds")
        done = now if isinstance(now, int) else 0
        field = (*workload.pod, "terminationGracePeriodSeconds")
        return ((SetField(field, done + 1),) if workload.name == "slow" and done < number else ()), ()

    return counts


def profile_with(*controls: Control) -> Profile:
    profile = load("restricted")
    settings = {**profile.controls, **{control.id: ControlSetting() for control in controls}}
    return Profile(**(profile._asdict() | {"controls": settings, "risk": Risk.REVIEW}))


def without(control: str) -> list[Control]:
    return [each for each in all_controls() if each.id != control]


def test_a_file_that_rests_while_others_change_is_asked_by_the_round_that_looked_at_it() -> None:
    # Its first finding has a fix, and what that leaves behind has none: held by the second round, unknown to the last.
    def half(workload: Workload, _context: Context) -> Iterator[Finding]:
        if workload.get("hostPID") is not True:
            return
        if workload.get("hostUsers") is None:
            fix = Fix(Risk.SAFE, "a test", (SetField((*workload.pod, "hostUsers"), value=True),))
            yield Finding(workload.pod, "is half wrong", fix, ("hostNamespaces",))
        else:
            yield Finding(workload.pod, "is wrong for good", NoFix("nobody knows how"), ("hostNamespaces",))

    halves = Control("half", Level.BASELINE, (1, 0), ("hostNamespaces",), (), (), "", half)
    slow = takes_rounds(4)
    quick = GOOD.format(name="quick").replace("spec:\n", "spec:\n  hostPID: true\n", 1)
    inputs = [("quick.yaml", quick.encode()), ("slow.yaml", GOOD.format(name="slow").encode())]
    controls = (*without("host-namespaces"), halves, slow)
    first, second = harden(inputs, profile_with(halves, slow), Mode.APPLY, controls=controls)
    assert first.problems == second.problems == ()
    assert "hostUsers: true" in (first.after or "")
    assert "terminationGracePeriodSeconds: 4" in (second.after or "")
    told = {each.finding.message: (each.applied, each.held) for each in first.workloads[0].outcomes}
    assert told["is half wrong"] == (True, None)
    assert told["is wrong for good"] == (False, Held(Because.NO_FIX, "nobody knows how"))


def test_a_fix_of_a_later_round_that_breaks_what_the_first_one_brought_is_noticed() -> None:
    @wrong_control("undoes")
    def undoes(workload: Workload) -> Wanted:
        place = (*workload.containers[0].path, "securityContext", "allowPrivilegeEscalation")
        is_there = workload.containers[0].get("securityContext", "allowPrivilegeEscalation") is False
        return ((SetField(place, value=True),) if is_there else ()), ()

    (report,) = run(LACKING.format(name="web"), undoes)
    assert [problem.stage for problem in report.problems][:1] == [Stage.VERIFY]
    # The workload stays as it was: what was right about it is not kept apart from what was wrong.
    assert report.after == LACKING.format(name="web")


def test_a_fix_of_a_later_round_leans_on_what_an_earlier_one_wrote() -> None:
    lean = Lean("allow-privilege-escalation", (), "it may gain privileges")

    def follows(workload: Workload, _context: Context) -> Iterator[Finding]:
        place = (*workload.containers[0].path, "securityContext", "allowPrivilegeEscalation")
        if workload.get("enableServiceLinks") is False or workload.get("hostUsers") is None:
            return
        fix = Fix(
            Risk.SAFE,
            "a test",
            (SetField((*workload.pod, "enableServiceLinks"), value=False),),
            leans_on=(lean._replace(ways=((Condition(place, (False,)),),)),),
        )
        yield Finding(workload.pod, "waits", fix)

    @wrong_control("first")
    def first(workload: Workload) -> Wanted:
        return (
            () if workload.get("hostUsers") is not None else (SetField((*workload.pod, "hostUsers"), value=True),)
        ), ()

    second = Control("second", Level.BASELINE, (1, 0), (), (), (), "", follows)
    for accepted, is_made in ((Risk.REVIEW, True), (Risk.SAFE, False)):
        profile = profile_with(first, second)._replace(risk=accepted)
        controls = (*all_controls(), first, second)
        (report,) = harden([("in.yaml", LACKING.format(name="web").encode())], profile, Mode.APPLY, controls=controls)
        assert report.problems == ()
        assert "hostUsers: true" in (report.after or "")
        assert ("enableServiceLinks: false" in (report.after or "")) is is_made
        (outcome,) = [each for each in report.workloads[0].outcomes if each.finding.control == "second"]
        assert (outcome.held is None) is is_made
        assert outcome.held is None or outcome.held.because is Because.LEANS


def test_an_exemption_holds_what_only_a_later_round_finds() -> None:
    @wrong_control("host-users")
    def follows(workload: Workload) -> Wanted:
        is_there = workload.containers[0].get("securityContext", "allowPrivilegeEscalation") is False
        if not is_there or workload.get("hostUsers") is not None:
            return (), ()
        return (SetField((*workload.pod, "hostUsers"), value=False),), ()

    # Exemptions know the controls of the program: one of these is replaced.
    name = "share-process-namespace"
    late = follows._replace(id=name)
    said = f'  annotations: {{kube-harden.io/exempt.{name}: "a reason"}}\n'
    text = LACKING.format(name="web").replace("  name: web\n", "  name: web\n" + said, 1)
    (report,) = harden([("in.yaml", text.encode())], profile_with(late), Mode.APPLY, controls=(*without(name), late))
    assert report.problems == ()
    assert "allowPrivilegeEscalation: false" in (report.after or "")
    assert "hostUsers" not in (report.after or "")
    (outcome,) = [each for each in report.workloads[0].outcomes if each.finding.control == name]
    assert outcome.held == Held(Because.EXEMPT, "a reason")


def test_two_wrong_controls_that_contradict_each_other_are_both_held() -> None:
    @wrong_control("one")
    def one(workload: Workload) -> Wanted:
        return ((SetField((*workload.pod, "priorityClassName"), "a"),) if workload.name else ()), ()

    @wrong_control("other")
    def other(workload: Workload) -> Wanted:
        return ((SetField((*workload.pod, "priorityClassName"), "b"),) if workload.name else ()), ()

    (report,) = run(LACKING.format(name="web"), one, other)
    assert report.problems == ()
    assert "priorityClassName" not in (report.after or "")
    assert "allowPrivilegeEscalation: false" in (report.after or "")
    held = {each.finding.control: each.held for each in report.workloads[0].outcomes if not each.applied}
    assert {key: value and value.because for key, value in held.items()} == dict.fromkeys(
        ("one", "other"), Because.CONFLICT
    )


@pytest.mark.parametrize(("value", "is_made"), [("1", True), ("true", False)])
def test_a_fix_that_leans_on_a_number_does_not_take_true_for_it(value: str, *, is_made: bool) -> None:
    def leans(workload: Workload, _context: Context) -> Iterator[Finding]:
        condition = Condition((*workload.template, "metadata", "annotations", "number"), (1,))
        changes = (SetField((*workload.pod, "priorityClassName"), "a"),)
        if workload.get("priorityClassName") is None:
            yield Finding(workload.pod, "m", Fix(Risk.SAFE, "a", changes, leans_on=(Lean("x", "y", ((condition,),)),)))

    leaning = Control("leaning", Level.BASELINE, (1, 0), (), (), (), "", leans)
    # The annotation has a type that Kubernetes does not take; a custom kind is not decoded.
    text = LACKING.format(name="web").replace("  name: web\n", f"  name: web\n  annotations: {{number: {value}}}\n", 1)
    rows = unsupported_of(text, leaning)
    assert (rows == []) is is_made


def unsupported_of(text: str, control: Control) -> list[str]:
    (document,) = parse(SourceText("in.yaml", text), lambda _: True).documents
    (workload,) = (each for each in find(0, document.value, "in.yaml") if isinstance(each, Workload))
    findings = list(control.check(workload, Context(Level.BASELINE, (1, 37))))
    return [held.text for _, held in unsupported(document.value, [(finding, finding.changes) for finding in findings])]


@pytest.mark.parametrize("broken", ["kind: [\n", "kind: Pod\nspec: [\n"], ids=["any", "workload"])
@pytest.mark.parametrize("where", ["before", "behind"])
def test_a_file_with_a_broken_document_keeps_its_text(where: str, broken: str) -> None:
    good = LACKING.format(name="web")
    text = f"{broken}---\n{good}" if where == "before" else f"{good}---\n{broken}"
    (report,) = run(text)
    assert report.after == text
    assert [problem.stage for problem in report.problems] == [Stage.READ]
    for workload in report.workloads:
        assert not any(each.applied for each in workload.outcomes)


def test_a_fix_of_a_later_round_reaches_into_a_file_without_workloads() -> None:
    @wrong_control("late", bundle=True)
    def reaches(workload: Workload) -> Wanted:
        is_there = workload.containers[0].get("securityContext", "allowPrivilegeEscalation") is False
        if not is_there or workload.get("priorityClassName") == "high":
            return (), ()
        remote = Remote("other.yaml", 0, SetField(("data", "a"), "b"))
        return (SetField((*workload.pod, "priorityClassName"), "high"),), (remote,)

    other = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\ndata:\n  c: d\n"
    report, neighbour = run(LACKING.format(name="web"), reaches, others={"other.yaml": other})
    assert report.problems == neighbour.problems == ()
    assert "priorityClassName: high" in (report.after or "")
    assert neighbour.after == other + "  a: b\n"
