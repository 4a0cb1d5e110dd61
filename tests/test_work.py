"""How often the costly steps are taken: counted, because seconds differ from machine to machine."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType

import pytest
from cli_session import FINE, POD
from profiled import profiled

from harden.builds.files import is_work_tree
from harden.builds.ground import Ground
from harden.builds.repositories import Repositories
from harden.cli.commands.apply_diff_check import rewrite
from harden.cli.commands.graph import run_graph
from harden.cli.request import Request
from harden.companions.secrets_drafts import Drafts
from harden.controls import Control, all_controls
from harden.engine.choosing import Choosing
from harden.engine.judging import Judge
from harden.engine.other_files import _document, may_hold_objects
from harden.engine.run import harden
from harden.engine.sharing import Sharing
from harden.images.store import Store
from harden.kube.relevance import _may_be_another, _names_misspelt
from harden.model.kube import dig
from harden.model.report import Mode, Report
from harden.model.text import LineIndex
from harden.network.selectors import matches
from harden.outputs import diff
from harden.outputs.recurring import _key
from harden.outputs.rows import _row
from harden.outputs.text import render as render_text
from harden.pss import evaluate
from harden.settings import load
from harden.source.build import build
from harden.source.locate import locate
from harden.source.lower import lower
from harden.source.outline import outline
from harden.source.parse import parse
from harden.source.templates import in_comments
from harden.starts.judge import judge
from harden.verify.schema import _Schemas
from harden.verify.schema import _schemas as schemas_of

OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\ndata:\n  a: b\n"


def calls(of: dict[str, Callable[..., object]], run: Callable[[], object]) -> Counter[str]:
    """Return how often each of the functions is entered while `run` runs."""
    names: dict[CodeType, str] = {function.__code__: name for name, function in of.items()}
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in names:
            found[names[frame.f_code]] += 1

    with profiled(note):
        run()
    return found


def counted(mode: Mode, *texts: str) -> Counter[str]:
    """Return how often the steps of a run over these files are taken."""
    profile = load("restricted")
    inputs = [(f"{at}.yaml", text.encode()) for at, text in enumerate(texts)]
    steps: dict[str, Callable[..., object]] = {
        "parse": build,
        "outline": outline,
        "evaluate": evaluate,
        "lower": lower,
        "judge": Control.judge,
    }
    return calls(steps, lambda: list(harden(inputs, profile, mode)))


def test_what_is_fine_is_parsed_and_judged_once() -> None:
    for mode in Mode:
        found = counted(mode, FINE)
        assert (found["parse"], found["outline"], found["evaluate"], found["lower"]) == (1, 0, 1, 0)


def test_what_changes_is_parsed_and_judged_twice_and_lowered_once() -> None:
    once = counted(Mode.CHECK, POD)
    for mode in (Mode.DIFF, Mode.APPLY):
        found = counted(mode, POD)
        assert (found["parse"], found["outline"], found["evaluate"], found["lower"]) == (1, 1, 2, 1)
        # A fix may bring keys of which a control speaks that had nothing to say before.
        assert 2 * once["judge"] <= found["judge"] < 2 * len(all_controls())


def test_a_file_that_changes_costs_the_others_nothing() -> None:
    found = counted(Mode.APPLY, POD, FINE, FINE)
    assert (found["parse"], found["outline"], found["evaluate"], found["lower"]) == (3, 1, 4, 1)


def test_documents_of_other_kinds_are_not_parsed() -> None:
    assert counted(Mode.CHECK, OTHER, OTHER)["parse"] == 0


def test_files_without_workloads_are_not_looked_at_again() -> None:
    profile = load("restricted")
    again = {"lines": LineIndex.line, "code": in_comments, "contexts": Judge.beside}
    inputs = [(f"{at}.yaml", f"# {{{{ if }}}}\n{OTHER}".encode()) for at in range(3)]
    assert calls(again, lambda: list(harden(inputs, profile, Mode.APPLY))) == {}
    inputs.append(("pod.yaml", f"# {{{{ if }}}}\n{POD}".encode()))
    assert set(calls(again, lambda: list(harden(inputs, profile, Mode.APPLY)))) == {*again}


def test_a_document_is_asked_once_whether_it_is_a_definition() -> None:
    asked = {"asked": _may_be_another}
    text = f"# CustomResourceDefinition\n{OTHER}"
    assert calls(asked, lambda: list(harden([("a.yaml", text.encode())], load("restricted"), Mode.CHECK)))["asked"] == 1


def test_a_kind_that_is_misspelt_is_looked_for_once_and_in_no_definition() -> None:
    operated = f"# gateway.networking.k8s.io monitoring.coreos.com argoproj.io serving.knative.dev\n{OTHER}"
    definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
    for text, times in ((operated, 1), (definition, 0)):
        inputs = [("a.yaml", text.encode())]
        steps = {"misspelt": _names_misspelt}
        assert calls(steps, lambda: list(harden(inputs, load("restricted"), Mode.CHECK)))["misspelt"] == times  # noqa: B023


def test_the_lines_of_a_file_are_counted_once_for_all_that_is_wrong_with_it() -> None:
    def made(count: int) -> int:
        inputs = [("a.yaml", "---\n".join(["kind: Pod\na: [\n"] * count).encode())]
        indexes = {"made": LineIndex.__init__}
        return calls(indexes, lambda: list(harden(inputs, load("restricted"), Mode.CHECK)))["made"]

    assert made(2) == made(20)


def test_of_what_is_nested_too_deeply_the_rest_is_not_read() -> None:
    text = "kind: [\n" * 5000
    assert calls({"events": _document}, lambda: may_hold_objects(text.encode()))["events"] < 1000


def test_a_stream_is_parsed_as_a_whole() -> None:
    found = counted(Mode.APPLY, "---\n".join([POD] * 10))
    assert (found["parse"], found["outline"], found["evaluate"], found["lower"]) == (1, 1, 20, 10)


@pytest.mark.parametrize(("objects", "compiled"), [(1, 0), (90, 0), (110, 1)])
def test_a_schema_is_compiled_once_and_only_for_many(objects: int, compiled: int) -> None:
    # As in a process that has asked for none yet.
    schemas_of.cache_clear()
    profile = load("restricted")._replace(version=(1, 30 + objects % 7))
    inputs = [("a.yaml", "---\n".join([POD] * objects).encode())]
    steps = {"compile": _Schemas._compile, "look": _Schemas.plainly_fits}
    found = calls(steps, lambda: list(harden(inputs, profile, Mode.DIFF)))
    assert found["compile"] == compiled
    assert found["look"] > 0


def test_twice_the_ports_of_a_service_are_twice_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def entered(ports: int) -> int:
        listed = "".join(f"  - {{name: p{n}, port: {n + 1}}}\n" for n in range(ports))
        pod = POD.replace("metadata:\n", "metadata:\n  labels: {app: web}\n", 1)
        head = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports:\n"
        (tmp_path / "a.yaml").write_text(f"{pod}---\n{head}{listed}", "utf-8")
        found = 0

        def note(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal found
            found += event == "call"

        with profiled(note):
            run_graph(Request("graph", paths=("a.yaml",)))
        return found

    entered(1)
    few, many = entered(100), entered(200)
    assert many < few * 2.2


def test_secrets_are_looked_for_once_in_what_a_diff_leaves_alone() -> None:
    held = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: correct-horse}\n"
    inputs = [("a.yaml", f"{held}---\n{POD}---\n{held}".encode())]
    (report,) = harden(inputs, load("restricted"), Mode.DIFF)
    # Both Secrets of one side, and nothing of the other.
    assert calls({"parse": build}, lambda: diff.hunks(report))["parse"] == 2


def test_a_secret_is_written_once_for_all_that_moves_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def written(variables: int) -> int:
        env = "".join(f"    - {{name: DB{at}_PASSWORD, value: correct-horse-{at}}}\n" for at in range(variables))
        (tmp_path / "a.yaml").write_text(f"{POD}    env:\n{env}", "utf-8")
        request = Request("diff", paths=("a.yaml",), profile="hardened")
        return calls({"secret": Drafts._secret}, lambda: rewrite(request))["secret"]

    assert written(30) == written(2) > 0


def test_no_secret_is_looked_for_where_no_word_speaks_of_one() -> None:
    reports = tuple(harden([("a.yaml", POD.encode())], load("restricted"), Mode.DIFF))
    report = Report("restricted", "restricted", "latest", "review", "diff", reports)
    assert calls({"parse": parse}, lambda: diff.render(report))["parse"] == 0


@pytest.mark.parametrize("mode", list(Mode))
def test_what_many_workloads_share_is_made_into_rows_once(mode: Mode) -> None:
    share = Sharing().report
    reports = tuple(map(share, harden([(f"{at}.yaml", POD.encode()) for at in range(30)], load("restricted"), mode)))
    report = Report("restricted", "restricted", "latest", "review", mode.value, reports)
    outcomes = {id(outcome) for file in reports for outcome in file.workloads[0].outcomes}
    found = calls({"row": _row, "key": _key}, lambda: render_text(report))
    assert found["row"] == len(outcomes) < 30
    assert found["key"] <= len(outcomes) + 30 * 2


def test_a_repository_is_looked_up_once_for_all_its_tags() -> None:
    profile = load("restricted")
    pods = [POD.replace("nginx", f"registry.example.com/never-seen:{tag}") for tag in range(10)]
    found = calls(
        {"matches": Store.matches}, lambda: list(harden([("a.yaml", "---\n".join(pods).encode())], profile, Mode.APPLY))
    )
    # One more where nobody has asked yet for what stands in for all unknown images (engine/stand_ins.py).
    assert 1 <= found["matches"] <= 2


def test_folders_above_are_asked_once_whether_they_are_repositories(tmp_path: Path) -> None:
    files = [tmp_path / f"a/b/{number}/c.yaml" for number in range(10)]
    for file in files:
        file.parent.mkdir(parents=True)
    repositories = Repositories(Ground((str(tmp_path),)), lambda _: None, lambda _: None)
    asked = {"asked": is_work_tree}
    found = calls(asked, lambda: [repositories.outcome("example.com/a", str(file), is_known=False) for file in files])
    # Each folder itself, and those above all of them.
    assert found["asked"] == len(files) + len(files[0].parent.parents)


def test_a_container_is_judged_anew_only_where_it_changes() -> None:
    containers = "".join(f"  - name: c{n}\n    image: registry.example.com/c:{n}\n" for n in range(20))
    head, _, _ = POD.partition("containers:\n")
    inputs = [("a.yaml", f"{head}containers:\n{containers}".encode())]
    found = calls({"judge": judge}, lambda: list(harden(inputs, load("restricted"), Mode.APPLY)))
    # As it is, and with each choice of its two fixes, in two rounds; with all others anew it was some 2,400 times.
    assert 0 < found["judge"] <= 20 * 12


def test_lines_are_not_counted_anew_for_each_comment() -> None:
    comments = "# harden: ignore[run-as-non-root] because\n" * 200
    passed: Counter[str] = Counter()

    def note(_frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call" and isinstance(getattr(argument, "__self__", None), str):
            passed[getattr(argument, "__name__", "")] += len(argument.__self__) > len(comments)  # type: ignore[attr-defined]

    with profiled(note):
        (report,) = harden([("a.yaml", f"{comments}{POD}".encode())], load("restricted"), Mode.APPLY)
    assert [each.line for each in report.problems] == list(range(1, 201))
    # Where its line begins and ends is looked for next to each comment; nothing else goes through the text.
    assert passed["count"] < 20


def test_twice_the_containers_are_twice_the_work() -> None:
    def entered(count: int) -> int:
        containers = "".join(f"  - name: c{n}\n    image: registry.example.com/c:{n}\n" for n in range(count))
        head, _, _ = POD.partition("containers:\n")
        inputs = [("a.yaml", f"{head}containers:\n{containers}".encode())]
        found = 0

        def note(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal found
            found += event in {"call", "c_call"}

        with profiled(note):
            list(harden(inputs, load("restricted"), Mode.APPLY))
        return found

    entered(1)
    few, many = entered(40), entered(80)
    assert many < few * 2.2


def _pod(more: str) -> str:
    return f"{FINE.rstrip()}\n{more}".replace("registry.example.com/fine:1", "nginx:1.25")


LONG: dict[str, Callable[[int], str]] = {
    "lines of a script": lambda n: _pod(
        "    command:\n    - sh\n    - -c\n    - |\n" + "      a > /b; c | d && e\n" * n
    ),
    "keys given twice": lambda n: _pod("".join(f"k{at % (n // 2)}: 1\n" for at in range(n))),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_twice_as_much_in_a_pod_is_twice_the_work(text: Callable[[int], str]) -> None:
    def entered(count: int) -> int:
        inputs = [("a.yaml", text(count).encode())]
        found = 0

        def note(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal found
            found += event == "call"

        with profiled(note):
            assert next(iter(harden(inputs, load("hardened"), Mode.APPLY))).workloads
        return found

    entered(2)
    few, many = entered(300), entered(600)
    assert many < few * 2.3


def test_equal_pods_are_weighed_once_in_whatever_files_they_stand() -> None:
    profile = load("restricted")

    def weighed(files: int) -> int:
        pods = [POD.replace("nginx", f"registry.example.com/app-{number}:1") for number in range(files)]
        inputs = [(f"{number}.yaml", pod.encode()) for number, pod in enumerate(pods)]
        return calls({"weighed": Choosing.by}, lambda: list(harden(inputs, profile, Mode.CHECK)))["weighed"]

    assert weighed(1) == weighed(20) == 1


@pytest.mark.parametrize(
    "selector", ["matchLabels: {{app: w{}}}", "matchExpressions: [{{key: app, operator: In, values: [w{}]}}]"]
)
@pytest.mark.parametrize(
    "kind", ["networking.k8s.io/v1 NetworkPolicy podSelector", "cilium.io/v2 CiliumNetworkPolicy endpointSelector"]
)
def test_pods_are_held_against_those_policies_alone_that_may_select_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, selector: str
) -> None:
    monkeypatch.chdir(tmp_path)
    api, name, field = kind.split()

    def asked(count: int) -> int:
        pods = (
            POD.replace("name: web  # kept", f"name: w{n}\n  labels: {{app: w{n}, all: alike}}") for n in range(count)
        )
        chosen = (f"{field}: {{{selector.format(n)}}}" for n in range(count))
        head = f"apiVersion: {api}\nkind: {name}\n"
        policies = (f"{head}metadata: {{name: p{n}}}\nspec: {{{each}, ingress: []}}\n" for n, each in enumerate(chosen))
        (tmp_path / "a.yaml").write_text("---\n".join((*pods, *policies)), "utf-8")
        request = Request("check", paths=("a.yaml",), profile="hardened")
        return calls({"asked": matches}, lambda: rewrite(request))["asked"]

    assert 0 < asked(20) <= 2.2 * asked(10)


def test_a_long_chain_of_kustomizations_is_gone_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def entered(count: int) -> int:
        for n in range(count):
            (tmp_path / f"k{n}").mkdir(exist_ok=True)
            below = f", ../k{n - 1}" if n else ""
            (tmp_path / f"k{n}" / "kustomization.yaml").write_text(f"resources: [a.yaml{below}]\n", "utf-8")
            (tmp_path / f"k{n}" / "a.yaml").write_text(POD.replace("web  # kept", f"w{n}"), "utf-8")
        request = Request("check", profile="hardened")
        return calls({"folder": posixpath.dirname}, lambda: rewrite(request))["folder"]

    assert entered(60) <= 2.2 * entered(30)


def test_of_many_names_and_texts_that_nobody_can_judge_one_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    head = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n"
    filled = "".join(f"  ${{a{n}:=b}}: 1\n" for n in range(50))
    held = "".join(f'  a{n}: "apiVersion: v1\\nkind: Pod\\n"\n' for n in range(50))
    (tmp_path / "a.yaml").write_text(f"{head}{filled}---\n{head}{held}", "utf-8")
    found = calls({"locate": locate}, lambda: rewrite(Request("check", paths=("a.yaml",), gate=True)))
    assert found["locate"] == 2


def test_volumes_are_not_looked_for_among_all_mounts_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def asked(count: int) -> int:
        mounts = "".join(f"    - {{name: v{n}, mountPath: /d{n}}}\n" for n in range(count))
        volumes = "".join(f"  - {{name: v{n}, emptyDir: {{}}}}\n" for n in range(count))
        (tmp_path / "a.yaml").write_text(f"{POD}    volumeMounts:\n{mounts}  volumes:\n{volumes}", "utf-8")
        request = Request("check", paths=("a.yaml",), profile="hardened")
        return calls({"asked": dig}, lambda: rewrite(request))["asked"]

    few, more, many = asked(50), asked(100), asked(200)
    assert many - more <= 2.2 * (more - few)
