"""Makes files of what the code says: pages of controls and settings, JSON Schemas, and the table of options.

`python -m harden.docs` in a checkout rewrites the files, `--check` only says which of them are stale (exit code 1).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harden.controls import Control, all_controls
from harden.controls._manual import BEYOND, asked_at, explain, summary

_ROOT = Path(__file__).resolve().parents[1]
_PAGES = "docs/controls"
_SCANNERS = "docs/scanners.md"
_REFERENCE = "docs/reference"
_OPTIONS = "harden/cli/options/table.py"
_SCANNERS_SAID = (
    "Whoever comes from another scanner finds the control that answers for a rule: `harden explain CKV_K8S_16` prints "
    "its page, `harden explain KSV017` that of the same. A control may ask for more or for less than the rule, and most"
    " of them can also write what is missing."
)
_TABLE_SAID = '''"""What commands take that run without typer: each option, its field, and its value or the kind of it.

Made by `python -m harden.docs` from the typer application: do not edit it.
"""

TEXT = "text"
LIST = "list"
#: Stands for paths, which have no name on a line.
PATHS = "paths"
'''


def index() -> str:
    """Return the page that lists the controls, as Markdown."""
    rows = [
        f"| [{c.id}]({c.id}.md) | {asked_at(c)} | {', '.join(c.checks) or BEYOND} | {summary(c)} |"
        for c in all_controls()
    ]
    said = "A control is one hardening rule. `harden explain CONTROL` prints its page, `harden explain` this list."
    table = ("| control | level | official checks | |", "|---|---|---|---|", *rows)
    return "\n".join(("# Controls", "", said, "", *table)) + "\n"


def scanners_page() -> str:
    """Return the page that leads from the rules of other scanners to controls, as Markdown."""
    from harden.scanners import REASONS, SCANNERS, rules  # noqa: PLC0415 -- only where the files are made

    ours = [rule for rule in rules() if rule.controls]
    lines = ["# Rules of other scanners", "", _SCANNERS_SAID, ""]
    lines += [f"{len(ours)} of {len(rules())} rules have a control here:", ""]
    lines += ["| scanner | rules | with a control | read from | state |", "|---|---|---|---|---|"]
    for scanner in SCANNERS:
        known = [rule for rule in rules() if rule.scanner == scanner.name]
        answered = sum(bool(rule.controls) for rule in known)
        place = f"[{scanner.repository}](https://github.com/{scanner.repository}), `{scanner.folder}`"
        lines.append(f"| {scanner.name} | {len(known)} | {answered} | {place} | {scanner.day} |")
    for scanner in SCANNERS:
        lines += ["", f"## {scanner.name}", "", "| control | rules |", "|---|---|"]
        mine = [rule for rule in rules() if rule.scanner == scanner.name]
        for controls in dict.fromkeys(rule.controls for rule in mine if rule.controls):
            links = ", ".join(f"[{each}](controls/{each}.md)" for each in controls)
            lines.append(f"| {links} | {_codes(rule.id for rule in mine if rule.controls == controls)} |")
        lines += ["", "Without a control:", ""]
        for reason in dict.fromkeys(rule.because for rule in mine if rule.because):
            lines.append(f"- {REASONS[reason]}: {_codes(rule.id for rule in mine if rule.because == reason)}")
    return "\n".join(lines) + "\n"


def _codes(ids: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in ids)


def option_table() -> str:
    """Return the module that says what the commands without typer take, as the typer application has it."""
    import typer  # noqa: PLC0415 -- only where the files are made

    from harden.cli.application.app import app  # noqa: PLC0415 -- the same
    from harden.cli.commands import RUNS  # noqa: PLC0415 -- the same

    known = typer.main.get_command(app).commands  # type: ignore[attr-defined] # an application of several is a group
    rows = {name: tuple(_options_of(known[name])) for name in RUNS}
    names = {each: f"_{name.upper().replace('-', '_')}" for name, each in reversed(rows.items())}
    lines = [_TABLE_SAID]
    for each, name in reversed(names.items()):
        lines += [f"{name}: dict[str, tuple[str, str | bool]] = {{", *each, "}"]
    lines += ["#: By the name of a command.", "COMMANDS = {"]
    lines += [f'    "{name}": {names[each]},' for name, each in rows.items()]
    return "\n".join([*lines, "}"]) + "\n"


def _options_of(command: Any) -> Iterator[str]:
    """Yield a line of the table for each name of an option that is a switch, or takes one text or several."""
    for param in command.params:
        if param.param_type_name == "argument":
            yield from ["    PATHS: (PATHS, LIST),"] if param.name == "paths" and param.nargs == -1 else []
        elif param.callback is not None or param.envvar or param.count or param.nargs != 1:
            continue
        elif param.is_flag:
            yield from (f'    "{name}": ("{param.name}", True),' for name in param.opts)
            yield from (f'    "{name}": ("{param.name}", False),' for name in param.secondary_opts)
        else:
            takes = "LIST" if param.multiple else "TEXT"
            yield from (f'    "{name}": ("{param.name}", {takes}),' for name in param.opts)


def page(control: Control, golden: Path = _ROOT / "golden") -> str:
    """Return the manual page of a control with the diff of its first golden `fix-*` case below `golden`."""
    return f"{explain(control)}{_example(golden / control.id)}"


def files(root: Path = _ROOT) -> Iterator[tuple[Path, str]]:
    """Yield every generated file of a checkout with the text that it should have."""
    import json  # noqa: PLC0415 -- only where the files are made

    from harden.images.compiled import compiled  # noqa: PLC0415 -- the same
    from harden.images.store import COMPILED, shipped_texts  # noqa: PLC0415 -- the same
    from harden.settings.reference import references  # noqa: PLC0415 -- the same
    from harden.settings.schema import schemas  # noqa: PLC0415 -- the same

    yield root / _PAGES / "index.md", index()
    for control in all_controls():
        yield root / _PAGES / f"{control.id}.md", page(control, root / "golden")
    yield root / _SCANNERS, scanners_page()
    yield root / _OPTIONS, option_table()
    for name, text in references():
        yield root / _REFERENCE / name, text
    yield root / "profiles/images" / COMPILED, compiled(shipped_texts())
    for name, schema in schemas():
        yield root / "profiles" / name, json.dumps(schema, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Rewrite the generated files, or with `--check` name the stale ones; return the exit code (2: no checkout)."""
    if not (_ROOT / "pyproject.toml").exists():
        sys.stderr.write("harden.docs: only a checkout has files to make\n")
        return 2
    check = "--check" in arguments
    made = dict(files())
    stale = [(path, text) for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path, text in stale:
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.relative_to(_ROOT)}\n")
    # The pages of controls that are no longer there.
    behind = [path for path in sorted((_ROOT / _PAGES).glob("*.md")) if path not in made]
    for path in behind:
        if not check:
            path.unlink()
        sys.stdout.write(f"{'stale' if check else 'removed'}: {path.relative_to(_ROOT)}\n")
    return 1 if check and (stale or behind) else 0


def _example(folder: Path) -> str:
    """Return the diff of the first `fix-*` case in `folder` as a section, "" where there is none."""
    import difflib  # noqa: PLC0415 -- only where the pages are made

    for case in sorted(folder.glob("fix-*")):
        before, after = case / "in.yaml", case / "out.yaml"
        if before.exists() and after.exists():
            old, new = (path.read_text("utf-8").splitlines() for path in (before, after))
            lines = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
            return "\n".join(("", "## Example", "```diff", *lines, "```", ""))
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
