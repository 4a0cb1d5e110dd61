"""Reads images from disk: OCI layouts as folders and archives, and the archives that `docker save` writes."""

from __future__ import annotations

import hashlib
import io
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from harden.images.config import JSON_LIMIT, read_config, read_json
from harden.images.layers import Layer
from harden.images.oci import LAYERS, Descriptor, Image, check, choose, descriptors, read_image
from harden.images.problems import LearnError
from harden.images.tar import Blob, Kind, Member, Seekable, Stream, walk
from harden.model.kube import dig

#: The most bytes of an archive, and the most members that are remembered.
_ARCHIVE_LIMIT = 256 << 30
_MEMBERS = 100_000
_LINKS = 8

#: Names that an index gives its images: containerd's is whole, the standard one may be a mere tag.
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


class Files(Protocol):
    """The files of an image on disk, by their path inside it."""

    @property
    def what(self) -> str:
        """Return what errors call it."""

    def open_(self, path: str) -> Blob:
        """Open a file; raises LearnError when it is not there."""

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An OCI layout that lies unpacked in a folder."""

    root: Path
    what: str

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        return (self.root / path).is_file()

    def open_(self, path: str) -> Blob:
        """Open a file; raises LearnError when it is not there, or leads out of the folder."""
        full = self.root / path
        if not full.is_file() or not full.resolve().is_relative_to(self.root.resolve()):
            raise LearnError(f"{self.what}: {path} is missing, or lies outside the folder")
        try:
            return full.open("rb")
        except OSError as error:
            raise LearnError(f"{self.what}: {path} cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive in a file that can be searched; `members` are its files and links by their path."""

    file: Seekable
    members: Mapping[str, Member]
    what: str

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        return self._member(path) is not None

    def open_(self, path: str) -> Blob:
        """Open a file; raises LearnError when it is not there."""
        member = self._member(path)
        if member is None:
            raise LearnError(f"{self.what}: the archive has no {path}, although its manifest names it")
        return _Slice(self.file, member.offset, member.size)

    def _member(self, path: str) -> Member | None:
        """Return the file at a path; links lead to other members of the archive only."""
        for _ in range(_LINKS):
            member = self.members.get(path)
            if member is None or member.kind is Kind.FILE:
                return member
            # Old versions of docker save write a layer twice as a symlink; a hard link's target is from the root.
            base = posixpath.dirname(path) if member.kind is Kind.SYMLINK else ""
            path = posixpath.normpath(posixpath.join(base, member.link))
        return None


class _Seeking(Stream):
    """The stream of a file that can seek: content is left out without reading it."""

    __slots__ = ("_file", "_size")

    def __init__(self, file: Seekable, size: int, what: str) -> None:
        super().__init__(file, what, size + 1)
        self._file = file
        self._size = size

    def skip(self, size: int) -> None:
        """Leave out `size` bytes; raises LearnError where the file ends before that."""
        self.position += size
        if self.position > self._size:
            raise LearnError(f"{self.what}: the archive ends in the middle: cut off while it was copied?")
        self._file.seek(self.position)

    def skip_padding(self, size: int) -> None:
        """Leave out up to `size` bytes."""
        self.position = min(self.position + size, self._size)
        self._file.seek(self.position)


class _Slice(io.RawIOBase):
    """A part of a file, read as if it were a file of its own."""

    def __init__(self, file: Seekable, offset: int, size: int) -> None:
        self._file = file
        self._at = offset
        self._end = offset + size

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; all that is left for -1."""
        left = self._end - self._at
        self._file.seek(self._at)
        part = self._file.read(left if size < 0 else min(size, left))
        self._at += len(part)
        return part


def index_archive(file: Seekable, size: int | None, what: str) -> Archive:
    """Return the archive in `file`, which can seek; `size` is its length, None where it is compressed.

    Only headers are read, except from a compressed file. Raises LearnError.
    """
    members: dict[str, Member] = {}
    file.seek(0)
    for member in walk(Stream(file, what, _ARCHIVE_LIMIT) if size is None else _Seeking(file, size, what)):
        if member.kind not in {Kind.FILE, Kind.HARD_LINK, Kind.SYMLINK}:
            continue
        if len(members) >= _MEMBERS:
            raise LearnError(f"{what}: more than {_MEMBERS} files: not the archive of an image")
        members[posixpath.normpath(member.name)] = member
    return Archive(file, members, what)


def read_images(files: Files) -> tuple[Image, ...]:
    """Return the images of an archive or layout; raises LearnError."""
    if files.has("manifest.json"):
        return tuple(_docker(files))
    if files.has("index.json"):
        return tuple(_layout(files))
    raise LearnError(
        f"{files.what}: holds neither manifest.json (docker save, skopeo copy ... docker-archive:FILE) nor index.json "
        "(an OCI layout): not an image"
    )


def _docker(files: Files) -> Iterator[Image]:
    manifest = read_json(_read(files, "manifest.json"), files.what)
    if not isinstance(manifest, list) or not manifest:
        raise LearnError(f"{files.what}: manifest.json names no image")
    for item in manifest:
        config, layers, tags = dig(item, "Config"), dig(item, "Layers"), dig(item, "RepoTags")
        if not isinstance(config, str) or not isinstance(layers, list):
            raise LearnError(f"{files.what}: manifest.json is not as docker save writes it")
        if len(layers) > LAYERS:
            raise LearnError(f"{files.what}: an image of {len(layers)} layers, more than {LAYERS}: not read")
        name = next((tag for tag in tags if isinstance(tag, str)), None) if isinstance(tags, list) else None
        data = _read(files, config)
        image_id = f"sha256:{hashlib.sha256(data).hexdigest()}"
        parsed = read_config(read_json(data, files.what), files.what)
        found = tuple(_layer(files, posixpath.normpath(str(path))) for path in layers)
        yield Image(parsed, found, name, image_id=image_id)


def _layout(files: Files) -> Iterator[Image]:
    """Yield the images of an OCI layout; builds of one name, or of none, are one image if their platforms differ."""
    groups: dict[str | None, list[Descriptor]] = {}
    for build in descriptors(read_json(_read(files, "index.json"), files.what), files.what):
        groups.setdefault(_name(build.annotations), []).append(build)
    if not groups:
        raise LearnError(f"{files.what}: index.json names no image")
    for name, builds in groups.items():
        each = len({build.platform for build in builds}) == len(builds)
        for build, remarks in [choose(builds, files.what)] if each else [(build, ()) for build in builds]:
            data = check(_read(files, _blob(build.digest)), build.digest, files.what)
            image = read_image(build.digest, data, _Blobs(files))
            yield replace(image, name=name, remarks=remarks + image.remarks)


@dataclass(frozen=True, slots=True)
class _Blobs:
    """The blobs of a layout, by their digest."""

    files: Files

    @property
    def what(self) -> str:
        """Return what errors call it."""
        return self.files.what

    def manifest(self, digest: str) -> bytes:
        """Return a manifest or index."""
        return _read(self.files, _blob(digest))

    def config(self, digest: str) -> bytes:
        """Return a configuration."""
        return _read(self.files, _blob(digest))

    def layer(self, digest: str) -> Layer:
        """Return a layer."""
        return _layer(self.files, _blob(digest))


def _name(annotations: Mapping[str, str]) -> str | None:
    """Return the name that an index gives an image; a mere tag is none."""
    texts = (annotations.get(key, "") for key in _NAMES)
    return next((text for text in texts if "/" in text), None)


def _blob(digest: str) -> str:
    """Return where a layout keeps a blob; digests were checked to be hexadecimal, so the path stays inside."""
    algorithm, _, encoded = digest.partition(":")
    return f"blobs/{algorithm}/{encoded}"


def _layer(files: Files, path: str) -> Layer:
    return Layer(f"{files.what}: layer {path}", lambda: files.open_(path))


def _read(files: Files, path: str) -> bytes:
    with closing(files.open_(posixpath.normpath(path))) as file:
        return file.read(JSON_LIMIT + 1)
