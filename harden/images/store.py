"""Finds facts: the shipped files, people's own, and which of their entries have to be read for an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from harden.errors import HardenError
from harden.images.pattern import Pattern, pattern_of
from harden.images.reference import ImageNameError, Reference, canonical, parse_reference
from harden.images.rules import rules_for
from harden.model.report import Problem
from harden.model.text import SourceText
from harden.model.tree import Node
from harden.source.read import decode
from harden.source.regular import read_regular

# Of most images nothing is known: what reads and holds facts is imported when something is.
if TYPE_CHECKING:
    from harden.images.compiled import Compiled
    from harden.images.entry import Entry
    from harden.images.facts import ImageFacts
    from harden.images.resolve import Match

_PACKAGE = Path(__file__).resolve().parents[1]
_ENDINGS = (".yaml", ".yml")
#: Beside the shipped facts: their entries as JSON (`harden.images.compiled`).
COMPILED = "compiled.json"

#: The head of an entry in a shipped file: `- match:` at the start of a line, its names behind it or in the lines below.
#: A test holds every shipped file to this form.
_HEAD = re.compile(r"^- match:((?:.|\n  - )*)", re.MULTILINE)
_NAME = re.compile(r"[^\s,\[\]]{2,}")

#: Who asks for so many repositories has all files indexed: to look for each of their names takes longer from then on.
_MANY = 16

#: What every glob of a shipped file holds; a test sees to it.
_GLOB_MARK = "/*"

_NONE: Mapping[str, str] = MappingProxyType({})


class _Piece:
    """An entry of a shipped file as text; `entry` is None until an image asks for it. `line` is 1-based."""

    __slots__ = ("entry", "line", "name", "text")

    def __init__(self, name: str, text: str, line: int) -> None:
        self.name = name
        self.text = text
        self.line = line
        self.entry: Entry | None = None


class Store:
    """The entries of the shipped files, which are parsed only when an image asks, and those of people's own files.

    `waiting` holds name and text of the shipped files that are not indexed yet; `parsed` counts the shipped entries
    that were parsed.
    """

    __slots__ = ("_asked", "_compiled", "_globs_known", "_together", "globs", "names", "own", "parsed", "waiting")

    def __init__(self) -> None:
        self.waiting: list[tuple[str, str]] = []
        self.names: dict[str, list[_Piece]] = {}
        self.globs: list[tuple[Pattern, _Piece]] = []
        self.own: list[Entry] = []
        self.parsed = 0
        self._globs_known = False
        self._asked = 0
        self._compiled: Compiled | None = None
        #: All that waits as one text, which is searched quicker.
        self._together = ""

    def matches(self, names: Sequence[str]) -> list[Match]:
        """Return the entries that speak of an image, the least specific first.

        `names` are the image's names, the one that counts most first: its own, then what that is a mirror of. Among
        equals people's own files count more than the shipped ones, and later files more than earlier ones.
        """
        self._asked += 1
        self.index(names if self._asked < _MANY else None)
        found: list[tuple[tuple[bool, int, int, int], Match]] = []
        for order, (pattern, entry) in enumerate(self._candidates(names)):
            hits = [-at for at, name in enumerate(names) if pattern.matches(name)]
            if hits:
                exact, length = pattern.weight
                found.append(((exact, max(hits), length, order), (pattern, entry)))
        return [match for _, match in sorted(found, key=lambda pair: pair[0])]

    def index(self, words: Iterable[str] | None = None) -> None:
        """Index the shipped files that hold one of `words` (complete names) or a glob; all where `words` is None."""
        if not self.waiting:
            return
        if words is not None and self._globs_known and not any(word in self._together for word in words):
            return
        still: list[tuple[str, str]] = []
        for name, text in self.waiting:
            if words is None or _GLOB_MARK in text or any(word in text for word in words):
                _index(self, name, text)
            else:
                still.append((name, text))
        self.waiting = still
        self._globs_known = True
        self._together = "\n".join(text for _, text in still)

    def _candidates(self, names: Sequence[str]) -> Iterator[Match]:
        for name in names:
            for piece in self.names.get(name, ()):
                yield Pattern(name), self._entry(piece)
        for pattern, piece in self.globs:
            if any(pattern.matches(name) for name in names):
                yield pattern, self._entry(piece)
        for entry in self.own:
            yield from ((pattern, entry) for pattern in entry.patterns)

    def _entry(self, piece: _Piece) -> Entry:
        if piece.entry is None:
            from harden.images.entry import read_entries, shipped_entry  # noqa: PLC0415 - see above

            self.parsed += 1
            node = self._node(piece.text)
            if node is None:
                (piece.entry,) = read_entries(SourceText(piece.name, piece.text), piece.line, shipped=True)
            else:
                piece.entry = shipped_entry(node, piece.name, piece.line)
        return piece.entry

    def _node(self, text: str) -> Node | None:
        """Return the entry that a text holds as it was compiled, None where it has changed since."""
        if self._compiled is None:
            from harden.images.compiled import Compiled  # noqa: PLC0415 - see above

            self._compiled = Compiled(facts_folder() / COMPILED)
        return self._compiled.entry(text)


def facts_folder(package: Path = _PACKAGE) -> Path:
    """Return the folder of the shipped facts: in the installed package, or beside it in a checkout."""
    installed = package / "profiles_data"
    return (installed if installed.is_dir() else package.parent / "profiles") / "images"


def open_store(extra: Sequence[Path] = ()) -> Store:
    """Return the shipped facts and those of `extra`, which are files, or folders whose YAML files count by name.

    Raises HardenError, with `file:line`, when a file of `extra` cannot be read.
    """
    store = Store()
    for path in _shipped():
        store.waiting.append((path.name, path.read_bytes().decode("utf-8")))
    for path in (file for place in extra for file in files_of(place)):
        from harden.images.entry import read_entries  # noqa: PLC0415 - see above

        store.own.extend(read_entries(_read(path)))
    return store


def shipped_texts() -> Iterator[str]:
    """Yield the text of each entry of the shipped facts."""
    for path in _shipped():
        yield from (text for _, text, _ in _pieces(path.read_bytes().decode("utf-8")))


def lookup(image: str, *, extra: Sequence[Path] = (), mirrors: Mapping[str, str] = _NONE) -> ImageFacts | None:
    """Return what is known about `image`, or None when nothing is, or when it is no image's name.

    `extra` are further facts files or folders; `mirrors` maps prefixes of names to what they mirror. Answers are kept
    for the life of the process. Raises HardenError when a file of `extra` cannot be read.
    """
    if not extra and not mirrors:
        return _lookup(image, (), ())
    return _lookup(image, tuple(extra), tuple(sorted(mirrors.items())))


def names_of(reference: Reference, mirrors: Mapping[str, str] = _NONE) -> tuple[str, ...]:
    """Return the names under which facts may speak of an image: its own, and what that is a mirror of."""
    return tuple(dict.fromkeys((reference.name, canonical(reference, mirrors).name)))


@lru_cache(maxsize=8)
def _store(extra: tuple[Path, ...]) -> Store:
    return open_store(extra)


@lru_cache(maxsize=4096)
def _lookup(image: str, extra: tuple[Path, ...], mirrors: tuple[tuple[str, str], ...]) -> ImageFacts | None:
    try:
        reference = parse_reference(image)
    except ImageNameError:
        return None
    repository, matches = _of_repository(reference.registry, reference.repository, extra, mirrors)
    reference = repository._replace(tag=reference.tag, digest=reference.digest)
    if not matches and not rules_for(reference):
        return None
    from harden.images.resolve import resolve  # noqa: PLC0415 - see above

    return resolve(reference, matches)


@lru_cache(maxsize=4096)
def _of_repository(
    registry: str, name: str, extra: tuple[Path, ...], mirrors: tuple[tuple[str, str], ...]
) -> tuple[Reference, list[Match]]:
    """Return the canonical name of a repository, and the entries that speak of it: a run sees many of its tags."""
    reference = Reference(registry, name, None, None)
    known = dict(mirrors)
    return canonical(reference, known), _store(extra).matches(names_of(reference, known))


def _shipped() -> list[Path]:
    return sorted(path for path in facts_folder().iterdir() if path.suffix == ".yaml")


def _pieces(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the entries of a shipped file: what names their images, their text, and its 1-based line."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    line, at = 1, 0
    for head, end in zip(heads, ends, strict=True):
        line += text.count("\n", at, head.start())
        at = head.start()
        yield head[1], text[at:end], line


def _index(store: Store, name: str, text: str) -> None:
    for names, own, line in _pieces(text):
        piece = _Piece(name, own, line)
        for match in _NAME.findall(names):
            if "*" in match:
                store.globs.append((pattern_of(match), piece))
            else:
                store.names.setdefault(match, []).append(piece)


def files_of(place: Path) -> Iterable[Path]:
    """Return the files of facts that a place has: itself, or those in a folder, by name."""
    if not place.is_dir():
        return (place,)
    return sorted(path for path in place.iterdir() if path.suffix in _ENDINGS and path.is_file())


def _read(path: Path) -> SourceText:
    try:
        source = decode(str(path), read_regular(path))
    except OSError as error:
        raise HardenError(f"{path}: the facts cannot be read: {error.strerror}") from error
    if isinstance(source, Problem):
        raise HardenError(f"{path}: {source.message}")
    return source
