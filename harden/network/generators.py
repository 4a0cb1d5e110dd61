"""Reads the ConfigMaps and Secrets that a kustomization generates, as far as its own text shows them.

Source: kubectl.docs.kubernetes.io, kustomization file: configMapGenerator, secretGenerator (literals, files, envs),
namespace.
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.kube import Resource, dig
from harden.model.record import Record
from harden.network.pods import as_list, as_word

#: The value of an entry that a kustomization takes from a file.
HIDDEN = "(not shown)"
#: The key that stands for all keys of files of variables.
ENVS = "envs"


class Store(Record):
    """A generated ConfigMap or Secret; `key` is (kind, namespace, name before kustomize adds a hash)."""

    key: tuple[str, str, str]
    resource: Resource


def generated_stores(kustomization: Resource, fallback: str) -> Iterator[Store]:
    """Yield what a kustomization generates, each as an object whose `path` is that of its generator."""
    namespace = as_word(kustomization.data.get("namespace")) or fallback
    for field, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for at, entry in enumerate(as_list(kustomization.data.get(field))):
            name, where = as_word(dig(entry, "name")), as_word(dig(entry, "namespace")) or namespace
            data = {"stringData" if kind == "Secret" else "data": dict(_entries(entry))}
            path = (*kustomization.path, field, at)
            resource = kustomization._replace(path=path, kind=kind, name=name, namespace=where, data=data)
            yield Store((kind, where, name), resource)


def _entries(entry: object) -> Iterator[tuple[str, str]]:
    for literal in as_list(dig(entry, "literals")):
        if isinstance(literal, str):
            key, _, value = literal.partition("=")
            yield key, value.strip("\"'")
    for file in as_list(dig(entry, "files")):
        if isinstance(file, str):
            key, equals, _ = file.partition("=")
            yield (key if equals else key.rpartition("/")[2]), HIDDEN
    if as_list(dig(entry, "envs")) or dig(entry, "env"):
        yield ENVS, HIDDEN
