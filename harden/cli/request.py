"""Owns what was asked for, and the profile, settings and form that follow from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harden.cli import options
from harden.errors import HardenError
from harden.model.profile import Profile
from harden.model.record import Record
from harden.outputs import Format
from harden.settings import Config, load, load_config, read_config

DEFAULT_PROFILE = "restricted"


class Goal(Record):
    """The options that say what to reach; None where they were not given."""

    profile: str | None = None
    pss_version: str | None = None
    risk: str | None = None
    config: str | None = None


class Beside(Record):
    """The options that say what to write beside the manifests; None where they were not given."""

    companions: bool | None = None
    owns: tuple[str, ...] = ()
    namespace: str | None = None
    folder: str | None = None


class Request(Record):
    """What the command line asks of apply, diff or check (`mode`); None where an option was not given."""

    mode: str
    paths: tuple[str, ...]
    goal: Goal = Goal()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    form: str | None = None
    output: str | None = None
    report_file: str | None = None
    quiet: bool = False
    no_color: bool = False
    beside: Beside = Beside()
    usage: str | None = None
    strict: bool = False

    @property
    def is_stream(self) -> bool:
        """Return whether standard input is asked for; raises HardenError when something else is, too."""
        if "-" in self.paths and len(self.paths) > 1:
            raise HardenError("- (standard input) must be the only path: pass files in a run of their own")
        return "-" in self.paths


def request_of(mode: str, given: Mapping[str, object]) -> Request:
    """Return what apply, diff or check (`mode`) was asked for; `given` has the values by the keys of the options."""
    return Request(
        mode=mode,
        paths=_texts(given.get(options.PATHS)),
        goal=Goal(
            _text(given.get(options.PROFILE.key)),
            _text(given.get(options.PSS_VERSION.key)),
            _text(given.get(options.RISK.key)),
            _text(given.get(options.CONFIG.key)),
        ),
        include=_texts(given.get(options.INCLUDE.key)),
        exclude=_texts(given.get(options.EXCLUDE.key)),
        form=_text(given.get(options.FORMAT.key)),
        output=_text(given.get(options.OUTPUT.key)),
        report_file=_text(given.get(options.REPORT_FILE.key)),
        quiet=given.get(options.QUIET.key) is True,
        no_color=given.get(options.NO_COLOR.key) is True,
        beside=Beside(
            _answer(given.get(options.COMPANIONS.key)),
            _texts(given.get(options.OWNS.key)),
            _text(given.get(options.NAMESPACE.key)),
            _text(given.get(options.COMPANIONS_DIR.key)),
        ),
        usage=_text(given.get(options.USAGE.key)),
        strict=given.get(options.STRICT.key) is True,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()


def _answer(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def config_of(goal: Goal) -> Config:
    """Return the project's settings: the file that was named, or the nearest harden.yaml."""
    return load_config(Path()) if goal.config is None else read_config(Path(goal.config))


def profile_of(goal: Goal, config: Config) -> Profile:
    """Return the resolved profile: options win over harden.yaml, and that over the profile's own file."""
    overrides = dict(config.overrides)
    origins = dict(config.origins)
    given: dict[str, tuple[str, str | None]] = {
        "version": ("--pss-version", goal.pss_version),
        "risk": ("--risk", goal.risk),
    }
    for key, (option, value) in given.items():
        if value is not None:
            overrides[key], origins[key] = value, option
    return load(goal.profile or config.profile or DEFAULT_PROFILE, overrides=overrides, origins=origins)


def form_of(request: Request, config: Config) -> Format:
    """Return the form of the result; raises HardenError for one that the command does not have."""
    default = "diff" if request.mode == "diff" else "text"
    word = request.form or config.format or default
    where = "--format" if request.form is not None else str(config.path)
    known = [form.value for form in Format]
    if word not in known:
        raise HardenError(f'{where}: unknown format "{word}": known are {", ".join(known)}')
    form = Format(word)
    if form is Format.DIFF and request.mode == "check":
        raise HardenError(f"{where}: check makes no diff: use harden diff")
    if form is not Format.TEXT and request.mode == "apply" and request.is_stream:
        raise HardenError(f"{where}: standard output carries the manifests: use --report-file for a report")
    return form


def globs_of(globs: Sequence[str], config: Config) -> list[str]:
    """Return the globs of harden.yaml as the walk takes them: those with a folder hold from the folder of that file."""
    if config.path is None:
        return list(globs)
    # A folder's own name may have characters that mean something in a glob.
    folder = re.sub(r"([*?[])", r"[\1]", config.path.parent.resolve().as_posix())
    return [f"{folder}/{glob.removeprefix('./')}" if "/" in glob.rstrip("/") else glob for glob in globs]
