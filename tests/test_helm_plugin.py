"""The plugin of Helm 4: where it goes, that it is written once, and never over somebody else's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cli_session import Session, tree

from harden.adapters.helm_plugin import own_command, plugin_folder, plugin_text
from harden.errors import HardenError


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HELM_PLUGINS": "/p", "HELM_DATA_HOME": "/d", "XDG_DATA_HOME": "/x"}, "/p/harden"),
        ({"HELM_PLUGINS": "/p:/q"}, "/p/harden"),
        ({"HELM_DATA_HOME": "/d", "XDG_DATA_HOME": "/x"}, "/d/plugins/harden"),
        ({"XDG_DATA_HOME": "/x"}, "/x/helm/plugins/harden"),
        ({"HELM_PLUGINS": "", "XDG_DATA_HOME": "/x"}, "/x/helm/plugins/harden"),
    ],
)
def test_where_helm_looks(environment: dict[str, str], folder: str) -> None:
    assert plugin_folder(environment) == Path(folder)


@pytest.mark.parametrize(("platform", "folder"), [("linux", ".local/share/helm"), ("darwin", "Library/helm")])
def test_where_helm_looks_without_any(monkeypatch: pytest.MonkeyPatch, platform: str, folder: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", "/home/me")
    assert plugin_folder({}) == Path("/home/me") / folder / "plugins" / "harden"


def test_it_is_written_once(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_PLUGINS", "plugins")
    assert harden("helm-plugin", "path").code == 1
    assert harden("helm-plugin", "install").text == "plugins/harden: installed\n"
    first = tree()
    assert list(first) == ["plugins/harden/plugin.yaml"]
    assert harden("helm-plugin", "install").text == "plugins/harden: unchanged\n"
    assert tree() == first
    assert harden("helm-plugin", "path").code == 0


def test_it_follows_where_harden_is_now(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_PLUGINS", "plugins")
    harden("helm-plugin", "install")
    path = Path("plugins/harden/plugin.yaml")
    wanted = path.read_text()
    path.write_text(wanted.replace("command: ", "command: /old"))
    assert harden("helm-plugin", "install").text == "plugins/harden: installed\n"
    assert path.read_text() == wanted


def test_somebody_elses_stays(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_PLUGINS", "plugins")
    path = Path("plugins/harden/plugin.yaml")
    path.parent.mkdir(parents=True)
    path.write_text("name: harden\n")
    done = harden("helm-plugin", "install")
    assert (done.code, done.out) == (2, b"")
    assert "harden did not write it" in done.err
    assert path.read_text() == "name: harden\n"


def test_a_folder_that_takes_nothing_is_named(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plugins").write_text("a file\n")
    monkeypatch.setenv("HELM_PLUGINS", "plugins")
    done = harden("helm-plugin", "install")
    assert done.code == 2
    assert "plugins/harden/plugin.yaml" in done.err


def test_the_command_is_this_harden(tmp_path: Path) -> None:
    script = tmp_path / "harden"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert own_command(str(script)) == (str(script),)
    assert own_command("/somewhere/__main__.py") == (sys.executable, "-m", "harden")


@pytest.mark.parametrize(("version", "said"), [("1.2.3", "1.2.3"), ("1.2.3.dev4+g1", "1.2.3"), ("1.2", "0.0.0")])
def test_versions_have_three_numbers(version: str, said: str) -> None:
    assert f"\nversion: {said}\n" in plugin_text(("/bin/harden",), version)


def test_a_path_that_helm_would_fill_in_is_refused() -> None:
    with pytest.raises(HardenError, match="variable"):
        plugin_text(("/opt/$x/harden",), "1.0.0")
