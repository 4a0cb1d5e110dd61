"""What a start costs: which modules a command imports, not how long it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_session import POD, ROOT, run_alone

from harden.cli.options import words as option_words
from harden.cli.request import COLORS
from harden.model.finding import Risk
from harden.outputs import Format

#: Slow to import; each is loaded only where it is used. (typer itself imports difflib.)
HEAVY = (
    "unidiff",
    "rich",
    "ruamel",
    "jsonschema_rs",
    "kubernetes_validate",
    "deepmerge",
    "pydantic",
    "tempfile",
    "asyncio",
)

#: Modules of harden that `check FILE` may load; one more needs a reason.
MOST = 271

PROBE = """
import json, sys
from harden.cli import main
sys.argv = ["harden", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
sys.stdout.flush()
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded(folder: Path, *words: str, code: int, stdin: str | None = None) -> set[str]:
    """Return the modules that a run has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        input=stdin,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found, modules = json.loads(done.stderr.splitlines()[-1])
    assert found == code, done.stderr
    return set(modules)


def heavy(modules: set[str]) -> set[str]:
    return set(HEAVY) & modules


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["apply", "--help"]])
def test_version_and_help_need_nothing_but_typer(tmp_path: Path, words: list[str]) -> None:
    modules = loaded(tmp_path, *words, code=0)
    assert heavy(modules) == set()
    assert not any(name.startswith(("harden.engine.run", "harden.source", "harden.controls")) for name in modules)


def test_wrong_words_need_nothing_but_typer(tmp_path: Path) -> None:
    assert heavy(loaded(tmp_path, "aply", code=2)) == set()


def test_check_needs_a_parser_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    modules = loaded(tmp_path, "check", "a.yaml", code=1)
    assert heavy(modules) == {"ruamel"}
    assert not {"harden.outputs.diff", "harden.outputs.json_report", "harden.outputs.terminal"} & modules


#: What a lone file without companions has no use for.
ELSEWHERE = {
    "harden.adapters.globs",
    "harden.adapters.ignore",
    "harden.engine.apart",
    "harden.engine.identity",
    "harden.engine.parallel",
    "harden.engine.verify",
    "harden.engine.worth",
    "harden.cli.console.missing_dash",
    "harden.source.flow",
    "harden.source.outline",
    "harden.source.shared",
    "harden.source.splice",
    "harden.kube.built",
    "harden.kube.generated",
    "harden.kube.kustomization",
    "harden.kube.kustomize_images",
    "harden.model.change",
    # What ruamel.yaml has beside libyaml's parser.
    "ruamel.yaml.cyaml",
    "ruamel.yaml.main",
    "ruamel.yaml.comments",
    "ruamel.yaml.constructor",
    "ruamel.yaml.emitter",
    "ruamel.yaml.scanner",
    "base64",
    "copy",
    "datetime",
    "weakref",
    "glob",
}


def test_check_loads_no_more_than_it_did(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    modules = loaded(tmp_path, "check", "a.yaml", code=1)
    assert not ELSEWHERE & modules
    # Each takes some 0.1 ms, of some 50 in all.
    assert len([name for name in modules if name.startswith("harden")]) <= MOST


def test_the_rest_of_ruamel_is_there_for_those_who_ask(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, a: [http://x:80/y]}\n")
    assert "ruamel.yaml.main" in loaded(tmp_path, "check", "a.yaml", code=1)


def test_diff_proves_its_result_without_a_compiled_schema(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    assert heavy(loaded(tmp_path, "diff", "a.yaml", code=1)) == {"ruamel"}


def test_diff_looks_for_secrets_only_where_a_word_speaks_of_one(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    assert "harden.secrets.detector" not in loaded(tmp_path, "diff", "a.yaml", code=1)
    (tmp_path / "a.yaml").write_text(POD + "    env: [{name: PASSWORD, value: abcdefgh}]\n")
    assert "harden.secrets.detector" in loaded(tmp_path, "diff", "a.yaml", code=1)


def test_a_schema_is_compiled_where_there_are_many_objects(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("---\n".join([POD] * 110))
    assert heavy(loaded(tmp_path, "diff", "a.yaml", code=1)) == {"ruamel", "jsonschema_rs"}


@pytest.mark.parametrize(
    "words",
    [
        ("check", "a.yaml"),
        ("apply", "."),
        ("apply", "-"),
        ("check", "--risk", "review", "a.yaml"),
        ("diff", "a.yaml", "--risk=review", "-p", "restricted"),
        ("apply", "--profile", "hardened", "-"),
        ("apply", "--no-companions", "-q", "-p", "restricted", "--exclude=b*", "--exclude", "c", "--", "a.yaml"),
        ("check", "--format", "json", "--report-file", "r.json", "--strict", "--pss-version", "v1.30", "a.yaml"),
        ("post-render", "--risk", "review"),
    ],
)
def test_a_plain_line_needs_no_typer(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    modules = loaded(tmp_path, *words, code=int(words[0] in ("check", "diff") or "hardened" in words), stdin=POD)
    assert not {"typer", "inspect", "platform", "subprocess", "harden.cli.application.app"} & modules


@pytest.mark.parametrize(
    "words", [("apply", "-qprestricted", "--exclude", "b*", "--exclude", "-c", "a.yaml"), ("diff", "-qq", "a.yaml")]
)
def test_any_other_line_needs_typer_and_nothing_that_it_would_bring(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    modules = loaded(tmp_path, *words, code=0 if words[0] == "apply" else 1)
    assert "typer" in modules
    assert not {"pydantic", "click", "rich", "harden.cli.commands.images.learn", "harden.cli.commands.graph"} & modules


def started(folder: Path, command: list[str]) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)


def test_python_takes_nothing_apart_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    command = [sys.executable, "-v", "-m", "harden", "check", "a.yaml"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"0 of 1 workload admitted" in done.stdout
    assert b"import 'harden.cli'" in done.stderr
    assert b"# cleanup" not in done.stderr


def test_who_profiles_a_run_gets_what_was_measured(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    command = [sys.executable, "-m", "cProfile", "-m", "harden", "check", "a.yaml"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert b"function calls" in done.stdout


def test_what_was_to_run_at_the_end_of_a_process_runs(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    said = "import atexit, sys; atexit.register(print, 'bye'); from harden.cli import program; "
    command = [sys.executable, "-c", f"{said}sys.argv[1:] = ['check', '-q', 'a.yaml']; program()"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.endswith(b"bye\n")


def test_nothing_is_loaded_for_images_that_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD.replace("nginx", "registry.example.com/web:1"))
    modules = loaded(tmp_path, "diff", "a.yaml", code=1)
    assert "harden.images.store" in modules
    assert not {f"harden.images.{name}" for name in ("entry", "facts", "fields", "resolve")} & modules


def test_known_images_need_no_build_files(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.yaml").write_text(POD)
    modules = loaded(tmp_path, "check", "a.yaml", code=1)
    assert {name for name in modules if name.startswith("harden.builds.")} <= {
        "harden.builds.by_file",
        "harden.builds.ground",
    }
    (tmp_path / "a.yaml").write_text(POD.replace("image: nginx", "image: quay.io/else/a"))
    unknown = loaded(tmp_path, "check", "a.yaml", code=1)
    assert "harden.builds.repositories" in unknown
    # Nothing builds anything here.
    assert not {"harden.builds.lookup", "e2b_dockerfile_utils"} & unknown


def test_options_cost_what_they_use(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    modules = loaded(tmp_path, "check", "a.yaml", "--risk", "safe", "--exclude", "x", "-q", "--no-companions", code=1)
    assert heavy(modules) == {"ruamel", "deepmerge"}


def test_what_is_about_images_is_loaded_where_it_is_asked_for(tmp_path: Path) -> None:
    pod = POD.replace("image: nginx", "image: a.test/a\n    securityContext: {runAsUser: 5}")
    (tmp_path / "a.yaml").write_text(pod)
    (tmp_path / "harden-images.yaml").write_text("- {match: [a.test/a], uid: 5}\n")
    commands = {"harden.cli.commands.images.learn", "harden.cli.commands.images.facts_file"}
    learning = {"harden.images.learn", "harden.images.registry", "dxf", "requests", "shlex"}
    for command in ("diff", "check"):
        assert not (commands | learning) & loaded(tmp_path, command, "a.yaml", code=1)
    assert not loaded(tmp_path, "images", "--help", code=0) & (commands | learning)
    modules = loaded(tmp_path, "images", "a.test/a", code=0)
    assert not modules & {"harden.images.registry", "dxf", "requests", "harden.engine.run", "harden.engine.check"}


def test_the_words_of_options_are_those_of_the_program() -> None:
    assert [form.value for form in Format] == list(option_words.FORMATS)
    assert [risk.word for risk in Risk] == list(option_words.RISKS)
    assert COLORS == option_words.COLORS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "harden ",
            [
                "apply",
                "diff",
                "check",
                "graph",
                "init",
                "post-render",
                "patch",
                "fn",
                "explain",
                "profile",
                "helm-plugin",
                "images",
            ],
        ),
        ("harden ch", ["check"]),
        ("harden check --ri", ["--risk"]),
        ("harden check --risk ", ["safe", "review", "breaking"]),
        ("harden diff --format js", ["json"]),
        ("harden diff -p res", ["restricted"]),
        ("harden profile base", ["baseline"]),
        ("harden explain capa", ["capabilities", "capabilities_baseline", "capabilities_restricted"]),
        ("harden check --pss-version v1.37", ["v1.37"]),
        ("harden check dep", []),
        ("harden im", ["images"]),
        ("harden images l", ["learn"]),
        ("harden images learn --reg", ["--registry"]),
        ("harden images nginx --con", ["--config"]),
    ],
)
def test_completion(line: str, words: list[str]) -> None:
    position = len(line.split(" ")) - 1
    asked = {"_HARDEN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(position)}
    done = run_alone(env=asked)
    assert done.text.split() == words, done.err


def test_the_script_for_the_shell_is_printed() -> None:
    done = run_alone(
        "--show-completion", "bash", env={"SHELL": "/bin/bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    )
    assert "_harden_completion" in done.text, done.err


def test_exemptions_and_usage_are_loaded_only_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD, "utf-8")
    parts = {"harden.exemptions", "harden.usage"}
    assert loaded(tmp_path, "apply", "--quiet", code=0) & parts == set()
    (tmp_path / "a.yaml").write_text(POD.replace("# kept", "# harden: ignore[privileged] kept"), "utf-8")
    assert "harden.exemptions" in loaded(tmp_path, "apply", "--quiet", code=0)


#: What companions bring in, each only where there is something for it to do.
PARTS = {
    "harden.generated.files",
    "harden.generated.layout",
    "harden.companions.budget",
    "harden.companions.network_egress",
    "harden.companions.quota",
    "harden.companions.rbac",
    "harden.network.reach",
    "harden.network.mentions",
    "harden.network.external_peers",
}
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        env: [{name: SHOP, value: http://cart/}]
        ports: [{containerPort: 8080}]
"""
NEIGHBOURS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: other, namespace: shop}
spec: {podSelector: {matchLabels: {app: other}}, policyTypes: [Ingress]}
---
"""
CLOSED = "name: closed\nextends: hardened\ncompanions: {network-policy: {egress: dns+known}}\n"


def test_companions_of_a_lone_workload_cost_what_they_use(tmp_path: Path) -> None:
    (tmp_path / "harden.yaml").write_text("profile: hardened\n", "utf-8")
    modules = loaded(tmp_path, "apply", "-", code=1, stdin=WEB)
    assert {"harden.companions.service_account", "harden.companions.network_policy", "hashlib"} <= modules
    # A frozen dataclass takes four times as long to define as a NamedTuple, and brings `inspect` with it.
    assert not (PARTS | {"dataclasses", "inspect", "difflib", "typer"}) & modules


def test_companions_of_files_need_no_dataclasses_either(tmp_path: Path) -> None:
    (tmp_path / "closed.yaml").write_text(CLOSED, "utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "web.yaml").write_text(NEIGHBOURS + WEB, "utf-8")
    (tmp_path / "harden.yaml").write_text("profile: closed.yaml\n", "utf-8")
    modules = loaded(tmp_path, "apply", "shop", code=1)
    assert modules >= PARTS
    assert not {"dataclasses", "inspect", "typer"} & modules
