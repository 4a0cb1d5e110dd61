"""What a start hangs on beside its pod: ConfigMaps and claims of the run, read only once somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harden.cache.digest import of_value
from harden.engine.inputs import Input
from harden.kube.namespaces import AS_STATED, Namespaces
from harden.kube.relevance import may_name
from harden.kube.workloads import objects
from harden.model.kube import Workload, dig
from harden.model.report import Problem
from harden.model.text import value_at
from harden.model.tree import Document
from harden.source.parse import parse
from harden.source.read import decode
from harden.starts import Given, Neighbours, Storage

#: The kinds that a start may hang on.
KINDS = ("CSIDriver", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "StorageClass")


class Surroundings:
    """The objects of some texts that a start may hang on; the texts are read at the first question.

    `files` are those of a run with what was read of them, `namespaces` tells where their objects end up.
    """

    def __init__(self, files: Sequence[Input] = (), namespaces: Namespaces = AS_STATED) -> None:
        self._files = files
        self._namespaces = namespaces
        self._by_namespace: dict[str, list[Mapping[str, object]]] | None = None
        #: How often somebody asked, and the files whose workloads it was about.
        self.questions = 0
        self.asked: set[str] = set()

    def of(self, workload: Workload, document: Document) -> Neighbours:
        """Return what is known of the objects beside a workload; nothing is read yet."""
        return _Asked(self, workload, document)

    def within(self, namespace: str) -> list[Mapping[str, object]]:
        """Return the objects of a namespace and those of none; they name no namespace any more."""
        if self._by_namespace is None:
            self._by_namespace = {}
            for home, data in (found for each in self._files for found in self._found(*each)):
                self._by_namespace.setdefault(home, []).append(data)
        return [*self._by_namespace.get(namespace, ()), *self._by_namespace.get("", ())]

    def digests(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return what tells apart what each file has of these objects, by its name; those that are `known` stay."""
        return {
            name: known[name] if name in known else of_value(tuple(self._found(name, data)))
            for name, data in self._files
            if isinstance(data, bytes)
        }

    def _found(self, name: str, data: bytes | Problem) -> Iterator[tuple[str, Mapping[str, object]]]:
        source = decode(name, data) if isinstance(data, bytes) else data
        if isinstance(source, Problem) or not any(kind in source.text for kind in KINDS):
            return
        for document in parse(source, lambda text: may_name(text, KINDS), sketch=True).documents:
            for _, found, api_version, kind in objects(document.value):
                named = self._namespaces.named(source.name, api_version, kind, found)
                metadata = {"name": dig(found, "metadata", "name")}
                yield self._namespaces.effective(named, api_version, kind), {**found, "metadata": metadata}


class _Asked:
    """Reads the surroundings of one workload when a rule asks."""

    def __init__(self, around: Surroundings, workload: Workload, document: Document) -> None:
        self._around = around
        self._workload = workload
        self._document = document
        self._given: Given | None = None

    def config_map(self, name: str) -> Mapping[str, str] | None:
        return self._known().config_map(name)

    def claim(self, name: str) -> Storage | None:
        return self._known().claim(name)

    def template(self, volume: str) -> Storage | None:
        return self._known().template(volume)

    def _known(self) -> Given:
        self._around.questions += 1
        self._around.asked.add(self._workload.source)
        if self._given is None:
            templates = dig(value_at(self._document.value, self._workload.path), "spec", "volumeClaimTemplates")
            listed = templates if isinstance(templates, list) else ()
            self._given = Given(self._around.within(self._workload.effective_namespace), None, listed)
        return self._given
