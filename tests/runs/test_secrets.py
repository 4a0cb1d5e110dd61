"""Secrets as files: real servers take the value from the file that harden has mounted, and nobody else may read it.

The contract of postgres is that of its entrypoint (docker-library/postgres, docker-entrypoint.sh, file_env), behind
which Debian's server runs; redis reads its own configuration, and php-fpm a variable that a shell takes from the file.
"""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from kubelet import pod_spec
from requirements import need
from sandbox import Seen, start, why_not
from server_root import server_root
from servers import SECRET, SERVERS
from test_runs import Bundle, read

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


@cache
def hardened(name: str) -> Bundle:
    """Return what harden makes of a manifest, secrets as files; the list is shared, so copy it before a change."""
    command = (sys.executable, "-m", "harden", "apply", "--companions", "--risk", "breaking")
    done = subprocess.run(
        (*command, "--profile", str(MANIFESTS / "profile.yaml"), "-"),
        input=MANIFESTS.joinpath(f"{name}.yaml").read_bytes(),
        capture_output=True,
        cwd="/",
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr.decode()
    return read(done.stdout)


def spec_of(bundle: Bundle) -> dict[str, Any]:
    """Return the pod of the only workload, to be changed in place."""
    spec = pod_spec(bundle)
    assert isinstance(spec, dict)
    return spec


def _start(case: str, bundles: list[Bundle], place: Path) -> tuple[Seen, ...]:
    reason = why_not()
    need(reason is None, f"{reason}")
    need(server_root().is_dir(), "the servers are not there: make test-runs fetches them")
    server = next(server for server in SERVERS if server.name == CASES[case])
    seen = start(server, bundles, server_root(), place)
    for each in seen:
        print(f"{case}: {each.answer or each.wrong}, exit code {each.exit_code}")
    return seen
