"""Plans the files of companions: what each is to hold, and what becomes of what it holds already."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence

from harden.companions.signature import Authorship, authorship, counted, crowd, crowd_of, named, sign, sources
from harden.generated.kustomization import with_entries
from harden.generated.layout import Layout, Target, common_folder, relative
from harden.generated.output_file import OutputFile
from harden.model.finding import GeneratedObject, ObjectKey
from harden.model.generated import GeneratedRow, Status
from harden.model.record import Record
from harden.model.report import Problem, Stage
from harden.model.text import SourceText

#: A file's text, None where there is none, or why it cannot be had.
Texts = Callable[[str], SourceText | Problem | None]


class _File(Record):
    """One file to be: its companions in order, which come one by one, and its home."""

    target: Target
    companions: list[GeneratedObject]


class OutputFiles:
    """The files of one run's companions.

    `inputs` are the normalised names of the files that the run looks at, `roots` the folders of which it sees all.
    """

    def __init__(
        self,
        file_layout: Layout,
        texts: Texts,
        inputs: frozenset[str],
        origins: Iterable[str],
        roots: Sequence[str] = (),
    ) -> None:
        self._shelf = file_layout
        self._texts = texts
        self._inputs = inputs
        self._roots = roots
        self._origins = tuple(sorted(origins))
        below = common_folder(self._origins) if self._origins else ""
        self._crowd = crowd_of(relative(self._origins, below), below)
        #: The lines that name the origins, by the folder of the file that they stand in.
        self._lines: dict[str, str] = {}
        self._files: dict[str, _File] = {}

    def obstacle(self, companion: GeneratedObject, origins: Iterable[str]) -> str | None:
        """Return why a companion could not be written to its file, None where it can."""
        path, _ = self._shelf.place(companion, origins)
        before = self._texts(path)
        if isinstance(before, Problem):
            return f"{path} {before.message}"
        if before is None:
            return None
        whole = sign(companion.text, self._named(path))
        why_not = None if _is_torn(before, whole) else self._why_kept(path, before)
        return None if why_not is None else f"{path} {why_not}"

    def add(self, companion: GeneratedObject) -> str:
        """Put a companion into its file, and return the file's name."""
        path, target = self._shelf.place(companion)
        self._files.setdefault(path, _File(target, [])).companions.append(companion)
        return path

    def close(self) -> tuple[tuple[GeneratedRow, ...], tuple[OutputFile, ...]]:
        """Return what becomes of each companion, and of each file that changes or of which something is to be said."""
        written: list[GeneratedRow] = []
        volumes: list[OutputFile] = []
        listed: dict[str, list[str]] = {}
        for path, file in sorted(self._files.items()):
            standing, volume = self._volume(path, file)
            written += [
                GeneratedRow(path, companion.kind, companion.name, companion.namespace, companion.reason, standing)
                for companion in file.companions
            ]
            if volume is not None:
                volumes.append(volume)
            if standing is not Status.KEPT and file.target.kustomization is not None:
                listed.setdefault(file.target.kustomization, []).append(path)
        return tuple(written), (*volumes, *self._listings(listed))

    def objects(self, name: str) -> frozenset[ObjectKey]:
        """Return the keys of what a file, by its normalised name, is to hold."""
        files = (file for path, file in self._files.items() if posixpath.normpath(path) == name)
        return frozenset(companion.key for file in files for companion in file.companions)

    @property
    def names(self) -> frozenset[str]:
        """Return the normalised names of the files."""
        return frozenset(posixpath.normpath(name) for name in self._files)

    def _volume(self, path: str, file: _File) -> tuple[Status, OutputFile | None]:
        text = sign("---\n".join(companion.text for companion in file.companions), self._named(path))
        before = self._texts(path)
        if before is None:
            return Status.NEW, OutputFile(path, SourceText(path, ""), text, created=True)
        if isinstance(before, Problem):
            return Status.KEPT, OutputFile(path, None, None, notes=(before,))
        why_not = None if _is_torn(before, text) else self._why_kept(path, before)
        if why_not is None and "\r\n" in before.text:
            text = text.replace("\n", "\r\n")
        if text == before.text:
            return Status.SAME, None
        if why_not is not None:
            names = ", ".join(f"{companion.kind} {companion.name}" for companion in file.companions)
            note = Problem(path, Stage.NOTE, f"{why_not}; not written: {names}", hint=_ADVICE)
            return Status.KEPT, OutputFile(path, before, before.text, notes=(note,))
        return Status.UPDATED, OutputFile(path, before, text)

    def _why_kept(self, path: str, before: SourceText) -> str | None:
        match authorship(before.text):
            case Authorship.THEIRS:
                return "was not written by harden, and stays as it is"
            case Authorship.EDITED:
                return "was edited since harden wrote it, and stays as it is"
            case Authorship.OURS:
                return self._why_partial(path, before)

    def _why_partial(self, path: str, before: SourceText) -> str | None:
        """Return that a run sees only some of the files that a companion was made from, None where it sees them all."""
        folder = posixpath.dirname(path)
        for source in sources(before.text):
            name = posixpath.normpath(posixpath.join(folder, source))
            if name not in self._inputs and isinstance(self._texts(name), SourceText):
                return f"was made from {name} too, which this run does not look at, and stays as it is"
        many = crowd(before.text)
        if many is None:
            return None
        below = posixpath.normpath(posixpath.join(folder, many.below))
        ours = self._crowd
        if ours is not None and (posixpath.normpath(ours.below), ours.digest) == (below, many.digest):
            return None
        if any(_holds(root, below) for root in self._roots):
            return None
        whole = f"{many.files} files below {below}"
        return f"was made from {whole}, a folder that this run does not look at as a whole, and stays as it is"

    def _named(self, path: str) -> str:
        folder = posixpath.dirname(path) or "."
        if folder not in self._lines:
            self._lines[folder] = (
                named(relative(self._origins, folder))
                if self._crowd is None
                else counted(self._crowd, posixpath.relpath(self._crowd.below or ".", folder))
            )
        return self._lines[folder]

    def _listings(self, listed: dict[str, list[str]]) -> Iterable[OutputFile]:
        for path, files in sorted(listed.items()):
            names = [posixpath.basename(file) for file in files]
            source = self._texts(path)
            after = with_entries(source, names) if isinstance(source, SourceText) else None
            if isinstance(source, SourceText) and after is not None and after != source.text:
                yield OutputFile(path, source, after, needs=tuple(files))
            elif after is None:
                said = f"cannot be changed: list {', '.join(names)} under resources"
                yield OutputFile(path, None, None, notes=(Problem(path, Stage.NOTE, said),))


def _holds(root: str, folder: str) -> bool:
    above = posixpath.normpath(root)
    if above == ".":
        return not posixpath.isabs(folder) and folder != ".." and not folder.startswith("../")
    return folder == above or folder.startswith(f"{above.rstrip('/')}/")


def _is_torn(before: SourceText, whole: str) -> bool:
    """Return whether a file holds only the beginning of what harden writes there, or nothing: nobody's work is lost."""
    return whole.startswith(before.text)


_ADVICE = "name all files or their folder, move the file away, or take --companions-dir"
