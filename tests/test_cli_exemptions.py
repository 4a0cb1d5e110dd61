"""Exemptions and measured usage on the command line: what they hold, what the reports say, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from cli_session import ROOT, Done, Session, put, tree

SCHEMA = json.loads((ROOT / "harden" / "schemas" / "report.schema.json").read_text())

#: All that is short of restricted is the hostPath volume; {} are annotations, and a comment behind the volume's name.
LOGS = """\
apiVersion: v1
kind: Pod
metadata:
  name: logs
  annotations: {annotations}
spec:
  securityContext:
    runAsNonRoot: true
    runAsUser: 65534
    seccompProfile: {{type: RuntimeDefault}}
  containers:
  - name: logs
    image: registry.example.com/logs:1
    securityContext:
      allowPrivilegeEscalation: false
      capabilities: {{drop: [ALL]}}
  volumes:
  - name: logs{comment}
    hostPath: {{path: /var/log}}
"""
PAST = "(until 2020-01-01)"
CONFIG = "exemptions:\n- {control: restricted-volumes, path: logs/**, reason: it reads the logs%s}\n"


def logs(annotation: str = "", *, control: str = "restricted-volumes", comment: str = "") -> str:
    annotations = f'{{kube-harden.io/exempt.{control}: "{annotation}"}}' if annotation else "{}"
    return LOGS.format(annotations=annotations, comment=f"  # {comment}" if comment else "")


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Session(monkeypatch, capfdbinary)


def account(done: Done) -> list[str]:
    """Return the lines of the report that account for the exemptions."""
    _, _, rest = done.text.partition("\nexemptions:\n")
    return [line.strip() for line in rest.splitlines() if line.startswith("  ")]


def entries(done: Done) -> list[tuple[object, ...]]:
    data = json.loads(done.out)
    assert [error.message for error in jsonschema_rs.validator_for(SCHEMA).iter_errors(data)] == []
    return [(each["file"], each["line"], each["origin"], each["state"]) for each in data.get("exemptions", [])]


APPLIED = {
    "annotation": ({"logs__a_yaml": logs("it reads the logs")}, ("logs/a.yaml", 5)),
    "comment": (
        {"logs__a_yaml": logs(comment="harden: ignore[restricted-volumes] it reads the logs")},
        ("logs/a.yaml", 18),
    ),
    "harden.yaml": ({"logs__a_yaml": logs(), "harden_yaml": CONFIG % ""}, ("harden.yaml", 2)),
}


class TestHolding:
    def test_without_one_the_pod_is_short(self, harden: Session) -> None:
        put(a_yaml=logs())
        done = harden("check")
        assert done.code == 1
        assert "exempt" not in done.last
        assert account(done) == []

    @pytest.mark.parametrize("origin", APPLIED)
    def test_what_is_exempt_is_not_open(self, harden: Session, origin: str) -> None:
        texts, (file, line) = APPLIED[origin]
        put(**texts)
        for command in ("check", "apply"):
            done = harden(command)
            assert done.code == 0
            assert account(done) == [f"{file}:{line}: restricted-volumes: it reads the logs: Pod logs"]
            assert "  Pod logs   restricted: refused by 1 check" in done.text
            assert " exempt " in done.text
            assert "still refused" not in done.text
            assert done.last.startswith("0 of 1 workload admitted")
            assert done.last.endswith(" · 1 exempt")
        assert {name: data.decode() for name, data in tree().items()} == {
            key.replace("__", "/").replace("_", "."): text for key, text in texts.items()
        }

    @pytest.mark.parametrize("origin", APPLIED)
    def test_json_lists_them(self, harden: Session, origin: str) -> None:
        texts, (file, line) = APPLIED[origin]
        put(**texts)
        done = harden("check", "--format", "json")
        assert (done.code, entries(done)) == (0, [(file, line, origin, "holds")])
        (workload,) = next(f for f in json.loads(done.out)["files"] if f["path"] == "logs/a.yaml")["workloads"]
        assert not workload["admitted"]
        assert [(finding["because"], finding["held"]) for finding in workload["findings"]] == [
            ("exempt", "it reads the logs")
        ]

    def test_other_findings_are_fixed_and_lines_are_those_of_the_result(self, harden: Session) -> None:
        put(a_yaml=logs(comment="harden: ignore[restricted-volumes] r").replace("    runAsNonRoot: true\n", ""))
        done = harden("apply")
        assert done.code == 0
        lines = Path("a.yaml").read_text().splitlines()
        (told,) = account(done)
        assert "harden: ignore" in lines[int(told.split(":")[1]) - 1]
        assert "    runAsNonRoot: true" in lines

    def test_a_second_run_changes_nothing(self, harden: Session) -> None:
        text = logs("r", control="run-as-non-root", comment="harden: ignore[restricted-volumes] r")
        put(a_yaml=text.replace("    runAsNonRoot: true\n", "").replace("      capabilities: {drop: [ALL]}\n", ""))
        harden("apply")
        once = tree()
        assert b"drop:" in once["a.yaml"]
        assert b"runAsNonRoot" not in once["a.yaml"]
        again = harden("apply")
        assert (again.code, tree()) == (0, once)

    def test_a_pipe_obeys_them_too(self, harden: Session) -> None:
        text = logs("it reads the logs")
        done = harden("apply", "-", stdin=text.encode())
        assert (done.code, done.out) == (0, text.encode())
        assert "<stdin>:5: restricted-volumes: it reads the logs: Pod logs" in done.err

    def test_harden_yaml_is_about_what_its_globs_name_only(self, harden: Session) -> None:
        put(logs__a_yaml=logs(), other__b_yaml=logs(), harden_yaml=CONFIG % "")
        done = harden("check")
        assert done.code == 1
        assert "1 exempt" in done.last
        assert harden("check", "logs").code == 0

    def test_a_line_names_a_few_workloads_and_counts_the_others(self, harden: Session) -> None:
        pods = [logs().replace("name: logs\n  annotations", f"name: logs-{at}\n  annotations") for at in range(7)]
        put(logs__a_yaml="---\n".join(pods), harden_yaml=CONFIG % "")
        (line,) = account(harden("check"))
        assert line.endswith(": Pod logs-0, Pod logs-1, Pod logs-2, Pod logs-3, Pod logs-4 and 2 more")
        assert len(json.loads(harden("check", "--format", "json").out)["exemptions"][0]["findings"]) == 7


class TestState:
    @pytest.mark.parametrize(
        "texts",
        [
            {"logs__a_yaml": logs(f"it reads the logs {PAST}")},
            {"logs__a_yaml": logs(comment=f"harden: ignore[restricted-volumes] it reads the logs {PAST}")},
            {"logs__a_yaml": logs(), "harden_yaml": CONFIG % ", until: 2020-01-01"},
        ],
        ids=["annotation", "comment", "harden.yaml"],
    )
    def test_expired_ones_fail(self, harden: Session, texts: dict[str, str]) -> None:
        put(**texts)
        for command in ("check", "apply"):
            done = harden(command)
            assert done.code == 1
            assert account(done)[0].endswith(
                "restricted-volumes: expired on 2020-01-01: decide again (it reads the logs)"
            )
            assert "the exemption expired on 2020-01-01: it reads the logs" in done.text
            assert "1 exemption expired" in done.last
        assert [state for *_, state in entries(harden("check", "--format", "json"))] == ["expired"]

    def test_an_expired_one_is_no_leave_to_fix(self, harden: Session) -> None:
        text = logs(f"r {PAST}", control="run-as-non-root").replace("    runAsNonRoot: true\n", "")
        put(a_yaml=text)
        assert harden("apply").code == 1
        assert tree() == {"a.yaml": text.encode()}

    def test_an_expired_one_fails_check_even_where_nothing_is_open(self, harden: Session) -> None:
        put(a_yaml=logs(f"r {PAST}", control="sysctls", comment="harden: ignore[restricted-volumes] r"))
        assert harden("check").code == 1
        assert harden("apply").code == 0

    def test_one_with_a_day_to_come_holds(self, harden: Session) -> None:
        put(a_yaml=logs("r (until 9999-12-31)"))
        assert harden("check").code == 0

    def test_unused_ones_are_reported(self, harden: Session) -> None:
        put(a_yaml=logs("no more", control="host-ports", comment="harden: ignore[restricted-volumes] r"))
        done = harden("check")
        assert done.code == 0
        assert account(done) == [
            "a.yaml:5: host-ports: matches nothing any more: remove it (no more)",
            "a.yaml:18: restricted-volumes: r: Pod logs",
        ]

    def test_what_the_profile_does_not_ask_for_is_not_unused(self, harden: Session) -> None:
        put(a_yaml=logs("r", control="run-as-user", comment="harden: ignore[restricted-volumes] r"))
        assert account(harden("check", "-p", "baseline")) == [
            "a.yaml:5: run-as-user: this profile does not ask for it (r)",
            # The same volume is refused there by host-path-volumes.
            "a.yaml:18: restricted-volumes: r: Pod logs",
        ]

    def test_harden_yaml_is_unused_only_where_the_run_saw_its_folder(self, harden: Session) -> None:
        put(other__a_yaml=logs(), harden_yaml=CONFIG % "")
        unused = "harden.yaml:2: restricted-volumes: matches nothing any more: remove it (it reads the logs)"
        assert account(harden("check")) == [unused]
        assert account(harden("check", ".")) == [unused]
        assert account(harden("check", "other")) == []
        assert account(harden("check", "--exclude", "x")) == []

    def test_strict_ignores_all(self, harden: Session) -> None:
        put(logs__a_yaml=logs("r", comment="harden: ignore[restricted-volumes] r"), harden_yaml=CONFIG % "")
        done = harden("check", "--strict")
        assert done.code == 1
        assert "exempt" not in done.last
        assert [line.partition(": ")[2] for line in account(done)] == [
            "restricted-volumes: ignored by --strict (it reads the logs)",
            "restricted-volumes: ignored by --strict (r)",
            "restricted-volumes: ignored by --strict (r)",
        ]
        assert {state for *_, state in entries(harden("check", "--strict", "--format", "json"))} == {"ignored"}

    def test_strict_fixes_what_is_exempt(self, harden: Session) -> None:
        put(a_yaml="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
            "  - {name: a, image: x}\n  hostPID: true  # harden: ignore[host-namespaces] r\n")  # fmt: skip
        held = harden("apply", "--risk", "breaking")
        assert (held.code, b"hostPID" in tree()["a.yaml"]) == (0, True)
        fixed = harden("apply", "--risk", "breaking", "--strict")
        assert (fixed.code, b"hostPID" in tree()["a.yaml"]) == (0, False)
        assert fixed.err == ""


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                logs("r", control="restricted-volume"),
                (
                    "a.yaml:5: error: the exemption kube-harden.io/exempt.restricted-volume: "
                    '"restricted-volume" is no control (did you mean "restricted-volumes"?)'
                ),
            ),
            (
                logs(comment="harden: ignore[restricted-volumes]"),
                (
                    "a.yaml:18: error: the exemption in the comment: it gives no reason "
                    "(say why the finding may stand, for whoever reads it next)"
                ),
            ),
            (
                logs("r (until tomorrow)"),
                (
                    "a.yaml:5: error: the exemption kube-harden.io/exempt.restricted-volumes: "
                    "the end date cannot be read (write it as (until 2027-01-31))"
                ),
            ),
        ],
        ids=["control", "reason", "date"],
    )
    def test_they_are_errors_with_their_line(self, harden: Session, text: str, said: str) -> None:
        put(a_yaml=text)
        done = harden("check")
        assert done.code == 3
        assert said in done.text.splitlines()

    def test_nothing_of_the_workload_is_changed(self, harden: Session) -> None:
        text = logs("r", control="capabilites").replace("      capabilities: {drop: [ALL]}\n", "")
        put(a_yaml=text)
        done = harden("apply")
        assert (done.code, tree()) == (3, {"a.yaml": text.encode()})
        assert "an exemption of this workload cannot be read" in done.text

    def test_in_harden_yaml_they_end_the_run(self, harden: Session) -> None:
        put(a_yaml=logs(), harden_yaml="exemptions:\n- {control: restricted-volumes, path: '*'}\n")
        done = harden("check")
        assert done.code == 2
        assert done.err.startswith("harden: harden.yaml:2: ")


class TestOffer:
    AGENT = (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: cni, namespace: net}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - {name: a, image: registry.example.com/cni:1}\n"
        "      volumes:\n      - {name: c, hostPath: {path: /etc/cni/net.d}}\n"
        "  selector: {}\n"
    )

    def test_an_agent_gets_what_to_paste(self, harden: Session) -> None:
        put(a_yaml=self.AGENT)
        said = harden("check").text.splitlines()
        at = said.index("    DaemonSet net/cni sets up the network of the node: to accept that, add to its "
                        "metadata.annotations:")  # fmt: skip
        line = said[at + 1].strip()
        assert line == 'kube-harden.io/exempt.restricted-volumes: "sets up the network of the node"'
        put(a_yaml=self.AGENT.replace("namespace: net", f"namespace: net, annotations: {{{line}}}"))
        done = harden("check")
        assert "to accept that" not in done.text
        assert "1 exempt" in done.last

    def test_not_with_strict_and_not_to_others(self, harden: Session) -> None:
        put(a_yaml=self.AGENT)
        assert "to accept that" not in harden("check", "--strict").text
        put(a_yaml=logs())
        assert "to accept that" not in harden("check").text


class TestUsage:
    WEB = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  selector: {}\n"
        "  template:\n    spec:\n      securityContext: {runAsUser: 1000}\n"
        "      containers:\n      - name: app\n        image: registry.example.com/web:1\n"
    )
    PROFILE = "extends: restricted\ncontrols:\n  resources: {enabled: true, headroom: 20}\n"
    KRR = json.dumps(
        {
            "scans": [
                {
                    "object": {"namespace": "shop", "name": "web", "container": "app", "kind": "Deployment"},
                    "recommended": {
                        "requests": {"cpu": {"value": 0.1}, "memory": {"value": 104857600}},
                        "limits": {"cpu": {"value": None}, "memory": {"value": 209715200}},
                    },
                }
            ]
        }
    )
    CSV = "namespace,workload,container,cpu_p95,memory_p99,memory_max\nshop,web,app,100m,100Mi,200Mi\n"

    @pytest.mark.parametrize("data", [KRR, CSV], ids=["krr", "csv"])
    def test_requests_and_limits_follow_what_was_measured(self, harden: Session, data: str) -> None:
        put(a_yaml=self.WEB, p_yaml=self.PROFILE, usage=data)
        done = harden("apply", "-p", "./p.yaml", "--usage", "usage", "a.yaml")
        assert done.code == 0
        after = Path("a.yaml").read_text()
        assert "            cpu: 120m\n" in after
        assert "            memory: 120Mi\n" in after
        assert "            memory: 240Mi\n" in after
        once = tree()
        assert harden("apply", "-p", "./p.yaml", "--usage", "usage", "a.yaml").code == 0
        assert tree() == once

    def test_without_it_nothing_is_known_of_this_container(self, harden: Session) -> None:
        put(a_yaml=self.WEB, p_yaml=self.PROFILE)
        assert harden("apply", "-p", "./p.yaml", "a.yaml").code == 1
        assert "resources:" not in Path("a.yaml").read_text()

    def test_a_wrong_file_ends_the_run(self, harden: Session) -> None:
        put(a_yaml=self.WEB, usage="namespace,workload,container,cpu\nshop,web,app,much\n")
        done = harden("apply", "--usage", "usage")
        assert (done.code, done.err) == (
            2, 'harden: usage:2: "much" under cpu is no amount such as 250m or 128Mi\n'
        )  # fmt: skip
        done = harden("apply", "--usage", "nope")
        assert (done.code, done.err) == (2, "harden: --usage: nope: cannot be read: No such file or directory\n")
        assert tree()["a.yaml"] == self.WEB.encode()

    def test_a_profile_that_does_not_ask_for_it_is_noted(self, harden: Session) -> None:
        put(a_yaml=self.WEB, usage=self.CSV)
        done = harden("apply", "--usage", "usage", "a.yaml")
        assert done.code == 0
        assert "usage: note: nothing asks for it: resources is off in the profile restricted" in done.text
