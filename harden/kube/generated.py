"""Makes the ConfigMaps and Secrets that kustomizations generate, and what they write elsewhere, as objects to look at.

Sources: kubectl.docs.kubernetes.io, kustomization file: configMapGenerator, secretGenerator (literals, files, envs,
namespace), vars, replacements; sigs.k8s.io/kustomize, api/kv (lines of env files).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from harden.kube.kustomization import Kustomization
from harden.kube.kustomization_writes import Generator, Look, Source, selects
from harden.kube.kustomizations import Kustomizations
from harden.model.kube import Resource, Workload, dig
from harden.model.plain import is_number
from harden.model.record import Record

#: The value of an entry that nobody here can see.
HIDDEN = "(not shown)"
#: The key that stands for all keys of files of variables that nobody here can see.
ENVS = "envs"
_INDEXED = re.compile(r"\[(?P<key>[\w.\-/]+)=(?P<value>[^\]]*)\]|(?P<step>(?:\\\.|[^.\[\]])+)")


class Written(Record):
    """A text that a kustomization writes into a workload, by `kind` and `name`; `text` is None where nobody sees it.

    `key` is what the text is called there, "" where nothing tells. With `variable` it goes wherever `$(variable)`
    stands, in any workload. `where` is the kustomization.
    """

    kind: str
    name: str
    key: str
    text: str | None
    variable: str
    where: Resource

    def reaches(self, workload: Workload) -> bool:
        """Return whether the text gets into a workload."""
        if self.variable:
            return _holds(workload.spec, f"$({self.variable})")
        return self.kind in {"", workload.kind} and selects(self.name, workload.name)


def _holds(value: object, wanted: str) -> bool:
    """Return whether any text in a value has these words in it."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, str) and wanted in each:
            return True
        todo.extend(each.values() if isinstance(each, Mapping) else each if isinstance(each, list) else ())
    return False


def generated(kustomizations: Kustomizations) -> Iterator[Resource]:
    """Yield what is generated, each as an object whose `path` is that of its generator; data that is hidden says so."""
    for kustomization in kustomizations:
        ends = kustomizations.namespaces(kustomization)
        given = next(iter(ends)) if ends is not None and len(ends) == 1 else None
        for generator in kustomization.generators:
            yield _store(kustomization, generator, given or generator.namespace, kustomizations.look)


def written(kustomizations: Kustomizations, objects: Iterable[Resource]) -> Iterator[Written]:
    """Yield what `vars` and `replacements` write; objects that they read are looked for by kind and name."""
    users = [kustomization for kustomization in kustomizations if kustomization.variables or kustomization.replacements]
    if not users:
        return
    known: dict[tuple[str, str], Resource] = {}
    for each in objects:
        known.setdefault((each.kind, each.name), each)
    for user in users:
        for variable in user.variables:
            where = _place(user, ("vars",))
            yield Written("", "", "", _value(variable.source, known), variable.name, where)
        for replacement in user.replacements:
            text = replacement.text if replacement.text is not None else _value(replacement.source, known)
            for target in replacement.targets:
                for field in target.fields:
                    steps = tuple(_steps(field))
                    key = next((value for key, value in reversed(steps) if key == "name"), "")
                    key = key or next((value for key, value in reversed(steps) if key == ""), "")
                    yield Written(target.kind, target.name, key, text, "", _place(user, ("replacements",)))


def _entries(generator: Generator, look: Look) -> Iterator[tuple[str, str]]:
    for literal in generator.literals:
        key, _, value = literal.partition("=")
        yield key, value.strip("\"'")
    for key, path in generator.files:
        source = look(path)
        yield key, HIDDEN if source is None else source.text
    for path in generator.envs:
        source = look(path)
        if source is None:
            yield ENVS, HIDDEN
            continue
        for line in source.text.splitlines():
            key, equals, value = line.lstrip().partition("=")
            if key and not key.startswith("#"):
                # A key alone takes its value from the environment of whoever builds.
                yield key.strip(), value if equals else HIDDEN


def _value(source: Source | None, known: Mapping[tuple[str, str], Resource]) -> str | None:
    found = None if source is None else known.get((source.kind, source.name))
    if source is None or found is None:
        return None
    value: object = found.data
    for key, step in _steps(source.field):
        if isinstance(value, list) and key:
            value = next((each for each in value if str(dig(each, key)) == step), None)
        elif isinstance(value, list) and is_number(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            value = dig(value, step)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _steps(field: str) -> Iterator[tuple[str, str]]:
    """Yield the steps of a field path: ("", key), or (key, value) for an item of a list, `[name=web]`."""
    for match in _INDEXED.finditer(field):
        if match["key"]:
            yield match["key"], match["value"]
        else:
            yield "", match["step"].replace("\\.", ".")


def _store(kustomization: Kustomization, made: Generator, namespace: str | None, look: Look) -> Resource:
    data = {"stringData" if made.kind == "Secret" else "data": dict(_entries(made, look))}
    return Resource(kustomization.name, 0, made.path, "v1", made.kind, namespace, made.name, data, namespace or "")


def _place(kustomization: Kustomization, path: tuple[str | int, ...]) -> Resource:
    return Resource(kustomization.name, 0, path, "kustomize.config.k8s.io/v1beta1", "Kustomization", None, "", {}, "")
