"""Bad input: one line with file and line, exit code 3, every other file done, nothing half written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_session import POD, ROOT, Session, put, tree

NOBODY = 65534


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Session(monkeypatch, capfdbinary)


@pytest.fixture
def hardened(harden: Session) -> bytes:
    """Return the pod as `apply` leaves it."""
    return harden("apply", "-", stdin=POD.encode()).out


HEAD = "apiVersion: v1\nkind: Pod\n"
BOMB = (
    HEAD + "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 12))
    + POD.partition("kind: Pod\n")[2]
)  # fmt: skip

#: What is wrong, and the line that harden names; None for the whole file.
WRONG: dict[str, tuple[str | bytes, int | None]] = {
    "an open bracket": (POD.replace("containers:", "containers: ["), 7),
    "a tab": (HEAD + "metadata:\n\tname: web\n", 4),
    "an unknown alias": (POD + "    env: *nowhere\n", 9),
    "a version of YAML that nobody reads": ("%YAML 1.3\n---\n" + POD, 1),
    "deep nesting": (HEAD + "a: " + "[" * 100_000 + "]" * 100_000 + "\n", 3),
    "deep nesting in JSON": ('{"kind": "Pod", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", 1),
    "an alias bomb": (BOMB, 8),
    "binary data": (HEAD.encode() + b"a: \x00\x01\n", 3),
    "UTF-16": (POD.encode("utf-16"), None),
    "UTF-16 without a mark": (POD.encode("utf-16-le"), None),
    "UTF-32": (POD.encode("utf-32"), None),
    "Latin-1": (POD.replace("kept", "caf\xe9").encode("latin-1"), 4),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_it_is_named_and_the_others_are_done(harden: Session, hardened: bytes, wrong: str) -> None:
    text, line = WRONG[wrong]
    put(a_yaml=POD, b_yaml=text, c_yaml=POD)
    before = tree()["b.yaml"]
    done = harden("apply")
    assert done.code == 3
    place = "b.yaml" if line is None else f"b.yaml:{line}"
    errors = [said for said in done.text.splitlines() if ": error: " in said]
    assert len(errors) == 1
    assert errors[0].startswith(f"{place}: error: ")
    assert len(errors[0]) < 250
    assert done.last.endswith(" · 1 could not be read")
    assert tree() == {"a.yaml": hardened, "b.yaml": before, "c.yaml": hardened}


#: What is no manifest as it stands, and the line that harden names: no fault of a run over a folder.
LEFT: dict[str, tuple[str, int, str]] = {
    "a folder that is a list": (POD + "    workingDir: [a]\n", 9, "the API server does not decode it"),
    "a switch in quotes": (POD + '    securityContext: {privileged: "true"}\n', 9, "the API server does not decode it"),
    "containers that are no list": (
        POD.partition("  - name: web")[0].replace("containers:", "containers: web"),
        6,
        "the API server does not decode it",
    ),
    "a container that is null": (
        POD + "  -\n",
        9,
        "a container needs a name and an image (the API server reads null as an empty container, and refuses it)",
    ),
    "an init container that is null": (
        POD.replace("spec:\n", "spec:\n  initContainers: [null]\n"),
        6,
        "a container needs a name and an image (the API server reads null as an empty container, and refuses it)",
    ),
}


@pytest.mark.parametrize("what", LEFT)
def test_what_a_folder_may_hold_is_left_alone(harden: Session, hardened: bytes, what: str) -> None:
    text, line, hint = LEFT[what]
    put(a_yaml=POD, b_yaml=text)
    before = tree()["b.yaml"]
    done = harden("apply")
    assert done.code in (0, 1)
    left = [said for said in done.text.splitlines() if ": left alone: " in said]
    assert len(left) == 1
    assert left[0].startswith(f"b.yaml:{line}: left alone: ")
    assert hint in left[0]
    assert done.last.endswith(" · 1 left alone")
    assert tree() == {"a.yaml": hardened, "b.yaml": before}


TEMPLATES = {
    "Helm": (
        "{{- if .Values.web }}\n" + POD + "{{- end }}\n",
        "a Helm template (helm template CHART | harden apply -)",
    ),
    "Jinja": ("{% if web %}\n" + POD + "{% endif %}\n", "a template of Jinja or Ansible"),
    "a name": (POD.replace("name: web", "name: @NAME@"), "a template with placeholders"),
    "a number": (
        POD + "    ports: [{containerPort: '${PORT}'}]\n",
        "a template for envsubst (envsubst < FILE | harden apply -)",
    ),
}


@pytest.mark.parametrize("profile", ["baseline", "restricted", "hardened"])
@pytest.mark.parametrize("what", TEMPLATES)
def test_a_template_is_no_fault_of_a_run(harden: Session, what: str, profile: str) -> None:
    text, said = TEMPLATES[what]
    put(b_yaml=text)
    for paths in ((), ("b.yaml",)):
        done = harden("apply", *paths, "--profile", profile)
        assert done.code == 0
        assert f": left alone, {said}" in done.text
        assert done.last.endswith(" · 1 left alone")
    # Whoever pipes text means it to be applied.
    assert harden("apply", "-", "--profile", profile, stdin=text.encode()).code == 3
    assert tree() == {"b.yaml": text.encode()}


#: Neighbours of workloads, spelled so that nobody can read them, and what is no manifest at all.
BROKEN = {
    "a Service": ("apiVersion: v1\nkind: Service\nspec:\n  ports: [\n", 3),
    "JSON objects in a row": ('{"kind": "ConfigMap"}\n{"kind": "ConfigMap"}\n', 0),
    "a Service behind a good one": ("apiVersion: v1\nkind: Service\n---\nkind: Service\nspec: {\n", 3),
    "a template of a ConfigMap": ("apiVersion: v1\nkind: ConfigMap\n{{- if .Values.on }}\ndata: {}\n{{- end }}\n", 0),
    "no manifest": ("on: {\n", 0),
    "a note in a Service": ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nmetadata: {name: b}\n", 0),
}


@pytest.mark.parametrize("more", [(), ("--profile", "hardened"), ("--companions",)], ids=" ".join)
@pytest.mark.parametrize("what", BROKEN)
def test_no_profile_decides_what_cannot_be_read(harden: Session, what: str, more: tuple[str, ...]) -> None:
    text, code = BROKEN[what]
    put(a_yaml=POD, b_yaml=text)
    done = harden("apply", ".", *more, "--ignore", "image-tag")
    assert (done.code == 3, "1 could not be read" in done.last) == (code == 3, code == 3)
    assert ("b.yaml:" in done.text + done.err) >= (code == 3)
    assert b"runAsNonRoot: true" in tree()["a.yaml"]
    assert tree()["b.yaml"] == text.encode()


def test_kinds_of_harden_yaml_are_looked_at(harden: Session, hardened: bytes) -> None:
    put(a_yaml=POD.replace("v1\nkind: Pod", "x.test/v1\nkind: Farm"), harden_yaml="kinds:\n  x.test/v1/Farm: [spec]\n")
    assert harden("apply").code == 0
    assert tree()["a.yaml"] == hardened.replace(b"v1\nkind: Pod", b"x.test/v1\nkind: Farm")
    put(harden_yaml="kinds:\n  x.test/v1/Farm: [spec.worker.spec]\n")
    worker = "".join(f"    {line}\n" for line in POD.partition("spec:\n")[2].splitlines())
    put(a_yaml=f"apiVersion: x.test/v1\nkind: Farm\nmetadata:\n  name: f\nspec:\n  worker:\n    spec:\n{worker}")
    assert "Farm f" in harden("check").text
    assert harden("apply").code == 0
    assert b"runAsNonRoot: true" in tree()["a.yaml"]
    put(harden_yaml="kinds:\n  Farm: [spec.worker.spec]\n")
    assert harden("check").code == 2


ROUTE = "apiVersion: {}\nkind: Route\nmetadata: {{name: r}}\nspec: {{}}\n"


@pytest.mark.parametrize(
    ("api_version", "config", "is_told"),
    [
        ("route.openshift.io/v1", "", True),
        ('"apps.openshift.io/v1"', "", True),
        ("route.openshift.io/v1", "platform: openshift\n", False),
        ("example.com/v1  # not route.openshift.io/v1", "", False),
    ],
)
def test_the_platform_is_asked_for_once(harden: Session, api_version: str, config: str, *, is_told: bool) -> None:
    put(a_yaml=POD, b_yaml=ROUTE.format(api_version), c_yaml=ROUTE.format(api_version), harden_yaml=config)
    done = harden("check")
    assert done.text.count("a kind of OpenShift is among the files (platform: openshift in harden.yaml") == int(is_told)
    assert done.code == 1


UNSEEN = {
    "a misspelt kind": (POD.replace("kind: Pod", "kind: Podd"), "did you mean v1 Pod?"),
    "a kind of another version": (POD.replace("v1", "apps/v1"), "did you mean v1 Pod?"),
    "a misspelt field": (POD + "    securitycontext: {}\n", "spec.containers[0].securitycontext: unknown field"),
    "a template": (POD.replace("name: web", "name: ${NAME}"), "a template for envsubst"),
    "a pod of an unknown kind": (
        POD.replace("v1\nkind: Pod", "x.test/v1\nkind: Farm"),
        "not looked at: pod template at",
    ),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_strict_runs_fail_where_something_was_not_looked_at(harden: Session, what: str) -> None:
    text, said = UNSEEN[what]
    put(a_yaml=text)
    harden("apply", "-q")
    lenient, strict = harden("check"), harden("check", "--strict")
    assert (lenient.code, strict.code) == (0, 1)
    assert said in lenient.text
    assert said in strict.text


def test_a_patch_that_is_a_whole_object_is_judged(harden: Session) -> None:
    put(app__a_yaml=POD, app__b_yaml=POD, far__kustomization_yaml="patches: [{path: ../app/a.yaml}]\n")
    put(app__kustomization_yaml="resources: [b.yaml]\npatches: [{path: b.yaml}]\n")
    done = harden("check")
    assert (done.code, "Pod web" in done.text, "left alone" in done.text) == (1, True, False)
    assert "0 of 2 workloads admitted" in done.text


def test_a_signature_beside_a_file_keeps_it(harden: Session, hardened: bytes) -> None:
    put(a_yaml=POD, b_yaml=POD, a_yaml_asc="x", c_yaml=POD)
    assert "a.yaml: document 1, Pod web: left alone, not to be changed: signed" in harden("apply").text
    assert tree() == {"a.yaml": POD.encode(), "a.yaml.asc": b"x", "b.yaml": hardened, "c.yaml": hardened}


@pytest.mark.parametrize("what", LEFT)
def test_what_was_named_itself_must_be_a_manifest(harden: Session, what: str) -> None:
    text, _, _ = LEFT[what]
    put(a_yaml=POD, b_yaml=text)
    assert harden("apply", "a.yaml", "./b.yaml").code == 3
    assert harden("apply", "-", stdin=text.encode()).code == 3
    assert tree()["b.yaml"] == text.encode()


def test_the_last_of_a_key_given_twice_counts_and_is_told(harden: Session) -> None:
    put(b_yaml=POD.replace("    image: ", "    image: other\n    image: "))
    done = harden("apply")
    assert done.code == 0
    assert "key 'image' is given more than once in one mapping: the last one counts" in done.text
    assert "    image: other\n    image: nginx\n" in tree()["b.yaml"].decode()


def test_objects_without_a_line_between_them_are_told_in_one_note(harden: Session) -> None:
    last = POD.replace("    image: ", "    image: other\n    image: ")
    put(b_yaml=f"{POD}{POD}{last}")
    notes = [line for line in harden("check").text.splitlines() if ": note: key" in line]
    assert len(notes) == 2
    line = POD.count("\n") * 2 + 1
    assert notes[0].startswith(f"b.yaml:{line}: note: keys 'apiVersion', ")
    assert notes[0].endswith(
        "are given more than once in one mapping: the last ones count (is a `---` line missing above it?)"
    )
    assert "'image' is given more than once" in notes[1]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"---\n---\n",
        b"# kind: Pod\n",
        b"just words\n",
        b"- a\n- b\n",
        b'{"name": "x"}',
        b"a: {{ b }}\n",
        b"null",
    ],
    ids=ascii,
)
def test_what_is_no_manifest_is_no_error(harden: Session, text: bytes) -> None:
    put(b_yaml=text)
    done = harden("apply")
    assert (done.code, done.text) == (0, "no workloads · 0 of 1 file changed\n")
    assert tree() == {"b.yaml": text}


def test_a_huge_file_is_not_even_read(harden: Session, hardened: bytes) -> None:
    put(a_yaml=POD)
    with Path("huge.yaml").open("wb") as file:
        file.truncate(100_000_000)
    done = harden("apply")
    assert done.code == 3
    assert "huge.yaml: error: larger than 50 MB" in done.text
    assert Path("a.yaml").read_bytes() == hardened
    assert Path("huge.yaml").stat().st_blocks == 0


def test_paths_that_are_not_there(harden: Session, hardened: bytes) -> None:
    put(a_yaml=POD)
    Path("gone.yaml").symlink_to("nowhere.yaml")
    done = harden("apply", "nope", ".", "")
    assert done.code == 3
    errors = [line for line in done.text.splitlines() if "error: " in line]
    assert errors == [
        ": error: an empty path names no file",
        "nope: error: cannot be read: No such file or directory",
    ]
    assert "left out: 1 link to nothing\n" in done.text
    assert Path("a.yaml").read_bytes() == hardened
    assert not Path("nowhere.yaml").exists()


def test_a_pipe_can_be_looked_at_but_not_rewritten(harden: Session) -> None:
    for command, code in (("diff", 1), ("apply", 4)):
        out, into = os.pipe()
        os.write(into, POD.encode())
        os.close(into)
        done = harden(command, f"/dev/fd/{out}")
        os.close(out)
        assert done.code == code
    assert "error: is no regular file; nothing was written" in done.text


def run_as_nobody(*words: str) -> subprocess.CompletedProcess[str]:
    """Run harden in a process of its own, as somebody else when we are root.

    One run comes first and loads every module: the other user may not be allowed to read them.
    """
    code = f"""
import io, os, sys, tempfile
import jsonschema_rs
from harden.cli import main
import harden.adapters.unwritten, harden.outputs.diff, harden.outputs.text, harden.outputs.json_report
def run(*words):
    sys.argv = ["harden", *words]
    try:
        main()
    except SystemExit as end:
        return end.code
out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
err, sys.stderr = sys.stderr, io.StringIO()
sys.stdin = io.TextIOWrapper(io.BytesIO({POD.encode()!r}))
assert run("apply", "-") == 0, sys.stderr.getvalue()
sys.stdout, sys.stderr = out, err
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid({NOBODY}, {NOBODY}, {NOBODY}); os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
sys.exit(run(*{words!r}))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def reachable(harden: Session) -> Session:
    """Return the session, its folder reachable and writable for everybody."""
    here = Path.cwd()
    for folder in here.parents:
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    here.chmod(0o777)
    return harden


@pytest.mark.usefixtures("reachable")
class TestPermissions:
    def test_a_file_that_may_not_be_read(self, hardened: bytes) -> None:
        put(a_yaml=POD, b_yaml=POD)
        Path("a.yaml").chmod(0o666)
        Path("b.yaml").chmod(0)
        done = run_as_nobody("apply")
        assert (done.returncode, done.stderr) == (3, "")
        assert "b.yaml: error: cannot be read: Permission denied\n" in done.stdout
        Path("b.yaml").chmod(0o600)
        assert tree() == {"a.yaml": hardened, "b.yaml": POD.encode()}

    @pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o555, 0o666), (0o777, 0o444)], ids=["folder", "file"])
    def test_what_may_not_be_written(self, hardened: bytes, folder_mode: int, file_mode: int) -> None:
        put(a_yaml=POD, d__b_yaml=POD)
        Path("a.yaml").chmod(0o666)
        Path("d/b.yaml").chmod(file_mode)
        Path("d").chmod(folder_mode)
        done = run_as_nobody("apply")
        Path("d").chmod(0o755)
        assert (done.returncode, done.stderr) == (4, "")
        errors = [line for line in done.stdout.splitlines() if ": error: " in line]
        assert len(errors) == 1
        assert errors[0].startswith("d/b.yaml: error: ")
        assert "d/b.yaml:1: Pod web: " in done.stdout
        assert done.stdout.splitlines()[-1].endswith(" · 1 not written")
        assert tree() == {"a.yaml": hardened, "d/b.yaml": POD.encode()}


def test_a_value_that_kubernetes_does_not_decode_is_left_to_its_author(harden: Session) -> None:
    text = POD + "  terminationGracePeriodSeconds: soon\n"
    put(b_yaml=text)
    done = harden("apply")
    assert done.code == 0
    said = "b.yaml:9: left alone: spec.terminationGracePeriodSeconds: must be of type"
    assert said in done.text
    assert tree() == {"b.yaml": text.encode()}
    assert harden("apply", "b.yaml").code == 3


@pytest.mark.parametrize("form", ["json", "gitlab"])
def test_the_result_of_the_last_run_is_no_input(harden: Session, form: str) -> None:
    put(a_yaml=POD)
    for _ in range(2):
        done = harden("check", "--format", form, "--output", "report.json", ".")
        assert (done.code, done.err) == (1, "")
    for named in ("report.json", "./report.json"):
        assert harden("check", "--output", "report.json", named).code == 2
    put(report_json='{"apiVersion": "v1", "kind": "Pod"}')
    done = harden("check", "--output", "report.json", ".")
    assert done.code == 2
    assert "report.json: is report.json, which is read" in done.err
