"""What a facts entry may say: its keys, and how each value is read and refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TypeVar

from harden.images.facts import (
    LARGEST_ID,
    Confidence,
    DropIn,
    FileMissing,
    FileReader,
    ImageClass,
    Need,
    PortFix,
    StrictFile,
    Unit,
)
from harden.model.plain import is_number

_E = TypeVar("_E", bound=Enum)

_LARGEST_PORT = 65535

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\*?")
_CAPABILITY = re.compile(r"[A-Z][A-Z_]*")
_MODE = re.compile(r"0[0-7]{3}")
_PORT_FIX_KEYS = {"moves", "env", "args", "command", "config_file", "config_directive"}
_DROP_IN_KEYS = {"image", "port_map", "ports", "uid", "gid"}
_STRICT_FILE_KEYS = {"path", "mode", "since"}


class Misfit(Exception):  # noqa: N818 - never leaves harden.images: the reader adds the place
    """A value that does not fit its key; the text continues "KEY must ..."."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Misfit("must be a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Misfit("must be a list of texts")
    return tuple(_text(item) for item in value)


def _each(pattern: re.Pattern[str], what: str) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        found = _texts(value)
        for item in found:
            if pattern.fullmatch(item) is None:
                raise Misfit(f'must be a list of {what}, not "{item}"')
        return found

    return read


def _paths(value: object) -> tuple[str, ...]:
    found = _texts(value)
    for path in found:
        if not path.startswith("/") or path == "/" or ".." in path.split("/"):
            raise Misfit(f'must be a list of absolute folders below /, not "{path}"')
    return tuple(path.rstrip("/") for path in found)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Misfit("must be true or false")
    return value


def _number(low: int, high: int, what: str) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Misfit(f"must be {what} from {low} to {high}")
        return value

    return read


_port = _number(1, _LARGEST_PORT, "a port number")
_uid = _number(1, LARGEST_ID, "a numeric user id other than root's,")
_gid = _number(0, LARGEST_ID, "a numeric group id")


def _ports(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise Misfit("must be a list of port numbers")
    return tuple(_port(item) for item in value)


def _port_map(value: object) -> dict[int, int]:
    if not isinstance(value, Mapping):
        raise Misfit("must map port numbers to port numbers")
    # Keys are text in the plain value of a YAML mapping.
    return {_port(int(key) if isinstance(key, str) and is_number(key) else key): _port(to) for key, to in value.items()}


def _variables(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Misfit("must map names of variables to texts")
    if not all(isinstance(content, str) for content in value.values()):
        raise Misfit("must map names of variables to texts: put numbers and true in quotes")
    return {_text(name): str(content) for name, content in value.items()}


def _choice(kind: type[_E]) -> Callable[[object], _E]:
    def read(value: object) -> _E:
        for member in kind:
            if member.value == value:
                return member
        raise Misfit(f"must be one of {', '.join(str(member.value) for member in kind)}")

    return read


def _needs(value: object) -> tuple[Need, ...]:
    return tuple(_choice(Need)(item) for item in _texts(value))


def _known_keys(value: object, known: set[str]) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Misfit(f"must be a mapping with some of {', '.join(sorted(known))}")
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise Misfit(f'must not hold "{unknown[0]}"; it can hold {", ".join(sorted(known))}')
    return value


def _port_fix(value: object) -> PortFix:
    keys = _known_keys(value, _PORT_FIX_KEYS)
    moves = _port_map(keys["moves"]) if "moves" in keys else {}
    fix = PortFix(
        moves=moves,
        env=_variables(keys["env"]) if "env" in keys else {},
        args=_texts(keys["args"]) if "args" in keys else (),
        command=_texts(keys["command"]) if "command" in keys else (),
        config_file=_text(keys["config_file"]) if "config_file" in keys else None,
        config_directive=_text(keys["config_directive"]) if "config_directive" in keys else None,
    )
    by_start = bool(fix.env or fix.args or fix.command)
    if by_start != bool(moves) or by_start == (fix.config_file is not None):
        raise Misfit("must either hold moves with env, args or command, or a config_file with its config_directive")
    return fix


def _drop_in(value: object) -> DropIn:
    keys = _known_keys(value, _DROP_IN_KEYS)
    missing = sorted(_DROP_IN_KEYS - set(keys))
    if missing:
        raise Misfit(f"must hold {missing[0]} too")
    return DropIn(
        image=_text(keys["image"]),
        port_map=_port_map(keys["port_map"]),
        ports=_ports(keys["ports"]),
        uid=_uid(keys["uid"]),
        gid=_gid(keys["gid"]),
    )


def _strict_file(value: object) -> StrictFile:
    keys = _known_keys(value, _STRICT_FILE_KEYS)
    path, mode = keys.get("path"), keys.get("mode")
    if not isinstance(path, str) or not path.startswith(("/", "**/")):
        raise Misfit("must hold a path that starts with / or **/")
    if not isinstance(mode, str) or _MODE.fullmatch(mode) is None:
        raise Misfit("must hold a mode such as '0600', in quotes")
    return StrictFile(path, mode, _text(keys["since"]) if "since" in keys else None)


def _strict_files(value: object) -> tuple[StrictFile, ...]:
    if not isinstance(value, list):
        raise Misfit("must be a list; each item holds path and mode")
    return tuple(_strict_file(item) for item in value)


def expression(value: object, groups: int | None = None) -> str:
    """Return a regular expression, with as many groups as are wanted; raises Misfit."""
    text = _text(value)
    try:
        found = re.compile(text).groups
    except re.error as error:
        raise Misfit(f'must not hold "{text}", which is no regular expression: {error}') from error
    if groups is not None and found != groups:
        raise Misfit(f'must have {groups} group in "{text}": what is wanted')
    return text


def expressions(value: object, groups: int | None = None) -> tuple[str, ...]:
    """Return a list of regular expressions; raises Misfit."""
    if not isinstance(value, list) or not value:
        raise Misfit("must be a list of regular expressions")
    return tuple(expression(item, groups) for item in value)


def _paths_written(value: object) -> tuple[str, ...]:
    return expressions(value, 1)


def _units(value: object) -> dict[str, Unit]:
    if not isinstance(value, Mapping):
        raise Misfit(f"must map names to {', '.join(unit.value for unit in Unit)}")
    return {_text(name): _choice(Unit)(unit) for name, unit in value.items()}


def _sizes(value: object) -> dict[str, Unit]:
    return {expression(pattern, 1): unit for pattern, unit in _units(value).items()}


def globs(value: object) -> tuple[str, ...]:
    """Return a list of globs; raises Misfit."""
    found = _texts(value)
    if not found:
        raise Misfit("must be a list of globs")
    return found


def folders(value: object) -> tuple[str, ...]:
    """Return a list of absolute folders; raises Misfit."""
    return _paths(value)


def settings(value: object) -> dict[str, str | None]:
    """Return a mapping of names of variables to globs of values, or None for "not set"; raises Misfit."""
    if not isinstance(value, Mapping) or not value:
        raise Misfit("must map names of variables to globs, or to null where it is not set")
    if not all(content is None or isinstance(content, str) for content in value.values()):
        raise Misfit("must map names of variables to globs: put numbers and true in quotes")
    return {_text(name): content for name, content in value.items()}


def _notes(value: object) -> tuple[str, ...]:
    return (_text(value),) if isinstance(value, str) else _texts(value)


#: Keys of an entry and of its variants: the field of ImageFacts that each sets, and what reads it.
FIELDS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "class": ("image_class", _choice(ImageClass)),
    "uid": ("uid", _uid),
    "gid": ("gid", _gid),
    "user_name": ("user_name", _text),
    "default_user": ("default_user", _text),
    "confidence": ("confidence", _choice(Confidence)),
    "runs_as_nonroot": ("runs_as_nonroot", _flag),
    "nonroot_needs": ("nonroot_needs", _needs),
    "nonroot_env": ("nonroot_env", _variables),
    "ports": ("ports", _ports),
    "low_port_fix": ("low_port_fix", _port_fix),
    "volumes": ("volumes", _paths),
    "writable": ("writable", _paths),
    "writable_seeded": ("writable_seeded", _paths),
    "file_env": ("file_env", _each(_VARIABLE, "names of variables")),
    "file_env_suffix": ("file_env_suffix", _text),
    "file_env_since": ("file_env_since", _text),
    "file_env_in": ("file_env_in", _choice(FileReader)),
    "file_missing": ("file_missing", _choice(FileMissing)),
    "file_env_never": ("file_env_never", _each(_VARIABLE, "names of variables")),
    "drop_in": ("drop_in", _drop_in),
    "shell": ("shell", _flag),
    "root_caps": ("root_caps", _each(_CAPABILITY, "capabilities in capitals, without CAP_,")),
    "file_caps": ("file_caps", _each(_CAPABILITY, "capabilities in capitals, without CAP_,")),
    "host_access": ("host_access", _text),
    "api_client": ("api_client", _flag),
    "entrypoint": ("entrypoint", _texts),
    "command": ("command", _texts),
    "root_reason": ("root_reason", _text),
    "stays_root": ("stays_root", _flag),
    "strict_files": ("strict_files", _strict_files),
    "config_writes": ("config_writes", _paths_written),
    "size_env": ("size_env", _units),
    "size_args": ("size_args", _sizes),
    "size_config": ("size_config", _sizes),
    "notes": ("notes", _notes),
    "sources": ("sources", _texts),
}


def read_field(key: str, value: object) -> tuple[str, object]:
    """Return the field of ImageFacts and its value; null is kept, and means "not established". Raises Misfit."""
    field, read = FIELDS[key]
    return field, None if value is None else read(value)
