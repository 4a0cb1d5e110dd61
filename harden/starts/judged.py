"""Says what a judgement hangs on, so that none is made twice: of one workload, or of many that differ elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from harden.model.start import ContainerStart

if TYPE_CHECKING:
    from harden.starts.reader import Container

#: Containers of the pod that a start does not hang on; what init containers do first, it does.
_OTHERS = frozenset({"containers", "ephemeralContainers"})
#: What is read of a pod beside its containers (`harden.starts.reader`).
_OF_PODS = ("hostNetwork", "hostUsers", "nodeSelector", "os", "securityContext", "volumes")
#: What is read of a container beside its variables.
_OF_CONTAINERS = (
    *("args", "command", "image", "name", "ports", "restartPolicy", "securityContext", "volumeDevices"),
    "volumeMounts",
)
_OF_VARIABLES = ("env", "envFrom")


class Judged:
    """What was read and judged of the containers of one workload, by what their data says."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, int, str], Container] = {}
        self._starts: dict[tuple[int, str], ContainerStart] = {}
        self._pod: tuple[object, str] = (None, "")

    def read(self, field: str, at: int, data: Mapping[str, object], read: Callable[[], Container]) -> Container:
        """Return a container of a pod, read once for all data that say the same."""
        key = (field, at, repr(data))
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]

    def start(
        self, spec: Mapping[str, object], container: Container, judge: Callable[[Container], ContainerStart]
    ) -> ContainerStart:
        """Return how a container starts; it hangs on the container, on the pod, and on the init containers."""
        if self._pod[0] is not spec:
            self._pod = spec, repr({key: value for key, value in spec.items() if key not in _OTHERS})
        key = (id(container), self._pod[1])
        if key not in self._starts:
            self._starts[key] = judge(container)
        return self._starts[key]


def seen(spec: Mapping[str, object], is_unknown: Callable[[str], bool]) -> str:
    """Return what the starts of a pod hang on, beside the facts about its images and other objects.

    Pods of which this is the same start the same. `is_unknown` says of which images nothing is known: of the variables
    of those containers only names count, and only those that tell of a known image.
    """
    pod = [spec.get(key) for key in _OF_PODS]
    return repr((pod, *(_container(data, is_unknown) for data in _listed(spec))))


def _listed(spec: Mapping[str, object]) -> Iterator[object]:
    for field in ("initContainers", "containers"):
        yield field
        listed = spec.get(field)
        yield from listed if isinstance(listed, list) else ()


def _container(data: object, is_unknown: Callable[[str], bool]) -> object:
    if not isinstance(data, dict):
        return data
    read = [data.get(key) for key in _OF_CONTAINERS]
    image = data.get("image")
    if not isinstance(image, str) or not is_unknown(image):
        return [*read, *(data.get(key) for key in _OF_VARIABLES)]
    listed = data.get("env")
    if not listed or not isinstance(listed, list):
        return read
    from harden.images.lookalike import is_telling  # noqa: PLC0415 - many containers have no variables

    names = (item.get("name") for item in listed if isinstance(item, dict))
    return [*read, *sorted(name for name in names if isinstance(name, str) and is_telling(name))]
