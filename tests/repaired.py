"""Applies the fixes of reports for programs, by what their formats say and by nothing of harden's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from urllib.parse import unquote

from golden_case import TODAY, Case

from harden.engine.exempt import RunExemptions
from harden.engine.run import harden
from harden.engine.telling import Telling
from harden.model.report import FileReport, Mode, Report
from harden.outputs import Format, render

#: A replacement: offsets in the text, and what stands there afterwards.
Edit = tuple[int, int, str]


def spliced(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with replacements made; they must not overlap."""
    for start, end, new in sorted(edits, reverse=True):
        assert 0 <= start <= end <= len(text)
        text = text[:start] + new + text[end:]
    return text


def offset(text: str, line: int, column: int) -> int:
    """Return where a 1-based line and column (in code points) stand in a text; both must be there."""
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1
    return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1


def of_sarif(log: str) -> dict[str, list[tuple[dict[str, int], str]]]:
    """Return the replacements of a SARIF log by the file's name: regions and texts, each of them once."""
    found: dict[str, list[tuple[dict[str, int], str]]] = {}
    for result in json.loads(log)["runs"][0]["results"]:
        for fix in result.get("fixes", ()):
            assert fix["artifactChanges"]
            for change in fix["artifactChanges"]:
                assert change["replacements"]
                name = unquote(change["artifactLocation"]["uri"])
                for each in change["replacements"]:
                    found.setdefault(name, []).append(
                        (each["deletedRegion"], each.get("insertedContent", {}).get("text", ""))
                    )
    return found


def by_sarif(log: str, texts: dict[str, str]) -> dict[str, str]:
    """Return texts as the fixes of a log leave them; new files begin empty."""
    after = dict(texts)
    for name, replacements in of_sarif(log).items():
        text = texts.get(name, "")
        edits = []
        for region, new in replacements:
            start = offset(text, region["startLine"], region["startColumn"])
            edits.append((start, offset(text, region["endLine"], region["endColumn"]), new))
        after[name] = spliced(text, edits)
    return after


def report_of(case: Case, mode: Mode, *, proposes: bool = False) -> Report:
    """Return the report of a golden case with its neighbours."""
    profile = case.profile()
    reports = harden(
        case.inputs(case.source.read_bytes()),
        profile,
        mode,
        images=case.images,
        exempting=RunExemptions(today=TODAY),
        telling=Telling(proposes=proposes),
    )
    return Report(
        profile.name, profile.level.value, profile.version_word, profile.risk.word, mode.value, tuple(reports)
    )


def texts_of(files: Iterable[FileReport]) -> dict[str, str]:
    return {file.name: file.before.text for file in files if file.before is not None}


def compare_case(case: Case, form: Format, apply: Callable[[str, dict[str, str]], dict[str, str]]) -> str:
    """Check that the fixes in the report of a check are what `apply` writes; return the report."""
    checked = report_of(case, Mode.CHECK, proposes=True)
    text = render(checked, form)
    expected = {file.name: file.after for file in _applied(case).files if file.before is not None}
    assert apply(text, texts_of(checked.files)) == expected
    return text


@cache
def _applied(case: Case) -> Report:
    return report_of(case, Mode.APPLY)


def by_rdjsonl(text: str, texts: dict[str, str]) -> dict[str, str]:
    """Return texts as the suggestions of reviewdog's diagnostics leave them; columns count bytes."""
    edits: dict[str, list[Edit]] = {}
    for line in text.splitlines():
        data = json.loads(line)
        for suggestion in data.get("suggestions", ()):
            # A review replaces the lines that its comment is about.
            assert suggestion["range"] == data["location"]["range"]
            name, place = data["location"]["path"], suggestion["range"]
            ends = [_byte_offset(texts[name], place[end]["line"], place[end]["column"]) for end in ("start", "end")]
            assert place["start"]["column"] == 1
            edits.setdefault(name, []).append((ends[0], ends[1], suggestion["text"]))
    for found in edits.values():
        found.sort()
        assert all(one[1] < other[0] for one, other in pairwise(found))
    return {name: spliced(old, edits.get(name, ())) for name, old in texts.items()}


def _byte_offset(text: str, line: int, column: int) -> int:
    own = text.split("\n")[line - 1].encode()
    assert 1 <= column <= len(own) + 1
    return offset(text, line, len(own[: column - 1].decode()) + 1)
