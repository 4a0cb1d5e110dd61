"""Companions on the command line: options, streams, files that are somebody's, failures, reports, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
from cli_session import ROOT, Session, put, tree
from companion_bundles import load

SCHEMA = json.loads((ROOT / "harden" / "schemas" / "report.schema.json").read_text("utf-8"))

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: web
        image: registry.example.com/web:1.0
        ports: [{containerPort: 8080}]
        securityContext:
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 8080}]}
"""
ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: everything
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
- kind: Group
  name: ops
"""
POLICIES, ACCOUNTS = "harden-network-policy-shop.yaml", "harden-service-account-shop.yaml"


def kinds(text: str) -> list[str]:
    return [str(each["kind"]) for each in load(text)]


class TestOptions:
    @pytest.mark.parametrize(
        "words", [[], ["--no-companions"], ["-p", "baseline"], ["-p", "hardened", "--no-companions"]]
    )
    def test_nothing_is_written_unless_asked_for(self, harden: Session, words: list[str]) -> None:
        put(web_yaml=WEB)
        harden("apply", *words)
        assert list(tree()) == ["web.yaml"]

    @pytest.mark.parametrize("words", [["--companions"], ["-p", "hardened"], ["-p", "../own.yaml"]])
    def test_the_option_and_the_profile_ask_for_them(self, harden: Session, words: list[str]) -> None:
        put(deploy__web_yaml=WEB, own_yaml="extends: restricted\ncompanions: {enabled: true}\n")
        os.chdir("deploy")
        harden("apply", *words)
        assert set(tree()) == {"web.yaml", POLICIES, ACCOUNTS}

    def test_an_owned_namespace_gets_what_reaches_beyond_the_pods(self, harden: Session) -> None:
        put(web_yaml=WEB)
        harden("apply", "--companions", "--owns-namespace", "shop")
        assert set(tree()) - {"web.yaml", POLICIES, ACCOUNTS} == {
            "harden-limit-range-shop.yaml",
            "harden-resource-quota-shop.yaml",
        }
        assert b"default-deny-ingress" in tree()[POLICIES]

    def test_the_namespace_of_what_names_none(self, harden: Session) -> None:
        put(web_yaml=WEB.replace("  namespace: shop\n", ""), namespace_yaml=NAMESPACE)
        assert "names no namespace" in harden("diff", "--companions").err
        said = harden("check", "--companions", "--namespace", "shop").text
        assert "ResourceQuota shop-quota" in said
        assert "names no namespace" not in said

    def test_a_folder_for_all_of_them(self, harden: Session) -> None:
        put(deploy__web_yaml=WEB, security__kustomization_yaml="resources: []\n")
        harden("apply", "--companions", "--companions-dir", "security", "deploy")
        assert set(tree()) == {
            "deploy/web.yaml",
            "security/kustomization.yaml",
            f"security/{POLICIES}",
            f"security/{ACCOUNTS}",
        }
        assert load(Path("security/kustomization.yaml").read_text()) == [{"resources": [POLICIES, ACCOUNTS]}]
        first = tree()
        harden("apply", "--companions", "--companions-dir", "security", "deploy")
        assert tree() == first

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--companions-dir", "web.yaml"], "--companions-dir: web.yaml is no folder"),
            (["--companions-dir", "x", "-"], "--companions-dir: a stream's companions are appended to it"),
            (["-p", "range.yaml"], 'controls.network-policy.nodes: "10.0.0" is no address range'),
            (["-p", "amount.yaml"], 'controls.resource-quota.room.pods: "many" is no quantity'),
            (["-p", "key.yaml"], 'key.yaml:4: unknown option of rbac "unknown"'),
        ],
    )
    def test_what_is_wrong_ends_the_run(self, harden: Session, words: list[str], said: str) -> None:
        start = "extends: restricted\ncompanions:\n  enabled: true\n"
        put(
            web_yaml=WEB,
            range_yaml=start + "  network-policy: {nodes: [10.0.0]}\n",
            amount_yaml=start + "  resource-quota: {room: {pods: many}}\n",
            key_yaml=start + "  rbac: {unknown: true}\n",
        )
        before = tree()
        done = harden("apply", "--companions", *words, *(["web.yaml"] if "-" not in words else []))
        assert (done.code, done.out) == (2, b"")
        assert said in done.err
        assert tree() == before

    def test_kinds_that_are_switched_off_stay_as_they_are(self, harden: Session) -> None:
        put(deploy__web_yaml=WEB, own_yaml="extends: restricted\ncompanions: {network-policy: {enabled: false}}\n")
        harden("apply", "--companions", "deploy")
        first = tree()
        said = harden("apply", "--companions", "-p", "own.yaml", "deploy").text
        assert tree() == first
        assert POLICIES not in said


class TestFiles:
    def test_several_files_named_one_by_one_make_one_bundle(self, harden: Session) -> None:
        put(a__web_yaml=WEB, b__api_yaml=WEB.replace("web", "api"))
        harden("apply", "--companions", "a/web.yaml", "b/api.yaml")
        assert set(tree()) == {"a/web.yaml", "b/api.yaml", POLICIES, ACCOUNTS}
        first = tree()
        harden("apply", "--companions", "a/web.yaml", "b/api.yaml")
        assert tree() == first

    def test_a_run_that_sees_only_a_part_of_its_sources_changes_no_companion(self, harden: Session) -> None:
        put(a__a_yaml=WEB, b__b_yaml=WEB.replace("web", "api"))
        harden("apply", "--companions")
        first = tree()
        done = harden("apply", "--companions", "a/a.yaml", "--companions-dir", ".")
        assert tree() == first
        assert f"{POLICIES}: note: was made from b/b.yaml too, which this run does not look at" in done.text

    def test_of_many_sources_a_companion_says_how_many_and_a_part_of_them_changes_nothing(
        self, harden: Session
    ) -> None:
        put(**{f"a__web_{at}_yaml": WEB.replace("web", f"web{at}") for at in range(60)})
        put(**{f"b__api_{at}_yaml": WEB.replace("web", f"api{at}") for at in range(60)})
        harden("apply", "--companions")
        first = tree()
        assert b'# From: {"files": 120, "below": ".", "sha256": ' in first[POLICIES]
        harden("apply", "--companions", "a", "b")
        assert tree() == first
        done = harden("apply", "--companions", "a", "--companions-dir", ".")
        assert tree() == first
        assert f"{POLICIES}: note: was made from 120 files below ., a folder that this run does not look" in done.text
        put(b__new_yaml=WEB.replace("web", "new"))
        done = harden("apply", "--companions", "a", "b")
        assert f"{POLICIES}: note: was made from 120 files below ., a folder that" in done.text
        for number, words in enumerate(([], ["."], [str(Path.cwd())]), 1):
            put(**{f"b__new{number}_yaml": WEB.replace("web", f"new{number}")})
            harden("apply", "--companions", *words)
            assert f'"files": {121 + number}'.encode() in tree()[POLICIES]

    def test_files_named_one_by_one_beside_others_make_no_companions(self, harden: Session) -> None:
        put(a_yaml=WEB, b_yaml=WEB.replace("web", "api"), values_yaml="replicas: 1\n")
        before = tree()
        done = harden("apply", "--companions", "a.yaml")
        assert tree() == before
        assert "because b.yaml is not among the files" in done.text
        for words in (["a.yaml", "b.yaml"], ["."], ["a.yaml", "--exclude", "b.yaml"]):
            assert "not among the files" not in harden("check", "--companions", *words).text

    def test_names_of_namespaces_lead_nowhere_else(self, harden: Session) -> None:
        put(deploy__web_yaml=WEB.replace("namespace: shop", "namespace: ../../up"))
        harden("apply", "--companions")
        assert {name.rpartition("/")[0] for name in tree()} == {"deploy"}
        assert list(Path("..").glob("harden-*")) == []

    def test_a_source_that_is_gone_does_not_count(self, harden: Session) -> None:
        put(a_yaml=WEB, b_yaml=WEB.replace("web", "api"))
        harden("apply", "--companions")
        Path("b.yaml").unlink()
        said = harden("apply", "--companions").text
        assert "no longer holds NetworkPolicy api-network" in said
        assert b"api-network" not in tree()[POLICIES]

    def test_what_nobody_wants_any_more_is_named_and_stays(self, harden: Session) -> None:
        put(web_yaml=WEB, other_yaml=NAMESPACE.replace("shop", "other"))
        harden("apply", "--companions")
        Path("web.yaml").unlink()
        before = tree()[POLICIES]
        done = harden("apply", "--companions")
        assert f"{POLICIES}: note: holds what this run does not write: NetworkPolicy web-network" in done.text
        assert tree()[POLICIES] == before

    def test_line_ends_that_git_changed_are_no_edit(self, harden: Session) -> None:
        put(web_yaml=WEB)
        harden("apply", "--companions")
        path = Path(POLICIES)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        first = tree()
        assert "2 unchanged" in harden("apply", "--companions").last
        assert tree() == first
        Path("web.yaml").write_text(Path("web.yaml").read_text().replace("8080", "9000"))
        harden("apply", "--companions")
        assert b"port: 9000\r\n" in path.read_bytes()

    def test_an_edited_account_file_keeps_the_workload_as_it_is(self, harden: Session) -> None:
        put(web_yaml=WEB)
        harden("apply", "--companions")
        Path(ACCOUNTS).write_text(Path(ACCOUNTS).read_text() + "# ours now\n")
        put(web_yaml=WEB + "---\n" + WEB.replace("web", "api"))
        done = harden("apply", "--companions")
        assert done.code == 1
        assert f"{ACCOUNTS} was edited since harden wrote it" in done.text
        assert b"serviceAccountName: api" not in tree()["web.yaml"]

    def test_a_folder_in_the_way_keeps_the_workload_too(self, harden: Session) -> None:
        put(web_yaml=WEB)
        Path(ACCOUNTS).mkdir()
        done = harden("apply", "--companions", "web.yaml")
        assert Path("web.yaml").read_text() == WEB
        assert ACCOUNTS in done.text

    def test_a_file_that_is_in_the_way_of_the_folder_is_told(self, harden: Session) -> None:
        put(deploy__web_yaml=WEB, security="")
        done = harden("apply", "--companions", "--companions-dir", "security/deeper", "deploy")
        assert done.code == 4
        assert Path("deploy/web.yaml").read_text() == WEB
        assert "needs security/deeper/harden-service-account-shop.yaml, which could not be written" in done.text

    def test_a_kustomization_of_flux_is_no_list(self, harden: Session) -> None:
        flux = (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\nspec: {path: ./}\n"
        )
        put(web_yaml=WEB, kustomization_yaml=flux)
        harden("apply", "--companions")
        assert Path("kustomization.yaml").read_text() == flux

    def test_a_kustomization_that_is_not_looked_at_is_listed_all_the_same(self, harden: Session) -> None:
        put(web_yaml=WEB, Kustomization="resources:\n  - web.yaml   # the shop\n")
        harden("apply", "--companions", "web.yaml")
        text = Path("Kustomization").read_text()
        assert text == f"resources:\n  - web.yaml   # the shop\n  - {POLICIES}\n  - {ACCOUNTS}\n"

    def test_objects_go_where_the_kustomization_puts_them(self, harden: Session) -> None:
        web = WEB.replace("  namespace: shop\n", "")
        put(
            web_yaml=web,
            namespace_yaml=NAMESPACE,
            kustomization_yaml="namespace: shop\nresources: [web.yaml, namespace.yaml]\n",
        )
        harden("apply", "--companions")
        assert b"Deployment web: 1 replica" in tree()["harden-resource-quota-shop.yaml"]

    def test_where_kustomizations_disagree_nothing_is_decided_for_a_namespace(self, harden: Session) -> None:
        web = WEB.replace("  namespace: shop\n", "")
        put(
            base__web_yaml=web,
            base__namespace_yaml=NAMESPACE,
            base__kustomization_yaml="resources: [web.yaml, namespace.yaml]\n",
            one__kustomization_yaml="namespace: one\nresources: [../base]\n",
            two__kustomization_yaml="namespace: two\nresources: [../base]\n",
        )
        said = harden("check", "--companions").text
        assert "nothing for whole namespaces, because Deployment web names no namespace" in said


class TestStream:
    def test_companions_are_appended_and_found_again(self, harden: Session) -> None:
        put(own_yaml="extends: restricted\n")
        first = harden("apply", "--companions", "-", stdin=(NAMESPACE + "---\n" + WEB).encode())
        assert first.code == 0
        assert kinds(first.text) == [
            "Namespace",
            "Deployment",
            "ServiceAccount",
            "ResourceQuota",
            "LimitRange",
            "NetworkPolicy",
            "NetworkPolicy",
        ]
        second = harden("apply", "--companions", "-", stdin=first.out)
        assert (second.code, second.out) == (0, first.out)
        assert tree() == {"own.yaml": b"extends: restricted\n"}

    def test_earlier_ones_are_replaced_and_edited_ones_stay(self, harden: Session) -> None:
        first = harden("apply", "--companions", "-", stdin=WEB.encode()).text
        done = harden("apply", "--companions", "-", stdin=first.replace("8080}", "9000}").encode())
        assert "1 updated, 1 unchanged" in done.err
        changed = done.text
        assert kinds(changed) == kinds(first)
        assert "port: 9000" in changed
        assert "port: 8080" not in changed
        edited = first.replace("# Its", "# its").replace("policyTypes:", "policyTypes:  # ours")
        kept = harden("apply", "--companions", "-", stdin=edited.encode()).text
        assert kinds(kept).count("NetworkPolicy") == 1
        assert "policyTypes:  # ours" in kept

    def test_no_line_end_and_windows_line_ends(self, harden: Session) -> None:
        bare = harden("apply", "--companions", "-", stdin=WEB.rstrip("\n").encode())
        assert "ALL]}\n---\n# Written by harden" in bare.text
        windows = harden("apply", "--companions", "-", stdin=WEB.replace("\n", "\r\n").encode())
        assert windows.out.count(b"\n") == windows.out.count(b"\r\n")
        assert harden("apply", "--companions", "-", stdin=windows.out).out == windows.out

    def test_json_values_take_no_documents(self, harden: Session) -> None:
        (each,) = load(WEB)
        stream = f"{json.dumps(each)}\n{json.dumps(each | {'metadata': {'name': 'api', 'namespace': 'shop'}})}\n"
        done = harden("apply", "--companions", "-", stdin=stream.encode())
        assert done.out == stream.encode()
        assert "takes no" in done.err


class TestPairs:
    def test_an_empty_file_is_taken_for_one_that_was_not_finished(self, harden: Session) -> None:
        put(web_yaml=WEB, namespace_yaml=NAMESPACE)
        Path("harden-limit-range-shop.yaml").touch()
        harden("apply", "--companions")
        assert Path("harden-resource-quota-shop.yaml").exists()
        assert "kind: LimitRange" in Path("harden-limit-range-shop.yaml").read_text("utf-8")

    @pytest.mark.parametrize("text", ["# mine\nkind: LimitRange\n", "a: [\n"])
    def test_no_quota_where_a_file_is_in_the_way_of_its_limit_range(self, harden: Session, text: str) -> None:
        put(web_yaml=WEB, namespace_yaml=NAMESPACE)
        Path("harden-limit-range-shop.yaml").write_text(text, "utf-8")
        harden("apply", "--companions")
        assert not Path("harden-resource-quota-shop.yaml").exists()
        assert Path("harden-limit-range-shop.yaml").read_text("utf-8") == text


class TestReports:
    def test_roles_are_reported_with_file_and_line(self, harden: Session) -> None:
        put(roles_yaml=ROLE)
        done = harden("check", "--companions")
        assert done.code == 1
        assert "ClusterRoleBinding everything binds cluster-admin: everything in the cluster" in done.text
        assert harden("check").code == 0
        report = json.loads(harden("check", "--companions", "--format", "json").text)
        (remark,) = report["files"][0]["remarks"]
        assert (remark["severity"], remark["line"], remark["control"]) == ("error", 8, "rbac")
        assert remark["path"] == "roleRef.name"

    @pytest.mark.parametrize("mode", ["check", "diff", "apply"])
    def test_the_json_report_fits_its_schema(self, harden: Session, mode: str) -> None:
        put(web_yaml=WEB, namespace_yaml=NAMESPACE, roles_yaml=ROLE)
        harden(mode, "--companions", "--report-file", "../report.json", "-q")
        report = json.loads(Path("../report.json").read_text())
        jsonschema_rs.validator_for(SCHEMA).validate(report)
        standings = {each["standing"] for each in report["companions"]}
        assert standings == {"new"}
        assert {each["path"] for each in report["companions"]} >= {POLICIES, ACCOUNTS}
        applied = {
            (remark["control"], remark["applied"])
            for file in report["files"]
            for remark in file.get("remarks", ())
            if remark["risk"] is not None
        }
        assert applied == {("service-account", mode != "check"), ("namespace", mode != "check")}

    def test_without_companions_the_report_has_nothing_of_them(self, harden: Session) -> None:
        put(web_yaml=WEB)
        report = json.loads(harden("check", "--format", "json").text)
        assert "companions" not in report
        assert "offers" not in report
        assert "remarks" not in report["files"][0]

    def test_exit_codes(self, harden: Session) -> None:
        put(web_yaml=WEB)
        assert harden("check").code == 0
        assert harden("check", "--companions").code == 1
        assert harden("diff", "--companions").code == 1
        assert harden("apply", "--companions").code == 0
        assert harden("check", "--companions").code == 0
        assert harden("diff", "--companions").code == 0

    def test_a_risk_that_is_not_accepted_keeps_account_and_workload(self, harden: Session) -> None:
        put(web_yaml=WEB)
        done = harden("apply", "--companions", "--risk", "safe")
        assert done.code == 1
        assert set(tree()) == {"web.yaml", POLICIES}
        assert tree()["web.yaml"] == WEB.encode()

    def test_values_are_in_no_companion_and_no_report(self, harden: Session) -> None:
        value = "swordfish-and-more"
        env = f"        env: [{{name: URL, value: 'http://u:{value}@web:8080'}}]\n"
        put(web_yaml=WEB.replace("        ports:", f"{env}        ports:"), service_yaml=SERVICE)
        done = harden("apply", "--companions", "--report-file", "../report.json")
        # A Secret's own file is where the value goes.
        others = (name for name in tree() if name.startswith("harden-") and not name.startswith("harden-secret-"))
        companions = b"".join(tree()[name] for name in others)
        assert value not in done.text + done.err + Path("../report.json").read_text() + companions.decode()


class TestHardening:
    def test_fixes_and_companions_are_made_in_one_run(self, harden: Session) -> None:
        bare = WEB[: WEB.index("      securityContext")] + "      containers: [{name: web, image: nginx}]\n"
        put(web_yaml=bare, namespace_yaml=NAMESPACE)
        done = harden("apply", "--companions")
        assert done.code == 0
        assert b"pod-security.kubernetes.io/enforce: restricted" in tree()["namespace.yaml"]
        first = tree()
        again = harden("apply", "--companions")
        assert tree() == first
        assert "0 of 6 files changed" in again.last

    def test_a_workload_that_stays_short_lowers_what_is_enforced(self, harden: Session) -> None:
        host = WEB.replace("    spec:\n      security", "    spec:\n      hostNetwork: true\n      security")
        put(web_yaml=host, namespace_yaml=NAMESPACE)
        said = harden("apply", "--companions").text
        assert "cannot enforce restricted yet: Deployment web reaches privileged only" in said
        assert b"enforce:" not in tree()["namespace.yaml"]

    def test_the_hardened_profile_is_stable(self, harden: Session) -> None:
        put(web_yaml=WEB, namespace_yaml=NAMESPACE, roles_yaml=ROLE)
        harden("apply", "-p", "hardened")
        first = tree()
        harden("apply", "-p", "hardened")
        assert tree() == first
        assert len(first) > 5


def test_a_run_without_companions_imports_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB)
    code = (
        "import sys; sys.argv = ['harden', 'check', '--no-companions', 'web.yaml']\n"
        "from harden.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m.startswith(('harden.generated', 'harden.companions', 'harden.network.g'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
