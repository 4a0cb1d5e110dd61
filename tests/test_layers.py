"""The shape of harden/: imports go down only, modules and functions stay small, and each says what it does."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From top to bottom; a part may import any part of a lower row. What stands in one row knows nothing of its neighbours.
ROWS: tuple[tuple[str, ...], ...] = (
    ("__main__", "docs"),
    ("cli",),
    ("adapters",),
    ("generated", "engine"),
    ("outputs", "patches", "scanners", "settings", "verify"),
    ("controls",),
    ("companions",),
    ("baseline", "builds", "exemptions", "network", "project", "secrets", "starts", "usage"),
    ("cache", "images", "kube"),
    ("changes", "pss", "source"),
    ("errors", "model"),
)

# Imports within a row, each with its reason. Empty is right.
SIDEWAYS: dict[tuple[str, str], str] = {
    ("generated", "engine"): "what companions change is planned, edited and verified with the fixes",
    ("engine", "generated"): "the type of what makes companions",
}

# The rooms of harden/cli, from top to bottom, as a line passes through them.
ROOMS: tuple[tuple[str, ...], ...] = (
    ("__init__",),
    ("application", "plain_line"),
    ("commands",),
    ("run",),
    ("request",),
    ("console", "options"),
)

# Never, whatever the tables above say.
STRANGERS: dict[tuple[str, str], str] = {
    ("pss", "controls"): "the evaluator judges what the controls did, so it shares nothing with them",
    ("controls", "pss"): "the evaluator judges what the controls did, so it shares nothing with them",
    ("starts", "controls"): "the start model judges what the controls did, so it shares nothing with them",
    ("controls", "starts"): "the start model judges what the controls did, so it shares nothing with them",
    ("starts", "pss"): "admission and start are judged each by itself",
    ("pss", "starts"): "admission and start are judged each by itself",
    ("source", "kube"): "the source layer knows YAML, not Kubernetes",
    ("controls", "source"): "controls speak of data, not of text",
}

MODULE_LINES = 300
FUNCTION_LINES = 40
# Paths and `path:function`, each with its reason. Empty is right.
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {
    "harden/cli/application/app.py:rewrite": "typer makes an option of each parameter, a line each",
    "harden/source/build.py:build": "runs for each of 120,000 events of a large stream; calls made it 25 % slower",
    "harden/source/outline.py:outline": "runs for each event of a large result, as `build` does for its original",
}


def modules() -> list[Path]:
    return sorted((ROOT / "harden").rglob("*.py"))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> tuple[str, ...]:
    """Return the module's dotted name as a tuple, with `__init__` for a package itself."""
    return path.relative_to(ROOT).with_suffix("").parts


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), shown(path))


def imports(parsed: ast.Module, module: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import, those inside functions and of other packages too."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module[: -node.level] if node.level else ()
            base = ".".join((*above, *((node.module,) if node.module else ())))
            # `from harden import cli` names its part behind the word import.
            yield from ((node.lineno, f"{base}.{alias.name}" if base == "harden" else base) for alias in node.names)


def row(part: str) -> int:
    return next((at for at, parts in enumerate(ROWS) if part in parts), -1)


def complaint(importer: str, imported: str) -> str | None:
    """Return what is wrong with an import between two parts of harden, or None."""
    if importer == imported:
        return None
    if (importer, imported) in STRANGERS:
        return STRANGERS[importer, imported]
    if row(importer) < 0 or row(imported) < 0:
        return "not in ROWS: say where it stands"
    if row(importer) > row(imported):
        return "upward"
    if row(importer) == row(imported) and (importer, imported) not in SIDEWAYS:
        return "sideways"
    return None


def complaints(parsed: ast.Module, module: tuple[str, ...]) -> list[str]:
    """Return one line for each import of another part of harden that a module must not have."""
    found = []
    for line, name in imports(parsed, module):
        top, _, rest = name.partition(".")
        part = rest.partition(".")[0]
        if top != "harden" or part in {"", "__version__"}:
            continue
        wrong = complaint(module[1], part)
        if wrong is not None:
            found.append(f"{'/'.join(module)}.py:{line}: {module[1]} imports {part}: {wrong}")
    return found


def test_imports_go_down_only() -> None:
    found = []
    for path in modules():
        if dotted(path) != ("harden", "__init__"):
            found += complaints(tree(path), dotted(path))
    assert found == []


def test_the_package_itself_imports_nothing_of_its_own() -> None:
    path = ROOT / "harden" / "__init__.py"
    assert [name for _, name in imports(tree(path), dotted(path)) if name.startswith("harden")] == []


def test_the_model_knows_the_standard_library_only() -> None:
    found = []
    for path in modules():
        if dotted(path)[1] not in {"model", "errors"}:
            continue
        for line, name in imports(tree(path), dotted(path)):
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and not name.startswith("harden.model"):
                found.append(f"{shown(path)}:{line}: {name}")
    assert found == []


def test_every_part_has_its_row() -> None:
    parts = {dotted(path)[1] for path in modules()} - {"__init__"}
    assert sorted(part for part in parts if row(part) < 0) == []


def room(name: str) -> int:
    return next(at for at, rooms in enumerate(ROOMS) if name in rooms)


def test_rooms_of_the_command_line_know_lower_ones_only() -> None:
    found = []
    for path in sorted((ROOT / "harden" / "cli").rglob("*.py")):
        own = dotted(path)[2]
        for line, name in imports(tree(path), dotted(path)):
            if name.startswith("harden.cli"):
                other = name.split(".")[2]
                if other != own and room(own) >= room(other):
                    found.append(f"{shown(path)}:{line}: {own} imports {other}")
    assert found == []


def test_only_commands_and_options_import_typer() -> None:
    importers = {
        dotted(path)[1:3]
        for path in modules()
        for _, name in imports(tree(path), dotted(path))
        if name.split(".")[0] == "typer" and dotted(path)[1] != "docs"
    }
    assert importers == {("cli", "application"), ("cli", "options")}


@pytest.mark.parametrize(
    ("module", "text", "wrong"),
    [
        (("harden", "source", "parse"), "from harden.kube.relevance import is_relevant", "knows YAML, not Kubernetes"),
        (("harden", "pss", "pod"), "from harden.controls import control", "shares nothing"),
        (("harden", "controls", "privileged"), "import harden.pss", "shares nothing"),
        (("harden", "starts", "users"), "from harden.controls import control", "shares nothing"),
        (("harden", "controls", "privileged"), "from harden.starts import starts", "shares nothing"),
        (("harden", "starts", "users"), "from harden.usage import x", "sideways"),
        (("harden", "kube", "kinds"), "from harden.images.facts import ImageFacts", "sideways"),
        (("harden", "kube", "kinds"), "from harden import cli", "upward"),
        (("harden", "model", "text"), "from harden.source.read import decode", "upward"),
        (("harden", "kube", "kinds"), "from ..engine.run import harden", "upward"),
        (("harden", "kube", "kinds"), "def f():\n    from harden.engine.check import Examiner", "upward"),
        (("harden", "kube", "kinds"), "from harden.novelty import x", "not in ROWS"),
    ],
)
def test_a_forbidden_import_is_found(module: tuple[str, ...], text: str, wrong: str) -> None:
    found = complaints(ast.parse(text), module)
    assert len(found) == 1
    assert wrong in found[0]


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (("harden", "kube", "kinds"), "from harden.model.text import Path"),
        (("harden", "kube", "workloads"), "from harden.kube.kinds import TEMPLATES"),
        (("harden", "kube", "workloads"), "from .kinds import TEMPLATES\nfrom ..model.text import Path"),
        (("harden", "cli"), "from harden import __version__\nfrom harden.outputs.diff import render"),
        (("harden", "pss", "pod"), "import json\nfrom typing import TYPE_CHECKING"),
    ],
)
def test_an_allowed_import_is_none_of_our_business(module: tuple[str, ...], text: str) -> None:
    assert complaints(ast.parse(text), module) == []


def long_modules() -> dict[str, int]:
    sizes = {shown(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    return {name: lines for name, lines in sizes.items() if lines > MODULE_LINES}


def long_functions() -> dict[str, int]:
    sizes = {}
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                sizes[f"{shown(path)}:{node.name}"] = (node.end_lineno or node.lineno) - node.lineno + 1
    return {name: lines for name, lines in sizes.items() if lines > FUNCTION_LINES}


def test_modules_stay_small() -> None:
    assert {name: lines for name, lines in long_modules().items() if name not in LONG_MODULES} == {}


def test_functions_stay_small() -> None:
    assert {name: lines for name, lines in long_functions().items() if name not in LONG_FUNCTIONS} == {}


def test_exceptions_to_the_sizes_are_still_needed() -> None:
    assert set(LONG_MODULES) - set(long_modules()) == set()
    assert set(LONG_FUNCTIONS) - set(long_functions()) == set()


HEADINGS = ["## Why", "## Allowed values", "## What a fix may change", "## Sources"]


def test_every_module_says_what_it_does() -> None:
    silent = []
    for path in modules():
        doc = ast.get_docstring(tree(path)) or ""
        first = doc.splitlines()[0] if doc else ""
        says = first.endswith((".", ":")) and first[:1].isupper()
        manual = [line for line in doc.splitlines() if line.startswith("## ")] == HEADINGS
        is_control = dotted(path)[1] == "controls" and not path.name.startswith("_")
        # The package's own docstring is the tool's one sentence.
        if dotted(path) != ("harden", "__init__") and not (manual if is_control else says):
            silent.append(f"{shown(path)}: {doc.partition('.')[0]!r}")
    assert silent == []
