"""Real servers, started as harden's output says: they answer, and they do not with less than harden has added.

The whole way: a manifest, `harden apply --profile hardened`, what the kubelet and a runtime make of the result, and a
server of Debian in the place of the image's own. Starting needs Linux, root and `make test-runs`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from bundles import Bundle, applied, read, spec_of, started
from kubelet import RefusedError, make_pod
from sandbox import Seen
from servers import SERVERS, Server, server_named

MANIFESTS = Path(__file__).resolve().parent / "manifests"

#: Which image each manifest is about.
CASES = {
    "haproxy": "haproxy",
    "memcached": "memcached",
    "nginx": "nginx",
    "postgres": "postgres",
    "postgres-without-volume": "postgres",
    "rabbitmq": "rabbitmq",
    "redis": "redis",
}

#: What is accepted other than review: that the claim holds no data yet, nobody can know.
RISKS = {"rabbitmq": "breaking"}


class Less(NamedTuple):
    """A result of harden with one part taken out again, and what the server's log then says."""

    case: str
    part: str
    words: str
    starts: int = 1


LESS = (
    Less("haproxy", "emptyDirs", "Read-only file system"),
    Less("haproxy", "sysctls", "Permission denied"),
    Less("nginx", "emptyDirs", '"/var/cache/nginx/client_temp" failed (30: Read-only file system)'),
    Less("nginx", "sysctls", "bind() to 0.0.0.0:80 failed (13: Permission denied)"),
    Less("postgres", "emptyDirs", "could not create lock file"),
    Less("postgres", "fsGroup", "Permission denied"),
    # With Always the kubelet opens the data folder to the group, and the second start refuses it.
    Less("postgres", "fsGroupChangePolicy", "has invalid permissions", starts=2),
    Less("postgres-without-volume", "emptyDirs", "Read-only file system"),
    # The root of a volume does not belong to the user, so that its mode cannot be changed.
    Less("postgres-without-volume", "env", "could not change permissions of directory"),
    Less("rabbitmq", "emptyDirs", "erofs"),
    Less("rabbitmq", "fsGroup", "eacces"),
    Less("rabbitmq", "fsGroupChangePolicy", "must be accessible by owner only", starts=2),
    Less("redis", "emptyDirs", "Can't open or create append-only dir appendonlydir: Read-only file system"),
)


class Run(NamedTuple):
    """Two starts of what harden has made of a case, on the same claims."""

    case: str
    seen: tuple[Seen, ...]


@pytest.fixture(scope="module", params=CASES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    case = str(request.param)
    return Run(case, _start(case, hardened(case), tmp_path_factory.mktemp(case), starts=2))


def test_hardened_server_answers(run: Run) -> None:
    for seen in run.seen:
        assert seen.answer is not None, f"{seen.wrong}, exit code {seen.exit_code}\n{seen.log}"
        assert seen.exit_code is None
    assert len(run.seen) == 2
    if run.case == "postgres":
        # How many orders there are: the data of the first pod is there in the second.
        assert [f"{seen.answer}".rpartition("; ")[2] for seen in run.seen] == ["1", "2"]


def test_all_its_processes_are_locked_in(run: Run) -> None:
    account = server_of(run.case).account
    processes = [process for seen in run.seen for process in seen.processes]
    assert processes
    for process in processes:
        assert (process.uid, process.gid) == (account.uid, account.gid), process.name
        assert process.groups in {(), (account.gid,)}, process.name
        assert (process.effective, process.bounding) == (0, 0), process.name
        assert process.no_new_privileges, process.name
        assert process.read_only_root, process.name


@pytest.mark.parametrize("less", LESS, ids=lambda less: f"{less.case}-without-{less.part}")
def test_less_than_harden_adds_does_not_start(less: Less, tmp_path: Path) -> None:
    bundle = copy.deepcopy(hardened(less.case))
    _TAKE_OUT[less.part](spec_of(bundle))
    *before, last = _start(less.case, bundle, tmp_path, starts=less.starts)
    assert [seen.answer is not None for seen in before] == [True] * (less.starts - 1)
    assert last.answer is None
    assert last.exit_code is not None, "it hangs"
    assert less.words in last.log


def test_memcached_needs_nothing_writable_and_gets_nothing() -> None:
    assert "volumes" not in spec_of(hardened("memcached"))


@pytest.mark.parametrize("case", CASES)
def test_run_as_non_root_alone_is_refused(case: str) -> None:
    bundle = read(MANIFESTS.joinpath(f"{case}.yaml").read_bytes())
    make_pod(bundle, server_of(case))
    spec_of(bundle)["securityContext"] = {"runAsNonRoot": True}
    by_name = server_of(case).user != ""
    with pytest.raises(RefusedError, match="non-numeric user" if by_name else "image will run as root"):
        make_pod(bundle, server_of(case))


@pytest.mark.parametrize("case", CASES)
def test_kubelet_accepts_what_harden_makes(case: str) -> None:
    main = make_pod(hardened(case), server_of(case)).main
    account = server_of(case).account
    assert (main.uid, main.gid, main.capabilities) == (account.uid, account.gid, ())
    assert main.no_new_privileges
    assert main.read_only


def test_every_manifest_is_a_case() -> None:
    assert sorted(path.stem for path in MANIFESTS.iterdir()) == sorted(CASES)
    assert set(CASES.values()) <= {server.name for server in SERVERS}


def server_of(case: str) -> Server:
    return server_named(CASES[case])


def hardened(case: str) -> Bundle:
    """Return what harden makes of a manifest; the list is shared, so copy it before a change."""
    # User namespaces are a matter of the node, which the sandbox does not model.
    words = ("--profile", "hardened", "--ignore", "host-users", "--risk", RISKS.get(case, "review"))
    return applied(MANIFESTS / f"{case}.yaml", *words)


def _start(case: str, bundle: Bundle, place: Path, *, starts: int = 1) -> tuple[Seen, ...]:
    return started(case, server_of(case), [bundle] * starts, place)


def _without_empty_dirs(spec: dict[str, object]) -> None:
    volumes, containers = spec["volumes"], spec["containers"]
    assert isinstance(volumes, list)
    assert isinstance(containers, list)
    gone = {volume["name"] for volume in volumes if "emptyDir" in volume}
    assert gone
    spec["volumes"] = [volume for volume in volumes if volume["name"] not in gone]
    for container in containers:
        container["volumeMounts"] = [mount for mount in container["volumeMounts"] if mount["name"] not in gone]


def _without_data_folder(spec: dict[str, object]) -> None:
    containers = spec["containers"]
    assert isinstance(containers, list)
    (container,) = containers
    before = container["env"]
    container["env"] = [variable for variable in before if variable["name"] != "PGDATA"]
    assert container["env"] != before


def _without(field: str) -> Callable[[dict[str, object]], None]:
    def take_out(spec: dict[str, object]) -> None:
        context = spec["securityContext"]
        assert isinstance(context, dict)
        del context[field]

    return take_out


_TAKE_OUT = {
    "emptyDirs": _without_empty_dirs,
    "env": _without_data_folder,
    "fsGroup": _without("fsGroup"),
    "fsGroupChangePolicy": _without("fsGroupChangePolicy"),
    "sysctls": _without("sysctls"),
}
