"""Checks objects against the strict OpenAPI schemas of a Kubernetes version.

The schema files are those of kubernetes-validate; they are compiled by jsonschema-rs, each kind once, from only the
definitions that the kind reaches (the whole file takes several times longer to load and compile). For a few objects
that plainly fit, `harden.verify.fit` spares even that.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from harden.model.kube import Version
from harden.model.record import Record
from harden.model.text import Path, Plain
from harden.verify.fit import Check, Fit

if TYPE_CHECKING:
    import jsonschema_rs

_REF = re.compile(r'"(?:/api/_definitions\.json)?#/\$defs/([^"]+)"')
#: What stands before the name of each definition, and behind it.
_MARK = b'\n    "'
_COLON = b'": '
#: As many objects of a kind are looked at before it is worth compiling its schema.
_FEW = 300
_POD_TEMPLATE = "io.k8s.api.core.v1.PodTemplateSpec"


class SchemaError(Record):
    """Where an object breaks a schema, how, and whether a value has a type that Kubernetes does not decode.

    `unknown_field` is the name of a field that the schema does not have at `path`.
    """

    path: Path
    message: str
    is_wrong_type: bool = False
    unknown_field: str | None = None


def errors(version: Version | None, api_version: str, kind: str, value: Plain) -> tuple[SchemaError, ...]:
    """Return where an object breaks the schema of its kind: path and message, in document order.

    A version without schemas is taken as the nearest that has them; kinds without a schema (custom resources) break
    none. Messages name fields and types, never values.
    """
    name, schemas = _file(api_version, kind), _schemas(nearest(version))
    return schemas.errors(name, value) if schemas.has(name) else ()


def _file(api_version: str, kind: str) -> str:
    group, _, api = api_version.rpartition("/")
    # The files go by the first word of a group: rbac.authorization.k8s.io is `rbac`.
    word = group.partition(".")[0] if group.endswith(".k8s.io") else group
    return "-".join(part for part in (kind.lower(), word, api) if part)


def near_field(version: Version | None, kind: tuple[str, str] | None, path: Path, field: str) -> str:
    """Return the field that a misspelt one at `path` of a kind (API version and kind) was likely meant to be, or "".

    None for the kind stands for a pod template.
    """
    schemas = _schemas(nearest(version))
    return schemas.meant("" if kind is None else _file(*kind), path, field)


def template_errors(version: Version | None, value: Plain) -> tuple[SchemaError, ...]:
    """Return where a pod template (metadata and spec) breaks the schema: for kinds whose own API version is gone."""
    return _schemas(nearest(version)).errors("", value)


def _errors(validator: jsonschema_rs.Validator, value: Plain) -> tuple[SchemaError, ...]:
    if validator.is_valid(value):
        return ()
    # The library's own messages quote the value; values of env must not be shown.
    found = validator.iter_errors(value)
    return tuple(each for error in found for each in _of(error))


def _of(error: jsonschema_rs.ValidationError) -> tuple[SchemaError, ...]:
    said, path = error.kind.as_dict(), tuple(error.instance_path)
    if "unexpected" in said:
        # One each: when one of two goes away, the other one is not new.
        fields = map(str, said["unexpected"])
        return tuple(SchemaError(path, f"unknown field {field}", unknown_field=field) for field in fields)
    if error.kind.name == "required":
        return (SchemaError(path, f"lacks {said['property']}"),)
    if error.kind.name == "type":
        message = f"must be of type {' or '.join(map(str, said['types']))}"
        return (SchemaError(path, message, is_wrong_type=True),)
    return (SchemaError(path, f"breaks the schema's {error.kind.name!r}"),)


def nearest(version: Version | None) -> Version:
    """Return the version whose schemas judge `version`: itself, or the nearest that has any."""
    have = _versions()
    if version is None or version > have[-1]:
        return have[-1]
    return next(known for known in have if known >= version)


@cache
def _folder() -> FilePath:
    # Found without importing the package: that alone takes longer than everything here.
    from importlib.util import find_spec  # noqa: PLC0415  # only needed when something is verified

    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("kubernetes-validate is not installed; install kube-harden again")
    return FilePath(spec.origin).parent / "kubernetes-json-schema"


@cache
def _versions() -> tuple[Version, ...]:
    names = (path.name for path in _folder().iterdir() if path.name.endswith("-local-strict"))
    return tuple(sorted((1, int(name.split(".")[1])) for name in names))


@cache
def _schemas(version: Version) -> _Schemas:
    return _Schemas(_folder() / f"v{version[0]}.{version[1]}.0-local-strict")


class _Schemas:
    """The schemas of one version, read and compiled as far as they were asked for."""

    def __init__(self, folder: FilePath) -> None:
        self._folder = folder
        self._text = (folder / "_definitions.json").read_bytes()
        self._definitions: dict[str, Plain] = {}
        self._kinds: dict[str, dict[str, Plain]] = {}
        self._asked: dict[str, int] = {}
        self._fit = Fit(self._definition)
        self._checks: dict[str, Check] = {}
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def has(self, name: str) -> bool:
        """Return whether there is a schema file `name`."""
        # Names come from manifests: no other file may be meant.
        if name in self._kinds:
            return True
        # A longer name is that of no file, and no system looks for it.
        is_name = len(name) < 200 and name.replace("-", "").isalnum()
        return is_name and (self._folder / f"{name}.json").is_file()

    def errors(self, name: str, value: Plain) -> tuple[SchemaError, ...]:
        """Return what `errors` returns, by the schema file `name` ("deployment-apps-v1"), or the pod template's for "".

        A validator, quick once it is made, judges all but the first few objects that plainly fit.
        """
        asked = self._asked[name] = self._asked.get(name, 0) + 1
        if asked <= _FEW and self.plainly_fits(name, value):
            return ()
        return _errors(self.validator(name), value)

    def plainly_fits(self, name: str, value: Plain) -> bool:
        """Return whether an object is sure to fit the schema file `name`, or the pod template's for ""."""
        if name not in self._checks:
            self._checks[name] = self._fit.check(self._kind(name))
        return self._checks[name](value)

    def meant(self, name: str, path: Path, field: str) -> str:
        """Return what `near_field` returns, by the schema file."""
        from harden.verify.names import meant  # noqa: PLC0415 - only for what a schema refuses

        return meant(self._kind(name), path, field, self._definition)

    def validator(self, name: str) -> jsonschema_rs.Validator:
        """Return the compiled schema file `name`, or the pod template's for ""."""
        if name not in self._validators:
            self._validators[name] = self._compile(name)
        return self._validators[name]

    def _kind(self, name: str) -> dict[str, Plain]:
        if name not in self._kinds:
            reference = {"$ref": f"/api/_definitions.json#/$defs/{_POD_TEMPLATE}"}
            text = (self._folder / f"{name}.json").read_text("utf-8") if name else json.dumps(reference)
            self._kinds[name] = json.loads(text)
        return self._kinds[name]

    def _compile(self, name: str) -> jsonschema_rs.Validator:
        import jsonschema_rs  # noqa: PLC0415  # 15 ms: only when something is verified that does not plainly fit

        kind = self._kind(name)
        definitions = {"$defs": self._reached(kind)}
        return jsonschema_rs.validator_for(kind, retriever=lambda _uri: definitions, base_uri="json-schema:///")

    def _reached(self, schema: Plain) -> dict[str, Plain]:
        """Return the definitions that a schema reaches, by name."""
        reached: dict[str, Plain] = {}
        todo = [schema]
        while todo:
            for name in _REF.findall(json.dumps(todo.pop())):
                if name not in reached:
                    reached[name] = self._definition(name)
                    todo.append(reached[name])
        return reached

    def _definition(self, name: str) -> Plain:
        if name not in self._definitions:
            start = _start(self._text, name.encode())
            behind = self._text.find(_MARK, start)
            # What stands between the value and the next name is left to raw_decode, which stops in time.
            text = self._text[start : behind if behind >= 0 else None].decode("utf-8")
            self._definitions[name], _ = json.JSONDecoder().raw_decode(text)
        return self._definitions[name]


def _start(text: bytes, name: bytes) -> int:
    """Return where the value of a definition begins; raises ValueError where there is none.

    The definitions stand in the order of their names: cutting nearly 2 MB into pieces takes longer than all else here.
    """
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        at = text.find(_MARK, middle, high + len(_MARK))
        end = text.find(b'"', at + len(_MARK))
        here = text[at + len(_MARK) : end]
        if at >= 0 and here == name:
            return end + len(_COLON)
        low, high = (end, high) if at >= 0 and here < name else (low, middle)
    # Should they ever stand in another order.
    return text.index(_MARK + name + _COLON) + len(_MARK + name + _COLON)
