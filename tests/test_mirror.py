"""`harden apply --output-dir`: a hardened tree of its own, and not a byte of the inputs changed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cli_session import POD, ROOT, Session, put, tree
from requirements import kustomize

SHOP = ROOT / "examples" / "shop"


def names(folder: str) -> dict[str, bytes]:
    """Return every file below a folder by its name in it."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def hardened(harden: Session) -> str:
    """Return POD as apply leaves it."""
    return harden("apply", "-", stdin=POD.encode()).text


def test_the_tree_is_what_apply_in_place_makes(harden: Session) -> None:
    shutil.copytree(SHOP, "shop")
    shutil.copytree(SHOP, "plain")
    before = names("shop")
    done = harden("apply", "--output-dir", "out", "shop")
    assert done.code == 1
    assert done.err == f"harden: out: {len(before)} files, 14 hardened\n"
    assert names("shop") == before
    harden("apply", "plain")
    assert {name.removeprefix("shop/"): data for name, data in names("out").items()} == names("plain")
    assert sum(names("plain")[name] != data for name, data in before.items()) == 14


def test_what_lies_beside_the_manifests_is_copied(harden: Session) -> None:
    kept = {"app.properties": b"a=1\n", "charts/a/templates/x.yaml": b"a: {{ .x }}\n", ".sops.yaml": b"x: 1\n"}
    for name, data in kept.items():
        Path("d", name).parent.mkdir(parents=True, exist_ok=True)
        Path("d", name).write_bytes(data)
    put(d__a_yaml=POD, d__broken_yaml="kind: Pod\na: [", d__vendor__b_yaml=POD, d__mine_env="x=1")
    Path("d/.gitignore").write_text("mine.env\n")
    Path("d/.git").mkdir()
    Path("d/node_modules").mkdir()
    Path("d/node_modules/x.yaml").write_text(POD)
    done = harden("apply", "--output-dir", "out", "--exclude", "vendor", "d")
    assert done.code == 3
    made = names("out/d")
    assert {name: made[name] for name in kept} == kept
    assert made["a.yaml"].decode() == hardened(harden)
    assert made["vendor/b.yaml"].decode() == POD
    assert made["broken.yaml"] == b"kind: Pod\na: ["
    assert not {"mine.env", "node_modules/x.yaml"} & made.keys()
    assert Path("d/a.yaml").read_text() == POD


def test_files_and_folders_keep_their_relative_paths(harden: Session) -> None:
    put(a__x_yaml=POD, b__y_yaml=POD, b__z_yaml=POD, c_yaml=POD)
    harden("apply", "--output-dir", "out", "a", "b/y.yaml")
    assert sorted(names("out")) == ["a/x.yaml", "b/y.yaml"]


def test_paths_outside_of_the_current_folder(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    put(repo__a__x_yaml=POD, repo__b__y_yaml=POD, here__z="")
    monkeypatch.chdir("here")
    harden("apply", "--output-dir", "out", "../repo/a", str(Path("../repo/b").resolve()))
    assert sorted(names("out")) == ["a/x.yaml", "b/y.yaml"]
    harden("apply", "--output-dir", "more", "../repo")
    assert sorted(names("more")) == ["a/x.yaml", "b/y.yaml"]


def test_modes_stay(harden: Session) -> None:
    put(d__a_yaml=POD, d__run_sh="#!/bin/sh\n")
    Path("d/a.yaml").chmod(0o640)
    Path("d/run.sh").chmod(0o755)
    harden("apply", "--output-dir", "out", "d")
    assert [stat.S_IMODE(Path("out/d", name).stat().st_mode) for name in ("a.yaml", "run.sh")] == [0o640, 0o755]


class TestLinks:
    def test_links_within_stay_links(self, harden: Session) -> None:
        put(d__real__a_yaml=POD)
        Path("d/near.yaml").symlink_to("real/a.yaml")
        Path("d/far.yaml").symlink_to(Path("d/real/a.yaml").absolute())
        Path("d/folder").symlink_to("real")
        harden("apply", "--output-dir", "out", "d")
        for name in ("near.yaml", "far.yaml", "folder"):
            link = Path("out/d", name)
            assert (link.is_symlink(), os.path.realpath(link).startswith(os.path.realpath("out"))) == (True, True)
        assert Path("out/d/far.yaml").read_text() == Path("out/d/folder/a.yaml").read_text() == hardened(harden)
        assert Path("d/real/a.yaml").read_text() == POD

    def test_links_that_lead_out_are_left_and_named(self, harden: Session) -> None:
        put(d__a_yaml=POD, e__b_yaml=POD)
        Path("d/out.yaml").symlink_to("../e/b.yaml")
        Path("d/nowhere.yaml").symlink_to("/nonexistent/x")
        done = harden("apply", "--output-dir", "out", "d")
        assert sorted(names("out")) == ["d/a.yaml"]
        for name in ("out", "nowhere"):
            assert f"harden: d/{name}.yaml: a link that leads out of what was read: not copied\n" in done.err

    def test_a_link_that_is_followed_becomes_the_file(self, harden: Session) -> None:
        put(d__a_yaml=POD, e__b_yaml=POD)
        Path("d/out.yaml").symlink_to("../e/b.yaml")
        harden("apply", "--follow-links", "--output-dir", "out", "d")
        assert sorted(names("out")) == ["d/a.yaml", "d/out.yaml"]
        assert not Path("out/d/out.yaml").is_symlink()
        assert Path("out/d/out.yaml").read_text() == hardened(harden)
        assert Path("e/b.yaml").read_text() == POD

    def test_a_link_that_is_named(self, harden: Session) -> None:
        put(d__real_yaml=POD)
        Path("d/link.yaml").symlink_to("real.yaml")
        harden("apply", "--output-dir", "out", "d/link.yaml")
        assert Path("out/d/link.yaml").readlink() == Path("real.yaml")
        assert Path("out/d/link.yaml").read_text() == hardened(harden)


class TestFolder:
    @pytest.mark.parametrize("target", ["d", "d/../d", "full", "full/x.yaml", "nope/out"])
    def test_no_input_and_nothing_that_is_there_is_written_to(self, harden: Session, target: str) -> None:
        put(d__a_yaml=POD, full__x_yaml=POD)
        before = tree()
        done = harden("apply", "--output-dir", target, "d")
        assert (done.code, done.out, tree()) == (2, b"", before)
        assert done.err.startswith(f"harden: --output-dir: {target}: ")

    def test_an_input_that_is_empty(self, harden: Session) -> None:
        Path("d").mkdir()
        assert harden("apply", "--output-dir", "d", "d").code == 2

    def test_an_empty_folder_is_taken(self, harden: Session) -> None:
        put(d__a_yaml=POD)
        Path("out").mkdir()
        harden("apply", "--output-dir", "out", "d")
        assert sorted(names("out")) == ["d/a.yaml"]

    def test_a_folder_within_what_is_read_does_not_hold_itself(self, harden: Session) -> None:
        put(a_yaml=POD, b__c_yaml=POD)
        harden("apply", "--output-dir", "out")
        assert sorted(names("out")) == ["a.yaml", "b/c.yaml"]

    @pytest.mark.parametrize("words", [["check", "d"], ["diff", "d"], ["apply", "-"]])
    def test_only_apply_on_files_writes(self, harden: Session, words: list[str]) -> None:
        put(d__a_yaml=POD)
        done = harden(*words, "--output-dir", "out", stdin=POD.encode())
        assert (done.code, "only apply on files writes some" in done.err, Path("out").exists()) == (2, True, False)

    def test_pipes_are_passed_over(self, harden: Session) -> None:
        put(d__a_yaml=POD, d__b_txt="x")
        os.mkfifo("d/pipe")
        assert harden("apply", "--output-dir", "out", "d").code == 0
        assert sorted(names("out")) == ["d/a.yaml", "d/b.txt"]

    def test_where_it_cannot_be_written_nothing_is(self, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "a.yaml").write_text(POD)
        (tmp_path / "d" / "large").write_bytes(bytes(100_000))
        line = f'ulimit -f 50; exec "{sys.executable}" -m harden apply --output-dir out d'
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = "harden: out: cannot be written: File too large; nothing is there\n"
        assert (done.returncode, done.stdout, done.stderr) == (4, "", said)
        assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_companions_stand_in_it(harden: Session) -> None:
    shutil.copytree(SHOP, "shop")
    before = names("shop")
    harden("apply", "--companions", "--output-dir", "out", "shop")
    assert names("shop") == before
    made = names("out/shop")
    assert "base/harden-network-policy-shop.yaml" in made
    assert b"harden-network-policy-shop.yaml" in made["base/kustomization.yaml"]


def test_kustomize_builds_it(harden: Session) -> None:
    program = kustomize()
    shutil.copytree(SHOP, "shop")
    harden("apply", "--output-dir", "out", "shop")
    built = subprocess.run([program, "build", "out/shop/overlays/production"], capture_output=True, check=True)
    assert b"allowPrivilegeEscalation: false" in built.stdout
