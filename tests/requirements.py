"""Owns what tests may need from outside the repository, and what happens where it is not there: skip, or fail in CI.

Environment: HARDEN_REQUIRE_ALL=1 turns every skip into a failure. HARDEN_CORPUS and HARDEN_PSA_FIXTURES name the
folders of real manifests and of the published Pod Security fixtures (default: `corpus` and `psa-fixtures` in the folder
`shared` next to the repository). HARDEN_ORACLE and HARDEN_API_VALIDATION name ready programs instead of those built
from tests/oracle and tests/api_validation, HARDEN_NETPOL_ANALYZER one instead of that from tests/netpol_analyzer,
HARDEN_KUSTOMIZE a ready kustomize, HARDEN_REVIEWDOG a ready reviewdog,
HARDEN_HELM3 and HARDEN_HELM4 ready Helms.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_SHARED = ROOT.parent / "shared"
_KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
_REVIEWDOG = "github.com/reviewdog/reviewdog/cmd/reviewdog@v0.20.3"
_HELM = {3: "helm.sh/helm/v3/cmd/helm@latest", 4: "helm.sh/helm/v4/cmd/helm@latest"}


def need(condition: bool, reason: str) -> None:  # noqa: FBT001 -- reads as a sentence: need(path.is_dir(), "no corpus")
    """Skip the running test with `reason` unless `condition` holds; fail it where HARDEN_REQUIRE_ALL is 1."""
    if condition:
        return
    if is_all_required():
        pytest.fail(f"HARDEN_REQUIRE_ALL is set, but {reason}", pytrace=False)
    pytest.skip(reason)


def is_all_required() -> bool:
    return os.environ.get("HARDEN_REQUIRE_ALL") == "1"


def corpus() -> Path:
    """Return the folder of real manifests."""
    return _folder("HARDEN_CORPUS", "corpus", "real manifests")


def fixtures() -> Path:
    """Return the folder of the fixtures that Pod Security Admission publishes: LEVEL/VERSION/{pass,fail}/*.yaml."""
    return _folder("HARDEN_PSA_FIXTURES", "psa-fixtures", "published Pod Security fixtures")


def oracle() -> Path:
    """Return the program that judges manifests with the official library; builds it first, once for these sources."""
    return _program("HARDEN_ORACLE", lambda: _build("oracle"))


def api_validation() -> Path:
    """Return the program that validates objects as the API server does; to build it takes some minutes, once."""
    return _program("HARDEN_API_VALIDATION", lambda: _build("api_validation"))


def netpol_analyzer() -> Path:
    """Return the program that asks np-guard's analyser of policies; to build it takes some minutes, once."""
    return _program("HARDEN_NETPOL_ANALYZER", lambda: _build("netpol_analyzer"))


def kustomize() -> Path:
    """Return the real kustomize; installs it with Go first, once."""
    return _program("HARDEN_KUSTOMIZE", lambda: _installed(_KUSTOMIZE, "kustomize"))


def reviewdog() -> Path:
    """Return the real reviewdog; installs it with Go first, once."""
    return _program("HARDEN_REVIEWDOG", lambda: _installed(_REVIEWDOG, "reviewdog"))


def helm(major: int) -> Path:
    """Return the real Helm 3 or 4; installs it with Go first, once."""
    return _program(f"HARDEN_HELM{major}", lambda: _installed(_HELM[major], f"helm-v{major}"))


def tool(name: str) -> Path:
    """Return the program of this name, which the system has to bring (.ci/run installs it)."""
    found = shutil.which(name)
    need(found is not None, f"there is no {name}")
    return Path(str(found))


@cache
def _installed(package: str, name: str) -> tuple[Path, str]:
    """Return where a program is that Go installs, and why it is not there if it is not."""
    version = package.rpartition("@")[2]
    folder = ROOT / ".pytest_cache" / (name if version == "latest" else f"{name}-{version}")
    program = folder / name.partition("-")[0]
    # The database of checksums does not know every module of reviewdog.
    own = {"GOBIN": str(folder), "GOTOOLCHAIN": "auto", "GONOSUMDB": "golang.org/x/build"}
    with _by_one_at_a_time(program):
        return program, _go(program, name, "install", package, env={**os.environ, **own})


@contextmanager
def _by_one_at_a_time(program: Path) -> Iterator[None]:
    """Have other processes of tests wait while this one makes a program: what takes minutes is done once.

    The system takes the lock from a process that dies; what runs meanwhile does not inherit it.
    """
    program.parent.mkdir(parents=True, exist_ok=True)
    with program.with_name(f"{program.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _go(program: Path, name: str, *words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run Go where a program is not there yet; return what to say where it is not there afterwards, either."""
    if program.is_file():
        return ""
    go = shutil.which("go")
    if go is None:
        return f"Go is not installed, so {name} cannot be made"
    done = subprocess.run([go, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    return f"{name} cannot be made: {done.stderr.strip()}"


def _program(variable: str, make: Callable[[], tuple[Path, str]]) -> Path:
    """Return the program that a variable of the environment names, else the one that `make` returns."""
    ready = os.environ.get(variable)
    if ready:
        need(os.access(ready, os.X_OK), f"{variable} names no program: {ready}")
        return Path(ready)
    program, fault = make()
    need(program.is_file(), fault)
    return program


def _folder(variable: str, name: str, what: str) -> Path:
    path = Path(os.environ.get(variable) or _SHARED / name)
    need(path.is_dir(), f"there is no folder of {what} (../shared/{name}, or ${variable})")
    return path


@cache
def _build(name: str) -> tuple[Path, str]:
    """Return where the program is, and why it is not there if it is not."""
    sources = ROOT / "tests" / name
    digest = hashlib.sha256()
    for source in (*sorted(sources.glob("*.go")), sources / "go.mod", sources / "go.sum"):
        digest.update(source.read_bytes())
    program = ROOT / ".pytest_cache" / name / digest.hexdigest()[:16]
    # Built beside and renamed: what is there is whole, also where a build was killed.
    fresh = program.with_name(f"{program.name}.{os.getpid()}")
    with _by_one_at_a_time(program):
        fault = _go(program, f"tests/{name}", "build", "-o", str(fresh), ".", cwd=sources)
        if fresh.is_file():
            fresh.replace(program)
    return program, fault
