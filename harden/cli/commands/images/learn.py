"""Does images learn: reads images themselves, and adds what is found to the facts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from harden.adapters import files
from harden.cli.commands.images.facts_file import Entries, added_line
from harden.cli.console import streams
from harden.cli.console.printing import demand_writable, write_file
from harden.cli.request import config_of
from harden.cli.run.known_images import facts_of
from harden.errors import HardenError
from harden.images.learn import learn_file, learn_registry, learn_stream
from harden.images.problems import LearnError
from harden.model.record import Record
from harden.settings import Config

_STDIN = "-"


class Learning(Record):
    """What the command line asks of `harden images learn`; None where an option was not given."""

    sources: tuple[str, ...] = ()
    registry: bool = False
    plain_http: bool = False
    image: str | None = None
    manifests: tuple[str, ...] = ()
    config: str | None = None
    add: str | None = None
    output: str | None = None


def learn(asked: Learning) -> int:
    """Learn images and write what is found; return 3 where one could not be read. Raises HardenError."""
    _demand_sense(asked)
    if asked.manifests:
        from harden.cli.commands.images import learn_from_manifests as images_from  # noqa: PLC0415 - only manifests need it

        return images_from.learn_from(asked.manifests, asked.add, asked.config, plain_http=asked.plain_http)
    demand_writable(asked.output, asked.add)
    config = config_of(asked.config)
    entries = Entries(asked.add)
    missed = 0
    for source in _begun(asked.sources):
        try:
            learned = _learned(source, asked)
        except HardenError as error:
            sys.stderr.write(f"harden: {error}\n")
            missed += 1
            continue
        for text, known in entries.take(learned):
            if known is not None:
                sys.stderr.write(f"harden: {known} already speaks of this image, and stays: {source}\n")
            elif asked.add is None and asked.output is None:
                streams.write(text.encode())
    if asked.output is not None:
        write_file(asked.output, entries.text.encode())
    if asked.add is not None:
        _tell(asked.add, entries.added, config)
    return 3 if missed else 0


def _demand_sense(asked: Learning) -> None:
    """Raise HardenError for options that make no sense together, and where the client for registries is missing."""
    if asked.manifests:
        if not asked.registry or asked.sources or asked.image is not None or asked.output is not None:
            raise HardenError("images learn: --from PATH goes with --registry, and takes no IMAGE, --image or --output")
        return
    if not asked.sources:
        raise HardenError("images learn: name a FILE, - for standard input, or --registry and IMAGEs")
    if asked.add is not None and asked.output is not None:
        raise HardenError("images learn: --add and --output exclude each other")
    if asked.image is not None and (asked.registry or len(asked.sources) > 1):
        raise HardenError("images learn: --image says what the image in one FILE is called")
    if asked.plain_http and not asked.registry:
        raise HardenError("images learn: --plain-http needs --registry")
    if asked.registry:
        from harden.images.registry import demand_client  # noqa: PLC0415 - slow to import, and an extra

        demand_client()


def _begun(sources: tuple[str, ...]) -> Iterator[str]:
    """Yield each source once, with a progress bar on terminals."""
    if not sys.stderr.isatty():
        yield from dict.fromkeys(sources)
        return
    from harden.cli.console.progress import Progress  # noqa: PLC0415 - only terminals need it

    progress = Progress(len(sources))
    try:
        for source in dict.fromkeys(sources):
            progress(source)
            yield source
    finally:
        progress.close()


def _learned(source: str, asked: Learning) -> str:
    if asked.registry:
        return learn_registry(source, plain_http=True if asked.plain_http else None)
    if source == _STDIN:
        try:
            return learn_stream(sys.stdin.buffer, files.STDIN, image=asked.image)
        except OSError as error:
            raise LearnError(f"{files.STDIN}: cannot be read: {error.strerror}") from error
    return learn_file(Path(source), image=asked.image)


def _tell(name: str, added: int, config: Config) -> None:
    """Say how many entries were added, and what to do where nothing reads the file."""
    streams.write(added_line(name, added).encode())
    path = Path(name).resolve()
    read = {place.resolve() for place in facts_of(config)}
    if path.exists() and not read & {path, path.parent}:
        sys.stderr.write(f"harden: {name} is read only where harden.yaml names it: images: {{facts: [{name}]}}\n")
