"""Reads what a function is given by kustomize or kpt: the keys of harden.yaml and of a profile, and its own options."""

from __future__ import annotations

from pathlib import Path

from harden.errors import HardenError
from harden.model.plain import as_texts
from harden.model.record import Record
from harden.model.text import Plain, SourceText
from harden.settings import companion_keys
from harden.settings.config import OF_PROFILES, Config, config_from
from harden.settings.keys import CONFIG, EXEMPTIONS, Key, demand_fitting, demand_known
from harden.settings.settings import Settings
from harden.source.parse import parse

#: How messages call it: kustomize and kpt hand it over without its file.
NAME = "functionConfig"
#: What harden.yaml has for files and results, which a function does not have.
_NOT_HERE = frozenset({"include", "exclude", "format", "baseline"})
_OPTIONS = (
    Key("fail-on", "What fails the build: short, breaking, waiting.", many=True),
    Key("namespace", "Where objects without a namespace go."),
    Key("owns-namespace", "Namespaces that the items may decide for.", many=True),
)
#: What every object has, and says nothing to harden.
_OBJECT = frozenset({"apiVersion", "kind", "metadata"})


class FunctionSettings(Record):
    """What a function is to do; None and () where nothing is said. `config` is what harden.yaml would say.

    `companions` is None where only the profile decides.
    """

    config: Config
    fail_on: tuple[str, ...] = ()
    namespace: str | None = None
    owns_namespace: tuple[str, ...] = ()
    companions: bool | None = None
    risk: str | None = None


def read_function(value: Plain) -> FunctionSettings:
    """Return the settings of a functionConfig; raises HardenError for whatever is wrong in it.

    They stand below `spec`, or beside `kind`; a ConfigMap has them in `data`, as texts.
    """
    if value is None:
        return FunctionSettings(Config())
    if not isinstance(value, dict):
        raise HardenError(f"{NAME}: an object is expected, such as a ConfigMap")
    data = _data(value)
    every = [key.name for key in CONFIG if key.name not in _NOT_HERE]
    options = {key.name: key for key in _OPTIONS}
    for name in data:
        demand_known(name, (*every, EXEMPTIONS.name, *OF_PROFILES, *options), "key", NAME)
        if name in options:
            demand_fitting(options[name], data[name], f"{NAME}: {name}")
    rest = {name: given for name, given in data.items() if name not in options}
    companions = rest.pop(companion_keys.NAME) if isinstance(rest.get(companion_keys.NAME), bool) else None
    risk, namespace = data.get("risk"), data.get("namespace")
    return FunctionSettings(
        # Files that it names lie in the folder that the build runs in.
        config=config_from(Settings(NAME, Path(NAME), rest, {})),
        fail_on=as_texts(data.get("fail-on")),
        namespace=namespace if isinstance(namespace, str) else None,
        owns_namespace=as_texts(data.get("owns-namespace")),
        companions=companions if isinstance(companions, bool) else None,
        risk=risk if isinstance(risk, str) else None,
    )


def _data(value: dict[str, Plain]) -> dict[str, Plain]:
    if value.get("kind") == "ConfigMap":
        data = value.get("data")
        if data is not None and not isinstance(data, dict):
            raise HardenError(f"{NAME}: data must be a mapping")
        return {name: _of_text(name, given) for name, given in (data or {}).items()}
    spec = value.get("spec")
    beside = {name: given for name, given in value.items() if name not in _OBJECT}
    if spec is None:
        beside.pop("spec", None)
        return beside
    if not isinstance(spec, dict):
        raise HardenError(f"{NAME}: spec must be a mapping")
    for name in beside:
        demand_known(name, ("spec",), "key beside spec", NAME)
    return spec


def _of_text(name: str, given: Plain) -> Plain:
    """Return what a value of a ConfigMap stands for: lists are written with commas, mappings as YAML."""
    if not isinstance(given, str):
        raise HardenError(f"{NAME}: data.{name} must be a text, as everything in a ConfigMap")
    keys = {key.name: key for key in (*CONFIG, *_OPTIONS)}
    if name in keys and keys[name].many:
        return [word for word in given.replace(",", " ").split() if word]
    if name in {EXEMPTIONS.name, *OF_PROFILES} or (name in keys and keys[name].table is not None):
        parsed = parse(SourceText(f"{NAME}: data.{name}", given), lambda _: True)
        for problem in parsed.problems:
            raise HardenError(f"{NAME}: data.{name}: {problem.message}")
        return next((document.value for document in parsed.documents if not document.is_empty), None)
    return given
