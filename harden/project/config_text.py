"""Writes a harden.yaml that fits a project: what is known stands there, the rest is a comment with what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from harden.project.findings import Project
from harden.project.tools import Tool
from harden.source.quote import scalar

_WIDTH = 100
#: No more than these are listed of anything.
_MOST = 8
_DEFAULT = "restricted"


def config_text(project: Project) -> str:
    """Return the text of a harden.yaml that harden reads; whatever is not sure is a comment in it."""
    parts = [
        _comment(
            "Settings of harden for this folder, made by `harden init` from what lies here. What nobody can know from "
            "files stands as a comment: take it out, or fill it in."
        ),
        _comment(_seen(project)),
        [*_comment(_about_level(project)), f"profile: {proposed(project)}"],
        _version(project),
        [
            *_comment(
                "The riskiest fixes that harden apply makes. safe: they cannot stop a working container; review: they "
                "normally do not, look at them; breaking: another change has to go with them."
            ),
            "risk: review",
        ],
        _exclude(project),
        _baseline(project),
        _images(project),
        [
            *_comment("Findings that may stand, for what cannot be annotated: each with a reason, and an end."),
            "# exemptions:",
            "# - control: restricted-volumes",
            "#   kind: DaemonSet",
            "#   name: log-collector",
            "#   reason: it reads the log files of the node",
            "#   until: 2030-06-30",
        ],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def proposed(project: Project) -> str:
    """Return the profile that fits: the level that all labelled Namespaces enforce, where that is one of harden's."""
    levels = set(project.labelled) & {"baseline", "restricted"}
    return levels.pop() if len(levels) == 1 and len(set(project.labelled)) == 1 else _DEFAULT


def next_steps(project: Project) -> Iterator[str]:
    """Yield what to do next: a line each, a command and what it does."""
    yield "harden check                      what is short of the profile"
    yield "harden diff                       what harden apply would change"
    if project.findings:
        yield "harden check --write-baseline harden-baseline.json   from then on, only new findings fail"
    if project.images:
        yield "harden images learn --registry --from .    learn the images that are not known (needs the network)"
    tools = {tool.name: tool for tool in project.tools}
    if "Helm" in tools:
        yield f"helm template {tools['Helm'].folders[0]} | harden check -    charts are judged as Helm renders them"
    if "pre-commit" in tools:
        yield "the hooks harden and harden-check for .pre-commit-config.yaml: see docs/integrations/pre-commit.md"


def _seen(project: Project) -> str:
    spaces = [name for name, _ in project.namespaces if name]
    unnamed = "" if len(spaces) == len(project.namespaces) else " where no namespace is named"
    said = f"Found here: {_count(project.files, 'manifest file')} with {_count(project.workloads, 'workload')}"
    places = [f" in {_count(len(spaces), 'namespace')} ({_some(spaces)})" if spaces else "", unnamed]
    said += f"{' and'.join(place for place in places if place)}."
    if project.tools:
        said += f" Tools: {'; '.join(map(_tool, project.tools))}."
    return said


def _tool(tool: Tool) -> str:
    return f"{tool.name} ({_some(tool.files)})"


def _about_level(project: Project) -> str:
    said = "The profile to reach: baseline, restricted, hardened, or a file of your own (`harden profile`)."
    if project.workloads:
        admitted = ", ".join(f"{each.admitted} at {each.level}" for each in project.judged)
        said += f" Of {_count(project.workloads, 'workload')}, admitted as they stand: {admitted}."
    if proposed(project) != _DEFAULT:
        said += f" The labels of the Namespaces enforce {proposed(project)}."
    elif set(project.labelled) - {_DEFAULT}:
        said += f" Labels of Namespaces enforce: {', '.join(sorted(set(project.labelled)))}."
    return said


def _version(project: Project) -> list[str]:
    said = (
        "The version of Kubernetes that the cluster runs; without it, workloads are judged by the newest version that "
        "harden knows."
    )
    if not project.releases:
        return [*_comment(said), "# pss-version: v1.31"]
    places = [f"{each.version} in {each.file}:{each.line}" for each in project.releases]
    oldest = min((each.version for each in project.releases), key=lambda word: int(word.partition(".")[2]))
    asked = "These are named here, and may be others than your cluster's"
    return [*_comment(f"{said} {asked}: {_some(places)}."), f"# pss-version: {oldest}"]


def _exclude(project: Project) -> list[str]:
    said = "Globs of files and folders to leave out, beside what Git ignores; those with a / hold from this folder."
    if not project.vendored:
        return [*_comment(said), "# exclude: [vendor/]"]
    told = f"{said} These look like what others wrote."
    globs = ", ".join(scalar(f"{name}/", '"', flow=True) for name in project.vendored)
    return [*_comment(told), f"# exclude: [{globs}]"]


def _baseline(project: Project) -> list[str]:
    said = (
        "Findings of today that fail nothing, so that only new ones do. `harden check --write-baseline "
        "harden-baseline.json` writes the file."
    )
    if project.findings:
        said += f" Open here: {_count(project.findings, 'finding')}."
    return [*_comment(said), "# baseline: harden-baseline.json"]


def _images(project: Project) -> list[str]:
    said = (
        "What is known of images: a file harden-images.yaml beside this one is read without being named; other files "
        "are named here, and registries that mirror others."
    )
    if project.images:
        said += (
            f" Too little is known of {_count(len(project.images), 'image')}: {_some(project.images)}. `harden images "
            "learn --registry --from .` asks their registries."
        )
    example = ["# images:", "#   facts: [other-images.yaml]", "#   mirrors: {registry.example.com/hub: docker.io}"]
    return [*_comment(said), *example]


def _comment(text: str) -> list[str]:
    clean = "".join(char if char.isprintable() else "?" for char in text)
    return [f"# {line}" for line in wrap(clean, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)]


def _some(words: Iterable[str]) -> str:
    every: Sequence[str] = tuple(words)
    more = len(every) - _MOST
    return ", ".join(every[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else noun + 's'}"
