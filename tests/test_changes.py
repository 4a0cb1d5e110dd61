"""Runs that are limited to a change: `--since` with the real Git, `--patch-file`, and `--lines`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_session import POD, Done, Session, put, tree
from repository import begin, commit, git, settle

from harden.changes.patch import read_patch
from harden.errors import HardenError
from harden.model.change import FileChange

GOOD = """\
apiVersion: v1
kind: Pod
metadata: {name: good}
spec:
  securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: c
    image: registry.example.com/x:1
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""


PATCH = """\
--- a/a.yaml
+++ b/a.yaml
@@ -8,1 +8,1 @@
-    image: x
+    image: nginx
"""


def pod(name: str) -> str:
    return POD.replace("name: web  # kept", f"name: {name}")


def named(done: Done) -> set[str]:
    """Return the workloads with findings in a JSON report."""
    files = json.loads(done.out)["files"]
    return {each["name"] for file in files for each in file["workloads"] if each["findings"]}


def submodule(folder: str) -> str:
    """Add a submodule with a bad workload, and return the repository that it comes from."""
    library = f"{Path.cwd()}-library"
    git("init", "-q", "-b", "main", library)
    Path(library, "theirs.yaml").write_text(pod("theirs"))
    Path(library, "good.yaml").write_text(GOOD)
    git("-C", library, "config", "receive.denyCurrentBranch", "ignore")
    git("-C", library, "add", ".")
    git("-C", library, "commit", "-qm", "first")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library, folder)
    return library


def check(harden: Session, *words: str) -> set[str]:
    return named(harden("check", "--format", "json", *words))


@pytest.fixture
def repository(harden: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return the command line in a repository with a bad and a good workload, in a branch of its own."""
    settle(monkeypatch)
    put(old_yaml=f"{pod('old')}---\n{GOOD}", other_yaml=pod("other"))
    begin()
    return harden


class TestSince:
    def test_a_new_workload_is_reported_and_an_old_one_is_counted(self, repository: Session) -> None:
        put(new_yaml=pod("new"))
        commit()
        done = repository("check", "--since", "main")
        assert done.code == 1
        assert "Pod new" in done.text
        assert "Pod old" not in done.text
        assert "0 of 1 workload admitted" in done.last
        assert "1 file ·" in done.last
        assert done.last.endswith("8 findings outside of the change")
        assert check(repository, "--since", "main") == {"new"}
        assert check(repository) == {"new", "old", "other"}

    def test_a_changed_line_brings_an_old_workload_back(self, repository: Session) -> None:
        put(old_yaml=f"{pod('old').replace('nginx', 'nginx:1.27')}---\n{GOOD}")
        commit()
        assert check(repository, "--since", "main") == {"old"}

    def test_nothing_that_changed_is_nothing_to_do(self, repository: Session) -> None:
        done = repository("check", "--since", "main")
        assert done.code == 0
        assert done.last == "no workloads · 0 files · 8 findings outside of the change"
        assert repository("diff", "--since", "main").code == 0

    @pytest.mark.parametrize("state", ["untracked", "staged", "unstaged", "committed"])
    def test_what_is_not_committed_counts(self, repository: Session, state: str) -> None:
        put(**{"old_yaml" if state == "unstaged" else "new_yaml": pod("new")})
        if state == "staged":
            git("add", "--all")
        if state == "committed":
            commit()
        assert check(repository, "--since", "main") == {"new"}

    def test_what_others_did_to_the_branch_since_then_does_not_count(self, repository: Session) -> None:
        put(new_yaml=pod("new"))
        commit()
        git("checkout", "--quiet", "main")
        put(other_yaml=pod("other").replace("nginx", "nginx:2"))
        commit()
        git("checkout", "--quiet", "topic")
        assert check(repository, "--since", "main") == {"new"}

    def test_only_the_changed_document_of_a_file(self, repository: Session) -> None:
        put(other_yaml=f"{pod('before')}---\n{pod('other')}---\n{pod('behind')}")
        commit()
        assert check(repository, "--since", "main") == {"before", "behind"}

    def test_a_document_that_went_is_no_change_of_its_neighbours(self, repository: Session) -> None:
        put(all_yaml=f"{pod('a')}---\n{pod('b')}---\n{pod('c')}")
        git("checkout", "--quiet", "main")
        commit()
        git("checkout", "--quiet", "-B", "topic")
        for rest in (("b", "c"), ("a", "c"), ("a", "b")):
            put(all_yaml="---\n".join(map(pod, rest)))
            assert check(repository, "--since", "main") == set()

    @pytest.mark.parametrize("gone", ["  securityContext:", "    securityContext:"])
    def test_a_line_that_went_brings_its_workload_back(self, repository: Session, gone: str) -> None:
        kept = [line for line in GOOD.splitlines(keepends=True) if not line.startswith(gone)]
        put(old_yaml=f"{pod('old')}---\n{''.join(kept)}")
        assert check(repository, "--since", "main") == {"good"}
        assert check(repository, "--since", "main", "--lines") == {"good"}

    def test_only_the_changed_item_of_a_list(self, repository: Session) -> None:
        spec = {"containers": [{"name": "c", "image": "x"}]}
        pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec} for name in "abc"]
        text = '{"apiVersion": "v1", "kind": "List", "items": [\n' + ",\n".join(map(json.dumps, pods)) + "\n]}\n"
        put(list_json=text)
        git("checkout", "--quiet", "main")
        commit()
        git("checkout", "--quiet", "-B", "topic")
        put(list_json=text.replace('"b"', '"d"'))
        assert check(repository, "--since", "main") == {"d"}

    def test_a_new_item_is_no_change_of_the_one_above_it(self, repository: Session) -> None:
        pods = [f"- {pod(name).rstrip().replace(chr(10), chr(10) + '  ')}\n" for name in "abc"]
        text = "apiVersion: v1\nkind: List\nitems:\n"
        put(list_yaml=text + pods[0] + pods[2])
        git("checkout", "--quiet", "main")
        commit()
        git("checkout", "--quiet", "-B", "topic")
        put(list_yaml=text + "".join(pods))
        assert check(repository, "--since", "main") == {"b"}

    def test_a_renamed_file_counts_by_its_changed_lines(self, repository: Session) -> None:
        git("mv", "old.yaml", "moved.yaml")
        assert check(repository, "--since", "main") == set()
        put(moved_yaml=Path("moved.yaml").read_text().replace("nginx", "nginx:2"))
        assert check(repository, "--since", "main") == {"old"}

    def test_a_removed_file_and_another_mode_are_no_change(self, repository: Session) -> None:
        Path("old.yaml").unlink()
        Path("other.yaml").chmod(0o755)
        assert check(repository, "--since", "main") == set()

    @pytest.mark.parametrize(
        "name", ["a b.yaml", "ü.yaml", 'q"uote\\.yaml', "tab\t.yaml", "x b/x b/y.yaml", "line\n.yaml"]
    )
    def test_names_that_git_quotes(self, repository: Session, name: str) -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"{pod('kept')}---\n{pod('changed')}")
        git("checkout", "--quiet", "main")
        commit()
        git("checkout", "--quiet", "-B", "topic")
        Path(name).write_text(f"{pod('kept')}---\n{pod('changed').replace('nginx', 'nginx:2')}")
        assert check(repository, "--since", "main") == {"changed"}

    def test_from_a_subfolder_and_by_other_names(self, repository: Session, tmp_path: Path) -> None:
        put(deploy__new_yaml=pod("new"), new2_yaml=pod("new2"))
        commit()
        repository.monkeypatch.chdir(tmp_path / "deploy")
        assert check(repository, "--since", "main") == {"new"}
        assert check(repository, "--since", "main", "..") == {"new", "new2"}
        assert check(repository, "--since", "main", str(tmp_path)) == {"new", "new2"}

    def test_the_file_behind_a_link_is_the_one_that_changed(self, repository: Session) -> None:
        Path("link.yaml").symlink_to("other.yaml")
        commit()
        assert check(repository, "--since", "main", "link.yaml") == set()
        put(other_yaml=pod("other").replace("nginx", "nginx:2"))
        assert check(repository, "--since", "main", "link.yaml") == {"other"}

    @pytest.mark.parametrize("state", ["new", "moved on", "not committed", "untracked", "lacks history"])
    def test_what_a_submodule_brings_counts(self, repository: Session, state: str) -> None:
        library = submodule("sub dir")
        commit()
        if state != "new":
            git("branch", "-qf", "main")
            assert check(repository, "--since", "main") == set()
        changed = pod("theirs").replace("image: ", "image: new-")
        put(**{f"sub dir__{'later' if state == 'untracked' else 'theirs'}_yaml": changed})
        if state in {"moved on", "lacks history"}:
            git("-C", "sub dir", "commit", "-qam", "second")
            commit()
        if state == "lacks history":
            # As CI clones it: the newest commit alone.
            git("-C", "sub dir", "push", "-q", library, "HEAD:refs/heads/main", "-f")
            shutil.rmtree("sub dir")
            git("-c", "protocol.file.allow=always", "clone", "-q", "--depth=1", f"file://{library}", "sub dir")
        assert check(repository, "--since", "main") == {"theirs"}
        if state in {"moved on", "lacks history"}:
            Path("a.patch").write_text(git("diff", "main"))
            assert check(repository, "--patch-file", "a.patch") == {"theirs"}

    def test_settings_of_users_change_nothing(self, repository: Session) -> None:
        for key, value in (
            ("diff.noprefix", "true"),
            ("diff.mnemonicPrefix", "true"),
            ("color.diff", "always"),
            ("diff.external", "false"),
            ("core.quotePath", "false"),
            ("diff.relative", "true"),
            ("diff.renames", "false"),
            ("diff.context", "0"),
            ("diff.interHunkContext", "9"),
        ):
            git("config", key, value)
        put(old_yaml=f"{pod('old').replace('nginx', 'nginx:1.27')}---\n{GOOD}")
        assert check(repository, "--since", "main") == {"old"}

    def test_a_file_that_git_takes_for_binary_counts_as_a_whole(self, repository: Session) -> None:
        Path(".gitattributes").write_text("*.yaml -diff\n")
        put(old_yaml=f"{pod('old')}---\n{GOOD}# more\n")
        assert check(repository, "--since", "main") == {"old"}

    def test_apply_writes_what_changed_and_nothing_else(self, repository: Session) -> None:
        put(new_yaml=pod("new"), old_yaml=f"{pod('old')}---\n{GOOD}---\n{pod('added')}")
        before = tree()
        patch = repository("diff", "--since", "main").out
        done = repository("apply", "--since", "main")
        after = tree()
        assert {name for name, data in after.items() if before.get(name) != data} == {"new.yaml", "old.yaml"}
        assert after["old.yaml"].startswith(f"{pod('old')}---\n{GOOD}---\n".encode())
        assert "8 findings outside of the change" in done.last
        put(**{name.replace(".", "_"): data for name, data in before.items() if not name.startswith(".git/")})
        git("apply", data=patch)
        assert {name: data for name, data in tree().items() if name.endswith(".yaml")} == {
            name: data for name, data in after.items() if name.endswith(".yaml")
        }

    def test_what_others_broke_fails_nothing(self, repository: Session) -> None:
        put(broken_yaml="apiVersion: v1\nkind: Pod\nspec: [\n")
        git("checkout", "--quiet", "main")
        commit()
        git("checkout", "--quiet", "-B", "topic")
        done = repository("check", "--since", "main")
        assert done.code == 0
        assert "1 file outside of the change could not be read" in done.last
        put(broken_yaml="apiVersion: v1\nkind: Pod\nspec: [ \n")
        assert repository("check", "--since", "main").code == 3

    def test_a_baseline_beside_a_change(self, repository: Session) -> None:
        repository("check", "--write-baseline", "base.json")
        put(old_yaml=f"{pod('old').replace('nginx', 'nginx:1.27')}---\n{GOOD}", new_yaml=pod("new"))
        done = repository("check", "--since", "main", "--baseline", "base.json")
        assert "is gone" not in done.text
        assert "Pod new" in done.text
        assert done.code == 1

    def test_companions_are_about_all_files(self, repository: Session) -> None:
        done = repository("check", "--since", "main", "-p", "hardened")
        assert done.code == 0
        assert "no companions are looked at" in done.text


class TestLines:
    def test_only_findings_on_changed_lines(self, repository: Session) -> None:
        text = pod("other").replace(
            "image: nginx\n", "image: nginx\n    securityContext: {privileged: false, runAsUser: 0}\n"
        )
        put(other_yaml=text)
        git("checkout", "--quiet", "main")
        commit()
        git("checkout", "--quiet", "-B", "topic")
        put(other_yaml=text.replace("privileged: false", "privileged: true"))
        done = repository("check", "--since", "main", "--lines", "-p", "baseline")
        assert done.code == 1
        found = json.loads(repository("check", "--since", "main", "--lines", "--format", "json").out)
        lines = {
            (each["control"], each["line"])
            for file in found["files"]
            for w in file["workloads"]
            for each in w["findings"]
        }
        assert ("privileged", 9) in lines
        assert {line for _, line in lines} == {9}
        assert found["outside"]["findings"] > 4

    def test_what_stays_refused_is_said_to_be_outside(self, repository: Session) -> None:
        put(other_yaml=pod("other").replace("image: nginx", "image: nginx:1.27"))
        done = repository("check", "--since", "main", "--lines", "-p", "hardened", "--no-companions")
        assert done.code == 1
        assert "refused by 4 checks, outside of the change" in done.text
        assert "exempt" not in done.text

    def test_a_fix_beside_the_lines_is_not_made(self, repository: Session) -> None:
        put(
            other_yaml=pod("other").replace("image: nginx\n", "image: nginx\n    securityContext: {privileged: true}\n")
        )
        before = Path("other.yaml").read_text()
        repository("apply", "--since", "main", "--lines", "--risk", "breaking")
        after = Path("other.yaml").read_text()
        assert "seccompProfile" not in after
        assert after != before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "nothing"], "--since nothing: Git knows no such commit, branch or tag"),
        (["--since=-x"], "begins with '-'"),
        (["--since", "--all"], "begins with '-'"),
        (["--lines"], "--lines: say what changed"),
        (["--since", "main", "--patch-file", "x"], "each says what changed"),
        (["--since", "main", "--companions"], "--companions: they are about all files"),
        (["--since", "main", "--gate"], "--gate, --since"),
        (["--since", "main", "--write-baseline", "b"], "--write-baseline: a baseline has all findings"),
        (["--patch-file", "gone.diff"], "--patch-file: gone.diff: cannot be read: No such file"),
        (["--since", "main", "-"], "--since: what comes through standard input"),
    ],
)
def test_what_makes_no_sense_is_refused(repository: Session, words: list[str], said: str) -> None:
    done = repository("check", *words)
    assert done.code == 2
    assert said in " ".join(done.err.split())


def test_a_shallow_clone_says_so(repository: Session, tmp_path: Path) -> None:
    for at in range(3):
        put(new_yaml=pod(f"new{at}"))
        commit()
    shallow = tmp_path / "shallow"
    git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{tmp_path}", str(shallow))
    repository.monkeypatch.chdir(shallow)
    done = repository("check", "--since", "origin/main")
    assert done.code == 2
    assert "shares no commit with HEAD; the clone is shallow" in done.err
    assert "git fetch --unshallow" in done.err


def test_without_a_repository(harden: Session) -> None:
    settle(harden.monkeypatch)
    put(a_yaml=POD)
    done = harden("check", "--since", "main")
    assert done.code == 2
    assert "not a git repository" in done.err


class TestPatchFile:
    def test_a_patch_from_a_file_and_from_standard_input(self, repository: Session, tmp_path: Path) -> None:
        put(new_yaml=pod("new"), old_yaml=f"{pod('old').replace('nginx', 'nginx:1.27')}---\n{GOOD}")
        commit()
        patch = git("diff", "main...")
        (tmp_path / "pr.diff").write_text(patch)
        assert check(repository, "--patch-file", "pr.diff") == {"new", "old"}
        done = repository("check", "--format", "json", "--patch-file", "-", stdin=patch.encode())
        assert named(done) == {"new", "old"}
        for option in ("--no-prefix", "--unified=0", "--binary"):
            (tmp_path / "pr.diff").write_text(git("diff", option, "main..."))
            assert check(repository, "--patch-file", "pr.diff") == {"new", "old"}

    def test_without_git(self, harden: Session) -> None:
        put(
            a_yaml=POD,
            b_yaml=pod("b"),
            pr_diff="--- a/a.yaml\n+++ b/a.yaml\n@@ -8,1 +8,1 @@\n-    image: x\n+    image: nginx\n",
        )
        assert check(harden, "--patch-file", "pr.diff") == {"web"}

    def test_a_patch_that_does_not_fit_makes_all_of_the_file_count(self, harden: Session) -> None:
        put(
            a_yaml=f"{pod('a')}---\n{pod('b')}",
            pr_diff="--- a/a.yaml\n+++ b/a.yaml\n@@ -8,1 +8,1 @@\n-    image: x\n+    image: y\n",
        )
        assert check(harden, "--patch-file", "pr.diff") == {"a", "b"}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("<html>404 Not Found</html>\n", "no file is changed in it"),
            ("--- a/a.yaml\n+++ b/a.yaml\n@@ -1,5 +1,5 @@\n-a\n", "cannot be read as a patch"),
            (
                "diff --cc a.yaml\nindex 1,2..3\n--- a/a.yaml\n+++ b/a.yaml\n@@@ -1,1 -1,1 +1,1 @@@\n++a\n",
                "a diff of a merge",
            ),
            ("@@ -1 +1 @@\n-a\n+b\n", "cannot be read as a patch"),
        ],
    )
    def test_what_is_no_patch_is_refused(self, harden: Session, text: str, said: str) -> None:
        put(a_yaml=POD, pr_diff=text)
        done = harden("check", "--patch-file", "pr.diff")
        assert done.code == 2
        assert said in done.err

    def test_a_patch_of_another_tree_is_refused(self, harden: Session) -> None:
        put(a_yaml=POD, pr_diff=PATCH.replace("a.yaml", "deploy/a.yaml"))
        done = harden("check", "--patch-file", "pr.diff")
        assert done.code == 2
        assert "none of the files that it changes is here: deploy/a.yaml" in done.err

    def test_a_patch_with_line_ends_of_windows(self, harden: Session) -> None:
        put(a_yaml=POD.replace("\n", "\r\n"), b_yaml=pod("b"), pr_diff=PATCH.replace("\n", "\r\n"))
        assert check(harden, "--patch-file", "pr.diff") == {"web"}

    def test_an_empty_patch_is_no_change(self, harden: Session) -> None:
        put(a_yaml=POD, pr_diff="")
        assert harden("check", "--patch-file", "pr.diff").code == 0


def test_a_patch_tells_lines_gaps_and_hunks() -> None:
    text = (
        "diff --git a/a.yaml b/a.yaml\nindex 1..2 100644\n--- a/a.yaml\n+++ b/a.yaml\n"
        "@@ -1,4 +1,4 @@\n a\n-b\n-c\n+x\r\n d\n+e\n\\ No newline at end of file\n@@ -10,2 +9,0 @@\n-y\n-z\n"
    )
    (change,) = read_patch(text, "p").values()
    assert change == FileChange({2: "x", 4: "e"}, change.gaps, ((1, 4),))
    assert [tuple(gap) for gap in change.gaps] == [(1, ("b", "c"), 1), (9, ("y", "z"), 0)]


def test_a_name_with_no_end_of_escapes_is_no_crash() -> None:
    text = '--- /dev/null\n+++ "b/\\303\\274\\\\.yaml"\n@@ -0,0 +1 @@\n+a\n'
    assert list(read_patch(text, "p")) == ["ü\\.yaml"]
    with pytest.raises(HardenError):
        read_patch("--- a\n+++ b\n@@ nonsense\n@@ -1 +1 @@\n", "p")


def test_reading_a_patch_starts_no_program(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **_: object) -> None:
        raise AssertionError(words)

    monkeypatch.setattr(subprocess, "run", refuse)
    put(a_yaml=POD, pr_diff=PATCH)
    assert harden("check", "--patch-file", "pr.diff").code == 1
