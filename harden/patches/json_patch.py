"""Makes JSON patches (RFC 6902): operations that turn one value into another."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harden.model.text import Path, Plain

Operation = dict[str, Plain]
#: What tells the items of a list apart, the first that an item has.
_NAMES = ("name", "mountPath", "containerPort", "port", "ip", "devicePath")


def json_patch(before: Plain, after: Plain, path: Path = ()) -> Iterator[Operation]:
    """Yield the operations, in an order in which each finds what the ones before it left."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from (_operation("remove", (*path, key)) for key in before if key not in after)
        for key, value in after.items():
            if key not in before:
                yield _operation("add", (*path, key), value)
            else:
                yield from json_patch(before[key], value, (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path)
    elif before != after or type(before) is not type(after):
        yield _operation("replace", path, after)


def _of_lists(before: list[Plain], after: list[Plain], path: Path) -> Iterator[Operation]:
    if before == after and json.dumps(before) == json.dumps(after):
        return
    old, new = [_name(item) for item in before], [_name(item) for item in after]
    kept = [name for name in old if name in new]
    if len({*old}) != len(old) or len({*new}) != len(new) or kept != [name for name in new if name in old]:
        yield _operation("replace", path, after)
        return
    for at in reversed(range(len(old))):
        if old[at] not in new:
            yield _operation("remove", (*path, at))
    values = dict(zip(old, before, strict=True))
    count = len(kept)
    for at, (name, item) in enumerate(zip(new, after, strict=True)):
        if name in values:
            yield from json_patch(values[name], item, (*path, at))
        else:
            yield _operation("add", (*path, at if at < count else "-"), item)
            count += 1


def _name(item: Plain) -> str:
    if isinstance(item, dict):
        key = next((key for key in _NAMES if key in item), None)
        if key is not None:
            protocol = item.get("protocol", "") if key in {"containerPort", "port"} else item.get("subPath", "")
            return json.dumps([key, item[key], protocol])
    return json.dumps(item, sort_keys=True)


def _operation(word: str, path: Path, *value: Plain) -> Operation:
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
    return {"op": word, "path": pointer, **({"value": value[0]} if value else {})}
