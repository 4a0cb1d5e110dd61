"""What `harden check --gate` cannot judge: whatever may bring a pod to a cluster that nobody has looked at."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from harden.kube.kustomization import Kustomization
from harden.kube.kustomizations import Kustomizations
from harden.model.report import FileReport, Problem, Stage
from harden.model.text import SourceText
from harden.source.parse import parse
from harden.source.read import decode, wide_encoding

#: What kubectl takes from a folder (k8s.io/cli-runtime, resource.FileExtensions).
_MANIFESTS = (".yaml", ".yml", ".json")
#: A chart is rendered from files of any name.
_CHART = "Chart.yaml"


def judged_inputs(inputs: Iterable[tuple[str, bytes | Problem]]) -> list[tuple[str, bytes | Problem]]:
    """Return the inputs that hold objects, or may: all manifests, and of other files those that read as objects."""
    return [(name, data) for name, data in inputs if _is_manifest(name) or _may_hold_objects(name, data)]


def _is_manifest(name: str) -> bool:
    """Return whether a file of this name is taken for a manifest by whoever is given its folder."""
    return name.lower().endswith(_MANIFESTS) or posixpath.basename(name) == "Kustomization"


def unjudged(reports: Sequence[FileReport], names: Iterable[str], kustomizations: Kustomizations) -> Iterator[Problem]:
    """Yield everything that may hold pods and was not judged; `names` are all files of the tree."""
    known = {posixpath.normpath(name) for name in names}
    for report in reports:
        for skip in report.skipped:
            said = f"{skip.kind} {skip.name} was not judged: {skip.because.value.format(skip.what)}"
            yield Problem(report.name, Stage.READ, said)
    for name in sorted(known):
        if posixpath.basename(name) == _CHART:
            said = "is a chart, and what it renders is not seen"
            yield Problem(name, Stage.READ, said, hint="helm template | harden check --gate -")
    folders = {folder for name in known for folder in _folders(name)}
    for kustomization in kustomizations:
        for said in _unseen_in(kustomization, known | folders):
            hint = "kustomize build | harden check --gate -"
            yield Problem(kustomization.name, Stage.READ, f"was not judged: it has {said}", hint=hint)


def looked_at(reports: Iterable[FileReport], inputs: Iterable[tuple[str, bytes | Problem]]) -> bool:
    """Return whether an object stands in one of the inputs, or may: what holds none has not been judged."""
    if any(report.workloads or report.skipped or report.problems for report in reports):
        return True
    sources = (data if isinstance(data, Problem) else decode(name, data) for name, data in inputs)
    return any(isinstance(source, Problem) or _holds_objects(source) for source in sources)


def strictly(report: FileReport) -> FileReport:
    """Return a report in which an object that the API server is said not to decode counts as not read."""
    problems = (
        problem._replace(stage=Stage.READ) if problem.stage is Stage.LEFT else problem for problem in report.problems
    )
    return report._replace(problems=tuple(problems))


def _may_hold_objects(name: str, data: bytes | Problem) -> bool:
    if isinstance(data, Problem):
        return True
    source = decode(name, data)
    if isinstance(source, Problem):
        # YAML readers take these encodings all the same (YAML 1.2.2, 5.2).
        return wide_encoding(data) is not None
    if "kind" not in source.text and "\\" not in source.text and "!" not in source.text:
        return False
    return _holds_objects(source)


def _holds_objects(source: SourceText) -> bool:
    """Return whether a document of a text that is no manifest by its name is a mapping that has a kind, or a list."""
    parsed = parse(source, lambda _text: True, sketch=True)
    values = (document.value for document in parsed.documents if not document.is_empty)
    return any(isinstance(value, dict) and ("kind" in value or "items" in value) for value in values)


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
