"""A run of apply that asks about each fix on the terminal, in the manner of `git add -p`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from harden.cli.console.printing import has_color
from harden.cli.request import Request
from harden.engine.asking import Answer, Asking, Question, Reach
from harden.errors import HardenError
from harden.model.finding import Finding
from harden.outputs import Format
from harden.outputs.columns import Line, visible, wrapped
from harden.outputs.diff import hunks
from harden.outputs.terminal import patch_line, show

#: What may be typed, what it means, and what the help says of it.
_ANSWERS = {
    "y": (Answer(makes=True), "make this fix"),
    "n": (Answer(makes=False), "leave it"),
    "a": (Answer(makes=True, reach=Reach.ALL), "make this and all that are left"),
    "d": (Answer(makes=False, reach=Reach.ALL), "leave this and all that are left"),
    "c": (Answer(makes=True, reach=Reach.CONTROL), "make this and all that are left of its control"),
    "C": (Answer(makes=False, reach=Reach.CONTROL), "leave this and all that are left of its control"),
    "f": (Answer(makes=True, reach=Reach.FILE), "make this and all that are left in its file"),
    "F": (Answer(makes=False, reach=Reach.FILE), "leave this and all that are left in its file"),
    "q": (Answer(makes=False, reach=Reach.ALL), "stop asking: make what you said yes to, leave the rest"),
}
_HELP = "?"
#: Words that people type in place of letters.
_WORDS = {"yes": "y", "no": "n", "all": "a", "done": "d", "control": "c", "file": "f", "quit": "q", "help": _HELP}
_PROMPT = f"Make this fix [{','.join((*_ANSWERS, _HELP))}]? "
_NARROWEST = 40


def asking_of(request: Request, form: Format, *, companions: bool) -> Asking:
    """Return who asks about the fixes of a run; raises HardenError where nobody could answer, or it makes no sense."""
    if request.mode != "apply" or request.is_stream:
        raise HardenError("--interactive: only apply on files asks: harden apply --interactive [PATH]")
    if form is not Format.TEXT:
        raise HardenError("--interactive: it talks to people: leave --format out, and use --report-file for a report")
    if companions:
        raise HardenError(
            "--interactive: it asks about the fixes of workloads alone: add --no-companions, and write companions in a "
            "run of their own"
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise HardenError("--interactive: it needs a terminal to ask on; harden diff shows the fixes to programs")
    color = has_color(sys.stdout, request.shown_color)
    console = _Console(color=color)
    return Asking(console.ask, console.tell)


class _Console:
    """Puts questions on the terminal and reads what is typed."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def ask(self, question: Question) -> Answer:
        """Show a fix and return what is said to it; raises KeyboardInterrupt where the input ends."""
        self._show([(("", ""),), *_shown(question, _width())])
        while True:
            try:
                word = input(_PROMPT).strip()
            except EOFError:
                # Nobody has decided, so nothing is written.
                raise KeyboardInterrupt from None
            key = _WORDS.get(word.lower(), word)
            if key in _ANSWERS:
                return _ANSWERS[key][0]
            self._show([((f"{name} - {said}", "bad"),) for name, (_, said) in _ANSWERS.items()])
            self._show([((f"{_HELP} - print this; Ctrl-C - leave everything as it is", "bad"),)])

    def tell(self, said: str) -> None:
        """Say what follows from an answer."""
        self._show([((part, "warn"),) for part in wrapped(visible(said), _width())])

    def _show(self, lines: list[Line]) -> None:
        if self._color:
            show(lines, sys.stdout)
        else:
            sys.stdout.write("".join(f"{''.join(text for text, _ in line)}\n" for line in lines))
        sys.stdout.flush()


def _width() -> int:
    return max(os.get_terminal_size(sys.stdout.fileno()).columns or 80, _NARROWEST)


def _shown(question: Question, width: int) -> list[Line]:
    workload = question.subject.workload
    place = f"({question.number}/{question.total}) {question.name}:{question.line}"
    lines: list[Line] = [((visible(place), "file"), (visible(f"  {workload.kind} {workload.name}"), "workload"))]
    for file in question.files:
        if file.name != question.name and file.changed:
            lines.append(((visible(file.name), "file"),))
        lines += [patch_line(line) for line in hunks(file)]
    asked, *carried = question.findings
    lines += _about(asked, width)
    for finding in carried:
        lines.append((("with it, because it takes that:", "warn"),))
        lines += _about(finding, width)
    return lines


def _about(finding: Finding, width: int) -> Iterator[Line]:
    """Yield the risk of a fix, what it is about, and why it has its risk."""
    risk = "" if finding.risk is None else finding.risk.word
    indent = " " * (len(risk) + 2)
    first, *more = wrapped(visible(f"{finding.control}: {finding.message}"), width - len(indent))
    yield (risk, risk), (f"  {first}", "")
    yield from (((indent, ""), (part, "")) for part in more)
    yield from (((indent, ""), (part, "dim")) for part in wrapped(visible(finding.reason), width - len(indent)))
