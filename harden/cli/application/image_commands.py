"""The commands of `harden images` as typer takes them, and what their help says."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives. Imports inside the commands:
# each command loads what it needs, help and completion nothing.

import typer

from harden.cli.application.typer_extensions import Command, DefaultGroup, given_of
from harden.cli.options import arguments, inputs, results

_IMAGES = """\b
Examples:
  harden images postgres:17 registry.example.com/shop/api:1.4
  harden images learn --help
"""
_SHOW = """\b
Examples:
  harden images postgres:17 registry.example.com/shop/api:1.4
Exit codes:
  0  all are known
  1  an image is not known, or not enough
"""
_LEARN = """\b
Examples:
  docker save shop/api | harden images learn -
  skopeo inspect --config docker://shop/api | harden images learn - --image shop/api
  harden images learn --registry shop/api:1.4 --add harden-images.yaml
Exit codes:
  0  all are learned, or were there
  3  some could not be read; the rest was done
"""

images = typer.Typer(
    cls=DefaultGroup,
    help="Print what is known of images, and learn what is not.",
    epilog=_IMAGES,
    no_args_is_help=True,
    subcommand_metavar="IMAGE... | COMMAND [ARGS]...",
    rich_markup_mode=None,
)


@images.command(cls=Command, help="Print what is known, and from where; the default.", epilog=_SHOW)
def show(names: arguments.Images = None, *, config: inputs.Config = None) -> None:
    """Print what is known of images."""
    from harden.cli.commands.images import show as owner  # noqa: PLC0415 - see above

    raise typer.Exit(owner.show(tuple(names or ()), config))


@images.command(cls=Command, help="Read an image itself: its user, ports and folders.", epilog=_LEARN)
def learn(  # noqa: PLR0913 - typer makes an option of each parameter
    sources: arguments.Sources = None,
    *,
    registry: inputs.Registry = False,
    plain_http: inputs.PlainHttp = False,
    image: inputs.ImageName = None,
    manifests: inputs.Manifests = None,
    config: inputs.Config = None,
    add: results.Add = None,
    output: results.Output = None,
) -> None:
    """Learn images."""
    given = given_of(locals())
    from harden.cli.commands.images import learn as owner  # noqa: PLC0415 - see above

    raise typer.Exit(owner.learn(owner.Learning(**given)))
