"""Reads what a scalar means to Kubernetes.

Kubernetes reads YAML with sigs.k8s.io/yaml v1.6.0: go.yaml.in/yaml/v2 (`resolve.go`) decides what a plain scalar is,
the result becomes JSON, and apimachinery's `util/json` makes int64 of every number that is one.
`tests/data/scalars.json` records what those libraries say.
"""

from __future__ import annotations

import binascii
import math
import re
import struct

from harden.model.text import Plain

_TAG = "tag:yaml.org,2002:"
#: The types that an explicit tag may ask for; any other tag leaves the text a string (go-yaml `resolvableTag`).
_STR, _BOOL, _INT, _FLOAT, _NULL, _TIME = (
    f"{_TAG}{name}" for name in ("str", "bool", "int", "float", "null", "timestamp")
)
_BINARY = f"{_TAG}binary"
MERGE_TAG = f"{_TAG}merge"

#: A scalar as plain data.
Atom = bool | int | float | str | None

_INT64_MAX = 2**63 - 1
_UINT64_MAX = 2**64 - 1

#: Plain scalars that are neither numbers nor strings (go-yaml `resolveMap`).
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMBER_START = frozenset("+-.0123456789")
#: Whole numbers of up to as many digits are what they look like, and fit 64 bits.
_SHORT = 18
# Given to `re` when they are needed, which then keeps them compiled: at every start that would take a millisecond.
_INTEGER = r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z"
_DECIMAL = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"
_STRAY_BYTE = r"[\udc80-\udcff]"
_DOT_DECIMAL = r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z"
_TIMESTAMP = (
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:[Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?\Z"
)


class Unreadable(Exception):  # noqa: N818 - it says what the scalar is, and never leaves harden.source
    """A scalar or key that Kubernetes' YAML library refuses; the text says why, without the value."""


def plain_cache() -> dict[str, Plain]:
    """Return a fresh cache of plain scalars by text, filled with the words that are no strings."""
    return {word: value for word, value in _WORDS.items() if not isinstance(value, float)}


def resolve_plain(text: str) -> Plain:
    """Return what a plain scalar without a tag means; raises Unreadable for .inf and .nan, which JSON cannot carry."""
    return _as_json(_resolve(text))


def resolve_tagged(tag: str, text: str) -> Plain:
    """Return what a scalar with the long form `tag` means, quoted or not; raises Unreadable where the tag is a lie."""
    return _as_json(_resolve_tagged(tag, text))


def key_name(tag: str | None, text: str, *, plain: bool) -> str:
    """Return the JSON key for a scalar key (`1` -> "1", `y` -> "true", `1e6` -> "1e+06").

    Raises Unreadable for null and for integers that do not fit 64 bits (sigs.k8s.io/yaml `convertToJSONableObject`).
    """
    untagged = _resolve(text) if plain and tag is None else text
    raw = untagged if tag is None else _resolve_tagged(tag, text)
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return _float_key(raw)
    if raw is None:
        raise Unreadable("a key is null, which Kubernetes does not read")
    if raw > _INT64_MAX:
        raise Unreadable("a key is a number too large for Kubernetes")
    return str(raw)


def _resolve_tagged(tag: str, text: str) -> Atom:
    if tag == _BINARY:
        return _decode_base64(text)
    if tag not in {_BOOL, _INT, _FLOAT, _NULL, _TIME}:
        return text
    if tag == _TIME:
        if re.match(_TIMESTAMP, text) is None:
            raise Unreadable("a value tagged as timestamp is none")
        return text
    value = _resolve(text)
    if tag == _FLOAT and type(value) is int and value <= _INT64_MAX:
        return float(value)
    if tag != _tag_of(value):
        raise Unreadable(f"a value tagged as {tag.removeprefix(_TAG)} is none")
    return value


def _tag_of(value: Atom) -> str:
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _BOOL
    if isinstance(value, int):
        return _INT
    return _FLOAT if isinstance(value, float) else _STR


def _resolve(text: str) -> Atom:
    """Return what go-yaml makes of a plain scalar, before it becomes JSON."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    if text[0] == ".":
        return _float_or(text, text, _DOT_DECIMAL)
    if text[0] != "0" and len(text) <= _SHORT and text.isascii() and text.isdecimal():
        return int(text)
    digits = text.replace("_", "")
    found = re.match(_INTEGER, digits)
    if found is not None:
        whole = _whole(found)
        if -(2**63) <= whole <= _INT64_MAX or (whole <= _UINT64_MAX and not found[1]):
            return whole
    return _float_or(text, digits, _DECIMAL)


def _whole(found: re.Match[str]) -> int:
    sign, hexadecimal, binary, octal, decimal = found.groups()
    if hexadecimal is not None:
        size = int(hexadecimal, 16)
    elif binary is not None:
        size = int(binary, 2)
    elif octal is not None:
        size = int(octal, 8)
    else:
        # Python refuses very long decimal numbers; beyond 64 bits only the size of the number matters here.
        size = int(decimal[:40])
    return -size if sign == "-" else size


def _float_or(text: str, digits: str, shape: str) -> float | str:
    if re.match(shape, digits) is None:
        return text
    value = float(digits.replace("_", ""))
    return text if math.isinf(value) else value


def _as_json(value: Atom) -> Plain:
    """Return what comes back from JSON: whole numbers that fit are int64, all others float64."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unreadable("a number is infinite or not a number, which JSON cannot carry")
        return _whole_float(value)
    if type(value) is int and value > _INT64_MAX:
        return float(value)
    return value


def _whole_float(value: float) -> int | float:
    if not value.is_integer() or abs(value) >= 2**64:
        return value
    # Go writes the shortest digits that make the float and fills up with zeros; Python's repr has the same digits.
    digits, _, exponent = repr(abs(value)).partition("e")
    if exponent:
        lead, _, rest = digits.partition(".")
        whole = int(lead + rest.ljust(int(exponent), "0"))
    else:
        whole = int(digits.partition(".")[0])
    whole = -whole if value < 0 else whole
    return whole if -(2**63) <= whole <= _INT64_MAX else value


def _float_key(value: float) -> str:
    """Return a float key as Go's `FormatFloat(value, 'g', -1, 32)` writes it."""
    if math.isnan(value):
        return ".nan"
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    for precision in range(9):
        text = f"{single:.{precision}e}"
        if struct.pack("f", float(text)) == struct.pack("f", single):
            break
    digits, _, exponent = text.partition("e")
    size = int(exponent)
    if -4 <= size < 6:
        places = max(len(digits.lstrip("-").replace(".", "")) - 1 - size, 0)
        return f"{float(text):.{places}f}"
    return f"{digits}e{'-' if size < 0 else '+'}{abs(size):02d}"


def _decode_base64(text: str) -> str:
    try:
        data = binascii.a2b_base64(text.replace("\r", "").replace("\n", ""), strict_mode=True)
    except ValueError:
        raise Unreadable("a value tagged as binary is not base64") from None
    # Go writes one replacement character for each byte that is no UTF-8.
    return re.sub(_STRAY_BYTE, "\ufffd", data.decode("utf-8", "surrogateescape"))
