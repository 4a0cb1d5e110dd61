"""The net below a run: where harden itself fails on a file, that is its problem, and the others go on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from harden.errors import HardenError
from harden.model.report import Problem, Stage

T = TypeVar("T")
R = TypeVar("R")

#: Set to 1, it prints where harden failed.
DEBUG = "HARDEN_DEBUG"


def guarded(name: str, work: Callable[[], T]) -> T | Problem:
    """Return what `work` on the file of this name comes to, or the problem that harden failed on it.

    Raises HardenError: what the user asked for is wrong, which is no fault of a file.
    """
    try:
        return work()
    except HardenError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug, of whatever kind, must not hide the other files
        return _fault(name, error)


def without_faulty(
    items: Sequence[T], name: Callable[[T], str], work: Callable[[Sequence[T]], R]
) -> tuple[R | None, dict[str, Problem]]:
    """Return what `work` makes of all items, and by name those that it had to do without because it fails on them.

    Where it fails on none of them alone, it does without any: None.
    """
    try:
        return work(items), {}
    except HardenError:
        raise
    except Exception as error:  # noqa: BLE001 - see `guarded`
        together = error
    alone = (guarded(name(item), partial(work, [item])) for item in items)
    faulty = {problem.file: problem for problem in alone if isinstance(problem, Problem)}
    if faulty:
        whole = guarded("", partial(work, [item for item in items if name(item) not in faulty]))
        if not isinstance(whole, Problem):
            return whole, faulty
    return None, {name(item): _fault(name(item), together) for item in items}


def _fault(name: str, error: Exception) -> Problem:
    if os.environ.get(DEBUG) == "1":
        import traceback  # noqa: PLC0415 - hardly ever needed

        sys.stderr.write(f"harden: {name}:\n")
        traceback.print_exception(error)
    # Never the words of the exception: they may hold values of the file.
    said = f"harden failed on it ({type(error).__name__}); nothing was changed"
    hint = f"please report this as a bug of harden; {DEBUG}=1 prints where it happened"
    return Problem(name, Stage.VERIFY, said, hint=hint)
