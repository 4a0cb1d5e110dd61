"""Which documents are parsed at all: whatever way a workload is written, it is read as kubectl reads it."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess

import pytest
from own_kinds import SERVED, TEMPLATES
from requirements import oracle
from yaml_spellings import Data, Speller

from harden.kube import relevance
from harden.kube.kinds import NEIGHBOURS
from harden.kube.relevance import is_no_definition, is_relevant, is_relevant_or_neighbour
from harden.kube.workloads import find, objects
from harden.model.kube import Workload
from harden.model.report import Stage
from harden.model.text import SourceText
from harden.source.parse import Parsed, parse

SEED = int(os.environ.get("HARDEN_SEED", "20250101"))
ROUNDS = int(os.environ.get("HARDEN_ROUNDS", "1"))
CASES = 1500 * ROUNDS

REST = "apiVersion: v1\nspec: {containers: [{name: c, image: nginx}]}\n"
#: Spellings of `kind: Pod`, each with what could hide it.
PODS = {
    "a comment behind the colon": "kind: # note\n  Pod\n",
    "a comment and blank lines": "kind: # note\n\n  # more\n\n  Pod\n",
    "a short escape": 'kind: "P\\x6fd"\n',
    "a long escape": 'kind: "\\u0050od"\n',
    "the longest escape": 'kind: "\\U00000050od"\n',
    "escapes only": 'kind: "\\x50\\x6F\\x64"\n',
    "an escape in the key": '"k\\u0069nd": Pod\n',
    "a line continued": 'kind: "Po\\\n  d"\n',
    "a line continued, with CRLF": 'kind: "Po\\\r\n  d"\r\n',
    "a line continued right behind the quote": 'kind: "\\\n  Pod"\n',
    "folded, with a comment": "kind: >- # x\n  Pod\n",
    "literal, with an indent": "kind: |2-\n  Pod\n",
    "a tag and a comment": "kind: !!str # x\n  Pod\n",
    "a long tag": "kind: !<tag:yaml.org,2002:str> Pod\n",
    "no tag at all": "kind: ! Pod\n",
    "an anchor and a tag": "kind: &k !!str Pod\n",
    "base64": "kind: !!binary UG9k\n",
    "base64 under a spelled tag": "kind: !<tag:yaml.org,2002:b%69nary> UG9k\n",
    "base64 under a spelled short tag": "kind: !!b%69nary UG9k\n",
    "an alias": "x: &k Pod\nkind: *k\n",
    "an alias to a key": "&k Pod: x\nkind: *k\n",
    "an alias to an item": "x: [a, &k Pod]\nkind: *k\n",
    "an alias as key": "&k kind: x\n*k : Pod\n",
    "a merge": "<<: {kind: Pod}\n",
    "a merge of an anchor": "x: &m\n  kind: Pod\n<<: *m\n",
    "a merge with a tag": "! <<: {kind: Pod}\n",
    "a merge in quotes with a tag": '! "<<": {kind: Pod}\n',
    "a merge over what stands above": "kind: ConfigMap\n<<: {kind: Pod}\n",
    "an explicit key": "? kind\n: Pod\n",
    "a key given twice": "kind: ConfigMap\nkind: Pod\n",
    "a definition before it": "kind: CustomResourceDefinition\nkind: Pod\n",
    "a next line of Unicode": "kind:\n  Pod\x85",
}


def workloads(text: str) -> list[Workload]:
    parsed = parse(SourceText("f.yaml", text), is_relevant)
    assert not parsed.syntax_error, parsed.problems
    found = [found for document in parsed.documents for found in find(document.index, document.value)]
    return [each for each in found if isinstance(each, Workload)]


@pytest.mark.parametrize("spelling", PODS.values(), ids=PODS)
def test_no_spelling_hides_a_pod(spelling: str) -> None:
    assert [found.kind for found in workloads(f"{spelling}{REST}")] == ["Pod"]
    assert is_relevant_or_neighbour(spelling)


@pytest.mark.parametrize("kind", [*TEMPLATES, "PodList", "DeploymentList"])
@pytest.mark.parametrize("text", ["kind: {}", "kind: '{}'\r\n", '{{"kind":"{}"}}', "{{kind: {}}}", "- kind:\n    {}"])
def test_all_kinds_are_found(kind: str, text: str) -> None:
    assert is_relevant(text.format(kind))


@pytest.mark.parametrize("mark", ["---\n\ufeff", "---\n# note\n\ufeff", "---  # note\r\n\ufeff"])
def test_a_byte_order_mark_in_front_of_a_document_hides_nothing(mark: str) -> None:
    assert len(workloads(f"kind: Pod\n{REST}{mark}kind: Pod\n{REST}")) == 2


def test_items_under_any_kind_are_objects() -> None:
    pod = "  apiVersion: v1\n  kind: Pod\n  spec: {containers: [{name: c, image: nginx}]}\n"
    assert len(workloads(f"apiVersion: v1\nkind: ConfigMap\nitems:\n-{pod[1:]}-{pod[1:]}")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service",
        "kind: ConfigMap\ndata:\n  Deployment: x",
        "kind: ConfigMap\ndata:\n  text: |\n    a Pod is started\n    by a Deployment.\n",
        'kind: ConfigMap\ndata:\n  text: "a Pod\\nand \\u003cJob\\u003e"\n',
        "kind: ConfigMap\ndata:\n  run.sh: |\n    echo Job \\\n      more\n    [ ! -f Pod ] && echo\n",
        "kind: PodDisruptionBudget",
        "kind: PodSecurityPolicy",
        "kind: PodMonitor",
        "kind: DeploymentTemplate",
        "kind: Jobber",
        "# a Deployment\nmetadata: {name: Podium}",
        "",
    ],
)
def test_documents_without_such_a_name_are_not_parsed(text: str) -> None:
    assert not is_relevant(text)


DEFINITION = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\n"


@pytest.mark.parametrize("head", ["", "---\n", "# note\n---\n\n", "--- # note\r\n"])
def test_definitions_are_not_parsed_whatever_they_say(head: str) -> None:
    text = f"{head}{DEFINITION}spec:\n  description: |\n    Pod\n    Deployment\n"
    assert not is_no_definition(text)
    assert not is_relevant(text)


@pytest.mark.parametrize(
    "more",
    [
        "kind: Pod\n",
        '"kind": Pod\n',
        "<<: {kind: Pod}\n",
        "? kind\n: Pod\n",
        "items:\n- kind: Pod\n",
        "!!str kind: Pod\n",
    ],
)
def test_what_only_begins_as_a_definition_is_parsed(more: str) -> None:
    assert is_no_definition(DEFINITION + more)
    assert is_relevant(DEFINITION + more)


@pytest.mark.parametrize("kind", ["Pod", "PodList"])
def test_items_without_a_type_have_that_of_what_they_stand_in(kind: str) -> None:
    pod = "  spec: {containers: [{name: c, image: nginx}]}\n"
    assert len(workloads(f"apiVersion: v1\nkind: {kind}\nitems:\n-{pod[1:]}-{pod[1:]}")) == 2


@pytest.mark.parametrize(
    "line", ["---#", "---#: x", "---\u00a0", "---\u3000# : x", "---\t\u00a0#: x", "--- # c\rx: 1", "--- # c\x85x: 1"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_ends_a_document_for_kubectl_alone_is_refused(line: str, end: str) -> None:
    pod = f"kind: Pod\n{REST}"
    for text, at in ((f"{line}{end}{pod}", 1), (f"{pod}{line}{end}{pod}", 4)):
        parsed = parse(SourceText("f.yaml", text), is_relevant)
        assert parsed.syntax_error
        assert [(problem.stage, problem.line) for problem in parsed.problems] == [(Stage.READ, at)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
@pytest.mark.parametrize(
    "text", ["kind: Pod{}\ufeffa: 1\n", "kind: Pod\na:{}\ufeff b: 1\n", "kind: Pod\na: {{b: 1,{}\ufeffc: 2}}\n"]
)
def test_a_byte_order_mark_within_a_document_is_refused(text: str, end: str) -> None:
    parsed = parse(SourceText("f.yaml", text.format(end)), is_relevant)
    assert parsed.syntax_error
    assert "a byte order mark stands within" in parsed.problems[0].message


@pytest.mark.parametrize("line", ["---", "--- ", "---\t# x", "--- # x\u00a0y", "--- #", "---  #  # \t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_ends_a_document_for_all_is_none_of_those(line: str, end: str) -> None:
    pod = f"kind: Pod\n{REST}"
    assert len(workloads(f"{line}{end}{pod}{line}{end}{pod}{line}{end}")) == 2
    assert len(workloads(f"{pod}{line}")) == 1


def workload(rng: random.Random, kind: str) -> dict[str, Data]:
    containers: list[Data] = [{"name": "c", "image": "a/b:1", "command": None, "args": ["-x", 'say "hi"\n']}]
    inner: dict[str, Data] = {"metadata": {"name": "web"}, "spec": {"containers": containers}}
    for key in reversed(TEMPLATES[kind]):
        inner = {str(key): inner}
    head: dict[str, Data] = {"apiVersion": SERVED[kind], "kind": kind}
    return {**head, **inner} if rng.random() < 0.5 else {**inner, **head}


def document(rng: random.Random) -> dict[str, Data]:
    pick = rng.randrange(8)
    if pick == 0:
        kinds = [rng.choice(list(TEMPLATES)) for _ in range(rng.randrange(3))]
        kind = rng.choice(("List", "Foo", "ConfigMap"))
        return {"apiVersion": "v1", "kind": kind, "items": [workload(rng, kind) for kind in kinds]}
    if pick == 1:
        pods = [workload(rng, "Pod") for _ in range(rng.randrange(1, 3))]
        bare: list[Data] = [{k: v for k, v in pod.items() if k not in {"kind", "apiVersion"}} for pod in pods]
        return {"apiVersion": "v1", "kind": "PodList", "items": bare}
    if pick == 2:
        return {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "Pod", "b": "kind: Pod"}}
    return workload(rng, rng.choice(list(TEMPLATES)))


def stream(rng: random.Random) -> str:
    parts = [Speller(rng).document(document(rng)) for _ in range(rng.randrange(1, 4))]
    if not parts[0].startswith("{"):
        # Behind JSON, kubectl's reader keeps the `---` in the next document, and a mark behind it is a part of a key.
        parts = [("\ufeff" if at and rng.random() < 0.2 else "") + part for at, part in enumerate(parts)]
    between = rng.choice(("---\n", "---  # c\n", "---\n", "---  # c\n", "---#\n", "---#: x\n", "---\u00a0# : x\n"))
    return rng.choice(("", "", "---\n", "# c\n")) + between.join(parts)


def read(text: str) -> tuple[list[object], Parsed]:
    parsed = parse(SourceText("f.yaml", text), is_relevant)
    found = (found for document in parsed.documents for found in objects(document.value))
    return [
        {"apiVersion": version, "kind": kind, **data} for _, data, version, kind in found if kind in TEMPLATES
    ], parsed


def test_workloads_in_every_spelling_are_what_kubectl_reads() -> None:
    texts = [stream(random.Random(SEED + at)) for at in range(CASES)]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run([str(oracle()), "--decode"], input=lines, capture_output=True, encoding="utf-8", check=True)
    told = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(told) == len(texts)
    for at, (text, kubectl) in enumerate(zip(texts, told, strict=True)):
        said = f"HARDEN_SEED={SEED + at}\n{text}"
        theirs = [each for each in kubectl["objects"] if each["kind"] in TEMPLATES]
        mine, parsed = read(text)
        if "error" in kubectl:
            # What it read before it stopped must be there; harden reads on.
            assert parsed.syntax_error or all(their in mine for their in theirs), said
            continue
        if parsed.syntax_error:
            assert re.search(r"---\W?#", text) is not None, said
            continue
        assert all(problem.stage is Stage.NOTE for problem in parsed.problems), (parsed.problems, said)
        assert mine == theirs, said
    assert sum("error" not in each for each in told) > 0.8 * CASES


#: What decides of texts, put together at random.
PIECES = (
    *("Pod", "PodList", "Podium", "Service", "ConfigMap", "kind", "items", "x", "---", "apiVersion: v1"),
    *("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n", "CustomResourceDefinition"),
    *(
        ":",
        " ",
        "  ",
        "\t",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "-",
        "#",
        ",",
        "}",
        "]",
        "[",
        "{",
        "<<",
        "*",
    ),
    *(
        "\nkind: Deploymnt\n",
        '"',
        "'",
        "&a ",
        "!a ",
        "!",
        "!!binary",
        "%TAG ",
        "%20",
        "\\",
        "\\x50",
        "\\u0050",
        "\\U00000050",
        "a\\",
        "é",
    ),
)
SPELLED = re.compile(
    r"\\(?:x[4-7]|u00[4-7]|U000000[4-7])|\w\\[\n\r\x85\u2028\u2029]"
    r"|!!binary|!<tag:yaml\.org,2002:binary>|![^\s!%]*%[0-9A-Fa-f]|%TAG[ \t]"
)
OTHER_ROOT = re.compile("[\n\r\x85\u2028\u2029\ufeff](?:kind|items|[<?*&!\"'{-])")


def test_looking_where_words_stand_finds_what_looking_everywhere_finds() -> None:
    rng = random.Random(SEED)
    found = {"named": 0, "spelled": 0, "definition": 0}
    for _ in range(20 * CASES):
        begins = rng.choice(["", PIECES[10]])
        text = begins + "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 14)))
        for kinds in (("Pod",), NEIGHBOURS):
            _, names = relevance._naming(kinds)
            expected = names.search(text) is not None
            assert relevance._stands_by_name(text, kinds) is expected, (SEED, text)
            found["named"] += expected
        is_spelled = SPELLED.search(text) is not None
        parts = [re.search(pattern, text) for pattern in relevance._SPELLED.values()]
        assert any(parts) is is_spelled, (SEED, text)
        found["spelled"] += is_spelled
        head = relevance._definition().match(text)
        is_other = head is None or OTHER_ROOT.search(text, head.end() - 1) is not None
        assert is_no_definition(text) is is_other, (SEED, text)
        found["definition"] += not is_other
        # So nobody looks for one there.
        assert is_other or not relevance._names_misspelt(text), (SEED, text)
    assert min(found.values()) > CASES // 2
