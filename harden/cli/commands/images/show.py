"""Does images show: says what is known of images, and from where."""

from __future__ import annotations

from harden.cli.console import streams
from harden.cli.request import Request, config_of
from harden.cli.run.known_images import images_of_run, is_learnable
from harden.images.describe import describe, how_to_learn, unknown_image
from harden.images.reference import parse_reference

#: Stands for a manifest in the current folder, whose build files tell of an image.
_HERE = "IMAGE"


def show(images: tuple[str, ...], config_file: str | None) -> int:
    """Print what is known of images; return 1 where that of one of them is not enough. Raises HardenError."""
    for image in images:
        parse_reference(image)
    known = images_of_run(Request("images"), config_of(config_file))
    said, unknown = [], 0
    for image in images:
        facts, why, _ = known.known(image, _HERE)
        told = f"  built here: {why}\n" if why else ""
        if facts is None:
            said.append(unknown_image(image, told))
        else:
            said.append(describe(facts) + told + (how_to_learn(image) if is_learnable(facts) else ""))
        unknown += is_learnable(facts)
    streams.write("\n".join(said).encode())
    return int(unknown > 0)
