"""The two readers of a command line: whatever the one without typer accepts, typer reads alike, and the reverse."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_session import POD, Session, put, tree

from harden.cli.commands import command
from harden.cli.options import PATHS, REWRITES, REWRITING, Option, Takes
from harden.cli.plain import read
from harden.cli.request import Beside, Goal, Request, request_of

NAMES = [name for option in REWRITING for name in (*option.names, option.off) if name is not None]
VALUES = [
    "restricted", "safe", "v1.30", "a.yaml", "-", "", "--", "-x", "-q", "--quiet", "a=b", "=", "é b", "*.y?ml",
    "\udce9",
]  # fmt: skip
ODD = [
    "---", "--=", "-=", "--=a", "-p=", "-p=a", "-qq", "-qp", "-pq", "-qpa", "-q-", "-q--", "-q=1", "-qh", "-hq", "-Q",
    "--quiet=", "--quiet=1", "--no-quiet", "--companions=false", "--no-companions=", "--prof", "--profile-",
    "--Profile", "--help", "-h", "--version", "-profile", "-quiet", " -q", "\u2212q", "-ü", "--é", "-\udce9", "-q\n",
    "--risk =safe", "\\-q", "-q-quiet", "-q-risk=safe",
]  # fmt: skip
LETTERS = "-pqh=x c"


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    monkeypatch.chdir(tmp_path)
    return Session(monkeypatch, capfdbinary)


class Typer:
    """Reads command lines with the commands that the program has, and does nothing else with them."""

    def __init__(self) -> None:
        self._commands: dict[str, Callable[..., object]] = {mode: command((mode,)) for mode in REWRITES}

    def read(self, *words: str) -> Request | None:
        """Return what is asked for, None for help and mistakes."""
        asked: list[Request] = []

        def act(request: Request) -> int:
            asked.append(request)
            return 7

        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), pytest.raises(SystemExit) as end:
            self._commands[words[0]](args=list(words), prog_name="harden", obj=act)
        assert (end.value.code == 7) == bool(asked)
        return asked[0] if asked else None


@pytest.fixture(scope="module")
def typer() -> Typer:
    return Typer()


def written(option: Option, chance: random.Random) -> list[str]:
    """Return an option as people write it, with a fitting value."""
    name = chance.choice([*option.names, *([option.off] if option.off else [])])
    if option.takes is Takes.NOTHING:
        return [name]
    value = chance.choice([value for value in VALUES if option.takes is Takes.TEXT or not value.startswith("-")])
    if chance.random() < 0.5:
        return [name, value]
    if name.startswith("--"):
        return [f"{name}={value}"]
    return [f"{chance.choice(['-', '-q', '-qq'])}{name[1:]}{value}"] if value else [name, value]


def right(chance: random.Random) -> list[str]:
    words: list[str] = []
    for _ in range(chance.randrange(6)):
        is_path = chance.random() < 0.3
        words += [chance.choice(["a.yaml", "-", "", "d/é"])] if is_path else written(chance.choice(REWRITING), chance)
    if chance.random() < 0.2:
        words += ["--", *chance.choices([*VALUES, *NAMES, *ODD], k=chance.randrange(3))]
    return words


def odd(chance: random.Random) -> list[str]:
    words = right(chance)
    for _ in range(chance.randrange(1, 4)):
        made = "".join(chance.choices(LETTERS, k=chance.randrange(6)))
        word = chance.choice([chance.choice(ODD), chance.choice(NAMES), chance.choice(VALUES), made])
        at = chance.randrange(len(words) + 1)
        words[at : at + chance.randrange(2)] = [word]
    return words


@pytest.mark.parametrize("make", [right, odd], ids=["right", "odd"])
def test_both_read_the_same(typer: Typer, make: Callable[[random.Random], list[str]]) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    accepted = 0
    for _ in range(3000):
        words = [chance.choice(REWRITES), *make(chance)]
        asked = read(words)
        assert asked == typer.read(*words), (seed, words)
        accepted += asked is not None
    print(f"{accepted} accepted")
    assert accepted == 3000 if make is right else 300 < accepted < 2700


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ((), {}),
        (("a", "b"), {"paths": ("a", "b")}),
        (("-p", "baseline"), {"goal": Goal("baseline")}),
        (("-pbaseline",), {"goal": Goal("baseline")}),
        # As click has it, for letters.
        (("-p=baseline",), {"goal": Goal("=baseline")}),
        (("--profile=baseline",), {"goal": Goal("baseline")}),
        (("--profile=a=b",), {"goal": Goal("a=b")}),
        (("--profile=",), {"goal": Goal("")}),
        (("-qp", "baseline"), {"goal": Goal("baseline"), "quiet": True}),
        (("--risk", "safe", "a", "--risk", "review"), {"goal": Goal(risk="review"), "paths": ("a",)}),
        (("-p", "-q", "-p", "baseline"), {"goal": Goal("baseline")}),
        (("--include", "a", "--include=b"), {"include": ("a", "b")}),
        (("--exclude", "-a", "--exclude", "--"), {"exclude": ("-a", "--")}),
        (("--output", "-q", "a"), {"output": "-q", "paths": ("a",)}),
        (("--companions", "--no-companions"), {"beside": Beside(companions=False)}),
        (("--no-companions", "--companions"), {"beside": Beside(companions=True)}),
        (("-", "-q"), {"paths": ("-",), "quiet": True}),
        (("-" + "q" * 5000,), {"quiet": True}),
        (("--", "-q", "--"), {"paths": ("-q", "--")}),
        (("a", "--", "--risk"), {"paths": ("a", "--risk")}),
    ],
)
def test_what_words_mean(typer: Typer, words: tuple[str, ...], asked: dict[str, object]) -> None:
    expected = Request("check", ())._replace(**asked)
    assert read(["check", *words]) == typer.read("check", *words) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["--profile"],
        ["-p"],
        ["-qp"],
        ["--prof", "baseline"],
        ["--no-quiet"],
        ["--quiet=1"],
        ["-q-"],
        ["-q-quiet"],
        ["-h"],
        ["-qh"],
        ["--help"],
        ["a", "--nope", "--", "b"],
    ],
    ids=" ".join,
)
def test_what_is_not_right_is_for_typer(typer: Typer, words: list[str]) -> None:
    assert read(["check", *words]) is None
    assert typer.read("check", *words) is None


@pytest.mark.parametrize(
    "words", [[], ["--version"], ["graph", "a"], ["explain"], ["-q", "check"], ["--", "check"], ["Check"]]
)
def test_other_commands_are_for_typer(words: list[str]) -> None:
    assert read(words) is None


def test_completion_is_for_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(["check"]) is not None
    monkeypatch.setenv("_HARDEN_COMPLETE", "complete_bash")
    assert read(["check"]) is None


def test_every_option_reaches_the_request() -> None:
    asked = [request_of("diff", {PATHS: []})]
    for option in REWRITING:
        value: object = True if option.takes is Takes.NOTHING else ["x"] if option.is_list else "x"
        asked.append(request_of("diff", {option.key: value}))
    assert len(set(asked)) == len(REWRITING) + 1


class TestForgottenValues:
    @pytest.mark.parametrize("name", [n for o in REWRITING if o.takes is Takes.WORD for n in o.names])
    @pytest.mark.parametrize("form", ["{} -q", "{} --strict a", "{} -", "{} --", "-q {} -x"])
    def test_a_name_does_not_begin_with_a_dash(self, harden: Session, name: str, form: str) -> None:
        put(a_yaml=POD)
        words = form.format(name).split()
        done = harden("apply", *words)
        assert (done.code, done.out) == (2, b"")
        word = words[words.index(name) + 1]
        long = next(o.names[0] for o in REWRITING if name in o.names)
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
