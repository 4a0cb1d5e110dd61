"""Reads a patch as Git and others write it; unidiff reads its hunks.

Extended headers are passed over, because what they say of names is ambiguous where these have spaces: a file that is
only renamed, copied or given another mode has no changed line.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

from harden.changes.quoting import unquoted
from harden.errors import HardenError
from harden.model.change import WHOLE, FileChange, Gap

_NOWHERE = "/dev/null"
_GIT = "diff --git "
#: Headers of Git's own (git-diff, "Generating patch text with -p").
_HEADERS = re.compile(
    r"(?:diff --git|index|(?:old|new|deleted file|new file) mode|(?:copy|rename) (?:from|to)|(?:dis)?similarity index|"
    r"Submodule) "
)
#: What Git and others put before names on both sides: by default, with diff.mnemonicPrefix, and with --no-index.
_PREFIXES = frozenset({("a/", "b/"), ("c/", "i/"), ("c/", "w/"), ("i/", "w/"), ("o/", "w/"), ("1/", "2/")})
_BINARY = re.compile(r"Binary files (?P<source>.+) and (?P<target>.+) differ\n?$")


def read_patch(text: str, where: str) -> dict[str, FileChange]:
    """Return what changed, by the name of each file that is there afterwards, without a prefix.

    `where` names the patch in messages. Raises HardenError for what is no unified diff.
    """
    if re.search(r"^(?:diff --(?:cc|combined) |@@@ )", text, re.MULTILINE):
        raise HardenError(f"{where}: a diff of a merge has more than two sides: git diff BASE... writes one of two")
    lines = list(io.StringIO(text))
    found = dict(_binaries(lines))
    try:
        parsed = PatchSet(line for line in lines if not _is_header(line))
        files = [each for each in parsed if not each.is_binary_file]
        changes = [(name, _changed(each)) for each in files if (name := _name(each)) is not None]
    except UnidiffParseError as error:
        raise HardenError(f"{where}: cannot be read as a patch: {error}") from error
    if text.strip() and not parsed and not found and not any(map(_is_header, lines)):
        raise HardenError(f"{where}: no file is changed in it: is it a unified diff, as `git diff` writes it?")
    for name, change in changes:
        # Of a file that a patch names twice nobody can tell whose lines count: all of it does.
        found[name] = WHOLE if name in found else change
    return found


def _is_header(line: str) -> bool:
    return _HEADERS.match(line) is not None


def _binaries(lines: list[str]) -> Iterator[tuple[str, FileChange]]:
    """Yield the files whose change is not shown as text."""
    name: str | None = None
    for line in lines:
        if line.startswith(_GIT):
            name = _both(line[len(_GIT) :].rstrip("\n"))
        elif line.startswith("GIT binary patch") and name is not None:
            yield name, WHOLE
        elif (found := _BINARY.match(line)) is not None:
            named = _named(found["source"], found["target"])
            if named is not None:
                yield named, WHOLE


def _both(said: str) -> str | None:
    """Return the name that a header of Git has on both sides, None where they differ."""
    half = len(said) // 2
    source, target = said[:half], said[half + 1 :]
    return _named(source, target) if source[2:] == target[2:] or source.startswith('"') else None


def _name(file: PatchedFile) -> str | None:
    return _named(file.source_file, file.target_file)


def _named(source: str, target: str) -> str | None:
    """Return the name of the file as it is now, None where it went."""
    old, new = unquoted(source), unquoted(target)
    if new == _NOWHERE:
        return None
    has_prefix = (old[:2], new[:2]) in _PREFIXES
    if old == _NOWHERE:
        has_prefix = any(new.startswith(prefix) for _, prefix in _PREFIXES)
    return new[2:] if has_prefix else new


def _changed(file: PatchedFile) -> FileChange:
    added: dict[int, str] = {}
    gaps: list[Gap] = []
    for hunk in file:
        added |= {
            line.target_line_no: line.value.rstrip("\r\n")
            for line in hunk
            if line.is_added and line.target_line_no is not None
        }
        gaps += _gaps(hunk)
    hunks = ((hunk.target_start, hunk.target_start + hunk.target_length - 1) for hunk in file if hunk.target_length)
    return FileChange(added, tuple(gaps), tuple(hunks), is_whole=unquoted(file.source_file) == _NOWHERE)


def _gaps(hunk: Hunk) -> Iterator[Gap]:
    """Yield each run of lines that went."""
    # An empty range is named by the line before it.
    at = hunk.target_start - (1 if hunk.target_length else 0)
    after, came = at, 0
    gone: list[str] = []
    for line in hunk:
        if line.is_removed:
            gone.append(line.value.rstrip("\r\n"))
        elif line.is_added:
            came += 1
        elif line.target_line_no is not None:
            if gone:
                yield Gap(after, tuple(gone), came)
            after, came, gone = line.target_line_no, 0, []
    if gone:
        yield Gap(after, tuple(gone), came)
