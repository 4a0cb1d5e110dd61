"""Secrets as files: real servers take the value from the file that harden has mounted, and nobody else may read it.

The contract of postgres is that of its entrypoint (docker-library/postgres, docker-entrypoint.sh, file_env), behind
which Debian's server runs; redis reads its own configuration, and php-fpm a variable that a shell takes from the file.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundles import Bundle, applied, read, spec_of, started
from sandbox import Seen
from servers import SECRET, server_named

MANIFESTS = Path(__file__).resolve().parent / "secrets"

#: The server of each manifest.
CASES = {"php-wrap": "php-secret", "postgres-file": "postgres-secret", "redis-configuration": "redis-secret"}


@pytest.mark.parametrize("case", CASES)
def test_the_value_comes_from_a_file_that_only_its_user_reads(case: str, tmp_path: Path) -> None:
    # A database takes its password at its first start only, so that it starts twice on the same claim.
    seen = _start(case, [hardened(case)] * 2, tmp_path)
    for each in seen:
        assert each.answer is not None, f"{each.wrong}, exit code {each.exit_code}\n{each.log}"
    assert len(seen) == 2


@pytest.mark.parametrize("case", ["php-wrap", "postgres-file"])
def test_no_variable_holds_the_value(case: str) -> None:
    def held(bundle: Bundle) -> list[object]:
        (container,) = spec_of(bundle)["containers"]
        return [variable for variable in container["env"] if "valueFrom" in variable]

    assert held(read(MANIFESTS.joinpath(f"{case}.yaml").read_bytes()))
    assert not held(hardened(case))
    assert SECRET not in str(spec_of(hardened(case)))


def _open_to_all(spec: dict[str, Any]) -> None:
    for volume in spec["volumes"]:
        if "secret" in volume:
            volume["secret"]["defaultMode"] = 0o444


def _closed_to_the_group(spec: dict[str, Any]) -> None:
    del spec["securityContext"]["fsGroup"]


def _without_the_file(spec: dict[str, Any]) -> None:
    (container,) = spec["containers"]
    container["volumeMounts"] = [mount for mount in container["volumeMounts"] if not mount["name"].startswith("secret")]


@pytest.mark.parametrize(
    ("case", "spoil", "words"),
    [
        ("php-wrap", _open_to_all, "everybody may read /run/secrets/wiki/token"),
        ("php-wrap", _closed_to_the_group, "Permission denied"),
        ("php-wrap", _without_the_file, "No such file or directory"),
        ("postgres-file", _without_the_file, "No such file or directory"),
        ("redis-configuration", _closed_to_the_group, "Permission denied"),
    ],
)
def test_less_than_that_does_not_do(
    case: str, spoil: Callable[[dict[str, Any]], None], words: str, tmp_path: Path
) -> None:
    bundle = copy.deepcopy(hardened(case))
    spoil(spec_of(bundle))
    (seen,) = _start(case, [bundle], tmp_path)
    assert seen.answer is None
    assert words in f"{seen.wrong}{seen.log}"


def test_every_manifest_with_a_secret_is_a_case() -> None:
    assert sorted(path.stem for path in MANIFESTS.iterdir() if path.stem != "profile") == sorted(CASES)


def hardened(name: str) -> Bundle:
    """Return what harden makes of a manifest, secrets as files; the list is shared, so copy it before a change."""
    words = ("--companions", "--risk", "breaking", "--profile", str(MANIFESTS / "profile.yaml"))
    return applied(MANIFESTS / f"{name}.yaml", *words)


def _start(case: str, bundles: list[Bundle], place: Path) -> tuple[Seen, ...]:
    return started(case, server_named(CASES[case]), bundles, place)
