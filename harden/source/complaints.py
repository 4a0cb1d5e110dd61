"""Says in plain words why text does not parse, or what it says twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.model.report import Problem, Stage
from harden.model.text import LineIndex, SourceText

if TYPE_CHECKING:
    from harden.source.build import Root

_STRUCTURE = "the indent or structure breaks here"

#: What libyaml and ruamel.yaml say (a part of it) -> what people read.
_WORDS = (
    ("mapping values are not allowed", "a `key:` stands where none can: check the indent, or quote a `: ` in a value"),
    ("cannot start any token", "a value cannot begin like this: a tab, or an unquoted % @ or backquote"),
    ("control characters are not allowed", "a control character stands in the text"),
    ("special characters are not allowed", "a control character stands in the text"),
    ("unexpected end of stream", "a quote or bracket is opened and never closed"),
    ("did not find expected ',' or '}'", "a `{` is not closed, or a comma is missing"),
    ("did not find expected ',' or ']'", "a `[` is not closed, or a comma is missing"),
    ("did not find expected key", f"{_STRUCTURE}: a key was expected"),
    ("did not find expected '-'", f"{_STRUCTURE}: a `-` was expected"),
    ("expected <block end>", f"{_STRUCTURE}: a key or `-` was expected"),
    ("could not find expected ':'", "a line is no `key: value`: a colon is missing"),
    ("sequence entries are not allowed", "a `-` stands where no list can begin"),
    ("mapping keys are not allowed", "a `?` key stands where none can"),
    ("document start", "text follows the end of the document: a `---` is missing"),
    ("document indicator", "a `---` or `...` stands inside a quoted value"),
    ("escape character", "a backslash in a double-quoted value is no known escape"),
    ("escape code", "a backslash escape in a double-quoted value is no valid character"),
    ("expected node content", "a value was expected"),
    ("tag handle", "a `!` tag is not declared"),
    ("incompatible", "the %YAML version is not supported"),
    ("directive", "a `%` directive is not valid"),
    ("alias", "a `*` alias has no valid name"),
    ("anchor", "an `&` anchor has no valid name"),
    ("block scalar", "a `|` or `>` value is not indented properly"),
    ("tab", "a tab stands where only spaces may indent"),
)


def explain(problem: str) -> str:
    """Return one line in plain words for what a YAML parser complains of."""
    for part, words in _WORDS:
        if part in problem:
            return f"not valid YAML: {words}"
    return "not valid YAML"


def hint(piece: str) -> str:
    """Return what to do about a piece that does not parse, or nothing."""
    return "looks like a template for envsubst: fill in its variables first" if "${" in piece else ""


def repeated(source: SourceText, root: Root) -> Iterator[Problem]:
    """Yield what is to be said of the keys that a document gives more than once in one mapping."""
    if not root.repeated:
        return
    lines = LineIndex(source.text)
    top = [(offset, name) for offset, name in root.repeated if source.text[max(offset - 1, 0)] in "\r\n"]
    joined = top if {"apiVersion", "kind"} <= {name for _, name in top} else []
    if joined:
        names = " and ".join((", ".join(repr(name) for _, name in joined[:-1]), repr(joined[-1][1])))
        message = f"keys {names} are given more than once in one mapping: the last ones count"
        yield Problem(source.name, Stage.NOTE, message, lines.line(joined[0][0]), "is a `---` line missing above it?")
    for offset, name in root.repeated:
        if (offset, name) not in joined:
            message = f"key {name!r} is given more than once in one mapping: the last one counts"
            yield Problem(source.name, Stage.NOTE, message, lines.line(offset), "keep one of them")


def place(error: Exception) -> int:
    """Return the code point of the parsed text at which a parser complains."""
    for name in ("problem_mark", "context_mark"):
        mark = getattr(error, name, None)
        if mark is not None:
            return int(mark.index)
    position = getattr(error, "position", 0)
    return position if isinstance(position, int) else 0
