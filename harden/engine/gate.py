"""What `harden check --gate` cannot judge: whatever may bring a pod to a cluster that nobody has looked at."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Sequence

from harden.engine.assembled import assembled, is_manifest
from harden.engine.beside_pods import beside_pods
from harden.engine.git_attributes import NAME, changed_by_git
from harden.engine.other_files import holds_objects, may_hold_objects
from harden.kube.kustomization import Kustomization
from harden.kube.kustomizations import Kustomizations, is_kustomization
from harden.model.profile import Profile
from harden.model.report import SAID, FileReport, Problem, Stage
from harden.model.text import SourceText
from harden.source.parse import parse
from harden.source.read import decode

#: How a file begins that Git LFS keeps elsewhere (git-lfs, docs/spec.md).
_LFS = b"version https://git-lfs.github.com/spec/"
_BUILD = "kustomize build | harden check --gate -"


def judged_inputs(inputs: Iterable[tuple[str, bytes | Problem]]) -> list[tuple[str, bytes | Problem]]:
    """Return the inputs that hold objects, or may: all manifests, and of other files those that read as objects."""
    return [(name, data) for name, data in inputs if is_manifest(name) or may_hold_objects(data)]


def unjudged(
    reports: Sequence[FileReport],
    read: Iterable[tuple[str, bytes | Problem]],
    kustomizations: Kustomizations,
    profile: Profile,
) -> Iterator[Problem]:
    """Yield everything that may hold pods, or let them in, and was not judged; `read` are all files of the tree."""
    contents = {posixpath.normpath(name): data for name, data in read}
    for report in reports:
        for skip in report.skipped:
            said = f"{skip.kind} {skip.name} was not judged: {skip.because.value.format(skip.what)}"
            yield Problem(report.name, Stage.READ, said)
        if report.before is not None:
            yield from _beside_pods(report, report.before, profile)
    listed = (path for kustomization in kustomizations for path in kustomization.resources)
    used = {*filter(is_manifest, contents), *(report.name for report in reports), *listed}
    folders = {folder for name in contents for folder in _folders(name)}
    for name, data in sorted(contents.items()):
        yield from assembled(name, folders, b"" if isinstance(data, Problem) else data)
        if isinstance(data, bytes):
            yield from _unseen(name, data, used)
    for kustomization in kustomizations:
        for said in _unseen_in(kustomization, contents.keys() | folders):
            yield Problem(kustomization.name, Stage.READ, f"was not judged: it has {said}", hint=_BUILD)


def _unseen(name: str, data: bytes, used: Collection[str]) -> Iterator[Problem]:
    """Yield why nobody sees what a file stands for; `used` are the names of all that may be manifests."""
    if posixpath.basename(name) == NAME:
        yield from changed_by_git(name, data, used)
    if name in used and data.startswith(_LFS):
        said = "is kept in Git LFS, and what it stands for is not seen"
        yield Problem(name, Stage.READ, said, hint="git lfs pull")
    if is_kustomization(name) and not _is_read(name, data):
        yield Problem(name, Stage.READ, "was not judged: a kustomization that cannot be read", hint=_BUILD)


def _beside_pods(report: FileReport, source: SourceText, profile: Profile) -> Iterator[Problem]:
    """Yield what is not judged of a file beside its pods; what cannot be read of it may be named in its report."""
    named = {(problem.message, problem.line) for problem in report.problems}
    return (each for each in beside_pods(source, profile) if (each.message, each.line) not in named)


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
