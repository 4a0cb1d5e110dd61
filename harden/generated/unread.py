"""Finds what of a run nobody could read, and how far each reaches: files, patches, and what kustomizations bring in."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from harden.engine.check import CheckedFile, ParsedFile
from harden.kube.bundle import Bundle, Member
from harden.kube.kustomization import Kustomization, Means, Patch, Target
from harden.kube.kustomization_writes import selects
from harden.kube.kustomizations import Kustomizations
from harden.kube.unread import ALL, Blind, Effect, Unread, containers_of, effects_of
from harden.model.kube import Resource, Skip, SkipKind, Workload, dig
from harden.model.plain import as_word
from harden.model.report import FileReport, Problem, Stage
from harden.model.text import SourceText
from harden.source.parse import parse
from harden.source.split import Piece, split

_UNREAD = frozenset({Stage.READ, Stage.MALFORMED, Stage.LEFT})
_IS_OBJECT = re.compile(r"(?:^|[{,])[ \t]*[\"']?kind[\"']?[ \t]*:", re.MULTILINE)
_NAMESPACE = re.compile(
    r"^metadata:[^\n]*\n(?:[ \t#-][^\n]*\n|\r?\n)*?"
    r"[ \t]+namespace:[ \t]*[\"']?([a-z0-9-]+)[\"']?[ \t]*(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)


class Unseen:
    """Looks for what nobody read in the files of a run; `bundle` is what was read of them."""

    def __init__(
        self, files: Sequence[CheckedFile | ParsedFile | FileReport], kustomizations: Kustomizations, bundle: Bundle
    ) -> None:
        self._files = files
        self._kustomizations = kustomizations
        self._bundle = bundle
        self._names = frozenset(posixpath.normpath(_name(file)) for file in files)
        self._inside = kustomizations.inside(self._names)
        self._split: dict[str, tuple[tuple[Piece, ...], list[int]]] = {}
        self._by_name = {posixpath.normpath(_name(file)): file for file in files if not isinstance(file, FileReport)}

    def blind(self) -> Blind:
        """Return everything that is unread, the first thing of each file first."""
        related = {each.name: each for name in sorted(self._names) if (each := self._kustomizations.named(name))}
        related |= {each.name: each for each in self._kustomizations.above(self._names)}
        parts = (
            *(part for file in self._files for part in self._of_file(file)),
            *(part for each in related.values() for part in self._of_kustomization(each)),
            *self._of_overlays(),
        )
        return Blind(tuple(part for part in parts if part.effects and part.namespaces != frozenset()))

    def _of_file(self, file: CheckedFile | ParsedFile | FileReport) -> Iterator[Unread]:
        name = _name(file)
        for problem in file.problems:
            if problem.stage in _UNREAD:
                said = f"{name if problem.line is None else f'{name}:{problem.line}'} was not read"
                yield Unread(said, self._of_problem(file, problem))
        for skip in file.skipped:
            if skip.because is SkipKind.PATCH_OF:
                continue  # its kustomization tells what it changes
            if skip.because.is_patch:
                value = None if isinstance(file, FileReport) else _value(file, skip)
                said = f"{name} is a patch, which stands for more than it shows"
                yield self._patched(said, Target(skip.kind, skip.name), value, None)
            elif skip.because.hides and (skip.because is not SkipKind.SEALED or skip.kind not in _SECRETS):
                yield Unread(f"{name} was left alone: {skip.reason}", self._of_skip(file, skip))

    def _of_problem(self, file: CheckedFile | ParsedFile | FileReport, problem: Problem) -> frozenset[str] | None:
        given = self._given(_name(file))
        if given is not None or isinstance(file, FileReport):
            return given
        text = file.source.text
        pieces, ends = self._pieces(file.source)
        if problem.line is None or not pieces:
            return _of_text(text)
        piece = pieces[min(bisect_left(ends, problem.line), len(pieces) - 1)]
        return _of_text(text[piece.start : piece.end])

    def _pieces(self, source: SourceText) -> tuple[tuple[Piece, ...], list[int]]:
        """Return the pieces of a file, and how many lines end in front of the end of each."""
        if source.name not in self._split:
            pieces = split(source.text)
            counts = (source.text.count("\n", piece.start, piece.end) for piece in pieces)
            self._split[source.name] = pieces, list(accumulate(counts))
        return self._split[source.name]

    def _of_skip(self, file: CheckedFile | ParsedFile | FileReport, skip: Skip) -> frozenset[str] | None:
        given = self._given(_name(file))
        if given is not None or isinstance(file, FileReport):
            return given
        stated = dig(_value(file, skip), "metadata", "namespace")
        is_plain = isinstance(stated, str) and re.fullmatch(r"[a-z0-9-]+", stated) is not None
        return frozenset({str(stated)}) if is_plain else None

    def _given(self, name: str) -> frozenset[str] | None:
        found = self._kustomizations.namespaces_of(name)
        return None if not found or None in found else frozenset(each for each in found if each is not None)

    def _of_kustomization(self, kustomization: Kustomization) -> Iterator[Unread]:
        reach = self._kustomizations.namespaces(kustomization)
        for remote in kustomization.remote:
            yield Unread(f"{kustomization.name} takes in {remote}, which comes from elsewhere", reach)
        for path in sorted(kustomization.resources - self._inside):
            yield Unread(f"{kustomization.name} takes in {path}, which is not among the files", reach)
        for field in ("generators", "transformers"):
            if field in kustomization.unread and not (field == "transformers" and _only_patches(kustomization)):
                yield Unread(f"{kustomization.name} has {field}, which only kustomize can run", reach)
        for key, value in kustomization.labels:
            if any(_is_given_anew(each, reach, key, value) for each in self._bundle.members):
                said = f"{kustomization.name} gives pods another label {key} than they have"
                yield Unread(said, reach, frozenset({Effect.CONNECTIONS}))
        if kustomization.replicas:
            yield Unread(f"{kustomization.name} sets replicas", reach, frozenset({Effect.AMOUNTS}))
        for patch in kustomization.patches:
            if patch.means is not Means.REPLACEMENT:
                yield from self._of_patch(kustomization, patch, reach)

    def _of_overlays(self) -> Iterator[Unread]:
        """Yield the namespaces that overlays put pods of their bases into: what they need together is not counted."""
        own = {(_place(member.resource), member.namespace) for member in self._bundle.members}
        for view in self._bundle.built:
            for member in view.members:
                if (_place(member.resource), member.namespace) not in own:
                    said = f"an overlay puts {member.resource.kind} {member.workload.name} there, too"
                    yield Unread(said, frozenset({member.namespace}), frozenset({Effect.AMOUNTS, Effect.ADMISSION}))

    def _of_patch(self, kustomization: Kustomization, patch: Patch, reach: frozenset[str] | None) -> Iterator[Unread]:
        said = f"{kustomization.name} has patches in it"
        if patch.path is not None:
            said = f"{patch.path} is a patch, which stands for more than it shows"
        values = list(self._values(patch))
        for value in values:
            own = Target(as_word(dig(value, "kind")), re.escape(as_word(dig(value, "metadata", "name"))))
            yield self._patched(said, patch.target or own, value, reach)
        if not values:
            yield Unread(said, reach)

    def _values(self, patch: Patch) -> Iterator[object]:
        if patch.path is not None:
            file = self._by_name.get(patch.path)
            documents = () if file is None else file.parsed.documents
        else:
            documents = parse(SourceText("", patch.text), lambda _text: True, sketch=True).documents
        yield from (each.value for each in documents if not each.is_empty)

    def _patched(self, said: str, target: Target, value: object, reach: frozenset[str] | None) -> Unread:
        """Return how far a patch reaches that selects these objects; `reach` are all namespaces that it could touch."""
        matching = [resource for resource in self._bundle.resources if _selects(target, resource)]
        kinds = {each.kind for each in matching} | ({target.kind} if target.kind else set())
        effects = frozenset(effect for kind in kinds or {""} for effect in effects_of(value, kind))
        named = set(containers_of(value))
        if named and not (matching and self._have(matching, named)):
            effects = ALL
        found = frozenset(each.effective_namespace for each in matching)
        namespaces = reach if reach is not None else (found if found and "" not in found else None)
        return Unread(said, namespaces, effects)

    def _have(self, matching: list[Resource], named: set[str]) -> bool:
        """Return whether workloads have all containers that a patch names: others it adds."""
        places = {(each.source, each.document, each.path) for each in matching}
        workloads = (member.workload for member in self._bundle.members if _place(member.resource) in places)
        return all(named <= _containers(workload) for workload in workloads)


#: What is sealed of these is only what they hold: a workload that takes it is known to take what no file shows.
_SECRETS = frozenset({"SealedSecret", "Secret"})


def first(blind: Blind) -> str:
    """Return what of the input nobody could see, for people: the first thing; "" for nothing."""
    whole = Blind(tuple(part._replace(namespaces=None, effects=ALL) for part in blind.parts))
    return whole.everywhere(Effect.CONNECTIONS)


def _of_text(text: str) -> frozenset[str] | None:
    """Return the namespace that a text gives an object which nobody could read; none where no object is in it."""
    kinds = _IS_OBJECT.findall(text)
    if not kinds:
        return frozenset()
    found = _NAMESPACE.findall(text)
    return frozenset(found) if len(kinds) == 1 and len(found) == 1 else None


def _is_given_anew(member: Member, reach: frozenset[str] | None, key: str, value: str) -> bool:
    """Return whether a label that a kustomization puts into pods takes the place of one that a workload gives them."""
    own = dig(member.workload.metadata, "labels", key)
    return own is not None and own != value and (reach is None or member.namespace in reach)


def _only_patches(kustomization: Kustomization) -> bool:
    """Return whether each of its plugins is one of kustomize's own that patch, with paths that are known."""
    return bool(kustomization.plugins) and len(kustomization.plugins) <= sum(
        each.means is Means.TRANSFORMER for each in kustomization.patches
    )


def _selects(target: Target, resource: Resource) -> bool:
    """Return whether a patch may change an object."""
    return selects(target.kind, resource.kind) and selects(target.name, resource.name)


def _value(file: CheckedFile | ParsedFile, skip: Skip) -> object:
    return next((document.value for document in file.parsed.documents if document.index == skip.document), None)


def _containers(workload: Workload) -> set[str]:
    return {container.name for container in workload.containers}


def _place(resource: Resource) -> tuple[str, int, tuple[str | int, ...]]:
    return resource.source, resource.document, resource.path


def _name(file: CheckedFile | ParsedFile | FileReport) -> str:
    return file.name if isinstance(file, FileReport) else file.source.name
