"""What harden once broke: the server that ran unhardened runs hardened too, on the same claims.

Each case is from public reports. What harden wrote for it before is tried as well and must not start, so that the case
proves something. Starting needs Linux, root and `make test-runs`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bundles import Bundle, applied, read, spec_of, started
from sandbox import Seen
from servers import server_named

MANIFESTS = Path(__file__).resolve().parent / "history"

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
    old = plain(case.name)
    case.before(spec_of(old))
    first, last = _start(case, [plain(case.name), old], tmp_path, patience=20.0 if case.hangs else 60.0)
    assert first.answer is not None
    assert last.answer is None
    assert (last.exit_code is None) is case.hangs
    assert case.words in last.log


def test_every_manifest_of_the_past_is_a_case() -> None:
    assert sorted(path.stem for path in MANIFESTS.iterdir()) == sorted(case.name for case in CASES)


def plain(name: str) -> Bundle:
    """Return a manifest as people wrote it."""
    return read(MANIFESTS.joinpath(f"{name}.yaml").read_bytes())


def hardened(name: str, profile: str, risk: str) -> Bundle:
    """Return what harden makes of a manifest; the list is shared, so copy it before a change."""
    words = ("--ignore", "host-users", "--profile", profile, "--risk", risk)
    return applied(MANIFESTS / f"{name}.yaml", *words)


def _start(case: Case, bundles: list[Bundle], place: Path, *, patience: float = 60.0) -> tuple[Seen, ...]:
    return started(case.name, server_named(case.server), bundles, place, patience=patience)
