"""Turns bytes into text: encodings, the byte order mark, and what is no text at all."""

from __future__ import annotations

from harden.model.report import Problem, Stage
from harden.model.text import SourceText

#: The largest input that is read, in bytes; manifests of this size are dumps, not sources.
LIMIT = 50 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_CONVERT = "convert the file to UTF-8 (for example `iconv -f {0} -t UTF-8`)"
#: UTF-32 first: its little-endian mark begins with the UTF-16 one.
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def decode(name: str, data: bytes) -> SourceText | Problem:
    """Return `data` as text, or a Problem (stage READ) when it is too large, binary or not UTF-8.

    Line ends are kept as they are; only a UTF-8 byte order mark is taken off and remembered.
    """
    if len(data) > LIMIT:
        message = f"larger than {LIMIT // (1024 * 1024)} MB"
        return Problem(name, Stage.READ, message, hint="leave it out with --exclude, or split it")
    wide = wide_encoding(data)
    if wide is not None:
        return Problem(name, Stage.READ, f"{wide} text, not UTF-8", hint=_CONVERT.format(wide))
    bom = data.startswith(_BOM)
    body = data[len(_BOM) :] if bom else data
    if body.startswith(_BOM):
        return Problem(name, Stage.READ, "two byte order marks", 1, "keep the first three bytes once")
    nul = body.find(b"\x00")
    if nul >= 0:
        return Problem(name, Stage.READ, "binary data, not text", _line(body, nul))
    try:
        return SourceText(name, body.decode("utf-8"), bom)
    except UnicodeDecodeError as error:
        hint = _CONVERT.format("ENCODING")
        return Problem(name, Stage.READ, "not valid UTF-8", _line(body, error.start), hint)


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def wide_encoding(data: bytes) -> str | None:
    """Name the wide encoding that a mark, or the NUL pattern of ASCII text without one, gives away."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:4]
    if len(head) < len(b"a\x00b\x00"):
        return None
    zeros = tuple(byte == 0 for byte in head)
    if zeros in {(True, True, True, False), (False, True, True, True)}:
        return "UTF-32"
    if zeros in {(True, False, True, False), (False, True, False, True)}:
        return "UTF-16"
    return None
