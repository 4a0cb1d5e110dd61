"""Shows the settings of a container to the facts of its image: variables, arguments, mounts, mounted texts.

What an image needs in some settings only are facts (harden.images.conditions); this says which settings there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harden.starts.neighbours import Neighbours
from harden.starts.reader import Container, Pod, mapping, mappings, word

if TYPE_CHECKING:
    from harden.images.conditions import Applied, Shown
    from harden.images.facts import ImageFacts


def settled(facts: ImageFacts, pod: Pod, container: Container, neighbours: Neighbours) -> Applied:
    """Return facts with what follows from the settings of a container."""
    from harden.images.conditions import Applied, given  # noqa: PLC0415 - few facts have conditions

    return given(facts, shown(pod, container, neighbours)) if facts.when else Applied(facts)


def shown(pod: Pod, container: Container, neighbours: Neighbours) -> Shown:
    """Return what a manifest shows of a container."""
    from harden.images.conditions import Shown  # noqa: PLC0415 - as above

    return Shown(
        env={variable.name: variable.value for variable in container.env},
        env_open=container.env_from,
        args=container.args,
        command=container.command,
        configs=tuple(mounted_texts(pod, container, neighbours)),
        mounts=tuple(mount.path for mount in container.mounts),
    )


def looks_like(container: Container) -> str:
    """Return what a container of an unknown image looks like, in brackets behind a blank; "" where it is like nothing.

    It makes nothing surer: a name of its own may stand for anything.
    """
    if not container.mounts and not container.env:
        return ""
    from harden.images.conditions import Shown  # noqa: PLC0415 - only unknown images are compared
    from harden.images.lookalike import looks_like as likeness  # noqa: PLC0415 - as above

    found = likeness(
        Shown(
            env={variable.name: None for variable in container.env},
            mounts=tuple(mount.path for mount in container.mounts),
        ),
        container.ports,
    )
    return "" if found is None else f" (it {found.words})"


def mounted_texts(pod: Pod, container: Container, neighbours: Neighbours) -> Iterator[str | None]:
    """Yield the text of each file that a ConfigMap mounts; None for a ConfigMap that is not to be seen.

    Secrets are left out: what they hold is shown nowhere, and is mostly keys, certificates and passwords.
    """
    for mount in container.mounts:
        volume = pod.volumes.get(mount.volume)
        if volume is None:
            continue
        for name in _config_maps(volume.kind, volume.source):
            held = neighbours.config_map(name)
            if held is None:
                yield None
            else:
                yield from (text for key, text in held.items() if mount.sub_path in {"", key})


def _config_maps(kind: str, source: Mapping[str, object]) -> Iterator[str]:
    if kind == "configMap":
        yield word(source.get("name"))
    elif kind == "projected":
        for part in mappings(source.get("sources")):
            if part.get("configMap") is not None:
                yield word(mapping(part.get("configMap")).get("name"))
