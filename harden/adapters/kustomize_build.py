"""Asks kustomize, or kubectl, what a kustomization builds."""

from __future__ import annotations

import shutil

from harden.errors import HardenError


class BuildError(HardenError):
    """A kustomization that could not be built."""

    code = 3


def build(folder: str) -> bytes:
    """Return what a folder builds; raises BuildError in the words of kustomize, HardenError where there is none."""
    import subprocess  # noqa: PLC0415 - only where it is asked for

    kustomize, kubectl = shutil.which("kustomize"), shutil.which("kubectl")
    command = [kustomize, "build"] if kustomize is not None else [kubectl, "kustomize"]
    if command[0] is None:
        raise HardenError(
            f"{folder}: neither kustomize nor kubectl is in PATH to build it: "
            f"BUILD | harden patch - --base {folder} -o OVERLAY takes what was built elsewhere"
        )
    done = subprocess.run([str(word) for word in (*command, folder)], capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BuildError(f"{folder}: cannot be built: {said[-1] if said else 'kustomize said nothing'}")
    return done.stdout
