"""Knows how Kubernetes expands `$(NAME)` in values, commands and probes, and where texts name a variable.

Sources: kubernetes v1.36, third_party/forked/golang/expansion/expand.go (`$$` stands for `$`, an unknown name stays);
pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables (a value is expanded with the variables before it, what comes from
a Secret is not expanded); pkg/kubelet/container/helpers.go, ExpandContainerCommandAndArgs (all variables) and
ExpandContainerCommandOnlyStatic (for probes: only variables with a value in the manifest).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.model.kube import Container, dig
from harden.model.text import Path

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_REFERRED = re.compile(r"(?<!\$)(?:\$\$)*\$\(([^()]+)\)")


def literal(value: str) -> str | None:
    """Return what a container sees of a variable's value; None where the value depends on other variables."""
    return None if _REFERRED.search(value) is not None else value.replace("$$", "$")


def refers(text: str, name: str) -> bool:
    """Return whether Kubernetes would put the variable of this name into a text."""
    return name in _REFERRED.findall(text)


def strings(value: object) -> Iterator[str]:
    """Yield the strings of a list."""
    yield from (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def probes(container: Container) -> Iterator[tuple[str, Path, list[object]]]:
    """Yield the commands of probes and hooks: the field's name, its keys below the container, and its words."""
    for key in _PROBES:
        command = container.get(key, "exec", "command")
        if isinstance(command, list):
            yield key, (key, "exec", "command"), command
    for key in _HOOKS:
        command = container.get("lifecycle", key, "exec", "command")
        if isinstance(command, list):
            yield key, ("lifecycle", key, "exec", "command"), command


def headers(container: Container) -> Iterator[tuple[str, Path, str, str]]:
    """Yield the HTTP headers of probes and hooks: the field's name, the keys to the header, its name and value."""
    for key, keys in (*((probe, (probe,)) for probe in _PROBES), *((hook, ("lifecycle", hook)) for hook in _HOOKS)):
        found = container.get(*keys, "httpGet", "httpHeaders")
        for at, header in enumerate(found if isinstance(found, list) else ()):
            name, value = dig(header, "name"), dig(header, "value")
            if isinstance(name, str) and isinstance(value, str):
                yield key, (*keys, "httpGet", "httpHeaders", at), name, value
