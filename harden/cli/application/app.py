"""The typer application: its commands, what their help says, and what each runs."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives. Imports inside the commands:
# each command loads what it needs, help and completion nothing.

from copy import copy

import typer
from typer.core import TyperGroup

from harden.cli.application.image_commands import images
from harden.cli.application.tool_commands import add_tool_commands
from harden.cli.application.typer_extensions import Command, given_of, skip_conversion
from harden.cli.commands import run_given
from harden.cli.console.streams import completes
from harden.cli.options import arguments, companions, goals, inputs, results

ABOUT = """Rewrites Kubernetes manifests to a Pod Security profile: the same text, plus exactly the lines it needs.

Looks into files, folders and standard input; says for every fix why, and how sure it is.
"""

CODES = """\b
Exit codes:
  0  nothing left to do
  1  diff: there is one; check, apply: something stays short of the profile
  2  wrong usage, profile or configuration
  3  some input could not be read; the rest was done
  4  a result failed its verification, or could not be written: not done
"""

_APPLY = """\b
Examples:
  harden apply                        every manifest below the current folder
  harden apply --risk safe deploy/    only what cannot stop a container
  helm template shop | harden apply - > shop.yaml
"""
_DIFF = """\b
Examples:
  harden diff deploy/                 look first
  harden diff deploy/ | git apply     the same as harden apply deploy/
  harden diff -q > /dev/null          is there anything to do? (exit code 1)
"""
_CHECK = """\b
Examples:
  harden check deploy/ shop.yaml
  harden check -p baseline --format json | jq '.files[].workloads[] | select(.admitted | not)'
  harden check -p hardened --framework nsa --format html --output report.html
"""
_GRAPH = """\b
Examples:
  harden graph deploy/                            a table
  harden graph --format svg --output now.svg deploy/
  kustomize build . | harden graph --format mermaid -
"""
_INIT = """\b
Examples:
  harden init                    writes harden.yaml, and says what to do next
  harden init --stdout deploy/   prints what it would write for that folder
"""
_EXPLAIN = """\b
Examples:
  harden explain
  harden explain capabilities
  harden explain seccompProfile_restricted    an official check
  harden explain CKV_K8S_16                   a rule of another scanner
"""
_PROFILE = """\b
Examples:
  harden profile                      the shipped profiles
  harden profile restricted           its settings, and where each comes from
  harden profile ./ours.yaml          a profile of your own
"""
# Help in boxes needs rich, which takes longer to import than a small file takes to harden.
app = typer.Typer(
    help=ABOUT,
    epilog=CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


# Decorators run from the last to the first, and help lists commands in that order.
@app.command("check", cls=Command, help="Print what is short of the profile, and change nothing.", epilog=_CHECK)
@app.command("diff", cls=Command, help="Print what apply would change as a patch.", epilog=_DIFF)
@app.command("apply", cls=Command, help="Rewrite manifests in place; - is a pipe: stdin to stdout.", epilog=_APPLY)
def rewrite(  # noqa: PLR0913 - typer makes an option of each parameter
    context: typer.Context,
    paths: arguments.Paths = None,
    *,
    profile: goals.Profile = None,
    pss_version: goals.PssVersion = None,
    risk: goals.Risk = None,
    select: goals.Select = None,
    ignore: goals.Ignore = None,
    strict: goals.Strict = False,
    gate: goals.Gate = False,
    interactive: goals.Interactive = False,
    baseline: goals.Baseline = None,
    write_baseline: goals.WriteBaseline = None,
    companions: companions.Companions = None,
    owns_namespace: companions.OwnsNamespace = None,
    namespace: companions.Namespace = None,
    companions_dir: companions.CompanionsDir = None,
    flows: companions.Flows = None,
    include: inputs.Include = None,
    exclude: inputs.Exclude = None,
    config: inputs.Config = None,
    usage: inputs.Usage = None,
    follow_links: inputs.FollowLinks = False,
    jobs: inputs.Jobs = None,
    cache_dir: inputs.CacheDir = None,
    no_cache: inputs.NoCache = False,
    force_exclude: inputs.ForceExclude = False,
    since: inputs.Since = None,
    patch_file: inputs.PatchFile = None,
    lines: inputs.Lines = False,
    learn: inputs.Learn = False,
    build_files: inputs.BuildFiles = None,
    no_build_files: inputs.NoBuildFiles = False,
    assume_non_root: inputs.AssumeNonRoot = None,
    form: results.Format = None,
    framework: results.Framework = None,
    output: results.Output = None,
    output_dir: results.OutputDir = None,
    report_file: results.ReportFile = None,
    statistics: results.Statistics = False,
    show_secrets: results.ShowSecrets = False,
    timings: results.Timings = False,
    quiet: results.Quiet = False,
    color: results.Color = "auto",
    no_color: results.NoColor = False,
) -> None:
    """Run apply, diff or check, whichever was typed."""
    raise typer.Exit(run_given(context.info_name or "", given_of(locals())))


@app.command("graph", cls=Command, help="Print who can reach whom, before and after network policies.", epilog=_GRAPH)
def graph(  # noqa: PLR0913 - typer makes an option of each parameter
    paths: arguments.Paths = None,
    *,
    profile: goals.Profile = None,
    owns_namespace: companions.OwnsNamespace = None,
    namespace: companions.Namespace = None,
    include: inputs.Include = None,
    exclude: inputs.Exclude = None,
    config: inputs.Config = None,
    flows: companions.Flows = None,
    form: results.Picture = None,
    before: results.Before = False,
    after: results.After = False,
    output: results.Output = None,
) -> None:
    """Print who can reach whom."""
    raise typer.Exit(run_given("graph", given_of(locals())))


@app.command("init", cls=Command, help="Look at a folder and write a harden.yaml that fits.", epilog=_INIT)
def init(path: arguments.Folder = ".", *, force: results.Force = False, stdout: results.Stdout = False) -> None:
    """Write a harden.yaml."""
    from harden.cli.commands.init import init as run  # noqa: PLC0415 - see above

    raise typer.Exit(run(path, to_stdout=stdout, force=force))


add_tool_commands(app)


@app.command("explain", cls=Command, help="Print the manual page of a control, or the list of all.", epilog=_EXPLAIN)
def explain(control: arguments.Control = None) -> None:
    """Print the manual page of a control, or the list of all."""
    from harden.cli.commands.explain import list_controls, manual_of  # noqa: PLC0415 - see above
    from harden.cli.console import streams  # noqa: PLC0415 - see above

    streams.write((list_controls() if control is None else manual_of(control)).encode())


@app.command("profile", cls=Command, help="Print a resolved profile, or the list of the shipped ones.", epilog=_PROFILE)
def profile(
    name: arguments.Profile = None,
    *,
    pss_version: goals.PssVersion = None,
    risk: goals.Risk = None,
    config: inputs.Config = None,
) -> None:
    """Print a resolved profile, or the list of the shipped ones."""
    from harden.cli.commands.profile import describe_profile, list_profiles  # noqa: PLC0415 - see above
    from harden.cli.console import streams  # noqa: PLC0415 - see above
    from harden.cli.request import Request  # noqa: PLC0415 - see above

    asked = Request("profile", profile=name, pss_version=pss_version, risk=risk, config=config)
    streams.write((list_profiles() if name is None else describe_profile(asked)).encode())


app.add_typer(images, name="images")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        from harden import __version__  # noqa: PLC0415 - see above

        typer.echo(f"harden {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Take the options that stand before a command."""
    del version


def _only(name: str) -> typer.Typer:
    """Return the application with the command of this name alone, which is quicker to set up; with all for others."""
    commands = [known for known in app.registered_commands if known.name == name]
    groups = [known for known in app.registered_groups if known.name == name]
    if not (commands or groups) or completes():
        return app
    each = copy(app)
    each.registered_commands, each.registered_groups = commands, groups
    return each


def run_command(words: list[str]) -> None:
    """Run the command that `words` name; raises SystemExit with its exit code, or HardenError."""
    command = typer.main.get_command(_only(words[0] if words else ""))
    # typer promises no more than a command; an application with several makes a group.
    if isinstance(command, TyperGroup):
        skip_conversion(command)
    command(args=words, prog_name="harden")
