"""Says what a profile can set for a control."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harden.model.record import Record
from harden.model.text import Plain

#: What people call the types of options.
TYPE_WORDS = {
    bool: "true or false",
    int: "a whole number from 0",
    str: "a text",
    list: "a list of texts",
    dict: "a mapping",
}


class Table(Record):
    """What an option that is a mapping may hold.

    `schema` is its JSON Schema. `complain` takes a given mapping and returns what is wrong with it: the keys that lead
    to the place inside of it, and words that go on after that place; None where it is right.
    """

    schema: Mapping[str, Plain]
    complain: Callable[[Mapping[str, Plain]], tuple[tuple[str, ...], str] | None]


class Option(Record):
    """A setting of one control: its key in a profile, its default (whose type is the option's), and what it does.

    An option that is a mapping has a `table`, or holds texts by name; one that is a list holds texts. One that is a
    text holds one of `choices` where there are some.
    """

    name: str
    default: str | bool | int | list[Plain] | dict[str, Plain]
    doc: str
    table: Table | None = None
    choices: tuple[str, ...] = ()
