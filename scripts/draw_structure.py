# ruff: noqa: INP001 - a script that is run by its path, no package
"""Draws the packages of harden and their imports into CONTRIBUTING.md, as a Mermaid diagram between two marks.

python scripts/draw_structure.py

An arrow is an import that no path of other arrows stands for: what it points to, and all below that, may be used.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
_MARKS = re.compile(r"(<!-- structure:begin[^\n]*\n).*?(<!-- structure:end -->)", re.DOTALL)
#: Everything uses these two, which would hide the rest.
_EVERYWHERE = frozenset({"model", "errors"})

Graph = dict[str, frozenset[str]]


def packages() -> list[str]:
    """Return the packages of harden, sorted."""
    return sorted(path.parent.name for path in (ROOT / "harden").glob("*/__init__.py"))


def imports() -> Graph:
    """Return which packages each package imports, in functions too."""
    known = set(packages()) - _EVERYWHERE
    return {name: _imported(name) & known - {name} for name in sorted(known)}


def _imported(name: str) -> frozenset[str]:
    found = set()
    for path in (ROOT / "harden" / name).rglob("*.py"):
        for node in _running(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("harden"):
                rest = node.module.split(".")[1:]
                found.update(rest[:1] or [alias.name for alias in node.names])
    return frozenset(found)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module without those that only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            yield node
            yield from _running(node)


def reduced(graph: Graph) -> Graph:
    """Return a graph without the arrows that a longer path stands for; there are no circles."""

    @cache
    def reach(start: str) -> frozenset[str]:
        return graph[start].union(*(reach(each) for each in graph[start]))

    return {
        name: frozenset(each for each in below if not any(each in reach(other) for other in below))
        for name, below in graph.items()
    }


def diagram() -> str:
    """Return the diagram as a fenced block, each package with what its docstring begins with."""
    graph = reduced(imports())
    boxes = [f'  {name}["<b>{name}</b><br/>{_purpose(name)}"]' for name in graph]
    arrows = [f"  {name} --> {each}" for name, below in graph.items() for each in sorted(below)]
    return "\n".join(("```mermaid", "flowchart TD", *boxes, *arrows, "```", ""))


def _purpose(name: str) -> str:
    """Return the first clause of a package's docstring, without markup."""
    text = ast.get_docstring(ast.parse((ROOT / "harden" / name / "__init__.py").read_text("utf-8"))) or ""
    first = " ".join(re.split(r"[:;(]|\.\s|\.$", text, maxsplit=1)[0].split()).removeprefix("Owns ")
    return first[:1].upper() + first[1:].replace('"', "'")


def page() -> str:
    """Return CONTRIBUTING.md with today's diagram."""
    return _MARKS.sub(lambda found: f"{found[1]}{diagram()}{found[2]}", PAGE.read_text("utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
