"""Keeps what the containers of one workload come to while many changes of it are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harden.model.start import ContainerStart

if TYPE_CHECKING:
    from harden.starts.reader import Container

#: Containers of the pod that a start does not hang on; what init containers do first, it does.
_OTHERS = frozenset({"containers", "ephemeralContainers"})


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
