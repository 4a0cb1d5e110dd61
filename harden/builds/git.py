"""Reads which remotes a Git work tree has, without Git."""

from __future__ import annotations

import re
from pathlib import Path

from harden.builds.files import Read, is_file, read_local

_SECTION = re.compile(r"^\s*\[\s*([\w.-]+)[^\]]*\]", re.MULTILINE)
_URL = re.compile(r"^\s*url\s*=\s*(.+?)\s*$", re.MULTILINE)


def remotes(root: Path, read: Read = read_local) -> tuple[str, ...]:
    """Return the addresses of the remotes of the work tree at `root`, as they are written; () without any.

    Sections of submodules have addresses, too: those are of other repositories (git-config, "remote.<name>.url").
    """
    text = _config(root, read)
    heads = list(_SECTION.finditer(text))
    ends = (*(head.start() for head in heads[1:]), len(text))
    own = (text[head.end() : end] for head, end in zip(heads, ends, strict=False) if head[1].lower() == "remote")
    return tuple(dict.fromkeys(url for section in own for url in _URL.findall(section)))


def _config(root: Path, read: Read) -> str:
    """Return the configuration; that of a further work tree lies with the first one (gitrepository-layout)."""

    def text(path: Path) -> str:
        data = read(path)
        return "" if data is None else data.decode("utf-8", "replace")

    found = text(root / ".git" / "config")
    pointer = "" if found or not is_file(root / ".git") else text(root / ".git")
    if not pointer.startswith("gitdir:"):
        return found
    folder = root / pointer.partition(":")[2].strip()
    common = text(folder / "commondir").strip()
    return text(folder / common / "config") if common else text(folder / "config")
