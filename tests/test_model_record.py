"""Records are named tuples in all that the program does with them."""

from __future__ import annotations

import copy
import inspect

import pytest

from harden.companions.model import Companion
from harden.kube.quantity import Format, Quantity
from harden.kube.scheduling import Need
from harden.model.record import Record


class Spot(Record):
    """A place on a map."""

    x: int
    y: int = 2
    name: str = ""

    @property
    def sum(self) -> int:
        return self.x + self.y

    def __str__(self) -> str:
        return f"{self.name or 'spot'} {self.x}/{self.y}"


def test_fields_defaults_methods_and_words_are_those_of_the_class() -> None:
    spot = Spot(1, name="here")
    assert (spot.x, spot.y, spot.name, spot.sum, str(spot)) == (1, 2, "here", 3, "here 1/2")
    assert repr(spot) == "Spot(x=1, y=2, name='here')"
    assert (Spot.__name__, Spot.__module__, Spot.__doc__) == ("Spot", __name__, "A place on a map.")
    assert Spot._fields == ("x", "y", "name")
    assert str(inspect.signature(Spot)) == "(x, y=2, name='')"


def test_records_compare_hash_and_copy_by_their_fields() -> None:
    assert Spot(1) == Spot(1, 2, "") != Spot(2)
    assert {Spot(1): "a"}[Spot(1, 2)] == "a"
    assert Spot(1)._replace(y=5) == Spot(1, 5)
    assert copy.deepcopy(Spot(1)) == Spot(1)
    assert bool(Need()), "without an entry, but not nothing"


def test_records_do_not_change_and_refuse_what_they_do_not_have() -> None:
    spot = Spot(1)
    with pytest.raises(AttributeError):
        spot.x = 3  # type: ignore[misc]  # what is tested
    with pytest.raises(AttributeError):
        spot.z = 3  # type: ignore[attr-defined]  # what is tested
    with pytest.raises(TypeError, match="unexpected keyword"):
        Spot(1, z=2)  # type: ignore[call-arg]  # what is tested
    with pytest.raises(ValueError, match="unexpected field names"):
        spot._replace(z=2)  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError, match="missing"):
        Spot()  # type: ignore[call-arg]  # what is tested


def test_records_are_matched_by_position_and_by_name() -> None:
    match Spot(4, 5):
        case Spot(4, y):
            assert y == 5
        case _:
            pytest.fail("not matched")


def test_the_records_of_the_program_are_records() -> None:
    companion = Companion("Namespace", "shop", None, "kind: Namespace\n", "why")
    assert tuple(companion)[:5] == ("Namespace", "shop", None, "kind: Namespace\n", "why")
    assert companion.because == "why"
    assert f"{Quantity(1500 * 10**6)}" == "1500m"
    assert Quantity(0) == Quantity(0, Format.DECIMAL)
