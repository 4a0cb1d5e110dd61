"""What a line of options asks for, and that every option reaches the request."""

from __future__ import annotations

import importlib
import inspect

import pytest
import typer
from cli_session import POD, Session, put, tree

from harden.cli.application import tool_commands
from harden.cli.application.app import app, rewrite
from harden.cli.application.typer_extensions import skip_conversion
from harden.cli.request import Request

#: The options of apply, diff and check: their names, and whether they take a value that cannot begin with a dash.
OPTIONS = [
    ((info.default, *info.param_decls), info.metavar)
    for name, annotation in inspect.get_annotations(rewrite).items()
    if name not in ("context", "paths", "return")
    for info in annotation.__metadata__
]
FILES = ("FILE", "GLOB", "DIR", "PATH")
NAMED = [(name, names[0]) for names, metavar in OPTIONS if metavar and not metavar.startswith(FILES) for name in names]


def asked(monkeypatch: pytest.MonkeyPatch, *words: str) -> Request:
    """Return what a line of `harden check` asks for; nothing is done."""
    from harden.cli.commands import apply_diff_check as owner

    found: list[Request] = []

    def keep(request: Request) -> int:
        found.append(request)
        return 7

    monkeypatch.setattr(owner, "rewrite", keep)
    command = typer.main.get_command(app)
    skip_conversion(command)  # type: ignore[arg-type] # a group
    with pytest.raises(SystemExit) as end:
        command(args=["check", *words], prog_name="harden")
    assert end.value.code == 7
    return found[0]


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ((), {}),
        (("a", "b"), {"paths": ("a", "b")}),
        (("-p", "baseline"), {"profile": "baseline"}),
        (("-pbaseline",), {"profile": "baseline"}),
        # As click has it, for letters.
        (("-p=baseline",), {"profile": "=baseline"}),
        (("--profile=baseline",), {"profile": "baseline"}),
        (("--profile=a=b",), {"profile": "a=b"}),
        (("--profile=",), {"profile": ""}),
        (("-qp", "baseline"), {"profile": "baseline", "quiet": True}),
        (("--risk", "safe", "a", "--risk", "review"), {"risk": "review", "paths": ("a",)}),
        (("-p", "-q", "-p", "baseline"), {"profile": "baseline"}),
        (("--include", "a", "--include=b"), {"include": ("a", "b")}),
        (("--exclude", "-a", "--exclude", "--"), {"exclude": ("-a", "--")}),
        (("--output", "-q", "a"), {"output": "-q", "paths": ("a",)}),
        (("--companions", "--no-companions"), {"companions": False}),
        (("--no-companions", "--companions"), {"companions": True}),
        (("-", "-q"), {"paths": ("-",), "quiet": True}),
        (("-" + "q" * 5000,), {"quiet": True}),
        (("--", "-q", "--"), {"paths": ("-q", "--")}),
        (("a", "--", "--risk"), {"paths": ("a", "--risk")}),
    ],
)
def test_what_words_mean(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], fields: dict[str, object]) -> None:
    assert asked(monkeypatch, *words) == Request("check")._replace(**fields)  # type: ignore[arg-type] # by name


def test_every_option_reaches_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [asked(monkeypatch)]
    for names, metavar in OPTIONS:
        parts = [part for name in names for part in name.split("/")]
        found += [asked(monkeypatch, part, *(["x"] if metavar else [])) for part in parts]
    spellings = sum(len(names) - 1 for names, _ in OPTIONS)
    switches = sum("/" in name for names, _ in OPTIONS for name in names)
    assert len(set(found)) == len(OPTIONS) + 1 + switches
    assert len(found) == len(set(found)) + spellings


def options_of(command: object) -> list[tuple[tuple[str, ...], str | None]]:
    """Return the names of the options of a command, with their metavar."""
    return [
        ((info.default, *info.param_decls), info.metavar)
        for name, annotation in inspect.get_annotations(command).items()  # type: ignore[arg-type] # a function
        if name not in ("paths", "return")
        for info in annotation.__metadata__
    ]


@pytest.mark.parametrize(
    ("name", "module", "function"),
    [("post-render", "post_render", "post_render"), ("patch", "patch", "patch"), ("fn", "fn", "run_function")],
)
def test_every_option_of_what_tools_run_reaches_it(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str, function: str
) -> None:
    found: list[str] = []

    def keep(*words: object, **options: object) -> int:
        found.append(repr((words, sorted(options.items()))))
        return 7

    monkeypatch.setattr(importlib.import_module(f"harden.cli.commands.{module}"), function, keep)
    command = typer.main.get_command(app)
    skip_conversion(command)  # type: ignore[arg-type] # a group
    options = options_of(getattr(tool_commands, name.replace("-", "_")))
    lines = [[], *([part, *(["x"] if metavar else [])] for names, metavar in options for part in names[0].split("/"))]
    for line in lines:
        with pytest.raises(SystemExit) as end:
            command(args=[name, *line], prog_name="harden")
        assert end.value.code == 7, line
    assert len(set(found)) == len(lines)


class TestForgottenValues:
    @pytest.mark.parametrize(("name", "long"), NAMED)
    @pytest.mark.parametrize("form", ["{} -q", "{} --strict a", "{} -", "{} --", "-q {} -x"])
    def test_a_name_does_not_begin_with_a_dash(self, harden: Session, name: str, long: str, form: str) -> None:
        put(a_yaml=POD)
        words = form.format(name).split()
        done = harden("apply", *words)
        assert (done.code, done.out) == (2, b"")
        word = words[words.index(name) + 1]
        said = f"Error: Option '{long}' requires an argument, and '{word}' cannot be one: it begins with '-'."
        assert done.err.splitlines()[-1] == said
        assert tree() == {"a.yaml": POD.encode()}

    @pytest.mark.parametrize("words", [["--risk=-x"], ["-p-q"], ["--owns-namespace", "a", "--owns-namespace", "-q"]])
    def test_nor_where_it_is_attached_or_one_of_several(self, harden: Session, words: list[str]) -> None:
        done = harden("check", *words)
        assert (done.code, done.out) == (2, b"")
        assert "requires an argument" in done.err

    @pytest.mark.parametrize(
        "words",
        [
            ["graph", "--owns-namespace", "--before"],
            ["graph", "--format", "-x"],
            ["profile", "--risk", "-x"],
            ["images", "learn", "--image", "-"],
        ],
    )
    def test_other_commands_say_so_too(self, harden: Session, words: list[str]) -> None:
        done = harden(*words)
        assert (done.code, done.out) == (2, b"")
        assert "requires an argument" in done.err

    @pytest.mark.parametrize("words", [["--exclude", "-a.yaml"], ["--include", "-*.yaml"], ["--output", "-out"]])
    def test_a_file_may(self, harden: Session, words: list[str]) -> None:
        put(**{"-a_yaml": POD, "b_yaml": POD})
        assert harden("check", *words).code == 1
