"""Limits a run to what a change touched: all else is read as before, and left as it is."""

from __future__ import annotations

from collections.abc import Sequence

from harden.changes.borders import at_borders
from harden.engine.outside import NOTHING_OUTSIDE, Outside
from harden.model.change import WHOLE, Change, FileChange
from harden.model.finding import Finding
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.text import LineIndex, Path, SourceText, value_at
from harden.model.tree import Document, Map, Seq
from harden.source.locate import locate
from harden.source.spans import followed

#: A workload by its file, its 0-based document and its path: the same in every round.
_Key = tuple[str, int, Path]


class _Known(Record):
    """What the text as it was read shows: whether nothing of a workload changed, else which findings are untouched."""

    is_whole: bool
    findings: frozenset[tuple[str, str]]


class ChangeLimits:
    """What of each workload a change did not touch.

    Lines are those of the text as it was read: a workload that is asked about again, after fixes, is remembered.
    """

    def __init__(self, change: Change) -> None:
        self._change = change
        self._known: dict[_Key, _Known] = {}
        self._files: dict[str, FileChange | None] = {}

    def outside(
        self, source: SourceText, lines: LineIndex, document: Document, workload: Workload, findings: Sequence[Finding]
    ) -> Outside:
        """Return what of a workload the change did not touch."""
        key = (source.name, document.index, workload.path)
        if key not in self._known:
            self._known[key] = self._look(source, lines, document, workload, findings)
        known = self._known[key]
        if known.is_whole:
            return Outside(True, frozenset(range(len(findings))))
        if not known.findings:
            return NOTHING_OUTSIDE
        return Outside(findings=frozenset(at for at, each in enumerate(findings) if _name(each) in known.findings))

    def _look(
        self, source: SourceText, lines: LineIndex, document: Document, workload: Workload, findings: Sequence[Finding]
    ) -> _Known:
        change = self._of(source)
        first, last = _range(source.text, lines, document, workload.path)
        if change is None or not change.touches(first, last):
            return _Known(is_whole=True, findings=frozenset())
        if not self._change.by_lines:
            return _Known(is_whole=False, findings=frozenset())
        far = (each for each in findings if not _is_near(change, lines, document, each.path))
        return _Known(is_whole=False, findings=frozenset(map(_name, far)))

    def _of(self, source: SourceText) -> FileChange | None:
        """Return what changed in a file, None for nothing."""
        if source.name not in self._files:
            change = self._change.files.get(source.name)
            if change is not None:
                change = at_borders(change, source.text) if _fits(change, source.text) else WHOLE
            self._files[source.name] = change
        return self._files[source.name]


def _name(finding: Finding) -> tuple[str, str]:
    return finding.control, finding.message


def _fits(change: FileChange, text: str) -> bool:
    """Return whether a patch is of this text: else its lines mean nothing, and all of the file counts."""
    own = text.split("\n")
    return all(
        line <= len(own) and own[line - 1].rstrip("\r").removeprefix("\ufeff") == said.removeprefix("\ufeff")
        for line, said in change.added.items()
    )


def _range(text: str, lines: LineIndex, document: Document, path: Path) -> tuple[int, int]:
    """Return the first and the last 1-based line of an object, without what stands around it."""
    start = locate(document, path)
    end = document.end
    if path:
        siblings = value_at(document.value, path[:-1])
        step = path[-1]
        if isinstance(siblings, list) and isinstance(step, int) and step + 1 < len(siblings):
            end = locate(document, (*path[:-1], step + 1))
    first, last = lines.line(start), lines.line(max(start, end - 1))
    own = text.split("\n")[first - 1 : last]
    while len(own) > 1 and (not own[-1].strip() or own[-1].startswith(("---", "...")) or own[-1].lstrip()[:1] == "#"):
        own.pop()
    return first, first + len(own) - 1


def _is_near(change: FileChange, lines: LineIndex, document: Document, path: Path) -> bool:
    """Return whether what a finding is about changed: its line, or something that went from below it."""
    place = locate(document, path)
    first = lines.line(place)
    if change.is_near(first):
        return True
    last = lines.line(max(place, _end(document, path) - 1))
    return any(gap.is_loss and first <= gap.after <= last for gap in change.gaps)


def _end(document: Document, path: Path) -> int:
    """Return where the value at a path ends, or that of its deepest ancestor that is there."""
    node = document.root
    if node is None:
        return document.end
    for step in path:
        node = followed(node)
        if isinstance(node, Map) and not isinstance(step, int):
            below = next((value for key, value in node.entries if getattr(key, "text", None) == step), None)
        elif isinstance(node, Seq) and isinstance(step, int) and 0 <= step < len(node.items):
            below = node.items[step]
        else:
            below = None
        if below is None:
            break
        node = below
    return node.end
