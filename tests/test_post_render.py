"""post-render: the same stream out, each template under its own name, and a release stopped only on request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_session import Session, put

from harden.cli.options.words import FAIL_ON


def document(name: str, template: str = "", user: str = "5", tail: str = "") -> str:
    """Return a pod as Helm 3 renders it; `safe` hardening adds runAsNonRoot where it states a user."""
    source = f"# Source: {template}\n" if template else ""
    return (
        f"---\n{source}apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}  # kept\nspec:\n"
        f"  securityContext: {{runAsUser: {user}}}\n  containers:\n  - name: a\n    image: example.com/a:1\n{tail}"
    )


WEB, STORE = "shop/templates/web.yaml", "shop/charts/store/templates/store.yaml"
DONE = "runAsUser: 5, runAsNonRoot: true}"
WIDGETS = (
    "---\n# Source: shop/crds/widgets.yaml\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: widgets.example.com}\nspec: {versions: [{schema:  {x: {containers: [{name: a}]}}}]}\n"
)


def hardened(text: str) -> str:
    return text.replace("runAsUser: 5}", DONE)


def rendered(harden: Session, text: str, *words: str) -> str:
    done = harden("post-render", *words, stdin=text.encode())
    assert done.code == 0, done.err
    return done.text


class TestStream:
    def test_form_and_baseline_of_harden_yaml_are_for_reports(self, harden: Session) -> None:
        put(harden_yaml="format: sarif\nbaseline: none.json\n")
        assert rendered(harden, document("web")) == hardened(document("web"))

    def test_order_and_all_other_text_stay(self, harden: Session) -> None:
        text = document("web", WEB) + WIDGETS + document("store", STORE) + document("web-2", WEB, tail="# end\n")
        assert rendered(harden, text) == hardened(text)

    def test_documents_of_one_identity_both_survive(self, harden: Session) -> None:
        text = document("a", WEB) + document("a", STORE) + document("a", WEB)
        assert rendered(harden, text) == hardened(text)
        assert rendered(harden, text).count(DONE) == 3

    def test_nothing_to_do_gives_the_very_bytes(self, harden: Session) -> None:
        data = b"\xef\xbb\xbf" + hardened(document("a", WEB)).replace("\n", "\r\n").encode() + b"---\r\n# Source: x\r\n"
        assert harden("post-render", stdin=data).out == data

    @pytest.mark.parametrize("data", [b"", b"\n", b"---\n", b"# a comment alone\n"])
    @pytest.mark.parametrize("words", [(), ("--companions",)])
    def test_nothing_in_it_comes_back(self, harden: Session, data: bytes, words: tuple[str, ...]) -> None:
        done = harden("post-render", *words, stdin=data)
        assert (done.code, done.out) == (0, data)

    @pytest.mark.parametrize("end", ["", "\n", "\n...\n", "\n---\n"])
    def test_ends_stay(self, harden: Session, end: str) -> None:
        text = (document("a", WEB) + document("b", STORE)).rstrip("\n") + end
        assert rendered(harden, text) == hardened(text)

    @pytest.mark.parametrize(
        "gap", ["---\n", "---\n---\n", "---  \n", "---\r\n", "---\n# Source: empty.yaml\n", "--- # end\n"]
    )
    def test_empty_documents_stay_and_take_no_name_away(self, harden: Session, gap: str) -> None:
        text = gap + document("a", WEB) + gap + document("b", STORE) + gap + document("c") + gap
        done = harden("post-render", stdin=text.encode())
        assert (done.code, done.text) == (0, hardened(text))
        found = {
            line.strip().partition(":")[0]
            for line in done.err.splitlines()
            if line.startswith("  ") and ": Pod" in line
        }
        assert found == {STORE, WEB, "<stdin>"}

    def test_a_document_behind_an_end_alone(self, harden: Session) -> None:
        text = document("a", WEB) + document("b", STORE) + "...\n" + document("c").removeprefix("---\n")
        assert rendered(harden, text) == hardened(text)

    def test_line_ends_and_marks_stay(self, harden: Session) -> None:
        data = b"\xef\xbb\xbf" + (document("a", WEB) + document("b", STORE)).replace("\n", "\r\n").encode()
        wanted = hardened(data.decode()).encode()
        assert harden("post-render", stdin=data).out == wanted

    def test_what_names_no_template_is_hardened_too(self, harden: Session) -> None:
        text = document("a") + document("b", WEB) + document("c")
        assert rendered(harden, text) == hardened(text)

    def test_a_stream_of_json_is_hardened_as_one(self, harden: Session) -> None:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
               "spec": {"securityContext": {"runAsUser": 5}, "containers": [{"name": "a", "image": "b"}]}}  # fmt: skip
        text = "".join(json.dumps(pod) + "\n" for _ in range(2))
        assert rendered(harden, text).count('"runAsNonRoot": true') == 2

    def test_the_annotation_of_helm_4_stays_and_names_the_template(self, harden: Session) -> None:
        note = "metadata:\n  annotations:\n    a: b\n    postrenderer.helm.sh/postrender-filename: '{}'\n"
        text = "".join(
            document(name).replace("metadata:\n", note.format(template))
            for name, template in (("a", WEB), ("b", STORE))
        )
        assert rendered(harden, text, "--report-file", "r.json") == hardened(text)
        assert paths() == [STORE, WEB]


def paths() -> list[str]:
    return [file["path"] for file in json.loads(Path("r.json").read_text())["files"]]


class TestMessages:
    def test_name_the_template_and_its_lines(self, harden: Session) -> None:
        text = document("web", WEB) + document("store", STORE) + document("web-2", WEB)
        done = harden("post-render", "--report-file", "r.json", stdin=text.encode())
        assert "<stdin>" not in done.err
        assert paths() == [STORE, WEB]
        # Lines count in what the template rendered to, as `helm template --show-only` prints it.
        found = [line.strip().partition(": ")[0] for line in done.err.splitlines() if line.startswith("  shop/")]
        assert found == [f"{STORE}:3", f"{WEB}:3", f"{WEB}:14"]

    def test_a_text_that_speaks_of_a_template_is_none(self, harden: Session) -> None:
        text = document("a", WEB) + "---\nkind: ConfigMap\ndata:\n  x: |\n    # Source: other\n" + document("b", STORE)
        rendered(harden, text, "--report-file", "r.json")
        assert paths() == ["<stdin>", STORE, WEB]

    def test_exemptions_of_harden_yaml_know_templates(self, harden: Session) -> None:
        put(harden_yaml=f"exemptions: [{{control: run-as-non-root, path: '**/{WEB}', reason: theirs}}]\n")
        text = document("a", WEB) + document("b", STORE)
        assert rendered(harden, text) == document("a", WEB) + hardened(document("b", STORE))

    def test_secrets_stay_out(self, harden: Session) -> None:
        store = "---\n# Source: s\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {word: xyzzy42}\n"
        text = document("a", WEB, tail="    env: [{name: PASSWORD, value: xyzzy43}]\n") + store
        done = harden("post-render", "-p", "hardened", "--report-file", "r.json", stdin=text.encode())
        assert "xyzzy" not in done.err + Path("r.json").read_text()
        assert done.text.count("xyzzy4") == 2


class TestCompanions:
    def test_are_appended_once(self, harden: Session) -> None:
        text = document("web", WEB) + document("store", STORE).rstrip("\n")
        words = ("-p", "hardened", "--risk", "review")
        once = rendered(harden, text, *words)
        assert once.startswith(document("web", WEB)[:30])
        assert "\n---\n# Written by harden" in once
        assert rendered(harden, once, *words) == once

    def test_take_the_place_of_earlier_ones(self, harden: Session) -> None:
        words = ("--select", "service-account", "--risk", "review")
        once = rendered(harden, document("web", WEB) + document("store", STORE), *words)
        assert once.count("kind: ServiceAccount") == 2
        # The chart lost a pod, and gained one.
        later = document("new", WEB) + once[once.index("---\n# Source: " + STORE) :]
        done = rendered(harden, later, *words)
        assert done.count("kind: ServiceAccount") == 2
        assert done.count("name: web") == 0
        assert rendered(harden, done, *words) == done


class TestExitCode:
    def test_is_0_whatever_is_left(self, harden: Session) -> None:
        done = harden("post-render", stdin=document("a", WEB).encode())
        assert done.code == 0
        assert "still refused" in done.err

    @pytest.mark.parametrize(
        ("word", "text"),
        [
            ("short", document("a", WEB)),
            ("breaking", document("a", WEB, tail="    ports: [{containerPort: 80, hostPort: 80}]\n")),
            ("waiting", document("a", WEB)),
        ],
    )
    def test_is_1_where_it_is_asked_for(self, harden: Session, word: str, text: str) -> None:
        done = harden("post-render", "--fail-on", word, stdin=text.encode())
        assert done.code == 1
        assert f"harden: --fail-on {word}: 1 " in done.err

    @pytest.mark.parametrize("word", FAIL_ON)
    def test_is_0_where_it_is_not_so(self, harden: Session, word: str) -> None:
        known = document("a", WEB).replace("example.com/a:1", "nginx:1.27")
        done = harden("post-render", "--risk", "review", "--fail-on", word, stdin=known.encode())
        assert done.code == 0, done.err

    def test_of_unreadable_input_is_3_and_names_the_template(self, harden: Session) -> None:
        text = document("a", WEB) + document("b", STORE, tail="  x: [\n")
        done = harden("post-render", stdin=text.encode())
        assert done.code == 3
        assert f"{STORE}:" in done.err
        assert done.text.startswith(hardened(document("a", WEB)))
        assert done.text.endswith(document("b", STORE, tail="  x: [\n"))

    def test_of_what_is_still_a_template_is_3(self, harden: Session) -> None:
        text = document("a", WEB) + document("b", STORE).replace("example.com/a:1", "${REGISTRY}/a:1")
        done = harden("post-render", stdin=text.encode())
        assert done.code == 3
        assert f"{STORE}: document 1, Pod b: left alone" in done.err
        assert done.text == hardened(document("a", WEB)) + text[len(document("a", WEB)) :]

    @pytest.mark.parametrize("data", [b"\xff\xfea\x00", b"a: \x00", b"caf\xe9: 1\n"])
    def test_of_what_is_no_text_is_3(self, harden: Session, data: bytes) -> None:
        done = harden("post-render", stdin=data)
        assert (done.code, done.out) == (3, data)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--fail-on", "shorts"], 'did you mean "short"?'),
            (["--risk", "sure"], "sure"),
            (["--report-file", "nowhere/r.json"], "cannot be written"),
            (["--config", "nowhere.yaml"], "nowhere.yaml"),
            (["a.yaml"], "a.yaml"),
        ],
    )
    def test_of_wrong_words_is_2(self, harden: Session, words: list[str], said: str) -> None:
        done = harden("post-render", *words, stdin=document("a").encode())
        assert (done.code, done.out) == (2, b"")
        assert said in done.err


class TestRisk:
    text = document("a", WEB)

    def test_is_safe_whatever_harden_yaml_says(self, harden: Session) -> None:
        put(harden_yaml="risk: review\n")
        assert rendered(harden, self.text) == hardened(self.text)

    def test_of_a_fix_that_doubts_hold_back_is_told_as_the_risk_it_is_made_at(self, harden: Session) -> None:
        # The shipped facts are of other tags, which only a person can say are the same.
        text = document("a", WEB).replace("example.com/a:1", "nginx:1.15").replace("{runAsUser: 5}", "{}")
        done = harden("post-render", stdin=text.encode())
        assert "review  run-as-non-root" in done.err
        assert "(--risk safe)" not in done.err
        assert "runAsNonRoot: true" in rendered(harden, text, "--risk", "review")

    def test_is_what_the_line_says(self, harden: Session) -> None:
        assert "drop:" in rendered(harden, self.text, "--risk", "review")
