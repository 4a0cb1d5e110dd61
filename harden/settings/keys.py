"""Says which keys a profile and harden.yaml have, what each may hold, and the words for what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from harden.controls import TYPE_WORDS, Control, Option, Table, all_controls
from harden.errors import HardenError
from harden.model.finding import Level, Risk
from harden.model.kube import Version
from harden.model.record import Record
from harden.model.text import Plain
from harden.pss import NEWEST
from harden.settings.image_keys import IMAGES
from harden.settings.kind_keys import KINDS

#: The formats that `--format` knows (harden.outputs.Format; a test keeps the two alike).
FORMATS = ("text", "diff", "json", "sarif", "github", "gitlab", "junit", "rdjsonl", "html", "markdown")

LATEST = "latest"
#: A release of Kubernetes as people and `kubectl version` write it.
_RELEASE = r"(?a:v?1\.(?P<minor>\d{1,3})(?:\.\d+)?)"


class Key(Record):
    """A key with what it means.

    It holds one of `choices` where there are some, a list of strings where `many`, a mapping where it has a `table`.
    """

    name: str
    doc: str
    choices: tuple[str, ...] = ()
    many: bool = False
    table: Table | None = None


_VERSIONS = (LATEST, *(f"v1.{minor}" for minor in range(NEWEST[1] + 1)))
#: The same versions as a pattern for JSON Schema, in all spellings.
RELEASES = rf"^v?1\.({'|'.join(str(minor) for minor in range(NEWEST[1] + 1))})(\.[0-9]+)?$"
_LEVELS = tuple(level.value for level in Level)
_RISKS = tuple(risk.word for risk in Risk)
_PLATFORMS = ("kubernetes", "openshift")
#: On OpenShift a security context constraint gives every namespace a range of users and groups of its own.
_PLATFORM = Key(
    "platform", "Where the workloads run; openshift chooses users and groups itself, so none are written.", _PLATFORMS
)

#: Two names of the same setting, the one that people are told of first.
VERSION_NAMES = ("pss-version", "version")
_VERSION = (
    Key(VERSION_NAMES[0], "The version of the Pod Security Standards to judge by.", _VERSIONS),
    Key(VERSION_NAMES[1], f"The same as {VERSION_NAMES[0]}.", _VERSIONS),
)

PROFILE = (
    Key("name", "What reports call the profile; the name of the file where it is absent."),
    Key("description", "One sentence for people."),
    Key("extends", "The profile that this one changes: a shipped name, or a file relative to this one."),
    Key("level", "The level of the Pod Security Standards to reach.", _LEVELS),
    *_VERSION,
    Key("risk", "The riskiest class of fix that is applied.", _RISKS),
    _PLATFORM,
)

#: The key of a profile that holds the controls' settings, and what it holds for each.
CONTROLS = Key("controls", "Settings of the controls, by control id.")
ENABLED = Option("enabled", default=True, doc="Whether the control runs.")

CONFIG = (
    Key("profile", "The profile to reach: a shipped name, or a file relative to this one."),
    Key("level", "The level of the Pod Security Standards to reach, in place of the profile's.", _LEVELS),
    *_VERSION,
    Key("risk", "The riskiest class of fix that is applied.", _RISKS),
    _PLATFORM,
    Key("include", "Globs of the files to look at.", many=True),
    Key("exclude", "Globs of the files to leave out.", many=True),
    Key("select", "Ids of the controls that run; the others do not.", many=True),
    Key("ignore", "Ids of controls that do not run.", many=True),
    Key("baseline", "A file of findings that fail nothing, relative to this one: see --write-baseline."),
    Key("format", "The format of the result.", FORMATS),
    Key("images", "What is known of images beyond what harden knows.", table=IMAGES),
    Key("kinds", "Kinds of your own that run pods (group/version/Kind), with paths of pod templates.", table=KINDS),
)

#: The key of harden.yaml that holds exemptions, for what one cannot annotate (harden.exemptions).
EXEMPTIONS = Key("exemptions", "Findings that may stand: control, globs of path, kind, name, namespace; reason, until.")


def settings_of(control: Control) -> tuple[Option, ...]:
    """Return everything that a profile can set for a control, in the order in which people read it."""
    # What goes beyond the standards runs only where a profile says so.
    return (ENABLED._replace(default=control.is_default), *control.options)


def demand_known(name: str, known: Iterable[str], what: str, where: str) -> None:
    """Raise a HardenError when `name` is none of `known`; `what` says what it should be ("key", "control")."""
    words = tuple(known)
    if name not in words:
        raise HardenError(f'{where}: unknown {what} "{name}"{suggestion(name, words, what)}')


def demand_controls(names: Iterable[str], where: str) -> None:
    """Raise a HardenError when one of `names` is the id of no control."""
    for name in names:
        demand_known(name, (control.id for control in all_controls()), "control", where)


def demand_fitting(key: Key, value: Plain, where: str) -> None:
    """Raise a HardenError when `value` is not what `key` may hold; `demand_entries` looks into a mapping."""
    if key.table is not None:
        if not isinstance(value, dict):
            raise HardenError(f"{where}: {key.name} must be a mapping")
        return
    if key.many:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise HardenError(f"{where}: {key.name} must be a list of strings")
        return
    known = _release(value) if key.choices == _VERSIONS and isinstance(value, str) else value
    if isinstance(known, str) and known != "" and (not key.choices or known in key.choices):
        return
    if key.choices == _VERSIONS:
        raise HardenError(f"{where}: {key.name} {_wrong_version(value)}")
    if key.choices and isinstance(value, str):
        raise HardenError(f'{where}: unknown {key.name} "{value}"{suggestion(value, key.choices, key.name)}')
    wanted = f"one of {', '.join(key.choices)}" if key.choices else "a text"
    raise HardenError(f"{where}: {key.name} must be {wanted}")


def demand_setting(option: Option, value: Plain, where: Callable[..., str]) -> None:
    """Raise a HardenError when `value` is not what `option` may hold; `where` places the keys inside of it."""
    if type(value) is not type(option.default):
        raise HardenError(f"{where()}: {option.name} must be {TYPE_WORDS[type(option.default)]}")
    texts = (
        value if isinstance(value, list) else value.values() if isinstance(value, dict) and option.table is None else ()
    )
    if not all(isinstance(text, str) for text in texts) or (isinstance(value, int) and value < 0):
        raise HardenError(f"{where()}: {option.name} must be {TYPE_WORDS[type(option.default)]}")
    if option.choices and isinstance(value, str) and value not in option.choices:
        raise HardenError(f'{where()}: unknown {option.name} "{value}"{suggestion(value, option.choices, option.name)}')
    demand_entries(option, value, where)


def demand_entries(holder: Key | Option, value: Plain, where: Callable[..., str]) -> None:
    """Raise a HardenError when a mapping holds what it may not; `where` places the keys inside of it."""
    wrong = holder.table.complain(value) if holder.table is not None and isinstance(value, dict) else None
    if wrong is not None:
        keys, said = wrong
        raise HardenError(f"{where(*keys)}: {'.'.join((holder.name, *keys))} {said}")


def suggestion(word: str, known: tuple[str, ...], what: str) -> str:
    """Return what was probably meant by `word`, or all `what` ("key", "control") that are known, to stand behind it."""
    import difflib  # noqa: PLC0415 -- slow to import, and needed only to word an error

    close = difflib.get_close_matches(word.lower(), known, n=1)
    return f': did you mean "{close[0]}"?' if close else f"; known {_plural(what)}: {', '.join(known)}"


def _plural(what: str) -> str:
    """Return the plural of what a name stands for; "key of companions" becomes "keys of companions"."""
    word, of, rest = what.partition(" of ")
    return f"{word}{'' if word.endswith('s') else 's'}{of}{rest}"


def duplicate_version(names: Iterable[str]) -> str:
    """Return what is wrong where a file gives the version by both of its names, "" where it does not."""
    if not set(VERSION_NAMES) <= set(names):
        return ""
    return f"{' and '.join(sorted(VERSION_NAMES, reverse=True))} mean the same: keep one of them"


def _release(word: str) -> str:
    """Return the minor release of Kubernetes that a version means: `1.31` and `v1.31.2` are v1.31."""
    found = re.fullmatch(_RELEASE, word)
    return word if found is None else f"v1.{int(found['minor'])}"


def version_of(word: str) -> Version | None:
    """Return the version that a legal word ("v1.30", "1.30.2", "latest") means, None for the newest."""
    return None if word == LATEST else (1, int(_release(word).removeprefix("v1.")))


def _wrong_version(value: Plain) -> str:
    if isinstance(value, float):
        # YAML reads 1.30 as 1.3.
        return "must be v1.N or latest: write the v, because 1.30 is the number 1.3"
    if isinstance(value, str) and re.fullmatch(_RELEASE, value):
        return f'"{value}" is newer than the newest known, v1.{NEWEST[1]}: use that, or latest'
    return f"must be v1.N (up to v1.{NEWEST[1]}) or latest"
