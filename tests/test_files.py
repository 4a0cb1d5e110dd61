"""Finding, reading and replacing files: what is taken and left out, and that nothing is ever half written."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import pytest
from repository import ENVIRONMENT, git
from requirements import need

from harden.adapters import files
from harden.adapters.globs import Globs
from harden.adapters.walk import DANGLING, OUTSIDE, discover
from harden.model.report import Problem, Stage

ROOT = Path(__file__).parents[1]
NOBODY = 65534


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str, text: str = "a: 1\n") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def found(*paths: str, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> tuple[str, ...]:
    discovery = discover(paths, include=include, exclude=exclude)
    assert discovery.problems == ()
    return discovery.files


def left_out(*paths: str, exclude: tuple[str, ...] = ()) -> dict[str, int]:
    return dict(discover(paths, include=(), exclude=exclude).left_out)


@pytest.mark.usefixtures("here")
class TestWalking:
    def test_takes_manifests_by_ending_sorted(self) -> None:
        make("b/z.yml", "b/a.yaml", "a.json", "b/c/d.yaml", "README.md", "b/x.yaml.bak", "yaml")
        assert found(".") == ("a.json", "b/a.yaml", "b/c/d.yaml", "b/z.yml")
        assert left_out(".") == {}

    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ("deploy", "deploy/x.yaml"),
            ("./deploy/", "deploy/x.yaml"),
            ("deploy//x.yaml", "deploy/x.yaml"),
            (".", "deploy/x.yaml"),
        ],
    )
    def test_names_are_as_git_shows_them(self, given: str, shown: str) -> None:
        make("deploy/x.yaml")
        assert found(given) == (shown,)

    def test_names_keep_the_way_that_was_given(self, here: Path) -> None:
        make("deploy/x.yaml", "sub/y.yaml")
        os.chdir("sub")
        assert found("../deploy") == ("../deploy/x.yaml",)
        assert found(str(here / "deploy")) == (f"{here}/deploy/x.yaml",)

    def test_a_named_file_is_taken_whatever_it_is_called(self) -> None:
        make("notes.txt", ".hidden.yaml", "chart/Chart.yaml", "chart/templates/x.yaml", ".gitignore", text="*\n")
        git("init", "-q")
        names = (".hidden.yaml", "chart/templates/x.yaml", "notes.txt")
        assert found(*names) == names
        assert found("notes.txt", exclude=("*.txt",)) == ("notes.txt",)

    def test_hidden_entries_are_counted(self) -> None:
        make(".github/workflows/ci.yaml", ".pre-commit-config.yaml", ".env", "a.yaml")
        assert found(".") == ("a.yaml",)
        assert left_out(".") == {"hidden": 2}

    def test_a_named_folder_is_walked_although_hidden_or_ignored(self) -> None:
        make("build/x.yaml", ".ci/y.yaml", "venv/z.yaml")
        make(".gitignore", text="build/\n")
        git("init", "-q")
        assert found("build", ".ci", "venv") == (".ci/y.yaml", "build/x.yaml", "venv/z.yaml")
        assert found(".") == ()
        assert left_out(".") == {"hidden": 1, "ignored": 1}

    def test_tool_folders_are_neither_entered_nor_counted(self) -> None:
        make("node_modules/p/x.yaml", ".venv/x.yaml", "venv/x.yaml", ".git/x.yaml", "a.yaml")
        assert found(".") == ("a.yaml",)
        assert left_out(".") == {}

    def test_chart_templates_are_left_out_and_counted_by_file(self) -> None:
        make("chart/Chart.yaml", "chart/values.yaml", "chart/crds/c.yaml", "chart/templates/a.yaml")
        make("chart/templates/sub/b.yaml", "chart/templates/NOTES.txt", "chart/charts/in/Chart.yaml")
        make("chart/charts/in/templates/c.yaml", "chart/charts/in/values.yaml")
        assert "chart/templates/a.yaml" not in found(".")
        assert set(found(".")) >= {"chart/crds/c.yaml", "chart/values.yaml", "chart/charts/in/values.yaml"}
        assert left_out(".") == {"chart templates": 3}

    @pytest.mark.parametrize("beside", ["go.mod", "go.work", "jsonnetfile.json", "composer.json"])
    def test_what_a_tool_vendors_is_left_out(self, beside: str) -> None:
        make(beside, "vendor/k8s.io/api/pod.yaml", "deploy/vendor/a.yaml")
        assert found(".", include=("*.yaml",)) == ("deploy/vendor/a.yaml",)
        assert left_out(".") == {"vendored folders": 1}
        assert found("vendor") == ("vendor/k8s.io/api/pod.yaml",)
        named = "vendor/k8s.io/api/pod.yaml"
        assert found(named) == (named,)
        assert discover([named], include=(), exclude=(), force_exclude=True).files == ()

    def test_templates_of_no_chart_are_taken(self) -> None:
        make("templates/a.yaml", "app/templates/b.yaml")
        assert found(".") == ("app/templates/b.yaml", "templates/a.yaml")

    def test_one_file_by_many_names_is_taken_once(self, here: Path) -> None:
        make("d/a.yaml")
        assert found("d/a.yaml", "./d/a.yaml", "d", ".", str(here / "d" / "a.yaml"), "d/../d/a.yaml") == ("d/a.yaml",)

    def test_a_link_gives_way_to_the_file_it_points_to(self) -> None:
        make("z.yaml", "out/side.yaml")
        Path("a.yaml").symlink_to("z.yaml")
        Path("b.yaml").symlink_to("out/side.yaml")
        assert found("a.yaml", "b.yaml", "z.yaml") == ("out/side.yaml", "z.yaml")
        assert found(".") == ("out/side.yaml", "z.yaml")

    def test_a_link_does_not_lead_out_of_the_folders(self, tmp_path: Path) -> None:
        make("d/a.yaml", "d/e/c.yaml", "shared/s.yaml")
        (tmp_path / "elsewhere.yaml").write_text("a: 1\n")
        Path("d/inside.yaml").symlink_to("e/c.yaml")
        Path("d/near.yaml").symlink_to("../shared/s.yaml")
        Path("d/far.yaml").symlink_to(tmp_path / "elsewhere.yaml")
        assert found("d") == ("d/a.yaml", "d/e/c.yaml")
        assert left_out("d") == {OUTSIDE: 2}
        # A folder beside it that is named, too, is not outside.
        assert found("d", "shared") == ("d/a.yaml", "d/e/c.yaml", "shared/s.yaml")
        # What is named itself is asked for.
        assert found("d/near.yaml") == ("shared/s.yaml",)
        followed = discover(["d"], include=(), exclude=(), follow_links=True)
        assert followed.left_out == ()
        elsewhere = os.path.realpath(tmp_path / "elsewhere.yaml")
        assert {os.path.realpath(name) for name in followed.files} == {
            os.path.realpath(name) for name in ("d/a.yaml", "d/e/c.yaml", "shared/s.yaml", elsewhere)
        }

    def test_linked_folders_are_not_entered_so_circles_end(self) -> None:
        make("d/a.yaml")
        Path("d/up").symlink_to("..", target_is_directory=True)
        assert found(".") == ("d/a.yaml",)
        assert left_out(".") == {"linked folders": 1}
        assert found("d/up") == ("d/up/d/a.yaml",)

    def test_a_deep_tree_is_no_recursion(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Not in pytest's own folder, which pytest removes by recursion.
        root = mkdtemp()
        try:
            monkeypatch.chdir(root)
            make("a.yaml")
            deep = os.open(".", os.O_RDONLY)
            for _ in range(1200):
                os.mkdir("d", dir_fd=deep)
                inner = os.open("d", os.O_RDONLY, dir_fd=deep)
                os.close(deep)
                deep = inner
            os.close(deep)
            assert found(".") == ("a.yaml",)
        finally:
            subprocess.run(["rm", "-rf", root], check=True)

    def test_only_regular_files_are_taken_from_folders(self) -> None:
        make("a.yaml")
        os.mkfifo("pipe.yaml")
        Path("folder.yaml").mkdir()
        assert found(".") == ("a.yaml",)

    def test_include_takes_the_place_of_the_endings(self) -> None:
        make("a.yaml", "b.yaml.tmpl", "d/c.tmpl", "d/d.yaml")
        assert found(".", include=("*.tmpl",)) == ("b.yaml.tmpl", "d/c.tmpl")
        assert found(".", include=("d/*",)) == ("d/c.tmpl", "d/d.yaml")
        assert found("d", include=("d/*.yaml",)) == ("d/d.yaml",)

    def test_exclude_leaves_files_and_folders_out(self, here: Path) -> None:
        make("a.yaml", "test/b.yaml", "d/test/c.yaml", "d/e.yaml")
        assert found(".", exclude=("test",)) == ("a.yaml", "d/e.yaml")
        assert found(".", exclude=("test/",)) == ("a.yaml", "d/e.yaml")
        assert found(".", exclude=("./d/test",)) == ("a.yaml", "d/e.yaml", "test/b.yaml")
        assert found(".", exclude=("**/*.yaml",)) == ()
        assert found(".", exclude=(f"{here}/d/*",)) == ("a.yaml", "test/b.yaml")
        assert found(str(here), exclude=("d/*",)) == (f"{here}/a.yaml", f"{here}/test/b.yaml")
        assert left_out(".", exclude=("test", "e.yaml")) == {"excluded": 3}

    def test_what_cannot_be_found_is_a_problem_and_the_rest_goes_on(self) -> None:
        make("a.yaml")
        Path("gone.yaml").symlink_to("nowhere")
        Path("loop.yaml").symlink_to("loop.yaml")
        discovery = discover(["nope.yaml", "", ".", "nul\0byte"], include=(), exclude=())
        assert discovery.files == ("a.yaml",)
        assert [(problem.file, problem.stage) for problem in discovery.problems] == [
            ("nope.yaml", Stage.READ),
            ("", Stage.READ),
            ("loop.yaml", Stage.READ),
            ("nul\0byte", Stage.READ),
        ]
        assert discovery.left_out == ((DANGLING, 1),)
        assert discovery.problems[0].message == "cannot be read: No such file or directory"

    def test_a_name_that_is_no_utf8(self) -> None:
        name = os.fsdecode(b"caf\xe9.yaml")
        make(name)
        assert found(".") == (name,)
        assert files.read(name) == b"a: 1\n"


def git_ignores(names: list[str]) -> set[str]:
    """Return which of `names` Git itself ignores."""
    listed = "\0".join(names).encode()
    command = ["git", "-c", "core.excludesFile=", "check-ignore", "--no-index", "-z", "--stdin"]
    run = subprocess.run(command, input=listed, env=ENVIRONMENT, capture_output=True, check=False)
    return set(run.stdout.decode().split("\0")) - {""}


@pytest.mark.usefixtures("here")
class TestIgnoreFiles:
    IGNORE = (
        (".gitignore", "# comment\nbuild/\n/top.yaml\n*.tmp.yaml\n!keep.tmp.yaml\nsecret*\ndoc/**/gen\n\n"),
        ("a/.gitignore", "local.yaml\r\n!build/\n"),
        ("a/b/.gitignore", "*\n!.gitignore\n!x.yaml\n"),
        ("c/.gitignore", "!secret.yaml\n"),
    )
    NAMES = (
        "top.yaml",
        "a/top.yaml",
        "build/x.yaml",
        "a/build/x.yaml",
        "c/build/x.yaml",
        "x.tmp.yaml",
        "keep.tmp.yaml",
        "a/keep.tmp.yaml",
        "secret.yaml",
        "c/secret.yaml",
        "c/secret.json",
        "a/local.yaml",
        "local.yaml",
        "a/b/x.yaml",
        "a/b/y.yaml",
        "a/b/c/x.yaml",
        "doc/p/q/gen/x.yaml",
        "doc/gen/x.yaml",
        "doc/x.yaml",
        "excluded.yaml",
    )

    def lay_out(self) -> None:
        git("init", "-q")
        make(".git/info/exclude", text="excluded.yaml\n")
        make(*self.NAMES)
        for name, text in self.IGNORE:
            make(name, text=text)

    def test_agrees_with_git(self) -> None:
        self.lay_out()
        ignored = git_ignores(list(self.NAMES))
        assert len(ignored) == 12
        assert set(found(".")) == set(self.NAMES) - ignored

    @pytest.mark.parametrize("start", ["a", "c", "doc", "a/b"])
    def test_rules_above_the_start_hold(self, start: str) -> None:
        self.lay_out()
        names = [name for name in self.NAMES if name.startswith(f"{start}/")]
        assert set(found(start)) == set(names) - git_ignores(names)

    def test_without_a_repository_only_the_walked_folders_count(self) -> None:
        make("a/x.yaml", "a/y.yaml", "x.yaml")
        make(".gitignore", text="x.yaml\n")
        assert found(".") == ("a/y.yaml",)
        assert found("a") == ("a/x.yaml", "a/y.yaml")

    def test_a_repository_within_starts_afresh(self) -> None:
        git("init", "-q")
        make(".gitignore", text="x.yaml\n")
        make("x.yaml", "sub/x.yaml", "sub/y.yaml")
        git("init", "-q", "sub")
        make("sub/.git/info/exclude", text="y.yaml\n")
        assert found(".") == ("sub/x.yaml",)
        assert found("sub") == ("sub/x.yaml",)

    def test_a_linked_worktree_reads_the_exclude_file_of_its_repository(self) -> None:
        git("init", "-q", "one")
        git("commit", "-q", "--allow-empty", "-m", "m", cwd=Path("one"))
        git("worktree", "add", "-q", "../two", cwd=Path("one"))
        make("one/.git/info/exclude", text="x.yaml\n")
        make("two/x.yaml", "two/y.yaml")
        assert found("two") == ("two/y.yaml",)

    def test_an_unreadable_or_odd_ignore_file_is_passed_over(self) -> None:
        make("x.yaml")
        Path(".gitignore").mkdir()
        assert found(".") == ("x.yaml",)
        shutil.rmtree(".gitignore")
        Path(".gitignore").write_bytes(b"\xff\xfe[\n")
        assert found(".") == ("x.yaml",)


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("*.yaml", ["/w/a.yaml", "/w/d/a.yaml", "/x/.yaml"], ["/w/a.yml", "/w/yaml"]),
        ("a?.yaml", ["/w/ab.yaml"], ["/w/a.yaml", "/w/abc.yaml"]),
        ("[ab].yaml", ["/w/a.yaml", "/w/b.yaml"], ["/w/c.yaml", "/w/ab.yaml"]),
        ("[!ab].yaml", ["/w/c.yaml"], ["/w/a.yaml"]),
        ("[]].yaml", ["/w/].yaml"], ["/w/[.yaml"]),
        ("[^a].yaml", ["/w/^.yaml", "/w/a.yaml"], ["/w/b.yaml"]),
        ("[.yaml", ["/w/[.yaml"], ["/w/a.yaml"]),
        ("a.yaml", ["/w/d/a.yaml"], ["/w/aXyaml"]),
        ("d/*.yaml", ["/w/d/a.yaml"], ["/w/a.yaml", "/w/d/e/a.yaml", "/w/x/d/a.yaml"]),
        ("**/d", ["/w/d", "/w/x/y/d"], ["/w/dd", "/w/x/d/y", "/x/d"]),
        ("d/**", ["/w/d/a", "/w/d/e/f"], ["/w/d", "/w/e/d/a"]),
        ("d/**/a.yaml", ["/w/d/a.yaml", "/w/d/e/f/a.yaml"], ["/w/a.yaml"]),
        ("/w/d/*.yaml", ["/w/d/a.yaml"], ["/d/a.yaml"]),
        ("./d/", [], ["/w/e"]),
        ("d[/]a", [], ["/w/d/a"]),
        ("", [], ["/w/a", "/"]),
    ],
)
def test_globs(glob: str, matching: list[str], other: list[str]) -> None:
    globs = Globs([glob], "/w")
    assert [path for path in (*matching, *other) if globs.matches(path, path.rpartition("/")[2])] == matching


class TestReading:
    def test_every_byte_is_kept(self, tmp_path: Path) -> None:
        data = b"\xef\xbb\xbfa: 1\r\nb: \x00\xff\r\n"
        (tmp_path / "a").write_bytes(data)
        assert files.read(str(tmp_path / "a")) == data

    @pytest.mark.usefixtures("here")
    def test_what_cannot_be_read_is_a_problem_of_that_file(self) -> None:
        Path("folder").mkdir()
        for name, said in (("gone", "No such file or directory"), ("folder", "Is a directory")):
            problem = files.read(name)
            assert isinstance(problem, Problem)
            assert (problem.file, problem.stage, problem.message) == (name, Stage.READ, f"cannot be read: {said}")

    @pytest.mark.usefixtures("here")
    def test_a_huge_file_is_refused_by_its_size_alone(self) -> None:
        with Path("huge.yaml").open("wb") as file:
            file.truncate(100_000_000_000)
        problem = files.read("huge.yaml")
        assert isinstance(problem, Problem)
        assert problem.message == "larger than 50 MB"

    def test_an_endless_device_is_refused(self) -> None:
        problem = files.read("/dev/zero")
        assert isinstance(problem, Problem)
        assert problem.message == "larger than 50 MB"

    def test_a_pipe_is_read_to_its_end(self) -> None:
        out, into = os.pipe()
        os.write(into, b"a: 1\n")
        os.close(into)
        try:
            assert files.read(f"/dev/fd/{out}") == b"a: 1\n"
        finally:
            os.close(out)


@pytest.mark.usefixtures("here")
class TestWriting:
    def write(self, name: str = "a.yaml", new: bytes = b"b: 2\n", original: bytes = b"a: 1\n") -> Problem | None:
        return files.write(name, new, original=original)

    def test_puts_the_new_content_in_place_and_leaves_nothing_else(self) -> None:
        make("a.yaml")
        assert self.write() is None
        assert Path("a.yaml").read_bytes() == b"b: 2\n"
        assert os.listdir() == ["a.yaml"]  # noqa: PTH208 - names are enough

    @pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664, 0o2644])
    def test_keeps_the_mode(self, mode: int) -> None:
        make("a.yaml")
        Path("a.yaml").chmod(mode)
        assert self.write() is None
        assert stat.S_IMODE(Path("a.yaml").stat().st_mode) == mode

    def test_the_umask_has_no_say(self) -> None:
        make("a.yaml")
        Path("a.yaml").chmod(0o666)
        before = os.umask(0o077)
        try:
            assert self.write() is None
        finally:
            os.umask(before)
        assert stat.S_IMODE(Path("a.yaml").stat().st_mode) == 0o666

    def test_keeps_the_owner(self) -> None:
        need(os.geteuid() == 0, "only root can give files away")
        make("a.yaml")
        os.chown("a.yaml", NOBODY, NOBODY)
        Path("a.yaml").chmod(0o4755)
        assert self.write() is None
        status = Path("a.yaml").stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (NOBODY, NOBODY, 0o4755)

    def test_keeps_extended_attributes(self) -> None:
        make("a.yaml")
        try:
            os.setxattr("a.yaml", "user.origin", b"team")
        except OSError:
            need(False, "this file system has no extended attributes")
        assert self.write() is None
        assert os.getxattr("a.yaml", "user.origin") == b"team"

    def test_a_symbolic_link_stays_and_its_target_is_replaced(self) -> None:
        make("real/a.yaml")
        Path("a.yaml").symlink_to("real/a.yaml")
        assert self.write() is None
        assert os.readlink("a.yaml") == "real/a.yaml"  # noqa: PTH115 - the text of the link
        assert Path("real/a.yaml").read_bytes() == b"b: 2\n"
        assert sorted(path.name for path in Path("real").iterdir()) == ["a.yaml"]

    def test_hard_links_are_noted(self) -> None:
        make("a.yaml")
        os.link("a.yaml", "b.yaml")
        problem = self.write()
        assert problem is not None
        assert problem.stage is Stage.NOTE
        assert "2 hard links" in problem.message
        assert (Path("a.yaml").read_bytes(), Path("b.yaml").read_bytes()) == (b"b: 2\n", b"a: 1\n")

    @pytest.mark.parametrize("now", [b"a: 2\n", b"a: 1\nmore: 1\n", b""])
    def test_a_file_that_changed_meanwhile_is_left_alone(self, now: bytes) -> None:
        Path("a.yaml").write_bytes(now)
        problem = self.write()
        assert problem is not None
        assert (problem.stage, problem.message) == (Stage.WRITE, "changed since it was read; nothing was written")
        assert Path("a.yaml").read_bytes() == now
        assert os.listdir() == ["a.yaml"]  # noqa: PTH208 - names are enough

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda: Path("a.yaml").unlink(),
            lambda: (Path("a.yaml").unlink(), Path("a.yaml").mkdir()),
            lambda: (Path("a.yaml").unlink(), os.mkfifo("a.yaml")),
        ],
        ids=["gone", "folder", "pipe"],
    )
    def test_what_is_no_file_any_more_is_left_alone(self, spoil: Callable[[], object]) -> None:
        make("a.yaml")
        spoil()
        problem = self.write()
        assert problem is not None
        assert problem.stage is Stage.WRITE

    def test_a_full_disk_leaves_the_old_file(self) -> None:
        make("a.yaml")
        code = (
            "import resource, signal, sys\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "problem = files.write('a.yaml', b'x' * 100_000, original=b'a: 1\\n')\n"
            "sys.exit(0 if problem is not None and problem.stage.value == 'write' else 1)\n"
        )
        assert run_as(code, user=None).returncode == 0
        assert Path("a.yaml").read_bytes() == b"a: 1\n"
        assert os.listdir() == ["a.yaml"]  # noqa: PTH208 - names are enough


def run_as(code: str, *, user: int | None) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, as another user where one is given and we are root.

    The modules come first: the other user may not be allowed to read them.
    """
    start = "import os, tempfile\nfrom harden.adapters import files, walk\n"
    drop = f"os.setgroups([]); os.setresgid(*[{user}] * 3); os.setresuid(*[{user}] * 3)\n"
    is_dropped = user is not None and os.geteuid() == 0
    return subprocess.run(
        [sys.executable, "-c", f"{start}{drop if is_dropped else ''}{code}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def open_here(here: Path) -> Path:
    """Return the current folder, which other users can reach."""
    for folder in (here, *here.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    return here


@pytest.mark.usefixtures("open_here")
class TestPermissions:
    """Root may do everything, so these run as somebody else."""

    def test_a_file_that_may_not_be_read(self) -> None:
        make("a.yaml")
        Path("a.yaml").chmod(0)
        run = run_as("print(files.read('a.yaml').message)", user=NOBODY)
        assert (run.stdout, run.stderr) == ("cannot be read: Permission denied\n", "")

    def test_a_folder_that_may_not_be_listed(self) -> None:
        make("closed/a.yaml", "open/b.yaml")
        Path("closed").chmod(0)
        code = (
            "found = walk.discover(['.'], include=(), exclude=())\n"
            "print(found.files, [(p.file, p.message) for p in found.problems])"
        )
        run = run_as(code, user=NOBODY)
        Path("closed").chmod(0o755)
        assert run.stdout == "('open/b.yaml',) [('closed', 'cannot be read: Permission denied')]\n", run.stderr

    @pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o555, 0o666), (0o777, 0o444)])
    def test_what_may_not_be_written_stays_whole(self, folder_mode: int, file_mode: int) -> None:
        make("d/a.yaml")
        Path("d/a.yaml").chmod(file_mode)
        Path("d").chmod(folder_mode)
        code = "print(files.write('d/a.yaml', b'b: 2\\n', original=b'a: 1\\n').stage.value)"
        run = run_as(code, user=NOBODY)
        Path("d").chmod(0o755)
        assert run.stdout == "write\n", run.stderr
        assert Path("d/a.yaml").read_bytes() == b"a: 1\n"
        assert [path.name for path in Path("d").iterdir()] == ["a.yaml"]
