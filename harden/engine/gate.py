"""What `harden check --gate` cannot judge: whatever may bring a pod to a cluster that nobody has looked at."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from harden.engine.assembled import assembled
from harden.engine.other_files import holds_objects, may_hold_objects
from harden.kube.kustomization import Kustomization
from harden.kube.kustomizations import Kustomizations, is_kustomization
from harden.kube.relevance import is_relevant
from harden.model.report import SAID, FileReport, Problem, Stage
from harden.model.text import LineIndex
from harden.source.merges import contested
from harden.source.parse import parse
from harden.source.read import decode

#: What kubectl takes from a folder (k8s.io/cli-runtime, resource.FileExtensions).
_MANIFESTS = (".yaml", ".yml", ".json")
#: How a file begins that Git LFS keeps elsewhere (git-lfs, docs/spec.md).
_LFS = b"version https://git-lfs.github.com/spec/"
_BUILD = "kustomize build | harden check --gate -"


def judged_inputs(inputs: Iterable[tuple[str, bytes | Problem]]) -> list[tuple[str, bytes | Problem]]:
    """Return the inputs that hold objects, or may: all manifests, and of other files those that read as objects."""
    return [(name, data) for name, data in inputs if _is_manifest(name) or may_hold_objects(data)]


def _is_manifest(name: str) -> bool:
    """Return whether a file of this name is taken for a manifest by whoever is given its folder."""
    return name.lower().endswith(_MANIFESTS) or posixpath.basename(name) == "Kustomization"


def unjudged(
    reports: Sequence[FileReport], read: Iterable[tuple[str, bytes | Problem]], kustomizations: Kustomizations
) -> Iterator[Problem]:
    """Yield everything that may hold pods and was not judged; `read` are all files of the tree."""
    contents = {posixpath.normpath(name): data for name, data in read}
    for report in reports:
        for skip in report.skipped:
            said = f"{skip.kind} {skip.name} was not judged: {skip.because.value.format(skip.what)}"
            yield Problem(report.name, Stage.READ, said)
    folders = {folder for name in contents for folder in _folders(name)}
    for name, data in sorted(contents.items()):
        yield from assembled(name, folders, b"" if isinstance(data, Problem) else data)
        if isinstance(data, Problem) or not _is_manifest(name):
            continue
        if data.startswith(_LFS):
            said = "is kept in Git LFS, and what it stands for is not seen"
            yield Problem(name, Stage.READ, said, hint="git lfs pull")
        yield from _contested(name, data)
        if is_kustomization(name) and not _is_read(name, data):
            yield Problem(name, Stage.READ, "was not judged: a kustomization that cannot be read", hint=_BUILD)
    for kustomization in kustomizations:
        for said in _unseen_in(kustomization, contents.keys() | folders):
            yield Problem(kustomization.name, Stage.READ, f"was not judged: it has {said}", hint=_BUILD)


def _contested(name: str, data: bytes) -> Iterator[Problem]:
    """Yield the keys of a file that mean one thing to kubectl, and another one to kustomize."""
    if b"<<" not in data and b"!" not in data:
        return
    source = decode(name, data)
    if isinstance(source, Problem):
        return  # it is named as a file that cannot be read
    lines = LineIndex(source.text)
    for document in parse(source, is_relevant).documents:
        for at, key in () if document.root is None else contested(document.root):
            said = f"was not judged: kubectl and kustomize take different values for {key!r}, because of a merge"
            yield Problem(
                name, Stage.READ, said, lines.line(at), "write the `<<` above the keys that it must not change"
            )


def _is_read(name: str, data: bytes) -> bool:
    """Return whether all documents of a kustomization are read: kustomize takes the first."""
    source = decode(name, data)
    if isinstance(source, Problem):
        return True  # it is named as a file that cannot be read
    parsed = parse(source, lambda _text: True, sketch=True)
    return not parsed.templates and all(problem.stage in SAID for problem in parsed.problems)


def looked_at(reports: Iterable[FileReport], inputs: Iterable[tuple[str, bytes | Problem]]) -> bool:
    """Return whether an object stands in one of the inputs, or may: what holds none has not been judged."""
    if any(report.workloads or report.skipped or report.problems for report in reports):
        return True
    sources = (data if isinstance(data, Problem) else decode(name, data) for name, data in inputs)
    return any(isinstance(source, Problem) or holds_objects(source.text) for source in sources)


def strictly(report: FileReport) -> FileReport:
    """Return a report in which an object that the API server is said not to decode counts as not read."""
    problems = (
        problem._replace(stage=Stage.READ) if problem.stage is Stage.LEFT else problem for problem in report.problems
    )
    return report._replace(problems=tuple(problems))


def _unseen_in(kustomization: Kustomization, known: set[str]) -> Iterator[str]:
    if kustomization.patches:
        yield "patches"
    if kustomization.unread:
        yield ", ".join(kustomization.unread)
    if kustomization.plugins:
        yield "plugins"
    if kustomization.configurations:
        yield "configurations"
    yield from (f"{each} from elsewhere" for each in kustomization.remote)
    yield from (
        f"{path}, which is not among the files" for path in sorted(kustomization.resources) if path not in known
    )


def _folders(name: str) -> Iterator[str]:
    # Above "/" stands "/", above "" stands "".
    while (above := posixpath.dirname(name)) != name:
        name = above
        yield name or "."
