"""Owns what was asked for, and the profile, settings and form that follow from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from harden.errors import HardenError
from harden.model.profile import Profile
from harden.model.record import Record
from harden.outputs import Format
from harden.settings import Config, describe, load, load_config, read_config, shipped

DEFAULT_PROFILE = "restricted"


class Request(Record):
    """What the command line asks of a command (`mode`): the values of its options, None where one was not given."""

    mode: str
    paths: tuple[str, ...] = ()
    profile: str | None = None
    pss_version: str | None = None
    risk: str | None = None
    strict: bool = False
    companions: bool | None = None
    owns_namespace: tuple[str, ...] = ()
    namespace: str | None = None
    companions_dir: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    config: str | None = None
    usage: str | None = None
    form: str | None = None
    output: str | None = None
    report_file: str | None = None
    quiet: bool = False
    no_color: bool = False
    before: bool = False
    after: bool = False

    @property
    def is_stream(self) -> bool:
        """Return whether standard input is asked for; raises HardenError when something else is, too."""
        if "-" in self.paths and len(self.paths) > 1:
            raise HardenError("- (standard input) must be the only path: pass files in a run of their own")
        return "-" in self.paths


def config_of(name: str | None) -> Config:
    """Return the project's settings: the file that was named, or the nearest harden.yaml."""
    return load_config(Path()) if name is None else read_config(Path(name))


def profile_of(request: Request, config: Config) -> Profile:
    """Return the resolved profile: options win over harden.yaml, and that over the profile's own file."""
    overrides = dict(config.overrides)
    origins = dict(config.origins)
    given: dict[str, tuple[str, str | None]] = {
        "version": ("--pss-version", request.pss_version),
        "risk": ("--risk", request.risk),
    }
    for key, (option, value) in given.items():
        if value is not None:
            overrides[key], origins[key] = value, option
    return load(request.profile or config.profile or DEFAULT_PROFILE, overrides=overrides, origins=origins)


def describe_profile(request: Request) -> str:
    """Return the resolved profile with where each value comes from; raises HardenError for a wrong one."""
    return describe(profile_of(request, config_of(request.config)))


def list_profiles() -> str:
    """Return the shipped profiles, a line each."""
    profiles = shipped()
    width = max(len(profile.name) for profile in profiles)
    lines = []
    for profile in profiles:
        mark = " (default)" if profile.name == DEFAULT_PROFILE else ""
        lines.append(f"{profile.name:{width}}  {profile.description}{mark}\n")
    return "".join(lines)


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
