"""The hooks for pre-commit, run by pre-commit itself: what it names, what is left out, and when a commit fails."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_session import FINE, POD, ROOT, Session, put, run_alone
from repository import ENVIRONMENT, git
from requirements import need, tool

#: What only pre-commit's default risk leaves to fix.
FIXABLE = FINE.replace("      allowPrivilegeEscalation: false\n", "")
TEMPLATE = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  containers: []\n"
#: A template that happens to be YAML: Helm may still make something else of it.
STATIC = POD.replace("name: web", "name: chart", 1)
WORKFLOW = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n    - run: make test\n"


class Hooks:
    """A repository of somebody who uses the hooks, and the hooks' own repository, as they are in the working tree."""

    def __init__(self, folder: Path) -> None:
        self.theirs, self._ours = folder / "theirs", folder / "ours"
        self._home = folder / "home"
        self._home.mkdir()
        self._copy()
        self.theirs.mkdir()
        git("init", "-q", cwd=self.theirs)

    def _copy(self) -> None:
        """Make a repository of what pre-commit installs."""
        for name in ("harden", "profiles"):
            shutil.copytree(ROOT / name, self._ours / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
            shutil.copy(ROOT / name, self._ours)
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"], ["tag", "v1"]):
            git(*words, cwd=self._ours)

    def _environment(self) -> dict[str, str]:
        """Return an environment in which pip takes what is installed here instead of asking a network."""
        packages = Path(importlib.util.find_spec("ruamel.yaml").origin).parents[2]  # type: ignore[union-attr,arg-type]
        return {
            **ENVIRONMENT,
            "HOME": str(self._home),
            "PRE_COMMIT_HOME": str(self._home / "pre-commit"),
            "PRE_COMMIT_COLOR": "never",
            "PIP_NO_DEPS": "1",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PYTHONPATH": str(packages),
        }

    def run(self, hook: str) -> tuple[int, str]:
        """Run a hook on all files of the repository; return pre-commit's exit code and what it says."""
        hooks = "".join(f"  - id: {name}\n" for name in ("harden", "harden-check"))
        Path(".pre-commit-config.yaml").write_text(f"repos:\n- repo: {self._ours}\n  rev: v1\n  hooks:\n{hooks}")
        return self._pre_commit("run", hook)

    def try_repo(self, hook: str) -> tuple[int, str]:
        """Run a hook as `run` does, in a repository that does not name it; it is installed anew."""
        return self._pre_commit("try-repo", str(self._ours), hook)

    def _pre_commit(self, *words: str) -> tuple[int, str]:
        git("add", "-A", cwd=self.theirs)
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", *words, "--all-files", "--verbose"],
            cwd=self.theirs,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Hooks:
    need(importlib.util.find_spec("pre_commit") is not None, "pre-commit is not installed")
    tool("git")
    return Hooks(tmp_path_factory.mktemp("hooks"))


@pytest.fixture
def hooks(installed: Hooks, monkeypatch: pytest.MonkeyPatch) -> Hooks:
    """Return the hooks with an empty repository to use them in, which is the current folder."""
    for path in installed.theirs.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    monkeypatch.chdir(installed.theirs)
    return installed


def test_a_commit_with_nothing_to_do_passes(hooks: Hooks) -> None:
    put(fine_yaml=FINE, values_json='{"a": 1}')
    Path(".github/workflows").mkdir(parents=True)
    Path(".github/workflows/test.yaml").write_text(WORKFLOW)
    for hook in ("harden", "harden-check"):
        code, said = hooks.run(hook) if hook == "harden" else hooks.try_repo(hook)
        assert code == 0, said
        assert "1 of 1 workload admitted" in said


def test_a_fix_is_written_and_fails_the_commit_once(hooks: Hooks) -> None:
    put(a_yaml=FIXABLE)
    code, said = hooks.run("harden")
    assert code == 1, said
    assert "files were modified by this hook" in said
    assert "allowPrivilegeEscalation: false" in Path("a.yaml").read_text()
    code, said = hooks.run("harden")
    assert code == 0, said


def test_check_changes_nothing(hooks: Hooks) -> None:
    put(a_yaml=FIXABLE)
    code, said = hooks.run("harden-check")
    assert (code, Path("a.yaml").read_text()) == (1, FIXABLE), said
    assert "allow-privilege-escalation" in said


def test_charts_and_what_is_excluded_fail_nothing(hooks: Hooks) -> None:
    put(charts__shop__templates__pod_yaml=TEMPLATE, charts__shop__templates__static_yaml=STATIC, vendor__a_yaml=POD)
    put(charts__shop__Chart_yaml="apiVersion: v2\nname: shop\nversion: 0.1.0\n", templated_yaml=TEMPLATE)
    put(harden_yaml="exclude: [vendor/]\n", fine_yaml=FINE)
    for hook in ("harden-check", "harden"):
        code, said = hooks.run(hook)
        assert code == 0, said
        assert "left out: 2 chart templates, 1 excluded" in said
    assert Path("vendor/a.yaml").read_text() == POD
    assert Path("charts/shop/templates/static.yaml").read_text() == STATIC


def test_what_cannot_be_read_fails(hooks: Hooks) -> None:
    put(a_yaml="kind: Pod\na: [")
    code, said = hooks.run("harden-check")
    assert (code, "not valid YAML" in said) == (1, True)


def test_an_old_repository_adopts_it_with_a_baseline(hooks: Hooks) -> None:
    put(old_yaml=POD, harden_yaml="baseline: harden-baseline.json\n")
    assert run_alone("check", "--write-baseline", "harden-baseline.json").code == 0
    code, said = hooks.run("harden-check")
    assert code == 0, said
    put(new_yaml=POD.replace("web", "new"))
    code, said = hooks.run("harden-check")
    assert (code, "new.yaml" in said) == (1, True)


class TestForceExclude:
    """What the option of the hooks does, without pre-commit."""

    @pytest.mark.parametrize("words", [[], ["--exclude", "vendor"], ["--exclude", "vendor/"], ["--exclude", "a.yaml"]])
    def test_named_files_obey_it(self, harden: Session, words: list[str]) -> None:
        put(vendor__deep__a_yaml=POD)
        done = harden("check", "vendor/deep/a.yaml", *words)
        assert done.code == 1
        done = harden("check", "--force-exclude", "vendor/deep/a.yaml", *words)
        assert (done.code, "left out: 1 excluded" in done.text) == ((0, True) if words else (1, False))

    def test_from_another_folder_and_by_other_names(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        put(harden_yaml="exclude: [repo/vendor]\n", repo__vendor__a_yaml=POD, repo__b_yaml=POD)
        monkeypatch.chdir("repo")
        for name in ("vendor/a.yaml", "./vendor/../vendor/a.yaml", str(Path("vendor/a.yaml").absolute())):
            assert harden("check", "--force-exclude", name).code == 0, name
        assert harden("check", "--force-exclude", "b.yaml").code == 1

    def test_a_folder_above_has_no_say(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        put(vendor__repo__a_yaml=POD)
        monkeypatch.chdir("vendor/repo")
        assert harden("check", "--force-exclude", "--exclude", "vendor", "a.yaml").code == 1

    def test_a_folder_that_is_named_obeys_it(self, harden: Session) -> None:
        put(vendor__a_yaml=POD, b_yaml=FINE)
        assert harden("check", "--exclude", "vendor", "vendor", "b.yaml").code == 1
        assert harden("check", "--force-exclude", "--exclude", "vendor", "vendor", "b.yaml").code == 0

    def test_what_is_no_manifest_as_it_stands_is_an_error_without_it(self, harden: Session) -> None:
        put(a_yaml=POD.replace("image: nginx", "image: 1"))
        assert harden("check", "a.yaml").code == 3
        assert harden("check", "--force-exclude", "a.yaml").code == 0

    def test_what_is_missing_stays_an_error(self, harden: Session) -> None:
        assert harden("check", "--force-exclude", "nope.yaml").code == 3
