"""Asks Git what changed in a work tree since it left another branch."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harden.errors import HardenError

#: What the user's settings may say otherwise; a file that Git takes for text is shown as text.
_DIFF = (
    *("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--find-renames", "--unified=3"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--submodule=diff", "--ignore-submodules=none", "--indent-heuristic"),
    *("--output-indicator-new=+", "--output-indicator-old=-", "--output-indicator-context= "),
)
#: What Git says of a submodule, in front of its diff (git, submodule.c, show_submodule_diff_summary).
_SUBMODULE = re.compile(
    r"^Submodule (?P<path>.+?) (?:[0-9a-f]+\.{2,3}[0-9a-f]+ ?|contains )(?P<said>.*)$", re.MULTILINE
)
_UNTRACKED = "untracked content"
#: Ends of what it says where it has no diff: commits that a shallow clone lacks, and other failures.
_UNKNOWN = ("not present)", "failed)")


class ChangedTree:
    """What changed since HEAD and `ref` parted: commits, and what is not committed yet; raises HardenError.

    `root` is the work tree (absolute, real), `patch` the diff of the files that Git knows, and `untracked` are the
    others but for those that it ignores, relative to the root. Submodules are part of all that; `unknown` are folders
    of those of which Git cannot tell what changed.
    """

    def __init__(self, ref: str) -> None:
        self._where = f"--since {ref}"
        self.root = Path(os.fsdecode(self._ask("rev-parse", "--show-toplevel")).removesuffix("\n"))
        base = self._base(ref)
        self.patch = self._ask(*_DIFF, base, "--", cwd=self.root).decode("utf-8", "surrogateescape")
        said = [(found["path"], found["said"]) for found in _SUBMODULE.finditer(self.patch)]
        self.unknown = tuple(path for path, what in said if what.endswith(_UNKNOWN))
        folders = ("", *(path for path, what in said if what == _UNTRACKED))
        self.untracked = tuple(name for folder in folders for name in self._untracked(folder))

    def _untracked(self, folder: str) -> Iterator[str]:
        listed = self._ask("ls-files", "--others", "--exclude-standard", "-z", cwd=self.root / folder)
        return (posixpath.join(folder, os.fsdecode(name)) for name in listed.split(b"\0") if name)

    def _base(self, ref: str) -> str:
        """Return the commit at which HEAD and `ref` parted."""
        commit = self._answer("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if commit is None:
            raise HardenError(f"{self._where}: Git knows no such commit, branch or tag{self._shallow()}")
        if self._answer("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
            raise HardenError(f"{self._where}: there is no commit yet that it could be compared with")
        base = self._answer("merge-base", commit, "HEAD")
        if base is None:
            raise HardenError(f"{self._where}: it shares no commit with HEAD{self._shallow()}")
        return base

    def _shallow(self) -> str:
        if self._answer("rev-parse", "--is-shallow-repository") != "true":
            return ""
        return (
            "; the clone is shallow and may lack it: `git fetch --unshallow` gets the rest (fetch-depth: 0 of "
            "actions/checkout, GIT_DEPTH: 0 of GitLab)"
        )

    def _answer(self, *words: str) -> str | None:
        """Return what Git answers in one line, None where it says that there is nothing."""
        done = _run(words, self._where)
        return None if done.returncode else done.stdout.decode("utf-8", "surrogateescape").strip()

    def _ask(self, *words: str, cwd: Path | None = None) -> bytes:
        done = _run(words, self._where, cwd)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise HardenError(f"{self._where}: git {words[0]}: {said[0] if said else 'failed'}")
        return done.stdout


def _run(words: tuple[str, ...], where: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *words],
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise HardenError(f"{where}: Git is not installed") from error
