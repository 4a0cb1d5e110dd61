"""What harden once broke: the server that ran unhardened runs hardened too, on the same claims.

Each case is from public reports. What harden wrote for it before is tried as well and must not start, so that the case
proves something. Starting needs Linux, root and `make test-runs`.
"""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kubelet import pod_spec
from requirements import need
from sandbox import Seen, start, why_not
from server_root import server_root
from servers import SERVERS, Server
from test_runs import Bundle, read

MANIFESTS = Path(__file__).resolve().parent / "history"

_HARDEN = (sys.executable, "-m", "harden", "apply", "--ignore", "host-users", "-")
_DROPPED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


class Case(NamedTuple):
    """A manifest, what harden wrote into its pod before, and what the server's log says then."""

    name: str
    server: str
    before: Callable[[dict[str, Any]], None]
    words: str
    #: The server goes on, and serves nobody.
    hangs: bool = False


def _rabbitmq(spec: dict[str, Any]) -> None:
    _as_user(spec, 999, 999)
    spec["securityContext"] |= {"fsGroup": 999, "fsGroupChangePolicy": "OnRootMismatch"}


def _php_fpm(spec: dict[str, Any]) -> None:
    # At risk safe the user was held, and this was not.
    spec["containers"][0]["securityContext"] = {"capabilities": {"drop": ["ALL"]}}


def _sentinel(spec: dict[str, Any]) -> None:
    spec["securityContext"] = {"runAsNonRoot": True}
    spec["initContainers"][0]["securityContext"] = {"runAsUser": 65534, **_DROPPED}
    spec["containers"][0]["securityContext"] = {"runAsUser": 999, "runAsGroup": 999, **_DROPPED}


def _as_user(spec: dict[str, Any], uid: int, gid: int) -> None:
    spec["securityContext"] = {"runAsNonRoot": True, "runAsUser": uid, "runAsGroup": gid}
    spec["containers"][0]["securityContext"] = _DROPPED


CASES = (
    Case("rabbitmq-cookie", "rabbitmq", _rabbitmq, "must be accessible by owner only"),
    Case("php-fpm", "php-fpm", _php_fpm, "exited with code 70", hangs=True),
    Case("nginx-configured", "nginx-configured", lambda spec: _as_user(spec, 101, 101), "/var/log/nginx/shop.log"),
    Case("haproxy-chroot", "haproxy-2.3", lambda spec: _as_user(spec, 99, 99), "annot chroot"),
    Case("redis-sentinel", "sentinel", _sentinel, "is not writable"),
)
#: The profile and the accepted risk of each run of harden.
RUNS = (("restricted", "safe"), ("restricted", "review"), ("hardened", "review"))


@pytest.mark.parametrize("run", RUNS, ids="-".join)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_ran_unhardened_runs_hardened(case: Case, run: tuple[str, str], tmp_path: Path) -> None:
    seen = _start(case, [plain(case.name), hardened(case.name, *run)], tmp_path)
    for each in seen:
        assert each.answer is not None, f"{each.wrong}, exit code {each.exit_code}\n{each.log}"
    assert len(seen) == 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_harden_wrote_before_does_not_run(case: Case, tmp_path: Path) -> None:
    old = copy.deepcopy(plain(case.name))
    case.before(spec_of(old))
    first, last = _start(case, [plain(case.name), old], tmp_path, patience=20.0 if case.hangs else 60.0)
    assert first.answer is not None
    assert last.answer is None
    assert (last.exit_code is None) is case.hangs
    assert case.words in last.log


def test_every_manifest_of_the_past_is_a_case() -> None:
    assert sorted(path.stem for path in MANIFESTS.iterdir()) == sorted(case.name for case in CASES)


def server_of(case: Case) -> Server:
    return next(server for server in SERVERS if server.name == case.server)


@cache
def plain(name: str) -> Bundle:
    """Return a manifest as people wrote it; the list is shared, so copy it before a change."""
    return read(MANIFESTS.joinpath(f"{name}.yaml").read_bytes())


@cache
def hardened(name: str, profile: str, risk: str) -> Bundle:
    """Return what harden makes of a manifest; the list is shared, too."""
    done = subprocess.run(
        [*_HARDEN, "--profile", profile, "--risk", risk],
        input=MANIFESTS.joinpath(f"{name}.yaml").read_bytes(),
        capture_output=True,
        # A folder without a harden.yaml, here and above.
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


def _start(case: Case, bundles: list[Bundle], place: Path, *, patience: float = 60.0) -> tuple[Seen, ...]:
    reason = why_not()
    need(reason is None, f"{reason}")
    need(server_root().is_dir(), "the servers are not there: make test-runs fetches them")
    seen = start(server_of(case), bundles, server_root(), place, patience=patience)
    for each in seen:
        print(f"{case.name}: {each.answer or each.wrong}, exit code {each.exit_code}")
    return seen
