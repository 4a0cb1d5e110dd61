"""Reads and writes a baseline: JSON with a finding a line, sorted, so that a review shows what came and went."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from harden.baseline.model import Baseline, Entry
from harden.errors import HardenError
from harden.model import filename
from harden.model.text import Plain
from harden.source.regular import read_regular

#: Rises when what is written cannot be compared with what was written before.
VERSION = 1
_TITLE = "harden baseline"


def read_baseline(name: str) -> Baseline:
    """Return the baseline in a file; raises HardenError for what is none."""
    found = look_for_baseline(name)
    if found is None:
        raise HardenError(f'the baseline "{name}" does not exist: harden check --write-baseline {name} makes it')
    return found


def look_for_baseline(name: str) -> Baseline | None:
    """Return the baseline in a file, None where no file is; raises HardenError for what is none."""
    try:
        data = read_regular(Path(name))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HardenError(f"{name}: cannot be read: {error.strerror or error}") from error
    try:
        return Baseline(name, _folder(name), _entries(json.loads(data)))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise HardenError(f"{name}: is no baseline that this version of harden knows") from error


def written(entries: Iterable[Entry]) -> bytes:
    """Return what a baseline file holds for these entries."""
    # Sorted by what a finding is known by, so that moved files move no lines.
    lines = [json.dumps(entry.data, ensure_ascii=False) for entry in sorted(entries)]
    head = f'{{\n"title": "{_TITLE}",\n"version": {VERSION},\n"findings": ['
    body = "".join(f"\n{line}{',' if at < len(lines) else ''}" for at, line in enumerate(lines, 1))
    # A file's name may have bytes that are no UTF-8; JSON has no way to say them.
    return f"{head}{body}\n]\n}}\n".encode("utf-8", "replace")


def empty(name: str) -> Baseline:
    """Return the baseline of a file that is not there yet."""
    return Baseline(name, _folder(name))


def _folder(name: str) -> str:
    return os.path.dirname(filename.real(name))  # noqa: PTH120 - paths of findings are texts, too


def _entries(data: Plain) -> tuple[Entry, ...]:
    # Strict: a manifest that calls itself a baseline would not be looked at.
    if not isinstance(data, dict) or data.keys() != {"title", "version", "findings"}:
        raise ValueError(_TITLE)
    if (data["title"], data["version"]) != (_TITLE, VERSION):
        raise ValueError(_TITLE)
    findings = data["findings"]
    if not isinstance(findings, list):
        raise TypeError(_TITLE)
    return tuple(_entry(each) for each in findings)


def _entry(data: Plain) -> Entry:
    if not isinstance(data, dict):
        raise TypeError(_TITLE)
    words = data["words"]
    texts = [data.get("container", ""), *(data[key] for key in ("workload", "control", "place", "file", "message"))]
    if not isinstance(words, list) or not all(isinstance(each, str) for each in (*words, *texts)):
        raise TypeError(_TITLE)
    container, workload, control, place, file, message = map(str, texts)
    return Entry(workload, container, control, place, tuple(map(str, words)), file, message)
