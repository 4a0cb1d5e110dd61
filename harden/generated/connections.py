"""Compares the connections that a run's files allow, as they stand and with the policies that harden would write."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from harden.companions.network_policy import policy_data
from harden.companions.settings import network_settings
from harden.engine.check import Checker, ParsedFile
from harden.generated.generator import Generator
from harden.generated.options import GenerateOptions
from harden.generated.previous import PreviousOutput
from harden.generated.unread import Unseen, first
from harden.kube.bundle import Bundle
from harden.kube.kustomizations import Kustomizations
from harden.kube.namespaces import Namespaces
from harden.model.kube import Resource
from harden.model.profile import Profile
from harden.model.report import FileReport, Problem
from harden.model.text import Plain, SourceText
from harden.network.graph import Comparison, compare
from harden.network.policies import read as read_policy
from harden.source.parse import Parsed
from harden.source.read import decode


class Side(Enum):
    """What is looked at: the files as they stand, with the policies that harden would write, or one beside the other.

    Policies of an earlier run count as those that harden would write.
    """

    BEFORE = "before"
    AFTER = "after"
    BOTH = "both"


def connections(
    inputs: Iterable[tuple[str, bytes | Problem]],
    profile: Profile,
    wish: GenerateOptions,
    side: Side,
    kustomizations: Kustomizations,
) -> tuple[Comparison, tuple[Problem, ...], str]:
    """Return the connections, what could not be read, and the first thing that nobody could see ("" for nothing).

    `kustomizations` are those of the inputs and near them. With one side alone, both sides
    of the comparison are that one.
    """
    known = list(inputs)
    namespaces = Namespaces(kustomizations, wish.namespace)
    # The files as they stand hold what an earlier run wrote.
    previous_output = _as_they_stand if side is Side.BEFORE else PreviousOutput(is_stream=wish.look is None)
    checker = Checker(profile, previous_output=previous_output, namespaces=namespaces)
    files = [_read(checker, name, data) for name, data in known]
    readable = [file for file in files if isinstance(file, ParsedFile)]
    question = Generator(profile, wish, None, checker)
    bundle = question.bundle(readable)
    settings = network_settings(wish.options)._replace(flows=wish.flows)
    generated = () if side is Side.BEFORE else policy_data(bundle, question.ownership(bundle), settings)
    if side is Side.AFTER:
        bundle = _with(bundle, generated, wish.namespace)
    added = [read_policy(each, wish.namespace) for each in generated] if side is Side.BOTH else []
    unseen = Unseen(files, kustomizations, bundle)
    problems = tuple(problem for file in files for problem in file.problems)
    return compare(bundle, added, wish.namespace), problems, first(unseen.blind())


def _as_they_stand(_source: SourceText, parsed: Parsed) -> Parsed:
    return parsed


def _read(checker: Checker, name: str, data: bytes | Problem) -> ParsedFile | FileReport:
    source = data if isinstance(data, Problem) else decode(name, data)
    if isinstance(source, Problem):
        return FileReport(name, None, None, problems=(source,))
    return checker.read(source)


def _with(bundle: Bundle, policies: Iterable[dict[str, Plain]], fallback: str) -> Bundle:
    made = []
    for at, data in enumerate(policies):
        metadata = data["metadata"]
        name, namespace = (
            (metadata.get("name"), metadata.get("namespace")) if isinstance(metadata, dict) else ("", None)
        )
        place = namespace if isinstance(namespace, str) else None
        target = place or fallback
        made.append(Resource("", at, (), "networking.k8s.io/v1", "NetworkPolicy", place, str(name), data, target))
    return Bundle((*bundle.resources, *made), bundle.members)
