"""Names what fixes write, in the words of the fields: `runAsNonRoot true, runAsUser 70, emptyDir /tmp`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.model.finding import AppendItem, Change, Fix, RemoveField, SetField
from harden.model.kube import POD_SECURITY, dig
from harden.model.text import Path, Plain

#: Fields whose name alone says too little: the key above them is said, too.
_TOO_SHORT = frozenset({"os", "seLinuxOptions"})
_AMOUNTS = {"requests": "request", "limits": "limit"}
_HANDLERS = frozenset({"livenessProbe", "readinessProbe", "startupProbe", "postStart", "preStop"})
#: What an item of a list is called.
_ITEMS = {
    "add": "capability",
    "containers": "container",
    "ephemeralContainers": "ephemeral container",
    "initContainers": "init container",
    "subjects": "subject",
    "sysctls": "sysctl",
    "volumes": "volume",
}
#: Fields that name a key of an object.
_REFERENCES = frozenset({"secretKeyRef"})


def title(*fixes: Fix) -> str:
    """Return everything that fixes write, remove or create, what is the same in several places once.

    Values are shown as they are written; those of variables are harden's own, because no fix touches a user's.
    """
    changes = [change for fix in fixes for change in (*fix.changes, *(item.change for item in fix.elsewhere))]
    values: dict[str, dict[str, None]] = {}
    for word, value in _words(changes):
        values.setdefault(word, {}).update({value: None} if value else {})
    for created in (created for fix in fixes for created in fix.creates):
        values.setdefault(f"create {created.kind}", {})[created.name] = None
    return ", ".join(f"{word} {_listed(list(each))}" if each else word for word, each in values.items())


def _words(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """Yield the field of each change and its new value, "" where there is none to show."""
    given = {
        dig(change.value, "name"): "emptyDir" if dig(change.value, "secret") is None else "mount"
        for change in changes
        if isinstance(change, AppendItem) and change.path[-1] == "volumes"
    }
    for change in changes:
        match change:
            case SetField(path, value) if path[-1] in _REFERENCES:
                yield _field(path), f"{_shown(dig(value, 'name'))}/{_shown(dig(value, 'key'))}"
            case SetField(path, ["/bin/sh", "-c", *_]):
                # What follows are the user's own words, and one of them may be a secret.
                yield _field(path), "/bin/sh"
            case SetField(path, value):
                yield _field(path), _shown(value)
            case RemoveField(path, item):
                yield f"remove {_item(path) if path[-1] in _ITEMS or isinstance(path[-1], int) else _field(path)}", item
            case AppendItem(path, value) if path[-1] == "volumeMounts" and dig(value, "name") in given:
                yield given[dig(value, "name")], _shown(dig(value, "mountPath"))
            case AppendItem(path, value) if path[-1] != "volumes":
                yield from _appended(path, value)


def _appended(path: Path, value: Plain) -> Iterator[tuple[str, str]]:
    name = _shown(dig(value, "name"))
    match path[-1]:
        case "env":
            yield name, _shown(dig(value, "value"))
        case "sysctls":
            yield "sysctl", f"{name.rpartition('.')[2]} {_shown(dig(value, 'value'))}"
        case "ports":
            yield "port", _shown(dig(value, "port"))
        case "add" | "drop" | "args" as key:
            yield key, _shown(value)
        case _:
            yield _item(path), name


def _field(path: Path) -> str:
    """Return what people call the field at a path; for an item of a list it is the list's name."""
    keys = [step for step in path if isinstance(step, str)]
    last, above = keys[-1].removeprefix(POD_SECURITY), keys[-2] if len(keys) > 1 else ""
    handler = next((key for key in keys if key in _HANDLERS), None)
    if above in _AMOUNTS:
        return f"{last} {_AMOUNTS[above]}"
    if last == "type" and above.endswith("Profile"):
        return above
    if handler is not None:
        return f"{handler} {last}"
    if last == "name" and above in _ITEMS:
        return _ITEMS[above]
    return f"{above}.{last}" if above in _TOO_SHORT else last


def _item(path: Path) -> str:
    key = next(step for step in reversed(path) if isinstance(step, str))
    return _ITEMS.get(key, key)


def _shown(value: object) -> str:
    """Return a scalar as YAML writes it, a list of them in one line, "" for what has no short form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(_shown, value))
    return f"{value}" if isinstance(value, str | int | float) else ""


def _listed(values: list[str]) -> str:
    """Return values as a list in a sentence: a, b and c."""
    return " and ".join(filter(None, (", ".join(values[:-1]), values[-1])))
