"""Shows what each overlay of a run builds: the objects of its bases in the namespace and under the names it gives them.

Sources: sigs.k8s.io/kustomize, api/internal/target (transformers of a kustomization run on all that its resources came
to, so the outermost namespace wins and prefixes add up); kubectl.docs.kubernetes.io, namePrefix, nameSuffix.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from harden.kube.kustomization import Kustomization
from harden.kube.kustomizations import Kustomizations
from harden.model.kube import Resource, dig
from harden.model.plain import as_word
from harden.model.record import Record


class Affixes(Record):
    """What an overlay makes of the objects of one file; `namespace` is None where it gives none."""

    namespace: str | None
    prefix: str = ""
    suffix: str = ""


#: What one overlay builds of the objects of a run, by their index among them; some stand there under two names.
Built = tuple[tuple[int, Resource], ...]


def built(objects: Sequence[Resource], kustomizations: Kustomizations, fallback: str) -> Iterator[Built]:
    """Yield what each outermost kustomization builds, where that is not what the objects show as they stand."""
    for overlay in kustomizations:
        if kustomizations.listers(overlay.folder):
            continue
        files = dict(_files(overlay, kustomizations))
        found = [
            (at, *_as_built(each, files[name], fallback))
            for at, each in enumerate(objects)
            if (name := posixpath.normpath(each.source)) in files
        ]
        if any(moved or alias is not None for _, _, moved, alias in found):
            own = [(at, each) for at, each, _, _ in found]
            yield (*own, *((at, alias) for at, _, _, alias in found if alias is not None))


def _files(overlay: Kustomization, known: Kustomizations) -> Iterator[tuple[str, Affixes]]:
    """Yield the files that an overlay builds, each as often as it comes by it, in the order of the resources."""
    done: set[tuple[str, Affixes]] = set()
    # Kustomizations may list each other in long chains: what is still to be looked at, the innermost last.
    todo = [_listed(overlay, Affixes(None))]
    while todo:
        path, here = next(todo[-1], ("", None))
        if here is None:
            todo.pop()
            continue
        below = known.of_folder(path)
        if below is None:
            yield path, here
        elif (below.name, here) not in done:
            done.add((below.name, here))
            todo.append(_listed(below, here))


def _listed(kustomization: Kustomization, outer: Affixes) -> Iterator[tuple[str, Affixes]]:
    """Yield what a kustomization lists, sorted, with what it and those around it make of the objects there."""
    namespace = outer.namespace if outer.namespace is not None else kustomization.namespace
    here = Affixes(namespace, outer.prefix + kustomization.name_prefix, kustomization.name_suffix + outer.suffix)
    return ((path, here) for path in sorted(kustomization.resources))


def _as_built(resource: Resource, as_: Affixes, fallback: str) -> tuple[Resource, bool, Resource | None]:
    """Return an object as built, whether it is elsewhere than as it stands, and a Service under its new name.

    Services stay under their old names, too: kustomize turns references to them, and these are read as they stand.
    """
    if resource.effective_namespace == "":
        return resource, False, None
    namespace = as_.namespace or as_word(dig(resource.data, "metadata", "namespace")) or None
    found = resource._replace(namespace=namespace, effective_namespace=namespace or fallback)
    renamed = resource.kind == "Service" and (as_.prefix or as_.suffix)
    alias = found._replace(name=f"{as_.prefix}{resource.name}{as_.suffix}") if renamed else None
    return found, found.effective_namespace != resource.effective_namespace, alias
