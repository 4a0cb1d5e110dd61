"""Reads the files of recommenders; which form a file has shows in its first characters.

krr (`krr simple -f json`; robusta-dev/krr, robusta_krr/core/models/result.py): an object with `scans`, each with
`object` (namespace, name, container) and `recommended` (requests and limits: cpu in cores and memory in bytes, each
with a `value` that is a number, null for none, or "?" for too little data). Its log goes to standard output too, so
lines in front of the object are passed over.

CSV (RFC 4180): a header with `namespace`, `workload`, `container`, and columns that begin with `cpu` or `memory`
(`cpu`, `cpu_p95`, `memory_p99`, `memory_max`), in any order; amounts are Kubernetes quantities (250m, 128Mi) or plain
numbers (cores, bytes). Other columns are passed over, as are empty cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.errors import HardenError
from harden.kube.quantity import parse
from harden.model.kube import dig
from harden.usage.measured import Key, Measured, Usage, most

_NAMES = ("namespace", "workload", "container")
_RESOURCES = ("cpu", "memory")
_FORMS = "harden reads the JSON of `krr simple -f json`, and CSV with namespace, workload, container, cpu..., memory..."
_OBJECT = re.compile(r"^\{", re.MULTILINE)
_PERCENTILE = re.compile(r"(?:cpu|memory)[ _-]?p?(\d+(?:\.\d+)?)%?")


def read_usage(data: bytes, name: str) -> Usage:
    """Return the usage that a file states; raises HardenError, with `file:line`, for what cannot be read.

    Several rows about one container (of several clusters, or of several kinds with one name) count as their most.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HardenError(f"{name}: not valid UTF-8: {_FORMS}") from error
    start = _OBJECT.search(text)
    rows = _of_csv(text, name) if start is None else _of_krr(text[start.start() :], name)
    found: dict[Key, list[Measured]] = {}
    for key, measured in rows:
        if measured.requests or measured.limits:
            found.setdefault(key, []).append(measured)
    if not found:
        raise HardenError(f"{name}: it states the usage of no container: {_FORMS}")
    return Usage(name, {key: most(several) for key, several in found.items()})


def _of_krr(text: str, name: str) -> Iterator[tuple[Key, Measured]]:
    import json  # noqa: PLC0415 - only for runs with a usage file

    try:
        data, _ = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        raise HardenError(f"{name}: no valid JSON: {error}") from error
    scans = dig(data, "scans")
    if not isinstance(scans, list):
        raise HardenError(f'{name}: no list "scans" in it: {_FORMS}')
    for at, scan in enumerate(scans):
        names = [dig(scan, "object", field) for field in ("namespace", "name", "container")]
        words = [word for word in names if isinstance(word, str)]
        if len(words) != len(names):
            raise HardenError(f"{name}: scans[{at}].object needs namespace, name and container")
        requests, limits = (_recommended(dig(scan, "recommended", field)) for field in ("requests", "limits"))
        yield (words[0], words[1], words[2]), Measured(requests, limits, name)


def _recommended(data: object) -> dict[str, int]:
    found = {}
    for resource in _RESOURCES:
        entry = dig(data, resource)
        amount = _amount(dig(entry, "value") if isinstance(entry, Mapping) else entry)
        if amount is not None:
            found[resource] = amount
    return found


def _of_csv(text: str, name: str) -> Iterator[tuple[Key, Measured]]:
    import csv  # noqa: PLC0415 - only for runs with a usage file
    import io  # noqa: PLC0415 - the same

    reader = csv.reader(io.StringIO(text, newline=""))
    header = [word.strip().lower() for word in next(reader, [])]
    columns = _columns(header, name)
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        where = f"{name}:{reader.line_num}"
        if len(row) != len(header):
            raise HardenError(f"{where}: {len(row)} cells under {len(header)} columns")
        key = tuple(row[header.index(word)].strip() for word in _NAMES)
        if "" in key:
            raise HardenError(f"{where}: namespace, workload and container must not be empty")
        requests, limits = _row(columns, row, where)
        yield (key[0], key[1], key[2]), Measured(requests, limits, name)


#: A column: its index, its heading, and its percentile (100 for a maximum or none).
_Column = tuple[int, str, float]


def _columns(header: list[str], name: str) -> dict[str, list[_Column]]:
    if "cpu requests" in header and "type" in header:
        raise HardenError(f"{name}: this CSV of krr is made for people: use `krr simple -f json`")
    lacking = [word for word in _NAMES if header.count(word) != 1]
    if lacking:
        raise HardenError(f"{name}:1: the header needs one column {' and one '.join(lacking)}: {_FORMS}")
    columns = {
        resource: [(at, word, _percentile(word)) for at, word in enumerate(header) if word.startswith(resource)]
        for resource in _RESOURCES
    }
    if not any(columns.values()):
        raise HardenError(f"{name}:1: the header has no column that begins with cpu or memory: {_FORMS}")
    return columns


def _percentile(heading: str) -> float:
    found = _PERCENTILE.fullmatch(heading)
    return 100.0 if found is None else float(found[1])


def _row(columns: Mapping[str, list[_Column]], row: list[str], where: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return requests and limits: CPU may be throttled now and then, memory must always suffice.

    The request is the highest percentile below the maximum where there is one; the limit the highest value of all.
    """
    requests, limits = {}, {}
    for resource, named in columns.items():
        cells = sorted((column[2], _cell(row, column, where)) for column in named if row[column[0]].strip())
        if not cells:
            continue
        below = [amount for percentile, amount in cells if percentile < 100]
        requests[resource] = below[-1] if below else cells[-1][1]
        if resource == "memory":
            limits[resource] = max(amount for _, amount in cells)
    return requests, limits


def _cell(row: list[str], column: _Column, where: str) -> int:
    amount = _amount(row[column[0]].strip())
    if amount is None:
        raise HardenError(f'{where}: "{row[column[0]].strip()}" under {column[1]} is no amount such as 250m or 128Mi')
    return amount


def _amount(value: object) -> int | None:
    """Return an amount in billionths, None for what is none ("?", null, NaN) or not above zero."""
    quantity = parse(value)
    return quantity.nano if quantity is not None and quantity.nano > 0 else None
