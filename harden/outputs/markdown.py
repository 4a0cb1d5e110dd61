"""Writes a report as Markdown for a comment on a pull request: what is found in a table, and the patch folded away.

What comes from manifests is text: it makes no links, no mentions, no markup and no commands of GitHub or GitLab.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from harden.model.report import Report
from harden.outputs.columns import visible
from harden.outputs.diff import render as render_diff
from harden.outputs.entries import Entry, Sort, entries, from_root
from harden.outputs.summary import number, summary

#: GitHub takes 65,536 characters in a comment.
_MOST = 65_000
#: What the table may take of them, and one patch.
_TABLE = 40_000
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~^$])")
#: What becomes a link without any markup: addresses, mentions, references and short names of pictures.
_LINKS = re.compile(r"(?<=:)//|(?<=[Ww])(?=[Ww]{2}\.)|@|(?<=\\#)(?=\d)|(?<=[%:!~])(?=\w)|(?<=&amp;)(?=\w)")
_APART = "<!-- -->"


def render(report: Report) -> str:
    """Return the comment, of at most 65,000 characters; what has no room in it is counted."""
    told = [entry for entry in entries(report) if not entry.may_stand]
    found = [entry for entry in told if entry.sort in {Sort.FINDING, Sort.COMPANION}]
    others = [entry for entry in told if entry.sort in {Sort.PROBLEM, Sort.SKIP}]
    parts = ["<!-- harden -->", "### harden", "", plain(summary(report)), ""]
    if found:
        parts += ["| | where | what | what to do |", "|---|---|---|---|"]
        parts += _fitting([_row(entry, report) for entry in found], _TABLE, "finding")
        parts += ["", "`harden apply` makes the fixes; `harden explain CONTROL` says why.", ""]
    if others:
        parts += _fitting([_item(entry, report) for entry in others], _TABLE // 4, "note", mark="- ")
        parts.append("")
    text = "\n".join(parts)
    return text + "".join(_patches(report, _MOST - len(text)))


def plain(text: str) -> str:
    """Return text that Markdown, HTML and the platforms take for nothing but words."""
    said = html.escape(visible(text), quote=False)
    return _LINKS.sub(lambda found: f"{found[0]}{_APART}", _MARKS.sub(r"\\\1", said))


def _raw(text: str) -> str:
    """Return text within an element of HTML, where Markdown means nothing."""
    return _LINKS.sub(lambda found: f"{found[0]}{_APART}", html.escape(visible(text)))


def _code(text: str) -> str:
    """Return text as code in a cell of a table."""
    said = visible(text).replace("|", "\\|")
    fence = _fence(said, 1)
    pad = " " if "`" in said else ""
    return f"{fence}{pad}{said}{pad}{fence}"


def _fence(text: str, least: int) -> str:
    """Return backticks that do not stand in a text, so many of them at least."""
    return "`" * max((least, *(len(run) + 1 for run in re.findall("`+", text))))


def _row(entry: Entry, report: Report) -> str:
    place = _code(f"{from_root(entry.file, report)}:{entry.line}")
    about = f"{_code(entry.object)} " if entry.object else ""
    what = f"{about}{plain(entry.message)} ({_code(entry.rule)})"
    return f"| {entry.severity.word} | {place} | {what} | {plain(entry.advice)} |"


def _item(entry: Entry, report: Report) -> str:
    return f"- {entry.severity.word}: {_code(f'{from_root(entry.file, report)}:{entry.line}')} {plain(entry.said)}"


def _fitting(lines: Sequence[str], most: int, what: str, mark: str = "\n") -> Iterator[str]:
    """Yield as many lines as there is room for, and say how many there are beyond them."""
    used = 0
    for at, line in enumerate(lines):
        used += len(line) + 1
        if used > most:
            yield f"{mark}{number(len(lines) - at, f'further {what}')}: harden check lists all of them"
            return
        yield line


def _patches(report: Report, room: int) -> Iterator[str]:
    """Yield the patch of each file, folded away, and how many have no room."""
    left = 0
    for name, patch in _by_file(report):
        block = _folded(from_root(name, report), patch)
        # The line that counts the others has to fit, too.
        if len(block) > room - 100:
            left += 1
            continue
        room -= len(block)
        yield block
    if left:
        said = "The patch of 1 file has" if left == 1 else f"The patches of {left} files have"
        yield f"\n{said} no room here: harden diff prints all of it\n"


def _by_file(report: Report) -> Iterable[tuple[str, str]]:
    for file in sorted(report.files, key=lambda each: each.name):
        if file.before is not None and file.result not in {None, file.before.text}:
            only = report._replace(files=(file._replace(after=file.result, proposed=None),))
            yield file.name, render_diff(only)


def _folded(name: str, patch: str) -> str:
    lines = (visible(line.replace("\t", "    ")) for line in patch.splitlines())
    said = "\n".join(lines)
    fence = _fence(said, 3)
    return f"\n<details><summary>{_raw(name)}</summary>\n\n{fence}diff\n{said}\n{fence}\n</details>\n"
