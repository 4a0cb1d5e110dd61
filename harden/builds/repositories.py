"""Finds the repository that a manifest lies in, and keeps what its build files say: each is walked once a run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harden.builds.files import Files, is_work_tree, read_local
from harden.builds.git import remotes
from harden.builds.ground import Ground
from harden.images.by_file import Lookup
from harden.model import filename
from harden.model.report import Problem, Stage

if TYPE_CHECKING:
    from harden.builds.lookup import BuildFiles
    from harden.builds.outcome import Outcome

#: Images that ko builds have a base by default, whatever stands in the repository.
_KO = "ko://"


class Repositories:
    """The repositories of a run. `facts` are what is known of images without them, `bases` what is of their bases."""

    def __init__(self, ground: Ground, facts: Lookup, bases: Lookup) -> None:
        self._ground = ground
        self._facts = facts
        self._bases = bases
        self._roots: dict[str, Path | None] = {}
        #: The given folders, and the one that was named, where they really are.
        self._given: tuple[Path, ...] | None = None
        #: Whether folders with folders in them are tops of work trees: neighbours have most of these in common.
        self._tops: dict[Path, bool] = {}
        self._walked: dict[Path, Files] = {}
        self._builds: dict[Path, BuildFiles] = {}
        self._marks: dict[Path, str] = {}

    def outcome(self, image: str, file: str, *, is_known: bool) -> Outcome:
        """Return what build files say of an image in a file; `is_known` says whether its user is known without them."""
        place = self._place(file)
        root = self._root(posixpath.dirname(place))
        if root is None or (is_known and not self._may_be_own(image, root)):
            return None
        if root not in self._walked:
            self._walked[root] = Files(root)
        if not (self._walked[root].builds_something or image.startswith(_KO)):
            return None
        if root not in self._builds:
            from harden.builds.lookup import BuildFiles  # noqa: PLC0415 - most repositories build nothing

            self._builds[root] = BuildFiles(self._walked[root], self._facts, base_lookup=self._bases)
        return self._builds[root].lookup(image, Path(place).absolute().as_posix())

    def notes(self) -> Iterator[Problem]:
        """Yield the Dockerfiles, of the images that were asked for, that end as root."""
        for root, builds in sorted(self._builds.items()):
            for found in builds.findings:
                yield Problem(filename.relative(root / found.path), Stage.NOTE, found.message, found.line or None)

    def standing(self, files: Iterable[str]) -> object:
        """Return what decides which repository speaks of files, and of which images it may: before any is asked for.

        The files must be no links.
        """
        folders = sorted({posixpath.dirname(file) for file in files})
        placed = {folder: posixpath.dirname(self._place(posixpath.join(folder, "any"))) for folder in folders}
        roots = [self._root(folder) for folder in placed.values()]
        marks = {str(root): (remotes(root), read_local(root / "go.mod")) for root in dict.fromkeys(roots) if root}
        real = [(folder, Path(placed[folder]).resolve(), root) for folder, root in zip(folders, roots, strict=True)]
        return real, marks

    def looks(self) -> dict[str, dict[str, str]]:
        """Return by its root what was looked at in each repository; see `Files.looks`."""
        return {str(root): files.looks for root, files in self._walked.items()}

    @property
    def looked(self) -> int:
        """Return how much was looked at."""
        return sum(files.looked for files in self._walked.values())

    def resume(self, looks: Mapping[str, Mapping[str, str]]) -> bool:
        """Return whether all that an earlier run looked at is the same; then this run has looked at it, too."""
        walked = {Path(root): Files(Path(root)) for root in looks}
        if not all(files.shows(looks[str(root)]) for root, files in walked.items()):
            return False
        self._walked.update(walked)
        return True

    def _place(self, file: str) -> str:
        """Return where a manifest counts as lying: where it is, or in the folder that was named."""
        named = self._ground.named
        if named is None or Path(file).resolve().is_relative_to(Path(named).resolve()):
            return file
        return posixpath.join(named, posixpath.basename(file))

    def _root(self, folder: str) -> Path | None:
        if folder not in self._roots:
            self._roots[folder] = self._root_of(Path(folder))
        return self._roots[folder]

    def _root_of(self, folder: Path) -> Path | None:
        """Return the top of the Git work tree that holds a folder, else the outermost given folder that does, or None.

        A file that is named alone shows no folder: without Git its neighbours are nobody's repository.
        """
        folder = folder.resolve()
        if is_work_tree(folder):
            return folder
        for above in folder.parents:
            if above not in self._tops:
                self._tops[above] = is_work_tree(above)
            if self._tops[above]:
                return above
        if self._given is None:
            ground = self._ground
            named = () if ground.named is None else (ground.named,)
            self._given = tuple(Path(each).resolve() for each in (*ground.folders, *named))
        holding = (each for each in self._given if folder.is_relative_to(each))
        return min(holding, key=lambda each: len(each.parts), default=None)

    def _may_be_own(self, image: str, root: Path) -> bool:
        """Return whether the repository's remotes or its Go module speak of a part of an image's name.

        Only then can a known image be the repository's own; most are not, and need no more than this.
        """
        if root not in self._marks:
            module = read_local(root / "go.mod") or b""
            self._marks[root] = "\n".join((*remotes(root), module.decode("utf-8", "replace"))).lower()
        parts = image.split("@", maxsplit=1)[0].lower().split("/")
        return any(part in self._marks[root] for part in parts[:-1])
