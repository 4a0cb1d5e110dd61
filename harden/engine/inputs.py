"""The files of a run: their bytes, until a report has their texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from harden.model.report import FileReport, Problem
from harden.model.text import SourceText

#: The name of a file, and its bytes or why those cannot be had.
Input = tuple[str, bytes | Problem]


class Inputs(Sequence[Input]):
    """Files in their order, which holds one copy of each: bytes at first, and then the text that its report has.

    Whoever asks for the bytes later gets them all the same: they are made of the text.
    """

    def __init__(self, files: Iterable[Input]) -> None:
        self._held: list[Input | SourceText] = list(files)

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Input]:
        return map(_input, self._held)

    @overload
    def __getitem__(self, at: int) -> Input: ...

    @overload
    def __getitem__(self, at: slice) -> list[Input]: ...

    def __getitem__(self, at: int | slice) -> Input | list[Input]:
        held = self._held[at]
        return list(map(_input, held)) if isinstance(held, list) else _input(held)

    def reported(self, reports: Iterable[FileReport]) -> Iterator[FileReport]:
        """Yield the reports of all files, in their order, and let the bytes of each go that is reported."""
        for at, report in enumerate(reports):
            if report.before is not None:
                self._held[at] = report.before
            yield report


def _input(held: Input | SourceText) -> Input:
    return (held.name, held.encode(held.text)) if isinstance(held, SourceText) else held
