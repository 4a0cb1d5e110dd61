"""The amounts that Kubernetes calls quantities: exact, read and written as the API server does."""

from __future__ import annotations

import re
from enum import Enum
from typing import assert_never

from harden.model.record import Record

#: Amounts are whole numbers of these parts: finer ones do not exist (apimachinery, resource.Nano).
NANO = 10**9

# Python reads and writes no whole number of more than 4,300 digits; nothing real comes near.
_PARTS = re.compile(
    r"([+-]?)([0-9]{0,1000})\.?([0-9]{0,1000})(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,1000}))?", re.ASCII
)
_LARGEST_NUMBER = 10**1000
_DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_LARGEST_BINARY = (2**63 - 1) * NANO
# The API server takes exponents of any size; nothing real comes near, and 10**(10**9) would take all memory.
_LARGEST_EXPONENT = 60


class Format(Enum):
    """How a quantity was written, and is written again."""

    BINARY = "Mi"
    DECIMAL = "M"
    EXPONENT = "e6"


class Quantity(Record):
    """An exact amount in billionths; `str()` gives the canonical form.

    Source: k8s.io/apimachinery v0.37, pkg/api/resource/quantity.go: no precision is lost, no fraction is written, the
    suffix is as large as possible.
    """

    nano: int
    format: Format = Format.DECIMAL

    def __str__(self) -> str:
        if self.nano == 0:
            return "0"
        match self.format:
            case Format.BINARY:
                # Below 1024 and for fractions the API server writes the decimal form, to lose nothing.
                if self.nano % NANO or abs(self.nano) < 1024 * NANO:
                    return _written(self.nano, 1000, _DECIMAL)
                return _written(self.nano // NANO, 1024, _BINARY)
            case Format.DECIMAL:
                return _written(self.nano, 1000, _DECIMAL)
            case Format.EXPONENT:
                return _with_exponent(self.nano)
            case _:
                assert_never(self.format)


def parse(value: object) -> Quantity | None:
    """Return the quantity that a YAML value (a string or a number) stands for, or None where it is none.

    Nor is one what has more than a thousand digits, which the API server takes.

    What is finer than a billionth is rounded away from zero; what has a binary suffix is capped at 2^63-1.
    Source: k8s.io/apimachinery v0.37, pkg/api/resource/quantity.go, ParseQuantity.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        return None
    found = _PARTS.fullmatch(str(value))
    if found is None:
        return None
    sign, whole, fraction, suffix, exponent = found.groups()
    if not whole and not fraction:
        # The API server reads some bare suffixes as zero and refuses others; nobody means them.
        return None
    power, factor, form = _scale(suffix, exponent)
    if abs(power) > _LARGEST_EXPONENT:
        return None
    digits = int(f"0{whole}{fraction}") * factor
    power += 9 - len(fraction)
    nano = digits * 10**power if power >= 0 else -(-digits // 10**-power)
    if form is Format.BINARY:
        nano = min(nano, _LARGEST_BINARY)
        # So does the API server: it keeps 0.5Ki as 512, but 0.0001Ki as 102400u.
        form = Format.DECIMAL if 0 < nano < NANO else form
    return Quantity(-nano if sign == "-" else nano, form)


def _scale(suffix: str | None, exponent: str | None) -> tuple[int, int, Format]:
    """Return the power of ten, the binary factor and the format of what stands behind the number."""
    if exponent is not None:
        return int(exponent), 1, Format.EXPONENT
    if suffix is None:
        return 0, 1, Format.DECIMAL
    if suffix.endswith("i"):
        return 0, 1024 ** _BINARY.index(suffix), Format.BINARY
    return 3 * (_DECIMAL.index(suffix) - 3), 1, Format.DECIMAL


def _written(amount: int, step: int, suffixes: tuple[str, ...]) -> str:
    at = 0
    while amount % step == 0 and at + 1 < len(suffixes):
        amount, at = amount // step, at + 1
    return f"{amount}{suffixes[at]}"


def _with_exponent(nano: int) -> str:
    exponent = -9
    while nano % 1000 == 0:
        nano, exponent = nano // 1000, exponent + 3
    return f"{nano}e{exponent}" if exponent else str(nano)
