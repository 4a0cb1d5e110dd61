"""Owns the root folder that holds Debian's servers: fetched and unpacked, never installed; the host stays as it is.

`python tests/runs/server_root.py` makes it (`make test-runs` calls that); the tests only look for it, without network.
It lies in .pytest_cache/runs, or in $HARDEN_RUNS_CACHE, and is made again when this file changes; downloads are kept
beside it. Sources, keys and proxies are those of the host's apt, whose lists and state are not touched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox import why_not

#: The servers, and what their start scripts call.
PACKAGES = (
    "redis-server",
    "nginx-light",
    "postgresql",
    "memcached",
    "haproxy",
    "rabbitmq-server",
    "php-fpm",
    "bash",
    "coreutils",
    "dash",
    "findutils",
    "grep",
    "hostname",
    "sed",
    "util-linux",
)

#: What a Debian system has as links into /usr before the first package.
_MERGED = ("bin", "lib", "lib64", "sbin")

_CHECKOUT = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """Return the folder that everything lies in; it need not be there."""
    return Path(os.environ.get("HARDEN_RUNS_CACHE") or _CHECKOUT / ".pytest_cache" / "runs")


def server_root() -> Path:
    """Return the root folder that this file makes; it is whole if it is there."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    return cache() / f"root-{digest.hexdigest()[:16]}"


def fetch() -> Path:
    """Make the root folder unless it is there, and return it."""
    root = server_root()
    if root.is_dir():
        return root
    archives = _download(cache() / "apt")
    # Made beside and renamed: an interrupted run leaves no half of a root.
    fresh = root.with_name(f"{root.name}.{os.getpid()}")
    _unpack(archives, fresh)
    for old in cache().glob("root-*"):
        if old != fresh:
            shutil.rmtree(old)
    fresh.rename(root)
    return root


def _download(state: Path) -> tuple[Path, ...]:
    """Fetch the packages and all that they depend on, as for an empty system, and return the archives."""
    archives = state / "archives"
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    (state / "status").write_bytes(b"")
    options = {
        "Dir::State": state,
        "Dir::State::status": state / "status",
        "Dir::State::lists": state / "lists",
        "Dir::Cache": state,
        "Dir::Cache::archives": archives,
        "APT::Install-Recommends": "false",
        "APT::Keep-Downloaded-Packages": "true",
        # The other user that apt would download as cannot write here.
        "APT::Sandbox::User": "root",
    }
    apt = ("apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items()))
    # One source of many may be out of reach; whether that matters the next call says.
    subprocess.run((*apt, "update"), stdout=subprocess.DEVNULL, check=False)
    _run((*apt, "--yes", "--download-only", "install", *PACKAGES))
    # Older versions beside newer ones would be unpacked over each other.
    _run((*apt, "autoclean"))
    return tuple(sorted(archives.glob("*.deb")))


def _unpack(archives: Sequence[Path], root: Path) -> None:
    root.mkdir(parents=True)
    for name in _MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    (root / "var").mkdir()
    (root / "var" / "run").symlink_to("/run")
    for archive in archives:
        with subprocess.Popen(("dpkg-deb", "--fsys-tarfile", str(archive)), stdout=subprocess.PIPE) as reader:
            unpack = ("tar", "--extract", "--keep-directory-symlink", "--directory", str(root))
            subprocess.run(unpack, stdin=reader.stdout, check=True)
        if reader.returncode != 0:
            raise SystemExit(f"server_root: {archive.name} cannot be read")


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Fetch, where the servers could be started; where not, the tests say so."""
    reason = why_not()
    missing = [name for name in ("apt-get", "dpkg-deb", "tar") if shutil.which(name) is None]
    if reason is None and missing:
        reason = f"fetching servers needs Debian or one of its like: there is no {missing[0]}"
    print(fetch() if reason is None else f"no servers are fetched: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
