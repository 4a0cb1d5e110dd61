"""The records of a baseline: its entries, and how far a run could see."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.record import Record
from harden.model.text import Plain


class Entry(Record):
    """One finding that was there before.

    It is known by `workload` (`Kind namespace/name`, or `Kind name`), `container` ("" for what is in none), `control`,
    `place` with names instead of indexes, and `words`, what the finding names, sorted. `file` is relative to the folder
    of the baseline: it says where the finding was last seen, and decides between equals. `message` is for people.
    """

    workload: str
    container: str
    control: str
    place: str
    words: tuple[str, ...]
    file: str
    message: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what two findings share that may be the same."""
        return self.workload, self.container, self.control, self.place

    def speaks_of(self, found: Entry) -> bool:
        """Return whether `found` is the finding of this entry, or what is left of it."""
        return self.key == found.key and set(found.words) <= set(self.words)

    @property
    def data(self) -> Mapping[str, Plain]:
        """Return the entry as it stands in a file."""
        return {
            "workload": self.workload,
            **({"container": self.container} if self.container else {}),
            "control": self.control,
            "place": self.place,
            "words": list(self.words),
            "file": self.file,
            "message": self.message,
        }

    @property
    def said(self) -> str:
        """Return the entry for people."""
        return f"{self.file}: {self.workload}: {self.control}: {self.message}"


class Baseline(Record):
    """A file of entries; `folder` is the absolute folder that their paths hold from."""

    name: str
    folder: str
    entries: tuple[Entry, ...] = ()


class Scope(Record):
    """What a run saw: the absolute names of the files it read and the folders it walked, and the controls that ran."""

    files: frozenset[str]
    folders: tuple[str, ...]
    controls: frozenset[str]
