"""Quantities: read, added and written as the API server does; the table was printed by apimachinery v0.37.2."""

from __future__ import annotations

import random

import pytest

from harden.kube.quantity import NANO, Format, Quantity, parse

#: Python reads and writes no number of more than 4,300 digits.
ENDLESS = ("9" * 5000, "9" * 5000 + "Mi", "0." + "1" * 5000, "1e" + "9" * 5000, 10**5000)

# What resource.ParseQuantity and String() of k8s.io/apimachinery v0.37.2 make of each.
CANONICAL = {
    "0": "0",
    "0Mi": "0",
    "-0.0m": "0",
    "1": "1",
    "+2": "2",
    "007": "7",
    "1.5": "1500m",
    ".5": "500m",
    "5.": "5",
    "-1.5": "-1500m",
    "1000m": "1",
    "100m": "100m",
    "1000": "1k",
    "1001": "1001",
    "100000000000000000000": "100E",
    "0.1n": "1n",
    "0.1m": "100u",
    "1.0000000001": "1000000001n",
    "-1.0000000001": "-1000000001n",
    "1E": "1E",
    "1E3": "1e3",
    "1e3": "1e3",
    "1e+21": "1e21",
    "10e4": "100e3",
    "1.5e3": "1500",
    "1e-3": "1e-3",
    "1.5Gi": "1536Mi",
    "1023": "1023",
    "1023Ki": "1023Ki",
    "1024Ki": "1Mi",
    "1023.5Ki": "1048064",
    "0.5Ki": "512",
    "-0.5Ki": "-512",
    "0.0001Ki": "102400u",
    "12Ei": "9223372036854775807",
    "100M": "100M",
    "1.1M": "1100k",
}
WRONG = (
    "",
    "1K",
    "1e",
    "1ee1",
    "1mi",
    "1 Gi",
    " 1",
    "1_000",
    "1.2.3",
    "Mi",
    "-",
    ".",
    "inf",
    "nan",
    "1,5",
    "\u0663",
    "1\n",
)


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_the_canonical_form_is_that_of_the_api_server(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize("text", CANONICAL.values())
def test_a_canonical_form_stays(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_quantity_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("value", [None, True, False, [], {}, ["1"], float("nan"), float("inf")])
def test_other_values_are_none(value: object) -> None:
    assert parse(value) is None


@pytest.mark.parametrize(
    ("value", "nano"), [(1, NANO), (0.1, NANO // 10), (1e-7, 100), (10**21, 10**30), (-2, -2 * NANO)]
)
def test_numbers_are_read_exactly(value: float, nano: int) -> None:
    read = parse(value)
    assert read is not None
    assert read.nano == nano


def test_an_absurd_exponent_costs_nothing() -> None:
    assert parse("1e1000000000") is None


@pytest.mark.parametrize(
    ("nano", "form", "text"),
    [
        (1536 * 2**20 * NANO, Format.BINARY, "1536Mi"),
        (2 * 2**30 * NANO, Format.BINARY, "2Gi"),
        (1500 * NANO, Format.BINARY, "1500"),
        (1000 * NANO, Format.BINARY, "1k"),
        (NANO // 4, Format.BINARY, "250m"),
        (12 * NANO, Format.DECIMAL, "12"),
        (12_000 * NANO, Format.EXPONENT, "12e3"),
    ],
)
def test_amounts_are_written_in_a_format(nano: int, form: Format, text: str) -> None:
    assert str(Quantity(nano, form)) == text


def test_nothing_is_lost_on_the_way_there_and_back() -> None:
    dice = random.Random(5)
    for _ in range(5_000):
        amount = Quantity(dice.randrange(10 ** dice.randint(1, 27)), dice.choice(list(Format)))
        back = parse(str(amount))
        assert back is not None, amount
        assert back.nano == amount.nano, (amount, "seed 5")


@pytest.mark.parametrize("value", ENDLESS, ids=["whole", "suffix", "fraction", "exponent", "number"])
def test_endless_numbers_are_none(value: str | int) -> None:
    assert parse(value) is None


def test_numbers_of_a_thousand_digits_are_exact() -> None:
    assert str(parse("9" * 1000)) == "9" * 1000
    assert str(parse("9" * 1000 + "Ki")) == "9223372036854775807"
