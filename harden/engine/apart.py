"""Tells which fixes of a pod touch one of its containers only, and shows the pod with that container alone.

How a container starts hangs on itself, on the pod, and on the init containers (see `harden.starts.judged`): not on the
containers beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harden.model.finding import Change, moved
from harden.model.start import ContainerStart

#: Where a change lies: the number of a container, or None for the rest of the pod.
_Place = int | None


class Apart:
    """The fixes of a pod by the containers that they touch, by their numbers, and the pod's spec."""

    def __init__(self, spec: Mapping[str, object], containers: Sequence[object]) -> None:
        self._spec = spec
        self._containers = containers
        self._changes: dict[int, dict[_Place, list[Change]]] = {}
        self._by_container: dict[int, list[int]] = {}
        #: Those that touch more than one container.
        self._wide: list[int] = []

    @classmethod
    def of(
        cls, spec: Mapping[str, object], starts: Sequence[ContainerStart], own: Mapping[int, Sequence[Change]]
    ) -> Apart | None:
        """Return the fixes, whose changes in the spec are `own`; None where containers cannot be told by their names.

        `starts` are those of the pod as it is.
        """
        listed = spec.get("containers")
        containers = listed if isinstance(listed, list) else []
        named = all(
            isinstance(each, dict) and isinstance(each.get("name"), str) and each["name"] for each in containers
        )
        if not named or len({(each.field, each.name) for each in starts}) < len(starts):
            return None
        found = cls(spec, containers)
        for number, changes in own.items():
            if any(change.path[:1] == ("containers",) and len(change.path) < 3 for change in changes):
                # What the numbers of containers mean would change.
                return None
            found._add(number, changes)
        return found

    def _add(self, number: int, changes: Sequence[Change]) -> None:
        places: dict[_Place, list[Change]] = {}
        for change in changes:
            at = change.path[1] if change.path[0] == "containers" else None
            place = at if isinstance(at, int) else None
            own = change if place is None else moved(change, ("containers", 0, *change.path[2:]))
            places.setdefault(place, []).append(own)
        self._changes[number] = places
        at = self.container(number)
        (self._wide if at is None else self._by_container.setdefault(at, [])).append(number)

    def container(self, number: int) -> int | None:
        """Return the number of the only container that a fix touches; None where it touches anything else."""
        places = self._changes[number]
        return next(iter(places)) if len(places) == 1 else None

    def concerning(self, container: int) -> list[int]:
        """Return the fixes that this container's start may hang on, in their order."""
        return sorted([*self._wide, *self._by_container.get(container, ())])

    def changes(self, number: int, container: int) -> list[Change]:
        """Return what a fix changes in `spec(container)`."""
        places = self._changes[number]
        return [*places.get(None, ()), *places.get(container, ())]

    def spec(self, container: int) -> Mapping[str, object]:
        """Return the pod's spec with this container alone."""
        return {**self._spec, "containers": [self._containers[container]]}
