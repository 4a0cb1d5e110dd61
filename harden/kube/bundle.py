"""The bundle: every object of all files of a run, so that a workload can be seen with its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from harden.kube.kinds import BUILT_IN, Kinds
from harden.kube.kustomizations import Kustomizations
from harden.kube.namespaces import AS_STATED, Namespaces
from harden.kube.workloads import find, objects
from harden.model.kube import Resource, Workload, dig
from harden.model.plain import as_word
from harden.model.record import Record

if TYPE_CHECKING:
    from harden.kube.generated import Written


class Member(Record):
    """A workload of a bundle with the whole object that it comes from."""

    resource: Resource
    workload: Workload

    @property
    def namespace(self) -> str:
        """Return the namespace that the workload ends up in."""
        return self.resource.effective_namespace


class Bundle(Record):
    """All objects of a run in the order of the files; `members` are those that run pods (patches are in neither)."""

    resources: tuple[Resource, ...]
    members: tuple[Member, ...]
    #: ConfigMaps and Secrets that kustomizations make, and what these write into workloads; in no file as they are.
    generated: tuple[Resource, ...] = ()
    written: tuple[Written, ...] = ()
    #: Labels that kustomizations put into pods and into every selector, those of network policies among them.
    labels: tuple[tuple[str, str], ...] = ()
    #: What overlays build of these objects, where that is in other namespaces or under other names.
    built: tuple[Bundle, ...] = ()

    def inside(self, namespace: str) -> Bundle:
        """Return the objects and workloads that end up in a namespace, in order."""
        return _indexed(self).inside.get(namespace) or Bundle((), ())

    def namespaces(self, name: str) -> tuple[Resource, ...]:
        """Return the namespaces that are called so."""
        return _indexed(self).namespaces.get(name, ())

    def of_kind(self, *kinds: str) -> tuple[Resource, ...]:
        """Return the objects of these kinds, whatever their API version."""
        return tuple(resource for resource in self.resources if resource.kind in kinds)


class _Index(Record):
    """What stands in each namespace, and the Namespace objects of each name."""

    inside: dict[str, Bundle]
    namespaces: dict[str, tuple[Resource, ...]]


#: Those of the last bundles that somebody asked: records have no room for what is computed.
_indexes: list[tuple[Bundle, _Index]] = []
_KEPT = 4


def _indexed(bundle: Bundle) -> _Index:
    for known, found in _indexes:
        if known is bundle:
            return found
    resources: dict[str, list[Resource]] = {}
    members: dict[str, list[Member]] = {}
    named: dict[str, tuple[Resource, ...]] = {}
    for each in bundle.resources:
        resources.setdefault(each.effective_namespace, []).append(each)
        if each.is_namespace:
            named[each.name] = (*named.get(each.name, ()), each)
    for member in bundle.members:
        members.setdefault(member.namespace, []).append(member)
    every = dict.fromkeys((*resources, *members))
    held = {each: Bundle(tuple(resources.get(each, ())), tuple(members.get(each, ()))) for each in every}
    _indexes.append((bundle, _Index(held, named)))
    del _indexes[:-_KEPT]
    return _indexes[-1][1]


def gather(
    documents: Iterable[tuple[str, int, object]], namespaces: Namespaces = AS_STATED, kinds: Kinds = BUILT_IN
) -> Bundle:
    """Return the bundle of documents given as (file name, 0-based document index, plain value).

    Each object is in the namespace that `namespaces` gives it; those of `kinds` run pods.
    """
    resources: list[Resource] = []
    places: list[tuple[int, Workload]] = []
    for source, document, value in documents:
        found = list(_resources(source, document, value, namespaces))
        by_path = {resource.path: len(resources) + at for at, resource in enumerate(found)}
        workloads = [each for each in find(document, value, source, namespaces, kinds) if isinstance(each, Workload)]
        places.extend((by_path[each.path], each) for each in workloads if each.path in by_path)
        resources.extend(found)
    resources = namespaces.moved(resources)
    kustomizations = _kustomizations(resources, namespaces)
    members = tuple(Member(resources[at], place) for at, place in places)
    if not any(kustomizations):
        return Bundle(tuple(resources), members)
    from harden.kube.generated import generated, written  # noqa: PLC0415 - only kustomizations make and write

    stores = tuple(generated(kustomizations))
    texts = tuple(written(kustomizations, (*resources, *stores)))
    overlays = _built(resources, places, namespaces, kustomizations)
    views = tuple(overlay._replace(generated=_moved(stores, overlay), written=texts) for overlay in overlays)
    labels = tuple(dict.fromkeys(pair for each in kustomizations for pair in each.labels))
    return Bundle(tuple(resources), members, stores, texts, labels, views)


def _built(
    resources: list[Resource], places: list[tuple[int, Workload]], namespaces: Namespaces, known: Kustomizations
) -> Iterator[Bundle]:
    from harden.kube.built import built  # noqa: PLC0415 - only kustomizations build

    for view in built(resources, known, namespaces.fallback):
        found = dict(reversed(view))
        members = tuple(_member(found[at], place) for at, place in places if at in found)
        yield Bundle(tuple(each for _, each in view), members)


def _member(at: Resource, workload: Workload) -> Member:
    return Member(at, workload._replace(namespace=at.namespace, effective_namespace=at.effective_namespace))


def _moved(stores: tuple[Resource, ...], view: Bundle) -> tuple[Resource, ...]:
    """Return generated objects in each namespace that an overlay has workloads in."""
    homes = dict.fromkeys(member.resource.namespace for member in view.members)
    return tuple(store._replace(namespace=home, effective_namespace=home or "") for store in stores for home in homes)


def _kustomizations(resources: Iterable[Resource], namespaces: Namespaces) -> Kustomizations:
    """Return the kustomizations of a run, those that came as objects among them."""
    known = namespaces.kustomizations
    objects_ = [each for each in resources if each.kind == "Kustomization" and known.named(each.source) is None]
    if not objects_:
        return known
    from harden.kube.kustomization import of_value  # noqa: PLC0415 - only where there is one

    more = [found for each in objects_ if (found := of_value(each.source, each.data)) is not None]
    return Kustomizations((*known, *more), known.look) if more else known


def _resources(source: str, document: int, value: object, namespaces: Namespaces) -> Iterator[Resource]:
    for path, data, api_version, kind in objects(value):
        namespace = namespaces.named(source, api_version, kind, data)
        home = namespaces.effective(namespace, api_version, kind)
        name = as_word(dig(data, "metadata", "name"))
        yield Resource(source, document, path, api_version, kind, namespace, name, data, home)
