"""Learns many images from their registries at once: a bounded number at a time, and none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from harden.errors import HardenError
from harden.images.learn import learn_registry
from harden.images.reference import ImageNameError, Reference, parse_reference
from harden.model.record import Record

#: How many images are read at the same time: registries limit the requests of an address.
AT_ONCE = 4

#: Differ between any two tags, and say nothing of how the image starts.
_SAID = frozenset({"sources", "notes"})


class Learned(Record):
    """What became of the images of one name: the entry (YAML), None where none could be read.

    `images` are those that the entry speaks of, `missed` the others, each with the reason.
    """

    name: str
    images: tuple[str, ...]
    entry: str | None
    missed: tuple[tuple[str, str], ...] = ()


def learn_all(
    images: Iterable[str],
    *,
    plain_http: bool | None = None,
    at_once: int = AT_ONCE,
    done: Callable[[str], None] = lambda _: None,
) -> Iterator[Learned]:
    """Yield what is learned of each name, in the order of the images; what differs by tag becomes variants.

    `done` is told of each image as soon as it is read, or was not. Raises LearnError where the client is missing.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to import, and needed only here

    from harden.images.registry import demand_client  # noqa: PLC0415 - needs the extra `registry`

    demand_client()

    def read(image: str) -> tuple[str, str | None, str]:
        try:
            return image, learn_registry(image, plain_http=plain_http), ""
        except (HardenError, OSError) as error:
            return image, None, str(error).removeprefix(f"{image}: ")
        finally:
            done(image)

    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="learn") as pool:
        waiting = {name: [pool.submit(read, image) for image in group] for name, group in _by_name(images).items()}
        # A name waits for its own images only; the pool goes on with those behind it.
        yield from (_together(name, [each.result() for each in reads]) for name, reads in waiting.items())


def _together(name: str, reads: Iterable[tuple[str, str | None, str]]) -> Learned:
    """Return the entry of a name: the first that was read, and what differs in the other tags as variants."""
    found: list[tuple[str, str]] = []
    missed: list[tuple[str, str]] = []
    for image, text, reason in reads:
        if text is None:
            missed.append((image, reason))
        else:
            found.append((image, text))
    if not found:
        return Learned(name, (), None, tuple(missed))
    entry = found[0][1]
    base = _fields(entry)
    variants = [_variant(parse_reference(image), base, _fields(text)) for image, text in found[1:]]
    told = [variant for variant in variants if variant]
    if told:
        entry = f"{entry}  variants:\n{''.join(told)}"
    return Learned(name, tuple(image for image, _ in found), entry, tuple(missed))


def _fields(entry: str) -> dict[str, str]:
    """Return the lines of each field of an entry that harden wrote, where a field starts two spaces in."""
    fields: dict[str, str] = {}
    key = ""
    for line in entry.splitlines()[1:]:
        if line[2:3] not in {" ", "-"}:
            key = line.strip().partition(":")[0]
        fields[key] = f"{fields.get(key, '')}  {line}\n"
    return fields


def _variant(reference: Reference, base: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """Return what a tag has that differs, as a variant; nothing where it does not, or has no tag to speak of."""
    differing = {key: lines for key, lines in fields.items() if lines != base.get(key) and key not in _SAID}
    gone = [key for key in base if key not in fields and key not in _SAID]
    if reference.tag is None or not (differing or gone):
        return ""
    nulls = "".join(f"    {key}: null\n" for key in gone)
    return f'  - tags: ["{reference.tag}"]\n{"".join(differing.values())}{nulls}{fields.get("sources", "")}'


def _by_name(images: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for image in dict.fromkeys(images):
        groups.setdefault(_name(image), []).append(image)
    return groups


def _name(image: str) -> str:
    try:
        return parse_reference(image).name
    except ImageNameError:
        return image
