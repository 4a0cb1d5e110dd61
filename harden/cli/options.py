"""Owns the options of the command line, each declared once: its names, what it takes, and what its help says.

`parameters.py` makes of them what typer needs, `plain.py` reads lines of them without typer.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from harden.model.record import Record

RISKS = ("safe", "review", "breaking")
FORMATS = ("text", "diff", "json")
PICTURES = ("text", "mermaid", "dot", "svg", "html")

INPUT = "What to look at"
GOAL = "What to reach"
BESIDE = "What to write beside the manifests"
RESULT = "What comes out"

#: The name under which readers of the command line give the paths.
PATHS = "paths"


class Takes(Enum):
    """What follows the name of an option."""

    NOTHING = "it is on or off"
    WORD = "a name that cannot begin with -, so that what does is another option, and the value was forgotten"
    TEXT = "a file or glob, which may begin with -"


class Option(Record):
    """An option; `key` is what readers of the command line call its value.

    That is False or True for one that takes nothing, and None where it has a name for `off` and was not given. For the
    others it is the last text, None where they were not given, or, if `is_list`, all texts.
    """

    key: str
    names: tuple[str, ...]
    group: str
    says: str
    takes: Takes = Takes.NOTHING
    metavar: str | None = None
    off: str | None = None
    is_list: bool = False
    #: What a shell may complete.
    words: Callable[[], list[str]] | None = None


def swallowed(option: Option, value: object) -> str | None:
    """Return the word that an option with a forgotten value took for it, None where its value is one."""
    if option.takes is not Takes.WORD:
        return None
    words = value if isinstance(value, (list, tuple)) else (value,)
    return next((word for word in words if isinstance(word, str) and word.startswith("-")), None)


def control_ids() -> list[str]:
    """Return the ids of all controls, for shells that complete."""
    from harden.controls import all_controls  # noqa: PLC0415 - only shells that complete need it

    return [control.id for control in all_controls()]


def profile_names() -> list[str]:
    """Return the names of the shipped profiles, for shells that complete."""
    from harden.settings import shipped  # noqa: PLC0415 - only shells that complete need it

    return [profile.name for profile in shipped()]


PROFILE = Option(
    "profile",
    ("--profile", "-p"),
    GOAL,
    "The profile to reach: see `harden profile`.  [default: restricted]",
    Takes.WORD,
    metavar="NAME|FILE",
    words=profile_names,
)
PSS_VERSION = Option(
    "pss_version",
    ("--pss-version",),
    GOAL,
    "The version of the Pod Security Standards to judge by.  [default: the profile's]",
    Takes.WORD,
    metavar="v1.N|latest",
)
RISK = Option(
    "risk",
    ("--risk",),
    GOAL,
    "The riskiest fixes to make: safe ones cannot stop a working container, review ones normally do not, "
    "breaking ones may well.  [default: the profile's: review]",
    Takes.WORD,
    metavar="|".join(RISKS),
    words=lambda: list(RISKS),
)
STRICT = Option("strict", ("--strict",), GOAL, "Ignore all exemptions: find, and fix, what they would let stand.")
COMPANIONS = Option(
    "companions",
    ("--companions",),
    BESIDE,
    "Write network policies, quotas, service accounts and labels of namespaces, and look at roles.  "
    "[default: the profile's]",
    off="--no-companions",
)
OWNS = Option(
    "owns_namespace",
    ("--owns-namespace",),
    BESIDE,
    "These files are all that runs in the namespace, so they may decide for it; may be repeated.  "
    "[default: namespaces whose Namespace is among them]",
    Takes.WORD,
    metavar="NS",
    is_list=True,
)
NAMESPACE = Option(
    "namespace",
    ("--namespace",),
    BESIDE,
    "Where objects without a namespace go.  [default: default]",
    Takes.WORD,
    metavar="NS",
)
COMPANIONS_DIR = Option(
    "companions_dir",
    ("--companions-dir",),
    BESIDE,
    "Write all companions there.  [default: beside the manifests that they are for]",
    Takes.TEXT,
    metavar="DIR",
)
INCLUDE = Option(
    "include",
    ("--include",),
    INPUT,
    "Take these files of folders; may be repeated.  [default: *.yaml *.yml *.json]",
    Takes.TEXT,
    metavar="GLOB",
    is_list=True,
)
EXCLUDE = Option(
    "exclude",
    ("--exclude",),
    INPUT,
    "Leave these files and folders out, too; may be repeated. Always left out of folders: what is hidden, "
    "what Git ignores, and charts' templates/.",
    Takes.TEXT,
    metavar="GLOB",
    is_list=True,
)
CONFIG = Option(
    "config",
    ("--config",),
    INPUT,
    "The project's settings.  [default: the nearest harden.yaml, here or above]",
    Takes.TEXT,
    metavar="FILE",
)
USAGE = Option(
    "usage",
    ("--usage",),
    INPUT,
    "What was measured of containers, for requests and limits: the JSON of `krr simple -f json`, or CSV with "
    "namespace, workload, container, cpu..., memory... columns.",
    Takes.TEXT,
    metavar="FILE",
)
FORMAT = Option(
    "form",
    ("--format",),
    RESULT,
    "The form of the result.  [default: text; diff for `harden diff`]",
    Takes.WORD,
    metavar="|".join(FORMATS),
    words=lambda: list(FORMATS),
)
OUTPUT = Option(
    "output", ("--output",), RESULT, "Write the result there instead of standard output.", Takes.TEXT, metavar="FILE"
)
REPORT_FILE = Option(
    "report_file", ("--report-file",), RESULT, "Write a JSON report there as well.", Takes.TEXT, metavar="FILE"
)
QUIET = Option("quiet", ("--quiet", "-q"), RESULT, "Say no more than the last line.")
NO_COLOR = Option("no_color", ("--no-color",), RESULT, "Plain text on terminals, too.")
GRAPH_FORMAT = Option(
    "form",
    ("--format",),
    RESULT,
    "The form of the result; a picture or page needs nothing beside it.",
    Takes.WORD,
    metavar="|".join(PICTURES),
    words=lambda: list(PICTURES),
)
BEFORE = Option("before", ("--before",), RESULT, "The manifests as they stand.")
AFTER = Option(
    "after", ("--after",), RESULT, "With the policies that harden would write.  [default: both, side by side]"
)

#: The commands with the options of REWRITING.
REWRITES = ("apply", "diff", "check")

#: Those of apply, diff and check, in the order of their help.
REWRITING = (
    PROFILE, PSS_VERSION, RISK, STRICT, COMPANIONS, OWNS, NAMESPACE, COMPANIONS_DIR, INCLUDE, EXCLUDE, CONFIG, USAGE,
    FORMAT, OUTPUT, REPORT_FILE, QUIET, NO_COLOR,
)  # fmt: skip
