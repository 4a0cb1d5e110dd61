"""Baselines: what was there before fails nothing, whatever happens to its lines and files; what is new fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_session import POD, ROOT, Session, put, run_alone

OLD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: old, namespace: shop}
spec:
  selector: {matchLabels: {app: old}}
  template:
    metadata: {labels: {app: old}}
    spec:
      containers:
      - name: main
        image: registry.example.com/old:1.0
        securityContext:
          capabilities: {add: [IPC_LOCK]}
        ports:
        - hostPort: 8001
      - name: side
        image: registry.example.com/side:1.0
      volumes:
      - name: logs
        hostPath: {path: /var/log}
"""
NEW = OLD.replace("old", "new")
#: The same objects written otherwise.
FLOW = """\
{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "old"}, "spec": {
  "template": {"spec": {"volumes": [{"hostPath": {"path": "/var/log"}, "name": "logs"}],
    "containers": [{"image": "registry.example.com/side:1.0", "name": "side"}, {"name": "main",
      "ports": [{"hostPort": 8001}], "securityContext": {"capabilities": {"add": ["IPC_LOCK"]}},
      "image": "registry.example.com/old:1.0"}]}, "metadata": {"labels": {"app": "old"}}},
  "selector": {"matchLabels": {"app": "old"}}}}
"""
FILE = "harden-baseline.json"


@pytest.fixture
def old(harden: Session) -> Session:
    """Return the command line in a folder with one bad workload and the baseline that has it."""
    put(deploy__old_yaml=OLD)
    assert harden("check", "--write-baseline", FILE).code == 0
    return harden


def entries() -> list[dict[str, object]]:
    found = json.loads(Path(FILE).read_text())["findings"]
    assert isinstance(found, list)
    return found


def test_old_findings_fail_nothing_and_new_ones_do(old: Session) -> None:
    done = old("check", "--baseline", FILE)
    assert done.code == 0
    assert done.text.startswith("in the baseline (fails nothing):\n  deploy/old.yaml:1: Deployment old: ")
    assert len(entries()) == 11  # one finding is about two containers
    assert "10 in the baseline" in done.last
    put(deploy__new_yaml=NEW)
    done = old("check", "--baseline", FILE)
    known, _, rest = done.text.partition("deploy/new.yaml\n")
    assert done.code == 1
    assert "Deployment old: allow-privilege-escalation x2, capabilities x3, " in known
    assert "old" not in rest.partition("image facts")[0]
    assert old("check").code == 1


def test_a_workload_with_known_and_new_findings_is_held_by_the_baseline(harden: Session) -> None:
    put(a_yaml=POD)
    harden("check", "--write-baseline", "base.json")
    text = harden("check", "-p", "hardened", "--baseline", "base.json").text
    assert "  Pod web   restricted: refused by 4 checks, in the baseline\n" in text


def test_the_json_report_says_which(old: Session) -> None:
    put(deploy__new_yaml=NEW)
    data = json.loads(old("check", "--baseline", FILE, "--format", "json").out)
    known = {w["name"]: [f.get("known", False) for f in w["findings"]] for f in data["files"] for w in f["workloads"]}
    assert set(known["old"]) == {True}
    assert set(known["new"]) == {False}
    assert data["baseline"] == {"file": FILE, "known": len(known["old"]), "gone": []}


@pytest.mark.parametrize(
    "change",
    [
        {"deploy__old_yaml": f"# a comment\n\n{OLD}"},
        {"deploy__old_yaml": f"{OLD.replace('old', 'fine', 1).replace('Deployment', 'ConfigMap')}---\n{OLD}"},
        {"deploy__old_yaml": None, "moved__other_yaml": OLD},
        {"deploy__old_yaml": None, "moved__old_json": FLOW},
        {"deploy__old_yaml": FLOW},
        {"deploy__old_yaml": OLD.replace("old:1.0", "old:2.0")},
        {"deploy__old_yaml": f"apiVersion: v1\nkind: List\nitems:\n- {OLD.strip().replace(chr(10), chr(10) + '  ')}\n"},
        {"deploy__old_yaml": OLD.replace("hostPort: 8001", "hostPort: 8001  # still")},
    ],
    ids=["lines", "documents", "moved", "moved-json", "flow", "image", "list", "comment"],
)
def test_the_same_findings_elsewhere_are_known(old: Session, change: dict[str, str | None]) -> None:
    for name, text in change.items():
        if text is None:
            Path(name.replace("__", "/").replace("_", ".")).unlink()
        else:
            put(**{name: text})
    done = old("check", "--baseline", FILE)
    assert (done.code, "gone" in done.text) == (0, False), done.text


@pytest.mark.parametrize(
    ("was", "now", "control"),
    [
        ("[IPC_LOCK]", "[IPC_LOCK, SYS_ADMIN]", "capabilities"),
        ("[IPC_LOCK]", "[NET_ADMIN]", "capabilities"),
        ("hostPort: 8001", "hostPort: 8002", "host-ports"),
        ("- hostPort: 8001", "- hostPort: 8001\n        - hostPort: 22", "host-ports"),
        ("path: /var/log", "path: /", "restricted-volumes"),
        ("name: side", "name: other", "run-as-non-root"),
        ("      volumes:", "      hostPID: true\n      volumes:", "host-namespaces"),
        ("name: old, namespace: shop", "name: old, namespace: pay", "run-as-non-root"),
    ],
)
def test_what_gets_worse_is_new(old: Session, was: str, now: str, control: str) -> None:
    put(deploy__old_yaml=OLD.replace(was, now))
    done = old("check", "--baseline", FILE)
    assert done.code == 1
    rest = done.text.partition("deploy/old.yaml\n")[2]
    assert f"  {control}  " in rest


def test_a_copy_in_another_file_is_new(old: Session) -> None:
    put(deploy__another_yaml=OLD)
    done = old("check", "--baseline", FILE)
    assert (done.code, "\ndeploy/another.yaml\n" in done.text, "\ndeploy/old.yaml\n" in done.text) == (1, True, False)


def test_what_is_left_of_a_finding_is_known(old: Session) -> None:
    put(deploy__old_yaml=OLD.replace("name: side\n", "name: side\n        securityContext: {runAsUser: 7}\n"))
    assert old("check", "--baseline", FILE).code == 0


class TestGone:
    def test_a_mended_finding_is_named_and_taken_out(self, old: Session) -> None:
        put(deploy__old_yaml=OLD.replace("{add: [IPC_LOCK]}", "{}"))
        before = len(entries())
        done = old("check", "--baseline", FILE)
        assert done.code == 0
        hint = f"harden check --write-baseline {FILE} takes it out"
        assert f"1 finding of the baseline is gone ({hint}):\n  deploy/old.yaml: Deployment shop/old: " in done.text
        assert "1 entry taken out" in old("check", "--write-baseline", FILE).err
        assert len(entries()) == before - 1

    def test_so_is_a_file_that_was_removed(self, old: Session) -> None:
        Path("deploy/old.yaml").unlink()
        put(deploy__fine_yaml="")
        assert f"{len(entries())} findings of the baseline are gone" in old("check", "--baseline", FILE).text

    @pytest.mark.parametrize(
        "words", [["deploy/new.yaml"], ["--exclude", "old.yaml"], ["--select", "probes"], ["other"]]
    )
    def test_nothing_is_gone_that_nobody_looked_at(self, old: Session, words: list[str]) -> None:
        put(deploy__new_yaml=NEW, other__x_yaml=NEW)
        assert "gone" not in old("check", "--baseline", FILE, *words).text
        kept = [entry for entry in entries() if entry["workload"] == "Deployment shop/old"]
        old("check", "--write-baseline", FILE, *words)
        assert [entry for entry in kept if entry not in entries()] == []

    def test_what_controls_that_did_not_run_would_find_is_not_gone(self, harden: Session) -> None:
        role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules:\n"
        put(a_yaml=f'{OLD}---\n{role}- {{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}}\n')
        words = ("check", "--companions", "--owns-namespace", "shop", "--write-baseline", FILE)
        harden(*words)
        before = entries()
        assert {"rbac", "companions"} < {str(entry["control"]) for entry in before}
        for control in ("rbac", "network-policy"):
            harden(*words, "--ignore", control)
            assert [entry for entry in before if entry not in entries()] == []

    def test_what_cannot_be_read_is_not_gone(self, old: Session) -> None:
        before = entries()
        put(deploy__old_yaml=b"a: [\xff")
        assert old("check", "--write-baseline", FILE).code == 3
        assert entries() == before


class TestFile:
    def test_it_is_sorted_and_the_same_every_time(self, old: Session) -> None:
        put(b_yaml=NEW, c__d_yaml=NEW.replace("new", "a"))
        old("check", "--write-baseline", FILE)
        first = Path(FILE).read_bytes()
        assert [str(entry["workload"]) for entry in entries()] == sorted(str(entry["workload"]) for entry in entries())
        Path("c").rename("0")
        old("check", "--write-baseline", FILE, "deploy", "b.yaml", "0")
        assert Path(FILE).read_bytes() == first.replace(b'"c/d.yaml"', b'"0/d.yaml"')

    def test_a_new_workload_adds_lines_and_changes_none(self, old: Session) -> None:
        first = Path(FILE).read_text().splitlines()
        put(a_yaml=NEW)
        old("check", "--write-baseline", FILE)
        lines = [line.rstrip(",") for line in Path(FILE).read_text().splitlines()]
        assert [line for line in first if line.rstrip(",") not in lines] == []

    def test_it_is_no_input_of_a_run_over_its_folder(self, old: Session) -> None:
        assert FILE not in old("check", "--baseline", FILE, ".").text.replace(f"--write-baseline {FILE}", "")
        assert old("check", "--baseline", FILE, ".").last.count(" 1 file ") == 1

    def test_paths_hold_from_its_folder(self, old: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir("deploy")
        put(new_yaml=NEW)
        done = old("check", "--baseline", f"../{FILE}")
        assert (done.code, "\nold.yaml\n" in done.text, "\nnew.yaml\n" in done.text) == (1, False, True)

    def test_values_of_secrets_are_not_in_it(self, harden: Session) -> None:
        pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  containers:\n  - name: c\n"
        secrets = "    args: [--password=hunter2-xK9]\n    env: [{name: DB_PASSWORD, value: hunter2-xK9}]\n"
        put(a_yaml=f"{pod}    image: a\n{secrets}")
        harden("check", "--write-baseline", FILE, "--companions", "-p", "hardened", "--owns-namespace", "shop")
        assert [entry for entry in entries() if "secret" in str(entry["control"])] != []
        assert "hunter2" not in Path(FILE).read_text()

    def test_a_manifest_is_never_overwritten(self, old: Session) -> None:
        before = Path("deploy/old.yaml").read_bytes()
        done = old("check", "--write-baseline", "deploy/old.yaml")
        assert (done.code, done.err) == (
            2,
            "harden: deploy/old.yaml: is no baseline that this version of harden knows\n",
        )
        assert Path("deploy/old.yaml").read_bytes() == before

    def test_where_it_cannot_be_written_the_old_one_stays(self, old: Session) -> None:
        before = Path(FILE).read_bytes()
        put(deploy__new_yaml=NEW)
        line = f'ulimit -f 0; exec "{sys.executable}" -m harden check --write-baseline {FILE}'
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (4, f"harden: {FILE}: cannot be written: File too large\n")
        assert Path(FILE).read_bytes() == before
        assert old("check", "--baseline", FILE).code == 1

    @pytest.mark.parametrize("words", [["apply"], ["diff"]])
    def test_only_check_writes_it(self, old: Session, words: list[str]) -> None:
        done = old(*words, "--write-baseline", FILE)
        assert (done.code, "only check finds without fixing" in done.err) == (2, True)

    def test_one_that_is_not_there(self, harden: Session) -> None:
        done = harden("check", "--baseline", FILE)
        assert (done.code, done.err) == (
            2,
            f'harden: the baseline "{FILE}" does not exist: harden check --write-baseline {FILE} makes it\n',
        )


class TestTrust:
    def test_harden_yaml_names_it(self, old: Session) -> None:
        put(harden_yaml=f"baseline: {FILE}\n")
        assert old("check").code == 0
        assert old("check", "--strict").code == 1

    def test_the_gate_takes_it_from_an_option_only(self, old: Session) -> None:
        put(harden_yaml=f"baseline: {FILE}\n")
        words = ("check", "--gate", "--config", "harden.yaml", "deploy")
        assert old(*words).code == 1
        assert old(*words, "--baseline", FILE).code == 0
        put(deploy__new_yaml=NEW)
        assert old(*words, "--baseline", FILE).code == 1

    @pytest.mark.parametrize("more", ['"apiVersion": "v1", "kind": "Pod", ', '"x": 1, '])
    def test_a_manifest_that_calls_itself_a_baseline_is_none(self, old: Session, more: str) -> None:
        Path(FILE).write_text(Path(FILE).read_text().replace('"title"', f'{more}"title"', 1))
        assert old("check", "--baseline", FILE).code == 2

    def test_an_exemption_that_has_expired_still_fails(self, harden: Session) -> None:
        note = 'kube-harden.io/exempt.host-ports: "an old client (until 2020-01-01)"'
        put(a_yaml=OLD.replace("namespace: shop}", f"namespace: shop, annotations: {{{note}}}}}"))
        harden("check", "--write-baseline", FILE)
        assert [entry for entry in entries() if entry["control"] == "host-ports"] == []
        assert harden("check", "--baseline", FILE).code == 1

    def test_what_cannot_be_read_still_fails(self, old: Session) -> None:
        put(deploy__bad_yaml="kind: Pod\na: [")
        assert old("check", "--baseline", FILE).code == 3


def test_apply_fixes_old_findings_and_fails_on_new_ones_alone(old: Session) -> None:
    done = old("apply", "--baseline", FILE)
    assert done.code == 0
    assert "type: RuntimeDefault" in Path("deploy/old.yaml").read_text()
    put(deploy__new_yaml=NEW)
    assert old("apply", "--baseline", FILE).code == 1


def test_companions_that_are_not_written_yet_are_known(harden: Session) -> None:
    put(a_yaml=OLD)
    words = ("check", "--companions", "--owns-namespace", "shop")
    assert harden(*words, "--write-baseline", FILE).code == 0
    done = harden(*words, "--baseline", FILE)
    assert done.code == 0
    assert "a NetworkPolicy" not in done.text
    put(b_yaml=NEW)
    assert harden(*words, "--baseline", FILE).code == 1


def test_a_long_stream_is_compared_too(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\nspec:\n  containers:\n  - {name: c, image: a}\n"
    stream = "---\n".join(pod % at for at in range(900))
    name = str(tmp_path / FILE)
    assert run_alone("check", "-", "--write-baseline", name, stdin=stream.encode()).code == 0
    longer = f"{pod % 1000}---\n{stream}".encode()
    done = run_alone("check", "-", "--baseline", name, stdin=longer)
    assert (done.code, "  Pod p1000 " in done.text, "  Pod p7 " in done.text) == (1, True, False)
