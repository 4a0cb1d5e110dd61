"""The records of what was measured, and the row of a container among them."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.record import Record


class Measured(Record):
    """What one container should ask for and what it may use at most, by resource ("cpu", "memory"), in billionths.

    CPU counts in billionths of a core, memory in billionths of a byte; a resource that nobody measured is absent.
    `source` is the file, for people.
    """

    requests: Mapping[str, int]
    limits: Mapping[str, int]
    source: str


#: Namespace, workload, container.
Key = tuple[str, str, str]


class Usage(Record):
    """The rows of one file, by namespace, workload and container."""

    name: str
    rows: Mapping[Key, Measured]

    def of(self, namespace: str | None, workload: str, container: str) -> Measured | None:
        """Return what was measured of a container; without a namespace the most of all namespaces that have it."""
        if namespace is not None:
            return self.rows.get((namespace, workload, container))
        found = [row for key, row in self.rows.items() if key[1:] == (workload, container)]
        return most(found) if found else None


def most(rows: list[Measured]) -> Measured:
    """Return the most of each resource in several rows (of one file) about the same container."""
    requests: dict[str, int] = {}
    limits: dict[str, int] = {}
    for row in rows:
        for name, amount in row.requests.items():
            requests[name] = max(requests.get(name, 0), amount)
        for name, amount in row.limits.items():
            limits[name] = max(limits.get(name, 0), amount)
    return Measured(requests, limits, rows[0].source)
