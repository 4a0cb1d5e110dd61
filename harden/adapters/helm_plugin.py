"""Installs harden as a plugin of Helm 4, whose post-renderers are plugins and nothing else.

Sources: helm.sh/docs, Plugins Guide (plugin.yaml, type postrenderer/v1) and Helm Environment Variables (HELM_PLUGINS,
HELM_DATA_HOME, XDG_DATA_HOME and the folders that are taken without them).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which

from harden.adapters import files
from harden.errors import HardenError
from harden.model import filename
from harden.model.report import Problem

NAME = "harden"
#: Stands first in what harden wrote, and allows to write it anew.
_OURS = "# Written by `harden helm-plugin install`."
#: Helm takes a version of three numbers; other parts of ours say nothing to it.
_NUMBERS = re.compile(r"\d+\.\d+\.\d+")


def plugin_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of the plugin, where Helm looks for it with this environment."""
    plugins = environment.get("HELM_PLUGINS", "").partition(os.pathsep)[0]
    return (Path(plugins) if plugins else _data_folder(environment) / "plugins") / NAME


def _data_folder(environment: Mapping[str, str]) -> Path:
    own, shared = environment.get("HELM_DATA_HOME"), environment.get("XDG_DATA_HOME")
    if own:
        return Path(own)
    if shared:
        return Path(shared) / "helm"
    return Path.home() / ("Library/helm" if sys.platform == "darwin" else ".local/share/helm")


def plugin_text(command: tuple[str, ...], version: str) -> str:
    """Return the plugin.yaml by which Helm 4 runs a command as post-renderer; raises HardenError for a `$` in it."""
    if any("$" in word for word in command):
        # Helm fills in variables of the environment, and knows no way to write a `$`.
        raise HardenError(f"{' '.join(command)}: Helm would read its $ as a variable: install harden elsewhere")
    numbers = _NUMBERS.match(version)
    program, *arguments = command
    return (
        f"{_OURS}\n"
        f"apiVersion: v1\ntype: postrenderer/v1\nname: {NAME}\nversion: {numbers[0] if numbers else '0.0.0'}\n"
        "runtime: subprocess\nruntimeConfig:\n  platformCommand:\n"
        f"    - command: {json.dumps(program)}\n      args: {json.dumps([*arguments, 'post-render'])}\n"
    )


def own_command(typed: str) -> tuple[str, ...]:
    """Return how to run this very harden from anywhere; `typed` is the program that was started."""
    found = which(typed)
    if found is not None and Path(found).name == NAME:
        return (filename.absolute(found),)
    return (sys.executable, "-m", NAME)


def install(folder: Path, text: str) -> bool:
    """Write the plugin and return whether anything changed; raises HardenError where it is somebody else's."""
    target = folder / "plugin.yaml"
    data = text.encode()
    known = files.look(str(target))
    if known == data:
        return False
    if known is None:
        problem = files.create(str(target), data)
    elif isinstance(known, bytes) and known.startswith(_OURS.encode()):
        problem = files.write(str(target), data, original=known)
    else:
        raise HardenError(f"{target}: harden did not write it: remove it first (helm plugin uninstall {NAME})")
    if isinstance(problem, Problem):
        raise HardenError(f"{problem.file}: {problem.message}")
    return True
