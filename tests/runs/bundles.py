"""Owns what the tests of running servers share: manifests, what harden makes of them, and their starts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from kubelet import pod_spec
from requirements import need
from ruamel.yaml import YAML
from sandbox import Seen, start, why_not
from server_root import server_root
from servers import Server

Bundle = list[dict[str, Any]]


def read(manifest: bytes) -> Bundle:
    return list(YAML(typ="safe", pure=True).load_all(manifest))


@cache
def applied(manifest: Path, *words: str) -> Bundle:
    """Return what `harden apply` makes of a manifest; the list is shared, so copy it before a change."""
    done = subprocess.run(
        [sys.executable, "-m", "harden", "apply", *words, "-"],
        input=manifest.read_bytes(),
        capture_output=True,
        # A folder without a harden.yaml, here and above.
        cwd="/",
        check=False,
    )
    # 1 says that something is left that nobody can fix here, such as a missing digest.
    assert done.returncode in {0, 1}, done.stderr.decode()
    return read(done.stdout)


def spec_of(bundle: Bundle) -> dict[str, Any]:
    """Return the pod of the only workload, to be changed in place."""
    spec = pod_spec(bundle)
    assert isinstance(spec, dict)
    return spec


def started(
    case: str, server: Server, bundles: Sequence[Bundle], place: Path, *, patience: float = 60.0
) -> tuple[Seen, ...]:
    """Start the bundles of a case as `sandbox.start` does, and print what was seen; skip where that cannot be."""
    reason = why_not()
    need(reason is None, f"{reason}")
    need(server_root().is_dir(), "the servers are not there: make test-runs fetches them")
    seen = start(server, bundles, server_root(), place, patience=patience)
    for each in seen:
        print(f"{case}: {each.answer or each.wrong}, exit code {each.exit_code}")
    return seen
