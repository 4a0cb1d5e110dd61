"""Owns small files with exemptions for the tests: their workloads, and what is found in them."""

from __future__ import annotations

from textwrap import dedent

from harden.controls import Context, all_controls
from harden.exemptions import Exemption, find_exemptions
from harden.kube.workloads import find
from harden.model.finding import Finding, Level
from harden.model.kube import Workload
from harden.model.report import Problem
from harden.model.text import SourceText
from harden.model.tree import Document
from harden.source.parse import parse

KNOWN = tuple(control.id for control in all_controls())
TODAY = "2026-06-15"


class Subject:
    """The workloads of one text, each with its exemptions and the findings of the official checks' controls."""

    def __init__(self, text: str, name: str = "app.yaml") -> None:
        self.source = SourceText(name, dedent(text).lstrip("\n"))
        self.pairs: list[tuple[Document, Workload]] = []
        for document in parse(self.source, lambda _: True).documents:
            value = None if document.root is None else document.root.value
            found = find(document.index, value, name)
            self.pairs += [(document, each) for each in found if isinstance(each, Workload)]

    def found(self, at: int = 0) -> tuple[Exemption | Problem, ...]:
        document, workload = self.pairs[at]
        return find_exemptions(self.source, document, workload, KNOWN)

    def exemptions(self, at: int = 0) -> tuple[Exemption, ...]:
        return tuple(each for each in self.found(at) if isinstance(each, Exemption))

    def problems(self, at: int = 0) -> list[str]:
        found = [each for each in self.found(at) if isinstance(each, Problem)]
        return [f"{each.file}:{each.line}: {each.message}: {each.hint}" for each in found]

    def workload(self, at: int = 0) -> Workload:
        return self.pairs[at][1]

    def findings(self, at: int = 0) -> tuple[Finding, ...]:
        context = Context(Level.RESTRICTED, (1, 37))
        controls = [control for control in all_controls() if control.checks]
        return tuple(each for control in controls for each in control.run(self.workload(at), context))
