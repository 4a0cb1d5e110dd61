"""What was asked for, and the profile, settings and form that follow from it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

from harden.controls import Scope, all_controls
from harden.errors import HardenError
from harden.model.profile import Profile
from harden.model.record import Record
from harden.outputs import Format
from harden.settings import Config, load, load_config, read_config
from harden.settings.keys import demand_controls, suggestion

DEFAULT_PROFILE = "restricted"
COLORS = ("auto", "always", "never")
#: What a report for auditors can go by; harden.outputs.audit knows their sections.
FRAMEWORKS = ("nsa", "cis", "pss", "principles")
#: Forms that other tools take behind -o and --output.
_FORM_WORDS = ("json", "yaml", "text", "diff", "wide", "name")


class Request(Record):
    """What the command line asks of a command (`mode`): the values of its options, None where one was not given."""

    mode: str
    paths: tuple[str, ...] = ()
    profile: str | None = None
    pss_version: str | None = None
    risk: str | None = None
    strict: bool = False
    gate: bool = False
    companions: bool | None = None
    owns_namespace: tuple[str, ...] = ()
    namespace: str | None = None
    companions_dir: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    config: str | None = None
    usage: str | None = None
    form: str | None = None
    framework: str | None = None
    output: str | None = None
    report_file: str | None = None
    quiet: bool = False
    color: str = "auto"
    no_color: bool = False
    statistics: bool = False
    show_secrets: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    follow_links: bool = False
    jobs: str | None = None
    cache_dir: str | None = None
    no_cache: bool = False
    learn: bool = False
    build_files: str | None = None
    no_build_files: bool = False
    assume_non_root: tuple[str, ...] = ()
    flows: str | None = None
    baseline: str | None = None
    write_baseline: str | None = None
    force_exclude: bool = False
    interactive: bool = False
    output_dir: str | None = None
    timings: bool = False
    since: str | None = None
    patch_file: str | None = None
    lines: bool = False
    before: bool = False
    after: bool = False

    @property
    def is_limited(self) -> bool:
        """Return whether the run is limited to a change."""
        return self.since is not None or self.patch_file is not None

    @property
    def shown_color(self) -> str:
        """Return when text is coloured: --no-color is another word for `never`."""
        return "never" if self.no_color else self.color

    @property
    def named(self) -> frozenset[str]:
        """Return the paths as those that are found have their names: normal."""
        return frozenset(map(posixpath.normpath, self.paths))

    @property
    def is_stream(self) -> bool:
        """Return whether standard input is asked for; raises HardenError when something else is, too."""
        if "-" in self.paths and len(self.paths) > 1:
            raise HardenError("- (standard input) must be the only path: pass files in a run of their own")
        return "-" in self.paths


def config_of(name: str | None) -> Config:
    """Return the project's settings: the file that was named, or the nearest harden.yaml."""
    return load_config(Path()) if name is None else read_config(Path(name))


def trusted_config(request: Request) -> Config:
    """Return the settings that the user names; harden.yaml is not looked for, because others write it."""
    return Config() if request.config is None else read_config(Path(request.config))


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
    name = (config.profile or DEFAULT_PROFILE) if request.profile is None else request.profile
    found = load(name, overrides=overrides, origins=origins)
    return _chosen(found, request, config)


def _chosen(profile: Profile, request: Request, config: Config) -> Profile:
    """Return a profile with the controls alone that `--select` and `--ignore`, or harden.yaml, choose.

    A control that creates objects runs only with companions: to select it asks for them.
    """
    demand_controls(request.select, "--select")
    demand_controls(request.ignore, "--ignore")
    select, ignore = frozenset(request.select or config.select), frozenset(request.ignore or config.ignore)
    if not select and not ignore:
        return profile
    controls = {
        name: setting._replace(enabled=(name in select if select else setting.enabled) and name not in ignore)
        for name, setting in profile.controls.items()
    }
    creates = any(control.scope is not Scope.WORKLOAD for control in all_controls() if control.id in select)
    origin = "--select, --ignore" if request.select or request.ignore else str(config.path)
    changed = (name for name, setting in profile.controls.items() if setting.enabled != controls[name].enabled)
    origins = {**profile.origins, **{f"controls.{name}.enabled": origin for name in changed}}
    return profile._replace(controls=controls, with_companions=profile.with_companions or creates, origins=origins)


def wants_companions(request: Request, profile: Profile) -> bool:
    """Return whether a run makes companions; one over a change does not, because they are about all files."""
    wanted = profile.with_companions if request.companions is None else request.companions
    return wanted and not request.is_limited


def jobs_of(request: Request) -> int:
    """Return how many processes may share the work, 0 for as many as there are processors; raises HardenError."""
    word = request.jobs or "auto"
    if word == "auto":
        return 0
    if re.fullmatch("[1-9][0-9]{0,2}", word) is None:
        raise HardenError(f"--jobs: {word} is neither auto nor a number from 1 to 999")
    return int(word)


def demand_sense(request: Request) -> None:
    """Raise HardenError for options that make no sense together, and for manifests that come without `-`."""
    if request.color not in COLORS:
        raise HardenError(f'--color: unknown color "{request.color}"{suggestion(request.color, COLORS, "color")}')
    demand_form(request)
    jobs_of(request)
    if request.output is not None and request.mode == "apply" and not request.is_stream:
        raise HardenError(
            f"--output: apply rewrites the files themselves: harden diff --output {request.output} writes a patch, "
            "--report-file FILE a report"
        )
    if request.learn and request.mode != "apply":
        raise HardenError("--learn: only apply learns images: harden images learn --registry --from PATH")
    _demand_sense_of_builds(request)
    _demand_sense_of_change(request)
    if not request.paths and "-" not in {request.flows, request.patch_file}:
        from harden.cli.console.missing_dash import demand_dash  # noqa: PLC0415 - only where no path is named

        demand_dash(request.mode)


def _demand_sense_of_builds(request: Request) -> None:
    if request.build_files is None:
        return
    if request.no_build_files:
        raise HardenError("--build-files, --no-build-files: they exclude each other")
    if request.gate:
        raise HardenError("--build-files: --gate lets no build file have a say: say --assume-non-root GLOB")
    if not Path(request.build_files).is_dir():
        raise HardenError(f"--build-files: {request.build_files} is no folder")


def _demand_sense_of_change(request: Request) -> None:
    if not request.is_limited:
        if request.lines:
            raise HardenError("--lines: say what changed: --since REF, or --patch-file FILE")
        return
    option = "--since" if request.since is not None else "--patch-file"
    if request.since is not None and request.patch_file is not None:
        raise HardenError("--since, --patch-file: each says what changed: leave one out")
    if request.is_stream:
        raise HardenError(f"{option}: what comes through standard input has no name that could be in a change")
    if request.gate:
        raise HardenError(f"--gate, {option}: a gate judges everything, whatever changed")
    if request.write_baseline is not None:
        raise HardenError(f"--write-baseline: a baseline has all findings: leave {option} out")
    if request.companions:
        raise HardenError(f"--companions: they are about all files: write them without {option}")
    if request.patch_file == "-" and request.flows == "-":
        raise HardenError("--flows, --patch-file: both read standard input: name a file")


def demand_form(request: Request) -> None:
    """Raise HardenError where --output has the name of a form: it takes a file."""
    word = request.output
    if word in _FORM_WORDS:
        said = f"--output: {word} would be a file: --format chooses the form; ./{word} is the file of that name"
        raise HardenError(said)


def form_of(request: Request, config: Config) -> Format:
    """Return the form of the result; raises HardenError for one that the command does not have."""
    if request.framework is not None:
        return _for_auditors(request, config)
    default = "diff" if request.mode == "diff" else "text"
    word = request.form or config.format or default
    where = "--format" if request.form is not None else str(config.path)
    known = [form.value for form in Format]
    if word not in known:
        raise HardenError(f'{where}: unknown format "{word}"{suggestion(word, tuple(known), "format")}')
    form = Format(word)
    if form is Format.HTML:
        raise HardenError(f"{where}: {word} is a report for auditors: add --framework {'|'.join(FRAMEWORKS)}")
    if request.statistics and form is not Format.TEXT:
        raise HardenError(f"--statistics: counts are text: write --format text instead of {word}")
    if request.show_secrets and form is not Format.DIFF:
        raise HardenError(f"--show-secrets: only a patch has values: harden diff, not {word}")
    if form is Format.DIFF and request.mode == "check":
        raise HardenError(f"{where}: check makes no diff: use harden diff")
    if form is not Format.TEXT and request.mode == "apply" and request.is_stream:
        raise HardenError(f"{where}: standard output carries the manifests: use --report-file for a report")
    return form


def _for_auditors(request: Request, config: Config) -> Format:
    """Return the form of a report by the sections of a framework."""
    word = request.framework or ""
    if word not in FRAMEWORKS:
        raise HardenError(f'--framework: unknown framework "{word}"{suggestion(word, FRAMEWORKS, "framework")}')
    if request.mode != "check":
        raise HardenError(f"--framework: it sorts what check finds: harden check --framework {word}")
    known = {each.value for each in Format if each.is_for_auditors}
    form = request.form or (config.format if config.format in known else None) or Format.MARKDOWN.value
    if form not in known:
        raise HardenError(f"--framework: the report is written as html or markdown, not as {form}")
    if request.statistics:
        raise HardenError("--statistics: counts are text, without --framework")
    return Format(form)


def globs_of(globs: Sequence[str], config: Config) -> list[str]:
    """Return the globs of harden.yaml as the walk takes them: those with a folder hold from the folder of that file."""
    if config.path is None:
        return list(globs)
    # A folder's own name may have characters that mean something in a glob.
    folder = re.sub(r"([*?[])", r"[\1]", config.path.parent.resolve().as_posix())
    return [f"{folder}/{glob.removeprefix('./')}" if "/" in glob.rstrip("/") else glob for glob in globs]
