"""The commands that other tools run, or that write what other tools read."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives. Imports inside the commands:
# each command loads what it needs, help and completion nothing.

import typer

from harden.cli.application.typer_extensions import Command, given_of
from harden.cli.commands import run_given
from harden.cli.options import arguments, companions, goals, inputs, results

_POST_RENDER = """\b
Examples:
  helm template shop | harden post-render
  helm upgrade shop ./shop --post-renderer harden --post-renderer-args post-render    (Helm 3)
  harden post-render --fail-on short --report-file harden.json < rendered.yaml
Exit codes:
  0  all was done that may be done, whatever is left
  1  --fail-on asks for it
  2, 3, 4  as for harden apply
"""

_FN = """\b
Examples:
  kustomize build --enable-alpha-plugins --enable-exec .    (see the manual: without --enable-exec it does not run)
  kpt fn eval deploy --exec "harden fn" -- profile=hardened risk=review
Exit codes:
  0  all was done that may be done, whatever is left
  1  functionConfig asks for it (fail-on)
  2  wrong functionConfig
  3  standard input is no ResourceList, or an item could not be read
  4  a result failed its verification
"""
_PATCH = """\b
Examples:
  harden patch deploy/base -o deploy/hardened        a kustomization: what it builds is patched
  helm template shop | harden patch - -o hardened
  harden patch deploy/base --format flux             patches to paste
Exit codes:
  as for harden apply; with 3 and 4 no overlay is written
"""
_HELM_PLUGIN = """\b
Examples:
  harden helm-plugin install
  helm upgrade --install shop ./shop --post-renderer harden --post-renderer-args --risk=review
"""

helm_plugin = typer.Typer(
    help="Install harden as a post-renderer of Helm 4.",
    epilog=_HELM_PLUGIN,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@helm_plugin.command(cls=Command, help="Write the plugin where Helm 4 finds it.")
def install() -> None:
    """Install the plugin."""
    from harden.cli.commands.helm_plugin import install_plugin  # noqa: PLC0415 - see above

    raise typer.Exit(install_plugin())


@helm_plugin.command(cls=Command, help="Print the folder of the plugin. Exits with 1 where it is not installed.")
def path() -> None:
    """Print the folder of the plugin."""
    from harden.cli.commands.helm_plugin import print_folder  # noqa: PLC0415 - see above

    raise typer.Exit(print_folder())


def add_tool_commands(app: typer.Typer) -> None:
    """Add them to the application; help lists them in this order."""
    app.command("post-render", cls=Command, help="Harden what Helm rendered: stdin to stdout.", epilog=_POST_RENDER)(
        post_render
    )
    said = "Write patches for kustomize, for what one cannot edit."
    app.command("patch", cls=Command, help=said, epilog=_PATCH)(patch)
    app.command("fn", cls=Command, help="Harden a ResourceList, as a function of kustomize and kpt.", epilog=_FN)(fn)
    app.add_typer(helm_plugin, name="helm-plugin")


def post_render(  # noqa: PLR0913 - typer makes an option of each parameter
    *,
    profile: goals.Profile = None,
    pss_version: goals.PssVersion = None,
    risk: goals.RenderedRisk = None,
    select: goals.Select = None,
    ignore: goals.Ignore = None,
    strict: goals.NoExemptions = False,
    companions: companions.Companions = None,
    owns_namespace: companions.OwnsNamespace = None,
    namespace: companions.Namespace = None,
    flows: companions.Flows = None,
    config: inputs.Config = None,
    usage: inputs.Usage = None,
    fail_on: results.FailOn = None,
    report_file: results.ReportFile = None,
    quiet: results.Quiet = False,
    color: results.Color = "auto",
    no_color: results.NoColor = False,
) -> None:
    """Harden what Helm rendered."""
    raise typer.Exit(run_given("post-render", given_of(locals())))


def fn(*, quiet: results.Quiet = False) -> None:
    """Harden a ResourceList."""
    raise typer.Exit(run_given("fn", {"quiet": quiet}))


def patch(  # noqa: PLR0913 - typer makes an option of each parameter
    paths: arguments.Paths = None,
    *,
    output: results.Overlay = None,
    base: inputs.Base = None,
    profile: goals.Profile = None,
    pss_version: goals.PssVersion = None,
    risk: goals.Risk = None,
    select: goals.Select = None,
    ignore: goals.Ignore = None,
    strict: goals.NoExemptions = False,
    companions: companions.Companions = None,
    owns_namespace: companions.OwnsNamespace = None,
    namespace: companions.Namespace = None,
    flows: companions.Flows = None,
    include: inputs.Include = None,
    exclude: inputs.Exclude = None,
    config: inputs.Config = None,
    usage: inputs.Usage = None,
    form: results.InlineForm = None,
    report_file: results.ReportFile = None,
    quiet: results.Quiet = False,
    color: results.Color = "auto",
    no_color: results.NoColor = False,
) -> None:
    """Write patches."""
    raise typer.Exit(run_given("patch", given_of(locals())))
