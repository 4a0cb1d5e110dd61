"""Reads what an overlay is to stand on: manifests of files and of standard input, or what a kustomization builds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harden.adapters import files, stream
from harden.adapters.division import Division
from harden.adapters.helm_stream import template_of
from harden.adapters.kustomizations import text_beside
from harden.adapters.kustomize_build import build
from harden.engine.run import Input
from harden.errors import HardenError
from harden.kube.kustomization import is_address
from harden.kube.kustomizations import NAMES, is_kustomization
from harden.model import filename
from harden.model.kube import dig
from harden.model.plain import as_word
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import SourceText
from harden.patches.objects import flat
from harden.source.parse import parse
from harden.source.read import decode
from harden.source.split import piece_texts


class PatchSource(Record):
    """What patches are for: the documents, what the overlay lists for them, and what of it is copied there.

    `unread` are inputs that are no text. `copies` are texts by the names that they get in the overlay.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    resources: tuple[str, ...] = ()
    copies: Mapping[str, str] = {}
    unread: tuple[Input, ...] = ()

    def division(self, *, open_end: bool) -> Division:
        """Return the documents as a run looks at them."""
        return Division(self.texts, self.names, open_end=open_end)


def from_stream(base: str | None) -> PatchSource:
    """Return what standard input holds; `base` is what the overlay lists instead of a copy of it."""
    data = stream.read()
    source = data if isinstance(data, Problem) else decode(files.STDIN, data)
    if isinstance(source, Problem):
        return PatchSource((), (), unread=((files.STDIN, data),))
    texts = tuple(piece_texts(source.text))
    names = tuple(map(template_of, texts))
    if base is not None:
        return PatchSource(texts, names, (base,))
    return PatchSource(texts, names, copies={"resources/manifests.yaml": _copied(source)})


def from_kustomization(folder: str, overlay: str | None) -> PatchSource:
    """Return what a folder or an address builds; raises BuildError where it does not. Without an overlay it lists it.

    Raises HardenError for an overlay inside of the folder, and for a component.
    """
    listed = folder
    if not is_remote(folder):
        _demand_no_component(folder)
    if overlay is not None and not is_remote(folder):
        base, target = Path(folder).resolve(), Path(overlay).resolve()
        if target.is_relative_to(base):
            raise HardenError(f"{overlay}: lies in {folder}, which it would list: kustomize refuses such a circle")
        listed = Path(filename.relative(base, target)).as_posix()
    source = decode(folder, build(folder))
    if isinstance(source, Problem):
        return PatchSource((), (), unread=((folder, source),))
    texts = tuple(piece_texts(source.text))
    return PatchSource(texts, (folder,) * len(texts), (listed,))


def _demand_no_component(folder: str) -> None:
    name = _kustomization_in(folder)
    source = None if name is None else text_beside(name)
    found = () if source is None else parse(source, lambda _: True).documents
    if any(as_word(dig(document.value, "kind")) == "Component" for document in found):
        raise HardenError(f"{name}: is a Component: patch the overlay that lists it, which has its objects")


def _kustomization_in(folder: str) -> str | None:
    return next((path.as_posix() for name in NAMES if (path := Path(folder) / name).is_file()), None)


def is_built(paths: Sequence[str]) -> bool:
    """Return whether the one path is a folder that kustomize builds, or an address."""
    return len(paths) == 1 and (is_remote(paths[0]) or _kustomization_in(paths[0]) is not None)


def is_remote(path: str) -> bool:
    """Return whether a path is an address to kustomize, and nothing that is here."""
    return is_address(path) and not Path(path).exists()


def from_files(names: Sequence[str], overlay: str | None) -> PatchSource:
    """Return what files hold; those of the overlay itself, and files without any object, are passed over.

    Raises HardenError for a kustomization among them: its folder is what is built.
    """
    target = None if overlay is None else Path(overlay).resolve()
    texts: list[str] = []
    owners: list[str] = []
    copies: dict[str, str] = {}
    unread: list[Input] = []
    for name in names:
        if target is not None and Path(name).resolve().is_relative_to(target):
            continue
        if is_kustomization(name):
            folder = Path(name).parent.as_posix()
            target_words = "" if overlay is None else f" -o {overlay}"
            raise HardenError(f"{name}: is a kustomization: harden patch {folder}{target_words} takes what it builds")
        data = files.read(name)
        source = data if isinstance(data, Problem) else decode(name, data)
        if isinstance(source, Problem):
            unread.append((name, data))
        elif _has_objects(source):
            pieces = piece_texts(source.text)
            texts += pieces
            owners += [name] * len(pieces)
            copies[_copy_name(name, copies)] = _copied(source)
    return PatchSource(tuple(texts), tuple(owners), copies=copies, unread=tuple(unread))


def _has_objects(source: SourceText) -> bool:
    parsed = parse(source, lambda _: True)
    values = [value for document in parsed.documents for value in flat(document.value)]
    return bool(parsed.problems) or any("apiVersion" in value and "kind" in value for value in values)


def _copied(source: SourceText) -> str:
    return source.text.replace("\r\n", "\n")


def _copy_name(name: str, taken: Mapping[str, str]) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).with_suffix("").as_posix()).strip("-.") or "manifests"
    found, at = f"resources/{stem}.yaml", 2
    while found in taken:
        found, at = f"resources/{stem}-{at}.yaml", at + 1
    return found
