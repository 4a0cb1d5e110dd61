"""The file that learned facts are added to: what is in it stays byte for byte, and no image is in it twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harden.adapters import files
from harden.errors import HardenError
from harden.images.entry import Entry, read_entries
from harden.model.report import Problem, Stage
from harden.model.text import SourceText
from harden.outputs.summary import number
from harden.source.read import decode

_HEAD = re.compile(r"^(?=- match:)", re.MULTILINE)


class Entries:
    """The entries that a run has learned; with `name`, each is added to that file as soon as it is there.

    So a run that is interrupted keeps what it has learned. `text` is all of the file, `added` counts new entries.
    """

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._source = SourceText("", "") if name is None else _read(name)
        self._old = read_entries(self._source)
        self._places = {pattern.text: each.statement.place for each in self._old for pattern in each.patterns}
        self.text = self._source.text
        self.added = 0

    def take(self, learned: str) -> Iterator[tuple[str, str | None]]:
        """Take the entries of a text; yield what each adds, or the place of the one that speaks of its image already.

        Raises HardenError when the file cannot be written, or is not written in a way that can be added to.
        """
        for part in _HEAD.split(learned):
            if part.strip():
                yield self._take(part.rstrip("\n") + "\n")

    def _take(self, text: str) -> tuple[str, str | None]:
        (entry,) = read_entries(SourceText("", text))
        image = entry.patterns[0].text
        if image in self._places:
            return "", self._places[image]
        addition = _behind(self.text, text)
        if self._name is not None:
            if not self.added:
                self._demand_whole(entry, addition)
            _write(self._name, self._source.encode(self.text), self._source.encode(self.text + addition))
        self._places[image] = f"{self._name or 'an entry above'}"
        self.text += addition
        self.added += 1
        return addition, None

    def _demand_whole(self, entry: Entry, addition: str) -> None:
        """Raise HardenError unless the file with the addition holds what it held and the new entry.

        What is added later stands behind an entry of ours, where it fits.
        """
        wrong = HardenError(f"{self._name}: an entry cannot be put at its end: write it as a list of `- match:` lines")
        try:
            found = read_entries(SourceText(self._source.name, self.text + addition))
        except HardenError as error:
            raise wrong from error
        if found[:-1] != self._old or found[-1].patterns != entry.patterns:
            raise wrong


def added_line(name: str, added: int) -> str:
    """Return what is said of a file once entries were added to it."""
    return f"{name}: {number(added, 'image')} added\n"


def _behind(text: str, entry: str) -> str:
    """Return what puts an entry behind a text: a blank line between, and the line ends of the text."""
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    addition = gap + entry
    return addition.replace("\n", "\r\n") if "\r\n" in text else addition


def _read(name: str) -> SourceText:
    if not Path(name).exists():
        return SourceText(name, "")
    data = files.read(name)
    source = data if isinstance(data, Problem) else decode(name, data)
    if isinstance(source, Problem):
        raise HardenError(f"{name}: {source.message}")
    return source


def _write(name: str, old: bytes, new: bytes) -> None:
    is_new = not old and not Path(name).exists()
    problem = files.create(name, new) if is_new else files.write(name, new, original=old)
    if problem is not None and problem.stage is Stage.WRITE:
        raise HardenError(f"{name}: {problem.message}")
