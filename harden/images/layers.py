"""Finds single files in the layers of an image, from the top layer down, without extracting anything."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, cast

from harden.images.problems import LearnError
from harden.images.tar import Blob, Kind, Member, Reader, Stream, walk

#: The most bytes that a layer may have when uncompressed, and that a wanted file may have.
_LAYER_LIMIT = 16 << 30
_FILE_LIMIT = 4 << 20

#: What readers of compressed data raise where it is damaged; those of zstd raise OSError through `_Zstandard`.
BROKEN = (OSError, EOFError, zlib.error)

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of an image: `what` names it in errors, `open_` opens its blob, compressed or not."""

    what: str
    open_: Callable[[], Blob]


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a wanted file: its content, None where it is a link; `present` is False when it is gone."""

    present: bool
    content: bytes | None = None


@dataclass(slots=True)
class _Search:
    """The files still wanted, and what is found; what a layer hides counts only for the layers below it."""

    wanted: set[str]
    found: dict[str, Found] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def settle(self, here: dict[str, Found]) -> None:
        """End a layer: what is in it, or hidden by it, is no longer wanted from those below."""
        self.found |= {path: Found(present=False) for path in self.hidden & self.wanted}
        self.found |= here
        self.wanted -= self.hidden | here.keys()
        self.hidden.clear()


def find_files(layers: Iterable[Layer], wanted: Iterable[str]) -> dict[str, Found]:
    """Return what the image has at the paths `wanted` (without a leading slash); paths in no layer are left out.

    `layers` are in the order of the image, lowest first; they are opened from the top down, and only until all paths
    are settled. Whiteouts are those of the OCI image-spec, layer.md. Raises LearnError.
    """
    search = _Search(set(wanted))
    for layer in reversed(list(layers)):
        if not search.wanted:
            break
        with closing(layer.open_()) as blob:
            search.settle(_scan(Stream(_uncompressed(blob, layer.what), layer.what, _LAYER_LIMIT), search))
    return search.found


def _scan(stream: Stream, search: _Search) -> dict[str, Found]:
    here: dict[str, Found] = {}
    try:
        for member in walk(stream):
            path = _path(member.name)
            if path is None:
                continue
            folder, _, base = path.rpartition("/")
            if base.startswith(_WHITEOUT):
                gone = folder if base == _OPAQUE else _join(folder, base.removeprefix(_WHITEOUT))
                search.hidden |= {want for want in search.wanted if _within(want, gone, itself=base != _OPAQUE)}
            elif path in search.wanted:
                here[path] = _found(stream, member)
            elif member.kind is not Kind.FOLDER:
                # A file or link where a folder was hides all that was below it.
                search.hidden |= {want for want in search.wanted if _within(want, path, itself=False)}
        stream.drain()
    except BROKEN as error:
        raise LearnError(f"{stream.what}: broken compressed data") from error
    return here


def _found(stream: Stream, member: Member) -> Found:
    if member.kind is not Kind.FILE:
        return Found(present=member.kind is not Kind.FOLDER)
    if member.size > _FILE_LIMIT:
        raise LearnError(f"{stream.what}: {member.name} has {member.size} bytes, more than {_FILE_LIMIT}: not read")
    return Found(present=True, content=stream.read(member.size))


def _path(name: str) -> str | None:
    """Return the path below the root that a member's name means, None for the root and for names that climb."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return None if not parts or ".." in parts else "/".join(parts)


def _join(folder: str, base: str) -> str:
    return f"{folder}/{base}" if folder else base


def _within(path: str, folder: str, *, itself: bool) -> bool:
    return (not folder) or path.startswith(f"{folder}/") or (itself and path == folder)


def _uncompressed(blob: Blob, what: str) -> Reader:
    """Return the blob's uncompressed bytes; the kind of compression is told by its first bytes."""
    head = blob.read(4)
    rest = _Joined(head, blob)
    if head.startswith(b"\x1f\x8b"):
        import gzip  # noqa: PLC0415 -- slow to import, and needed only to learn

        return gzip.GzipFile(fileobj=cast("IO[bytes]", rest))
    if head == b"\x28\xb5\x2f\xfd":
        return _zstandard(rest, what)
    return rest


def _zstandard(blob: object, what: str) -> Reader:
    """Return what reads zstd: of Python from 3.14, or of the package zstandard."""
    for module, opener in (("compression.zstd", "ZstdFile"), ("zstandard", "open")):
        try:
            package = importlib.import_module(module)
        except ImportError:
            continue
        return _Zstandard(getattr(package, opener)(blob, "rb"), package.ZstdError)
    raise LearnError(
        f"{what}: compressed with zstd, which this Python cannot read: use Python 3.14, install the package zstandard, "
        "or copy the image with skopeo copy --dest-compress-format gzip"
    )


class _Zstandard:
    """A reader of zstd whose own error becomes one that all readers raise."""

    def __init__(self, opened: Reader, error: type[Exception]) -> None:
        self._opened = opened
        self._error = error

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; raises OSError where the data is damaged."""
        try:
            return self._opened.read(size)
        except self._error as error:
            raise OSError("broken zstd data") from error


class _Joined:
    """A blob whose first bytes were already read."""

    def __init__(self, head: bytes, blob: Blob) -> None:
        self._head = head
        self._blob = blob

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, the bytes already read first; all of them for -1."""
        if not self._head:
            return self._blob.read(size)
        if size < 0:
            size = len(self._head)
        part, self._head = self._head[:size], self._head[size:]
        return part
