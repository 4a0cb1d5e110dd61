"""harden behind the real Helms, on a chart of the project's own: what comes out is what Helm rendered, and admitted."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_session import ROOT, as_program, run_alone
from helm_cluster import cluster
from requirements import helm, oracle

CHART = str(ROOT / "tests" / "charts" / "shop")
RISK = ("--risk", "review")


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("cluster") / "config"
    with cluster() as config:
        path.write_text(config)
        yield path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return harden as it is in somebody's PATH."""
    return as_program(tmp_path / "bin")


class Helm:
    """Runs one of the Helms, with folders of its own."""

    def __init__(self, major: int, folder: Path, program: Path) -> None:
        self.program = helm(major)
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HELM_")},
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PATH": f"{program.parent}:{os.environ['PATH']}",
        }

    def __call__(self, *words: str, code: int = 0, kubeconfig: Path | None = None) -> str:
        environment = {**self.environment, **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
        done = subprocess.run(
            [self.program, *words], env=environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr


@pytest.fixture
def helm3(tmp_path: Path, program: Path) -> Helm:
    return Helm(3, tmp_path, program)


@pytest.fixture
def helm4(tmp_path: Path, program: Path) -> Helm:
    """Return Helm 4 with the plugin, as `harden helm-plugin install` installs it."""
    found = Helm(4, tmp_path, program)
    subprocess.run([program, "helm-plugin", "install"], env=found.environment, check=True, capture_output=True)
    found.environment["PYTHONPATH"] = str(ROOT)
    return found


def arguments(*words: str) -> list[str]:
    return [part for word in words for part in ("--post-renderer-args", word)]


def behind(*words: str) -> list[str]:
    """Return the options with which Helm 3 runs harden."""
    return ["--post-renderer", "harden", *arguments("post-render", *words)]


def plugin(*words: str) -> list[str]:
    """Return the options with which Helm 4 runs harden."""
    return ["--post-renderer", "harden", *arguments(*words)]


def verdicts(text: str, folder: Path) -> dict[tuple[str, str], list[str]]:
    """Return the official checks that refuse the workloads of a stream, by kind and name."""
    path = folder / "judged.yaml"
    path.write_text(text)
    done = subprocess.run([oracle(), str(path)], capture_output=True, text=True, check=False)
    found: dict[tuple[str, str], list[str]] = {}
    for each in map(json.loads, done.stdout.splitlines()):
        found.setdefault((each["kind"], each.get("name", "")), []).extend(check[0] for check in each["failed"] or ())
    return found


def gone(before: str, after: str) -> list[str]:
    """Return the lines that are no more; hardening adds lines, and changes those of flow text."""
    return [line[1:].strip() for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] == "-"]


WORKLOADS = {
    ("DaemonSet", "agent"),
    ("Deployment", "r-web"),
    ("StatefulSet", "r-store"),
    ("Job", "r-migrate"),
    ("Pod", "r-answers"),
}
HOOKS = {("Job", "r-migrate"), ("Pod", "r-answers")}


class TestHelm3:
    def test_a_pipe_hardens_hooks_and_tests_too(self, helm3: Helm, tmp_path: Path) -> None:
        rendered = helm3("template", "r", CHART, "--include-crds", "--namespace", "shop")
        done = run_alone("post-render", *RISK, stdin=rendered.encode())
        assert done.code == 0, done.err
        assert all("{" in line for line in gone(rendered, done.text))
        found = verdicts(done.text, tmp_path)
        assert found == {name: [] for name in WORKLOADS}
        assert set(verdicts(rendered, tmp_path)) == WORKLOADS
        definition = rendered[rendered.index("# Source: shop/crds/") : rendered.index("\n---\n# Source: shop/charts/")]
        assert definition in done.text
        assert done.text.count("name: r-migrate\n") == 2
        assert "shop/charts/store/templates/store.yaml" in done.err
        assert "<stdin>" not in done.err

    def test_a_post_renderer_hardens_what_it_is_given(self, helm3: Helm, tmp_path: Path) -> None:
        rendered = helm3("template", "r", CHART)
        done = helm3("template", "r", CHART, *behind(*RISK, "--report-file", "report.json"))
        # Helm 3 hands its hooks to no post-renderer: they come out as they were.
        found = verdicts(done, tmp_path)
        assert {name for name, failed in found.items() if not failed} == WORKLOADS - HOOKS
        assert all("{" in line for line in gone(rendered, done))
        report = json.loads((tmp_path / "report.json").read_text())
        names = [file["path"] for file in report["files"] if file["workloads"]]
        assert names == [
            "shop/charts/store/templates/store.yaml", "shop/templates/agents.yaml", "shop/templates/web.yaml"
        ]  # fmt: skip

    def test_an_install_carries_it(self, helm3: Helm, kubeconfig: Path, tmp_path: Path) -> None:
        words = ("install", "r", CHART, "--dry-run=client", "--disable-openapi-validation", "--namespace", "shop")
        done = helm3(*words, *behind(*RISK), kubeconfig=kubeconfig)
        assert "NOTES:\nThe shop is at http://r-web.shop:8080/" in done
        manifest = done[done.index("MANIFEST:") + len("MANIFEST:") : done.index("NOTES:")]
        assert verdicts(manifest, tmp_path) == {name: [] for name in WORKLOADS - HOOKS}

    def test_files_of_helm_template_go_by_the_post_renderer(self, helm3: Helm) -> None:
        # The page says so.
        helm3("template", "r", CHART, "--output-dir", "out", *behind(*RISK))
        files = list((helm3.folder / "out").rglob("*.yaml"))
        assert files
        assert not any("runAsNonRoot" in path.read_text() for path in files)

    def test_companions_come_with_it(self, helm3: Helm) -> None:
        done = helm3("template", "r", CHART, *behind(*RISK, "-p", "hardened", "--namespace", "default"))
        assert done.count("kind: ServiceAccount\n") == 3
        assert done.count("kind: NetworkPolicy\n") == 3

    def test_it_is_stopped_only_on_request(self, helm3: Helm) -> None:
        helm3("template", "r", CHART, *behind())
        said = helm3("template", "r", CHART, *behind("--fail-on", "short"), code=1)
        assert "--fail-on short: 3 workloads would still be refused at restricted" in said

    def test_an_empty_chart_stays_empty(self, helm3: Helm, tmp_path: Path) -> None:
        empty_chart(tmp_path / "empty")
        assert helm3("template", "r", "empty").strip() == ""
        assert helm3("template", "r", "empty", *behind()).strip() == ""


class TestHelm4:
    def test_the_plugin_hardens_hooks_and_tests_too(self, helm4: Helm, tmp_path: Path) -> None:
        rendered = helm4("template", "r", CHART, "--include-crds")
        done = helm4("template", "r", CHART, "--include-crds", *plugin(*RISK, "--report-file", "report.json"))
        assert verdicts(done, tmp_path) == {name: [] for name in WORKLOADS}
        assert done.count("name: r-migrate\n") == 2
        assert "postrender-filename" not in done
        definition = rendered[rendered.index("# Source: shop/crds/") : rendered.index("\n---\n# Source: shop/charts/")]
        assert definition in done
        # Helm takes the stream apart by the annotation: each document came from the same template before.
        head = r"# Source: (.*)\n(?:#.*\n)*apiVersion: .*\nkind: (.*)"
        assert re.findall(head, done) == re.findall(head, rendered)
        report = json.loads((tmp_path / "report.json").read_text())
        names = [file["path"] for file in report["files"] if file["workloads"]]
        assert names == [
            "shop/charts/store/templates/store.yaml", "shop/templates/agents.yaml", "shop/templates/migrate.yaml",
            "shop/templates/tests/answers.yaml", "shop/templates/web.yaml",
        ]  # fmt: skip

    def test_comments_get_through(self, helm4: Helm) -> None:
        rendered = helm4("template", "r", CHART, *plugin("--select", "sysctls"))
        assert "# kept, too" in rendered
        assert "# What customers see; this comment is kept." in rendered
        assert "# the image's own user" in rendered

    def test_an_install_carries_it(self, helm4: Helm, kubeconfig: Path, tmp_path: Path) -> None:
        words = ("install", "r", CHART, "--dry-run=client", "--disable-openapi-validation", "--namespace", "shop")
        done = helm4(*words, *plugin(*RISK), kubeconfig=kubeconfig)
        assert "NOTES:\nThe shop is at http://r-web.shop:8080/" in done
        manifest = done[done.index("HOOKS:") + len("HOOKS:") : done.index("NOTES:")].replace("MANIFEST:", "")
        assert verdicts(manifest, tmp_path) == {name: [] for name in WORKLOADS}

    def test_companions_come_with_it(self, helm4: Helm) -> None:
        done = helm4("template", "r", CHART, *plugin(*RISK, "-p", "hardened", "--namespace", "default"))
        assert done.count("kind: ServiceAccount\n") == 5
        assert "# Written by harden" in done

    def test_it_is_stopped_only_on_request(self, helm4: Helm) -> None:
        helm4("template", "r", CHART, *plugin())
        said = helm4("template", "r", CHART, *plugin("--fail-on=short", "--report-file=report.json"), code=1)
        # Helm 4 drops what a plugin says: the report is all that there is.
        assert "--fail-on" not in said
        assert (helm4.folder / "report.json").is_file()

    def test_an_empty_chart_stays_empty(self, helm4: Helm, tmp_path: Path) -> None:
        empty_chart(tmp_path / "empty")
        assert helm4("template", "r", "empty", *plugin()).strip() == ""

    def test_helm_lists_it_and_takes_it_away(self, helm4: Helm, program: Path) -> None:
        assert re.search(r"^harden\s+\d+\.\d+\.\d+\s+postrenderer/v1", helm4("plugin", "list"), re.MULTILINE)
        where = subprocess.run(
            [program, "helm-plugin", "path"], env=helm4.environment, check=True, capture_output=True, text=True
        ).stdout.strip()
        assert Path(where) == helm4.folder / "data" / "helm" / "plugins" / "harden"
        helm4("plugin", "uninstall", "harden")
        assert not Path(where).exists()


def empty_chart(folder: Path) -> None:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: empty\nversion: 0.1.0\n")
    (folder / "templates" / "none.yaml").write_text("{{- if .Values.some }}\na: b\n{{- end }}\n")
