"""Tells one state of things from another: digests of bytes, and of all that settings are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import PurePath

_SIZE = 20


def of_bytes(data: bytes) -> str:
    """Return the digest of bytes."""
    from hashlib import blake2b  # noqa: PLC0415 - slow to import, and most runs keep nothing

    return blake2b(data, digest_size=_SIZE).hexdigest()


def of_text(text: str) -> str:
    """Return the digest of a text."""
    return of_bytes(text.encode("utf-8", "surrogatepass"))


def of_value(value: object) -> str:
    """Return the digest of a value: of records, plain data and closed sets, whatever they hold.

    Two values have the same digest where they are the same, types and order included. Raises TypeError for what cannot
    be told apart by what it holds.
    """
    return of_bytes(b"".join(_pieces(value)))


def _pieces(value: object) -> Iterator[bytes]:
    kind = type(value)
    if isinstance(value, Enum):
        yield _piece(kind.__qualname__, value.name)
    elif value is None or isinstance(value, bool | int | float):
        yield _piece(kind.__name__, repr(value))
    elif isinstance(value, str | PurePath):
        yield _piece("text" if isinstance(value, str) else "path", str(value))
    elif isinstance(value, bytes):
        yield b"bytes %d " % len(value) + value
    else:
        yield from _inner(value)


def _inner(value: object) -> Iterator[bytes]:
    if isinstance(value, frozenset | set):
        yield _piece("set", "".join(sorted(map(of_value, value))))
        return
    if not isinstance(value, tuple | list | Mapping):
        raise TypeError(f"{type(value).__qualname__} holds what no digest tells apart")
    yield _piece(f"{'mapping' if isinstance(value, Mapping) else type(value).__qualname__} {len(value)}", "")
    for each in value.items() if isinstance(value, Mapping) else value:
        yield from _pieces(each)


def _piece(kind: str, text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return f"{kind} {len(data)} ".encode() + data
