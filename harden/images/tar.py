"""Reads tar streams member by member, within limits: nothing is extracted, no header can ask for much memory.

The format is that of POSIX pax and of GNU tar (tar(5)). The standard library's tarfile is not used because it reads a
pax header of any size into memory and takes a broken header behind the first member for the end of the archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from harden.images.problems import LearnError

_BLOCK = 512
_CHUNK = 1 << 16
#: The most bytes that a long name or a pax header may have.
_HEADER_LIMIT = 1 << 20
#: The most headers in a row that belong to one member, and the longest name and link (Linux, PATH_MAX).
_HEADERS_IN_A_ROW = 16
_NAME_LIMIT = 4096
#: The most digits of a number that counts something: those of the largest 64-bit number.
_DIGITS = 20
#: What is read of a pax header; whatever else is in it is not kept.
_WANTED = frozenset({"path", "linkpath", "size"})
#: The most members of an archive; the largest real layers have some hundred thousand.
_MEMBER_LIMIT = 5_000_000


class Kind(Enum):
    """What a member is, as far as it matters here."""

    FILE = "file"
    FOLDER = "folder"
    HARD_LINK = "hard link"
    SYMLINK = "symlink"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive; `offset` is where its content starts, in bytes of the uncompressed stream."""

    name: str
    kind: Kind
    size: int
    link: str
    offset: int


class Reader(Protocol):
    """What a stream must offer to be read."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none only at the end."""


class Blob(Reader, Protocol):
    """A stream that is closed after use."""

    def close(self) -> None:
        """End it."""


class Seekable(Reader, Protocol):
    """A file that can be read from any place."""

    def seek(self, offset: int, /) -> int:
        """Go to a place, in bytes from the start."""


class Stream:
    """A stream that knows its position, and ends with an error at `limit` bytes."""

    __slots__ = ("_limit", "_reader", "position", "what")

    def __init__(self, reader: Reader, what: str, limit: int) -> None:
        self._reader = reader
        self._limit = limit
        self.position = 0
        self.what = what

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes; raises LearnError where the stream ends before that."""
        parts: list[bytes] = []
        missing = size
        while missing:
            part = self._next(min(missing, _CHUNK))
            if not part:
                raise LearnError(f"{self.what}: the archive ends in the middle, at byte {self.position}")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Leave out `size` bytes."""
        while size:
            size -= len(self.read(min(size, _CHUNK)))

    def skip_padding(self, size: int) -> None:
        """Leave out up to `size` bytes; umoci ends its layers right behind the last content."""
        while size and (part := self._next(size)):
            size -= len(part)

    def drain(self) -> None:
        """Read to the end; what checks a whole, such as a digest, speaks only there."""
        while self._next(_CHUNK):
            pass

    def _next(self, size: int) -> bytes:
        part = self._reader.read(size)
        self.position += len(part)
        if self.position > self._limit:
            raise LearnError(f"{self.what}: more than {self._limit >> 20} MB when uncompressed: not read any further")
        return part


def walk(stream: Stream) -> Iterator[Member]:
    """Yield the members in order; the content of the one just yielded can be read from `stream` before the next.

    Raises LearnError when the archive is broken, cut off, or asks for more than the limits allow.
    """
    count = 0
    more: dict[str, str] = {}
    in_a_row = 0
    while (header := _header(stream)) is not None:
        count += 1
        if count > _MEMBER_LIMIT:
            raise LearnError(f"{stream.what}: more than {_MEMBER_LIMIT} members: not read any further")
        kind = header[156:157]
        size = _number(stream, header[124:136])
        if kind in {b"x", b"g", b"L", b"K"}:
            in_a_row += 1
            if in_a_row > _HEADERS_IN_A_ROW:
                raise LearnError(f"{stream.what}: more than {_HEADERS_IN_A_ROW} headers in a row: not read any further")
            said = _extension(stream, kind, size)
            # Global headers name no member; they matter for none of the fields that are read here.
            more |= {} if kind == b"g" else said
            continue
        if kind == b"S":
            _skip_sparse_map(stream, header)
        member = _member(stream, header, size, more)
        more, in_a_row = {}, 0
        size = member.size if _has_content(kind) else 0
        end = stream.position + size
        yield member
        stream.skip(end - stream.position)
        stream.skip_padding(_padded(size) - size)


def _header(stream: Stream) -> bytes | None:
    """Return the next header; None at the end, which two blocks of zeros or the stream's own end mark."""
    first = stream._next(1)  # noqa: SLF001 - a stream that ends between members is complete
    if not first:
        return None
    block = first + stream.read(_BLOCK - 1)
    if not any(block):
        return None
    stored = _number(stream, block[148:156])
    # The field itself counts as spaces; old programs summed signed bytes.
    blank = block[:148] + b" " * 8 + block[156:]
    if stored not in {sum(blank), sum(byte - 256 if byte > 127 else byte for byte in blank)}:
        raise LearnError(f"{stream.what}: not a tar archive, or a broken one: wrong checksum at byte {stream.position}")
    return block


def _number(stream: Stream, field: bytes) -> int:
    """Return a number field: octal digits, or base 256 where the first bit is set (GNU)."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits:
        return 0
    try:
        number = int(digits, 8)
    except ValueError:
        number = -1
    if number < 0:
        raise LearnError(f"{stream.what}: a broken number in the header before byte {stream.position}")
    return number


def _extension(stream: Stream, kind: bytes, size: int) -> dict[str, str]:
    """Return what a pax header or a GNU long name says of the next member: path, linkpath, size."""
    if size > _HEADER_LIMIT:
        raise LearnError(f"{stream.what}: a header of {size} bytes, more than {_HEADER_LIMIT}: not read")
    content = stream.read(_padded(size))[:size]
    if kind in {b"L", b"K"}:
        return {"path" if kind == b"L" else "linkpath": _name(stream, content.rstrip(b"\0"))}
    said: dict[str, str] = {}
    while content:
        length = content[: _DIGITS + 1].partition(b" ")[0]
        if not length.isdigit() or len(length) > _DIGITS or not len(length) + 1 < int(length) <= len(content):
            raise LearnError(f"{stream.what}: a broken pax header before byte {stream.position}")
        key, _, value = content[len(length) + 1 : int(length) - 1].partition(b"=")
        if _text(key) in _WANTED:
            said[_text(key)] = _name(stream, value)
        content = content[int(length) :]
    return said


def _name(stream: Stream, data: bytes) -> str:
    if len(data) > _NAME_LIMIT:
        raise LearnError(f"{stream.what}: a name of {len(data)} bytes, more than {_NAME_LIMIT}: not read")
    return _text(data)


def _pax_size(stream: Stream, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise LearnError(f"{stream.what}: a broken size in the header before byte {stream.position}")
    return int(text)


def _member(stream: Stream, header: bytes, size: int, more: dict[str, str]) -> Member:
    name = _text(header[:100].partition(b"\0")[0])
    prefix = _text(header[345:500].partition(b"\0")[0])
    if prefix and header[257:263] == b"ustar\0":
        name = f"{prefix}/{name}"
    kind = {
        b"0": Kind.FILE,
        b"\0": Kind.FILE,
        b"7": Kind.FILE,
        b"5": Kind.FOLDER,
        b"1": Kind.HARD_LINK,
        b"2": Kind.SYMLINK,
    }
    member = Member(
        name, kind.get(header[156:157], Kind.OTHER), size, _text(header[157:257].partition(b"\0")[0]), stream.position
    )
    if "path" in more:
        member = replace(member, name=more["path"])
    if "linkpath" in more:
        member = replace(member, link=more["linkpath"])
    if "size" in more:
        member = replace(member, size=_pax_size(stream, more["size"]))
    if member.kind is Kind.FILE and member.name.endswith("/"):
        member = replace(member, kind=Kind.FOLDER)  # as archives from before POSIX write folders
    return member


def _has_content(kind: bytes) -> bool:
    return kind not in {b"1", b"2", b"3", b"4", b"5", b"6"}


def _skip_sparse_map(stream: Stream, header: bytes) -> None:
    """Leave out the further blocks of an old GNU sparse header."""
    follows = header[482] != 0
    while follows:
        follows = stream.read(_BLOCK)[504] != 0


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
