"""Says what keeps a variable from becoming a file: whatever else in the manifests counts on the variable.

Sources: kubernetes v1.36, pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables; docker-library, docker-entrypoint.sh
of postgres, mysql, mariadb and mongo, `file_env` (both forms at once end the start; the entrypoint reads them only
where it starts its own server).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.kube.containers import ConfigMaps
from harden.model.kube import Container, Workload, dig
from harden.secrets import expansion
from harden.secrets.file_forms import Form

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


#: Programs for which the entrypoints of docker-library read the files.
_SERVERS = frozenset({"apache2-foreground", "mariadbd", "mongod", "mysqld", "php-fpm", "postgres"})


def texts(container: Container) -> Iterator[tuple[str, str]]:
    """Yield the texts of a container that can name a variable, each with its field."""
    for field in ("command", "args"):
        for text in expansion.strings(container.get(field)):
            yield field, text
    for field, _, words in expansion.probes(container):
        for text in expansion.strings(words):
            yield field, text


def in_expansion(container: Container, name: str) -> str | None:
    """Return where Kubernetes puts the variable into another text, None where it does nowhere."""
    for field, text in texts(container):
        if expansion.refers(text, name):
            return f"{field} has $({name})"
    env = container.get("env")
    for entry in env if isinstance(env, list) else ():
        value, other = dig(entry, "value"), dig(entry, "name")
        if isinstance(value, str) and expansion.refers(value, name):
            return f"variable {other} has $({name})"
    return None


def in_probe(container: Container, name: str) -> str | None:
    """Return the probe or hook that names the variable: it runs beside the program, with the variables of the pod."""
    pattern = _word(name)
    for field, _, words in expansion.probes(container):
        if any(pattern.search(text) is not None for text in expansion.strings(words)):
            return f"{field} names {name}"
    return None


def in_text(workload: Workload, container: Container, name: str, mark: str, maps: ConfigMaps) -> str | None:
    """Return the script or mounted text that names the variable and nothing of `mark`, None where there is none."""
    pattern = _word(name)
    for field, text in texts(container):
        if pattern.search(text) is not None and not (mark and mark in text):
            return f"{field} names {name}"
    for given in maps.mounted(workload):
        if given.value is not None and pattern.search(given.value) is not None and not (mark and mark in given.value):
            return f"the mounted {given.key} names {name}"
    return None


def at_start(container: Container, facts: ImageFacts | None, form: Form) -> str | None:
    """Return why the image's entrypoint, which reads the file, does not run or does not look."""
    if not form.by_entrypoint or facts is None:
        return None
    command = list(expansion.strings(container.get("command")))
    args = list(expansion.strings(container.get("args")))
    own = {_base(word) for word in (facts.entrypoint or ())[:2]} | {"docker-entrypoint.sh", "entrypoint.sh"}
    if command and _base(command[0]) not in own:
        return f"command takes the place of the entrypoint that reads {form.variable}"
    first = (command[1:] + args)[:1]
    servers = {_base(word) for word in (facts.command or ())[:1]}
    last = facts.reference.last
    servers |= {last, f"{last}d", f"{last}-server"} | _SERVERS
    if first and not first[0].startswith("-") and _base(first[0]) not in servers:
        return f"args start {_base(first[0])}, for which the entrypoint does not read {form.variable}"
    return None


def set_again(container: Container, name: str, form: Form, keys_of: dict[int, frozenset[str] | None]) -> str | None:
    """Return what else gives the container the variable or its file form; `keys_of` are those of each `envFrom`."""
    env = container.get("env")
    named = [dig(entry, "name") for entry in env] if isinstance(env, list) else []
    if form.variable in named:
        return f"{form.variable} is set, too"
    if named.count(name) > 1:
        return f"{name} is set twice"
    for keys in keys_of.values():
        if keys is None:
            return f"an envFrom whose keys are not in sight may set {name}, too"
        if name in keys or form.variable in keys:
            return f"an envFrom sets {name}, too"
    return None


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?!\w)")


def _base(word: str) -> str:
    return word.rpartition("/")[2]
