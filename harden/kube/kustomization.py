"""Reads kustomizations: what one lists, patches, generates and renames, and what they say together of a file.

The fields are those of sigs.k8s.io/kustomize, api/types.Kustomization; paths are joined to the folder of the
kustomization and normalised.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from harden.kube.kustomization_writes import (
    Generator,
    Look,
    Replacement,
    Variable,
    generators,
    joined,
    replacements,
    variables,
)
from harden.kube.kustomize_images import ImageChange, image_changes
from harden.model.kube import POD_SECURITY, dig
from harden.model.plain import as_list, as_mapping, as_texts, as_word
from harden.model.record import Record
from harden.model.text import SourceText
from harden.model.tree import Document
from harden.source.parse import parse

#: Flux calls an object of its own a Kustomization too.
_GROUP = "kustomize.config.k8s.io/"


class Means(Enum):
    """How a kustomization can change objects that it lists, beyond their namespace."""

    STRATEGIC = "patchesStrategicMerge"
    JSON6902 = "patchesJson6902"
    PATCH = "patches"
    REPLACEMENT = "replacements"
    TRANSFORMER = "transformers"


class Target(Record):
    """What a patch selects: regular expressions for whole words, "" for any.

    Namespaces, labels and annotations are left out: they could only select less.
    """

    kind: str = ""
    name: str = ""


class Patch(Record):
    """A patch: `path` of its file, None where it stands in the kustomization itself, as `text`.

    Without a `target` its own kind and name say what it changes.
    """

    means: Means
    path: str | None
    text: str = ""
    target: Target | None = None


class Kustomization(Record):
    """What one kustomization says.

    `resources` are files and folders (of `resources`, `bases` and `components`), `remote` what comes from elsewhere:
    URLs, and Helm charts by name. `labels` go into pods and into every selector. `plugins` are files of `generators`,
    `transformers` and `validators`. `unread` names the fields whose effect on objects nobody sees without kustomize.
    """

    name: str
    resources: frozenset[str] = frozenset()
    listed: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    namespace: str | None = None
    name_prefix: str = ""
    name_suffix: str = ""
    patches: tuple[Patch, ...] = ()
    generators: tuple[Generator, ...] = ()
    images: tuple[ImageChange, ...] = ()
    replicas: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    variables: tuple[Variable, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    plugins: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Return the folder of the kustomization; "." is the current one."""
        return posixpath.dirname(self.name) or "."

    @property
    def has_inline_patches(self) -> bool:
        """Return whether patches stand in the kustomization itself."""
        return any(patch.path is None and patch.means is not Means.REPLACEMENT for patch in self.patches)


def read(source: SourceText, look: Look = lambda _path: None) -> Kustomization | None:
    """Return what a kustomization says, None where the file is none that kustomize reads.

    `look` returns what a file holds: files of transformers may name patches.
    """
    value = next((document.value for document in _documents(source) if _is_kustomization(document.value)), None)
    return None if not isinstance(value, dict) else _read(posixpath.normpath(source.name), value, look)


def of_value(name: str, value: Mapping[str, object], look: Look = lambda _path: None) -> Kustomization | None:
    """Return what the value of a kustomization's document says, None where it is of another tool."""
    return _read(posixpath.normpath(name), value, look) if _is_kustomization(value) else None


def only_document(source: SourceText) -> Document | None:
    """Return the document of a kustomization that may be rewritten: its only one, read without a problem."""
    parsed = parse(source, lambda _text: True)
    full = [document for document in parsed.documents if not document.is_empty]
    return full[0] if not parsed.problems and len(full) == 1 and _is_kustomization(full[0].value) else None


def _documents(source: SourceText) -> Iterator[Document]:
    return (document for document in parse(source, lambda _text: True, sketch=True).documents if not document.is_empty)


def _is_kustomization(value: object) -> bool:
    group = value.get("apiVersion") if isinstance(value, Mapping) else 0
    return group is None or group == "" or (isinstance(group, str) and group.startswith(_GROUP))


def _read(name: str, value: Mapping[str, object], look: Look) -> Kustomization:
    folder = posixpath.dirname(name)
    listed = tuple(each for field in ("resources", "bases", "components") for each in as_texts(value.get(field)))
    plugins = [each for field in ("generators", "transformers", "validators") for each in as_texts(value.get(field))]
    charts = _names(value.get("helmCharts")) + _names(value.get("helmChartInflationGenerator"))
    return Kustomization(
        name=name,
        resources=frozenset(joined(folder, each) for each in listed if not is_address(each)),
        listed=as_texts(value.get("resources")),
        remote=(*(each for each in listed if is_address(each)), *charts),
        namespace=as_word(value.get("namespace")) or None,
        name_prefix=as_word(value.get("namePrefix")),
        name_suffix=as_word(value.get("nameSuffix")),
        patches=(*_patches(folder, value), *_builtin(folder, plugins, look)),
        generators=tuple(generators(folder, value)),
        images=tuple(image_changes(value.get("images"))),
        replicas=_names(value.get("replicas")),
        configurations=tuple(joined(folder, each) for each in as_texts(value.get("configurations"))),
        labels=tuple(_labels(value)),
        variables=tuple(variables(value.get("vars"))),
        replacements=tuple(replacements(folder, value.get("replacements"), look)),
        plugins=tuple(joined(folder, plugin) for plugin in plugins if "\n" not in plugin),
        unread=tuple(_unread(value)),
    )


def _labels(value: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the labels that go into selectors, too (kubectl.docs.kubernetes.io, commonLabels, labels)."""
    chosen = (each for each in as_list(value.get("labels")) if dig(each, "includeSelectors") is True)
    for pairs in (value.get("commonLabels"), *(dig(each, "pairs") for each in chosen)):
        yield from ((key, text) for key, text in as_mapping(pairs).items() if isinstance(text, str))


#: Fields that bring in or change objects in ways that only kustomize can tell.
_UNREAD = ("generators", "transformers", "vars", "replacements", "helmCharts", "helmChartInflationGenerator", "crds")
#: Fields whose effect is read, or is none on what a pod may do.
_READ = (
    *("apiVersion", "kind", "metadata", "namespace", "namePrefix", "nameSuffix", "commonLabels", "labels", "images"),
    *("resources", "bases", "components", "configurations", "validators", "configMapGenerator", "secretGenerator"),
    *("generatorOptions", "replicas", "patches", "patchesStrategicMerge", "patchesJson6902", "commonAnnotations"),
    *("buildMetadata", "sortOptions", "openapi", "helmGlobals", "imageTags"),
)
_FIELDS = frozenset({*_READ, *_UNREAD})
_FOLDED = frozenset(field.casefold() for field in _FIELDS)
#: Annotations of pods that Pod Security reads (k8s.io/pod-security-admission, policy).
_SECURITY = ("container.apparmor.security.beta.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/")
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"


def _unread(value: Mapping[str, object]) -> Iterator[str]:
    """Yield the fields that only kustomize can tell the effect of, among them those that it takes in another case.

    Source: sigs.k8s.io/kustomize, api/types, Kustomization.Unmarshal: Go's encoding/json, which folds the case of keys.
    """
    yield from (field for field in _UNREAD if as_list(value.get(field)))
    yield from (key for key in value if key not in _FIELDS and key.casefold() in _FOLDED)
    if any(key.startswith(_SECURITY) or key == _SECCOMP for key in as_mapping(value.get("commonAnnotations"))):
        yield "commonAnnotations"
    yield from dict.fromkeys(_telling_labels(value))


def _telling_labels(value: Mapping[str, object]) -> Iterator[str]:
    """Yield the fields that write a label by which namespaces admit pods, or that write to fields of their choice."""
    if any(key.startswith(POD_SECURITY) for key in as_mapping(value.get("commonLabels"))):
        yield "commonLabels"
    for entry in as_list(value.get("labels")):
        for field, inner in as_mapping(entry).items():
            # Below the top, too, the case of keys is folded.
            pairs = as_mapping(inner) if field.casefold() == "pairs" else {}
            if field.casefold() == "fields" or any(key.startswith(POD_SECURITY) for key in pairs):
                yield "labels"


def _patches(folder: str, value: Mapping[str, object]) -> Iterator[Patch]:
    for means in (Means.PATCH, Means.JSON6902, Means.STRATEGIC, Means.REPLACEMENT):
        for entry in as_list(value.get(means.value)):
            path = entry.get("path") if isinstance(entry, Mapping) else entry
            target = _target(entry.get("target")) if isinstance(entry, Mapping) else None
            # patchesStrategicMerge may hold a whole patch as text.
            if isinstance(path, str) and "\n" not in path:
                yield Patch(means, joined(folder, path), target=target)
            else:
                text = entry.get("patch") if isinstance(entry, Mapping) else entry
                yield Patch(means, None, as_word(text), target)


def _target(value: object) -> Target | None:
    return Target(as_word(value.get("kind")), as_word(value.get("name"))) if isinstance(value, Mapping) else None


def _builtin(folder: str, plugins: Iterable[str], look: Look) -> Iterator[Patch]:
    """Yield the patches that kustomize's own transformers name by `path` or `paths`, in files or in place.

    Source: sigs.k8s.io/kustomize, plugin/builtin: PatchTransformer, PatchJson6902Transformer,
    PatchStrategicMergeTransformer; their paths start at the kustomization's folder.
    """
    for plugin in plugins:
        source = SourceText("", plugin) if "\n" in plugin else look(joined(folder, plugin))
        for document in () if source is None else _documents(source):
            value = document.value
            if not isinstance(value, dict) or value.get("apiVersion") != "builtin":
                continue
            if "Patch" not in as_word(value.get("kind")):
                continue
            for path in (value.get("path"), *as_list(value.get("paths"))):
                if isinstance(path, str) and "\n" not in path:
                    yield Patch(Means.TRANSFORMER, joined(folder, path))


_ADDRESS = (
    r"(?:git::|gh:|[a-z][a-z0-9+]*://|[\w.-]+@[\w.-]+[:/]|(?:www\.)?github\.com[/:])|.*\?(?:.*&)?(?:ref|version)="
)


def is_address(entry: str) -> bool:
    """Return whether an entry of `resources` comes from elsewhere: a URL, or a host and a path as Git takes them.

    Source: sigs.k8s.io/kustomize, api/internal/git/repospec.go.
    """
    return re.match(_ADDRESS, entry, re.IGNORECASE) is not None


def _names(value: object) -> tuple[str, ...]:
    return tuple(as_word(entry.get("name")) for entry in as_list(value) if isinstance(entry, Mapping))
