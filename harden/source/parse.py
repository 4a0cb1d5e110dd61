"""Parses files: which pieces are read, by which parser, and what is said when a piece cannot be read."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial

from harden.model.record import Record
from harden.model.report import Problem, Stage
from harden.model.text import LineIndex, SourceText
from harden.model.tree import Document, Node
from harden.source import complaints
from harden.source.build import Refusal, Root, TooDeep, build
from harden.source.pure import pure_events
from harden.source.split import Piece, assign, marks, split
from harden.source.templates import Template, of_unreadable
from harden.source.unclear import unclear
from harden.source.well_formed import exhaust, is_well_formed


class Parsed(Record):
    """The relevant documents of a file, in order, and what could not be read.

    `unread` are the pieces that were not parsed. `syntax_error` says that some piece is no YAML: such a file must not
    be rewritten, because nobody can say what its text means; of these, `templates` are the pieces (by index) of a tool.
    """

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    syntax_error: bool
    unread: tuple[Piece, ...]
    templates: tuple[tuple[int, Template], ...] = ()


#: Line breaks of YAML 1.1, which Kubernetes reads, and not of YAML 1.2, which the pure parser reads.
_UNICODE_BREAKS = frozenset("\x85\u2028\u2029")


class _Outcome:
    __slots__ = ("documents", "matters", "problems", "syntax_error", "templates")

    def __init__(self, matters: Callable[[str], bool] | None) -> None:
        self.matters = matters
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self.syntax_error = False
        self.templates: list[tuple[int, Template]] = []

    def refuse(self, text: str, problem: Problem) -> None:
        """Take what keeps a piece with this text from being read."""
        is_fault = self.matters is None or self.matters(text)
        self.problems.append(problem if is_fault else problem._replace(stage=Stage.LEFT))

    def parsed(self, unread: tuple[Piece, ...]) -> Parsed:
        found = (tuple(self.documents), tuple(self.problems), self.syntax_error, unread, tuple(self.templates))
        return Parsed(*found)


class _Unparsable(Exception):  # noqa: N818 - never leaves this module
    """A piece that neither parser reads; `offset` is a code point of the file."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def parse(
    source: SourceText,
    relevant: Callable[[str], bool],
    *,
    sketch: bool = False,
    matters: Callable[[str], bool] | None = None,
    watched: Callable[[str], bool] | None = None,
) -> Parsed:
    """Return the documents of the pieces for which `relevant(text of the piece)` is true.

    A piece that cannot be read becomes a Problem (stage READ, 1-based line); the other pieces are still returned. With
    `sketch`, documents have a sketch in place of a tree where that will do, and grow the tree when asked for it.
    A piece for which `watched` is true becomes such a Problem without being relevant, and a relevant one for which
    `matters` is false is only left alone (stage LEFT).
    """
    marked = marks(source.text)
    pieces = split(source.text, marked)
    chosen: list[bool] = []
    aside: list[bool] = []
    for piece in pieces:
        text = source.text[piece.start : piece.end]
        chosen.append(relevant(text))
        aside.append(not chosen[-1] and watched is not None and watched(text))
    outcome = _Outcome(matters)
    _refuse_unclear(source, pieces, marked, chosen, outcome)
    with _without_gc():
        for run in _runs(pieces, chosen):
            sketched = _sketch_run(source.text, run) if sketch else None
            if sketched is None:
                _read_run(source, run, outcome)
            else:
                outcome.documents.extend(sketched)
        for run in _runs(pieces, aside):
            _watch(source, run, outcome)
    unread = tuple(piece for piece, wanted in zip(pieces, chosen, strict=True) if not wanted)
    return outcome.parsed(unread)


def _refuse_unclear(
    source: SourceText, pieces: Sequence[Piece], marked: Sequence[int], chosen: list[bool], outcome: _Outcome
) -> None:
    """Refuse what one reader takes for something else than another; it is not chosen any more."""
    for number, at, message, hint in unclear(source.text, pieces, marked):
        if chosen[number]:
            chosen[number] = False
            piece = pieces[number]
            problem = _problem(source, piece, message, at)._replace(hint=hint)
            outcome.refuse(source.text[piece.start : piece.end], problem)
            outcome.syntax_error = True


def _watch(source: SourceText, run: list[Piece], outcome: _Outcome) -> None:
    """Find what cannot be read among pieces that are watched without being read."""
    if is_well_formed(source.text, run[0].content, run[-1].end, len(run)):
        return
    aside = _Outcome(None)
    _read_run(source, run, aside)
    outcome.problems.extend(problem for problem in aside.problems if problem.stage is Stage.READ)
    outcome.templates.extend(aside.templates)
    outcome.syntax_error |= aside.syntax_error


def scan(source: SourceText, parsed: Parsed) -> Problem | None:
    """Return the first Problem among the pieces that `parse` left unread, or None when all of them are YAML."""
    with _without_gc():
        for run in _runs(parsed.unread, [True] * len(parsed.unread)):
            if is_well_formed(source.text, run[0].content, run[-1].end):
                continue
            problem = next(filter(None, (_scan_piece(source, piece) for piece in run)), None)
            if problem is not None:
                return problem
    return None


@contextmanager
def _without_gc() -> Iterator[None]:
    """Hold the garbage collector back: a tree is many objects and no garbage, and collecting costs 40 % of a parse."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _runs(pieces: Sequence[Piece], chosen: Sequence[bool]) -> Iterator[list[Piece]]:
    run: list[Piece] = []
    for piece, wanted in zip(pieces, chosen, strict=True):
        if run and (not wanted or piece.start != run[-1].end or piece.content != piece.start):
            yield run
            run = []
        if wanted:
            run.append(piece)
    if run:
        yield run


def _read_run(source: SourceText, run: list[Piece], outcome: _Outcome) -> None:
    """Read neighbouring pieces with one parser; when it stumbles, one by one, to find out which is wrong."""
    from harden.source.libyaml import YAMLError  # noqa: PLC0415 - slow to import

    if len(run) > 1:
        try:
            roots = _build_c(source.text, run[0].content, run[-1].end)
        except (YAMLError, Refusal):
            roots = []
        places = assign([(root.start, root.node is not None) for root in roots], run)
        if places is not None:
            nodes = [None if at is None else roots[at].node for at in places]
            outcome.documents.extend(
                Document(p.index, p.start, p.end, node) for p, node in zip(run, nodes, strict=True)
            )
            outcome.problems.extend(note for root in roots for note in complaints.repeated(source, root))
            return
    for piece in run:
        try:
            roots = _build(source.text, piece)
        except (Refusal, _Unparsable) as error:
            outcome.syntax_error |= isinstance(error, TooDeep | _Unparsable)
            text = source.text[piece.start : piece.end]
            template = of_unreadable(text, error.offset - piece.start)
            if template is None:
                outcome.refuse(text, _problem(source, piece, str(error), error.offset))
            else:
                outcome.templates.append((piece.index, template))
            continue
        full = [root for root in roots if root.node is not None]
        if len(full) > 1:
            message = "two documents without a `---` line between them"
            problem = _problem(source, piece, message, full[1].start)
            outcome.refuse(source.text[piece.start : piece.end], problem)
            outcome.syntax_error = True
            continue
        outcome.documents.append(_document(piece, full[0].node if full else None))
        outcome.problems.extend(note for root in full for note in complaints.repeated(source, root))


def _sketch_run(text: str, run: list[Piece]) -> list[Document] | None:
    """Return sketched documents for neighbouring pieces, None where they take trees, or cannot be read."""
    from harden.source.libyaml import YAMLError, read  # noqa: PLC0415 - slow to import
    from harden.source.outline import TakesTree, outline  # noqa: PLC0415 - only the proof asks for it

    start = run[0].content
    try:
        found = read(text[start : run[-1].end], lambda next_event: outline(next_event, start))
    except (TakesTree, YAMLError):
        # The other reader says of it what there is to say.
        return None
    places = assign([(start, sketch is not None) for start, sketch in found], run)
    if places is None:
        return None
    sketches = [None if at is None else found[at][1] for at in places]
    return [
        _document(piece, None)
        if sketch is None
        else Document(piece.index, piece.start, piece.end, None, sketch=sketch, grow=partial(_grown, text, piece))
        for piece, sketch in zip(run, sketches, strict=True)
    ]


def _grown(text: str, piece: Piece) -> Node | None:
    return next((root.node for root in _build(text, piece) if root.node is not None), None)


def _document(piece: Piece, root: Node | None) -> Document:
    return Document(piece.index, piece.start, piece.end, root)


def _build_c(text: str, start: int, end: int) -> list[Root]:
    from harden.source.libyaml import read  # noqa: PLC0415 - slow to import

    return read(text[start:end], lambda next_event: build(next_event, text, start, trust_nulls=True))


def _build(text: str, piece: Piece) -> list[Root]:
    """Build a piece with the C parser, or with the pure one, which reads `[http://x:80/y]` and `{x:1}` too."""
    from harden.source.libyaml import YAMLError  # noqa: PLC0415 - slow to import

    try:
        return _build_c(text, piece.content, piece.end)
    except YAMLError as error:
        first = error
    try:
        if not _UNICODE_BREAKS.isdisjoint(text[piece.content : piece.end]):
            raise first
        return build(pure_events(text[piece.content : piece.end]), text, piece.content, trust_nulls=False)
    except (YAMLError, RecursionError):
        raise _Unparsable(complaints.explain(str(first)), piece.content + complaints.place(first)) from None


# A text may have many problems, one after the other.
@lru_cache(maxsize=1)
def _lines(text: str) -> LineIndex:
    return LineIndex(text)


def _problem(source: SourceText, piece: Piece, message: str, offset: int) -> Problem:
    line = _lines(source.text).line(min(offset, max(len(source.text) - 1, 0)))
    return Problem(source.name, Stage.READ, message, line, complaints.hint(source.text[piece.start : piece.end]))


def _scanned(source: SourceText, piece: Piece, message: str, offset: int) -> Problem:
    found = _problem(source, piece, message, offset)
    # Nobody looks at this piece, and a template is no fault of the run.
    template = of_unreadable(source.text[piece.start : piece.end], offset - piece.start)
    return found if template is None else found._replace(stage=Stage.NOTE, hint=template.command)


def _scan_piece(source: SourceText, piece: Piece) -> Problem | None:
    from harden.source.libyaml import YAMLError, read  # noqa: PLC0415 - slow to import

    text = source.text[piece.content : piece.end]
    try:
        read(text, lambda next_event: exhaust(next_event, piece.content))
    except TooDeep as deep:
        return _scanned(source, piece, str(deep), deep.offset)
    except YAMLError as error:
        first = error
    else:
        return None
    try:
        exhaust(pure_events(text), piece.content)
    except TooDeep as deep:
        return _scanned(source, piece, str(deep), deep.offset)
    except (YAMLError, RecursionError):
        return _scanned(source, piece, complaints.explain(str(first)), piece.content + complaints.place(first))
    return None
