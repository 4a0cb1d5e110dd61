"""Tests what happens where something that tests need from outside is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
import requirements


def test_missing_need_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARDEN_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such thing"):
        requirements.need(False, "no such thing")
    requirements.need(True, "no such thing")


def test_missing_need_fails_where_everything_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARDEN_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no such thing"):
        requirements.need(False, "no such thing")
    requirements.need(True, "no such thing")


def test_folders_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HARDEN_REQUIRE_ALL", raising=False)
    for variable, folder in (("HARDEN_CORPUS", requirements.corpus), ("HARDEN_PSA_FIXTURES", requirements.fixtures)):
        monkeypatch.setenv(variable, str(tmp_path))
        assert folder() == tmp_path
        monkeypatch.setenv(variable, str(tmp_path / "missing"))
        with pytest.raises(pytest.skip.Exception, match=variable):
            folder()


def test_oracle_named_by_the_environment_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HARDEN_REQUIRE_ALL", raising=False)
    monkeypatch.setenv("HARDEN_ORACLE", str(tmp_path / "missing"))
    with pytest.raises(pytest.skip.Exception, match="HARDEN_ORACLE names no program"):
        requirements.oracle()
