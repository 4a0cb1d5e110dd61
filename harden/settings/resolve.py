"""Resolves a profile: everything that it extends, its own settings, and the command line, taken together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from harden.controls import all_controls
from harden.errors import HardenError
from harden.model.finding import Level, Risk
from harden.model.plain import as_texts
from harden.model.profile import ControlSetting, Profile
from harden.model.record import Record
from harden.model.text import Plain
from harden.settings import companion_keys
from harden.settings.keys import (
    CONTROLS,
    PROFILE,
    VERSION_NAMES,
    demand_fitting,
    demand_known,
    demand_setting,
    duplicate_version,
    settings_of,
    version_of,
)
from harden.settings.old_names import old_names
from harden.settings.settings import Settings
from harden.settings.shipped import is_file_name, is_shipped, open_profile

_DEFAULTS = {"version": "latest", "risk": "review", "platform": "kubernetes"}
_DEFAULT = "default"
#: What a key is called where it is printed, if another name than the one in this program.
_PRINTED = {VERSION_NAMES[1]: VERSION_NAMES[0]}


class _Layer(Record):
    """One source of settings; a later layer wins. `where` gives the place of a key for an error."""

    origin: Callable[[str], str]
    where: Callable[..., str]
    data: Mapping[str, Plain]


def load(
    name_or_path: str,
    *,
    overrides: Mapping[str, Plain] | None = None,
    origins: Mapping[str, str] | None = None,
) -> Profile:
    """Return the resolved profile of a shipped name or a file (which has a folder or an ending in its name).

    `overrides` win over the file; their keys are a profile's ("level", "version", "risk", "platform", "controls"), and
    `origins` says for each where it comes from ("--risk", "harden.yaml"; "command line" where it says nothing). Raises
    HardenError for whatever is wrong in the profile, in one that it extends, or in the overrides.
    """
    files = _chain(name_or_path)
    layers = [_of_file(file) for file in files]
    if overrides:
        known = dict(origins or {})
        layers.append(_of_overrides(overrides, lambda key: known.get(key, "command line")))
    for layer in layers:
        _validate(layer)
    found = dict(_origins(layers))
    merged = _merged([_named(layer.data) for layer in layers])
    name = files[-1].data.get("name")
    level = merged.get("level")
    if level is None:
        raise HardenError(f'{files[-1].name}: no level: add "level: restricted", or "extends: restricted"')
    companions = _mapping(merged.get(companion_keys.NAME))
    return Profile(
        name=name if isinstance(name, str) else Path(name_or_path).stem,
        level=Level(level),
        version=version_of(str(merged.get("version", _DEFAULTS["version"]))),
        risk=Risk[str(merged.get("risk", _DEFAULTS["risk"])).upper()],
        controls=_controls(merged),
        origins={key: found.get(key, _DEFAULT) for key in ("level", *_DEFAULTS, *_setting_keys())},
        with_companions=companions.get("enabled") is True,
        owns=as_texts(companions.get("owns")),
        platform=str(merged.get("platform", _DEFAULTS["platform"])),
        notes=tuple(note for file in files for note in old_names(file)),
    )


def _mapping(value: Plain) -> Mapping[str, Plain]:
    return value if isinstance(value, dict) else {}


def demand_settings(file: Settings, keys: Iterable[str]) -> None:
    """Raise HardenError for what is wrong below these keys of a file, which mean there what they mean in a profile."""
    own = {key: file.data[key] for key in keys if key in file.data}
    _validate(_of_file(file._replace(data=own)))


def describe(profile: Profile) -> str:
    """Return the resolved profile as YAML, each value with a comment that says where it comes from."""
    rows = [(f"name: {_scalar(profile.name)}", "")]
    words = {
        "level": profile.level.value,
        "version": profile.version_word,
        "risk": profile.risk.word,
        "platform": profile.platform,
    }
    rows += [(f"{_PRINTED.get(key, key)}: {word}", profile.origins[key]) for key, word in words.items()]
    rows.append((f"{CONTROLS.name}:", ""))
    for control, setting in profile.controls.items():
        rows.append((f"  {control}:", ""))
        values: dict[str, Plain] = {"enabled": setting.enabled, **setting.options}
        for key, value in values.items():
            rows += _setting(key, value, profile.origins[f"controls.{control}.{key}"])
    top = companion_keys.NAME
    rows.append((f"{top}:", ""))
    common: dict[str, Plain] = {"enabled": profile.with_companions, "owns": list(profile.owns)}
    rows += [(f"  {key}: {_flow(value)}", profile.origins[f"{top}.{key}"]) for key, value in common.items()]
    width = max(len(text) for text, origin in rows if origin)
    return "".join(f"{text:<{width}}  # {origin}\n" if origin else f"{text}\n" for text, origin in rows)


def _setting(key: str, value: Plain, origin: str) -> list[tuple[str, str]]:
    """Return the rows of one setting; a mapping has a row for each of its keys, in flow style below that."""
    if not isinstance(value, dict) or not value:
        return [(f"    {key}: {_flow(value)}", origin)]
    return [(f"    {key}:", origin), *((f"      {_flow(name)}: {_flow(inner)}", "") for name, inner in value.items())]


def _flow(value: Plain) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if not isinstance(value, dict):
        return _scalar(value)
    return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"


def _chain(name: str) -> list[Settings]:
    """Return the files of a profile, the one that extends nothing first."""
    files = [open_profile(name, Path(), "")]
    known = {files[0].path.resolve()}
    while (parent := files[-1].data.get("extends")) is not None:
        child = files[-1]
        place = child.where("extends")
        if not isinstance(parent, str) or parent == "":
            raise HardenError(f"{place}: extends must be a shipped name or a file")
        base = child.path.parent if is_file_name(parent) else Path()
        found = open_profile(parent, base, f"{place}: ")
        files.append(found)
        known.add(found.path.resolve())
        if len(known) < len(files):
            circle = " -> ".join(file.name for file in files)
            raise HardenError(f"{place}: extends goes in a circle: {circle}")
    return files[::-1]


def _of_file(file: Settings) -> _Layer:

    def where(*keys: str) -> str:
        # The options of a control that looks at bundles may stand below `companions`, as they used to.
        return file.where(*keys if keys in file.lines or keys[0] != CONTROLS.name else companion_keys.before(keys))

    return _Layer(lambda _: file.name, where, _with_declared(file, companion_keys.moved(file.data)))


def _with_declared(file: Settings, data: dict[str, Plain]) -> dict[str, Plain]:
    """Return the data of a profile; in a shipped one the controls are enabled that declare to be part of it."""
    given = data.get(CONTROLS.name, {})
    if not is_shipped(file) or not isinstance(given, dict):
        return data
    declared = [control.id for control in all_controls() if file.path.stem in control.profiles]
    enabled: dict[str, Plain] = {name: {"enabled": True, **_mapping(given.get(name))} for name in declared}
    return {**data, CONTROLS.name: given | enabled} if enabled else data


def _of_overrides(overrides: Mapping[str, Plain], origin: Callable[[str], str]) -> _Layer:
    return _Layer(origin, lambda *keys: origin(keys[0]), companion_keys.moved(overrides))


def _named(data: Mapping[str, Plain]) -> dict[str, Plain]:
    """Return settings with the version under the one name that this program uses."""
    told, name = VERSION_NAMES
    return {name if key == told else key: value for key, value in data.items()}


def _validate(layer: _Layer) -> None:
    twice = duplicate_version(layer.data)
    if twice:
        raise HardenError(f"{layer.where(VERSION_NAMES[1])}: {twice}")
    keys = {key.name: key for key in PROFILE}
    for name, value in layer.data.items():
        where = layer.where(name)
        demand_known(name, (*keys, CONTROLS.name, companion_keys.NAME), "key", where)
        if name == CONTROLS.name:
            _validate_controls(value, layer)
        elif name == companion_keys.NAME:
            _validate_companions(value, layer)
        else:
            demand_fitting(keys[name], value, where)


def _validate_controls(value: Plain, layer: _Layer) -> None:
    top = CONTROLS.name
    if not isinstance(value, dict):
        raise HardenError(f"{layer.where(top)}: {top} must be a mapping of control ids")
    controls = {control.id: control for control in all_controls()}
    for name, settings in value.items():
        where = layer.where(top, name)
        demand_known(name, controls, "control", where)
        if not isinstance(settings, dict):
            raise HardenError(f"{where}: {name} must be a mapping, for example {{enabled: false}}")
        options = {option.name: option for option in settings_of(controls[name])}
        for key, given in settings.items():
            demand_known(key, options, f"option of {name}", layer.where(top, name, key))
            demand_setting(options[key], given, partial(layer.where, top, name, key))


def _validate_companions(value: Plain, layer: _Layer) -> None:
    top = companion_keys.NAME
    if not isinstance(value, dict):
        raise HardenError(f"{layer.where(top)}: {top} must be a mapping, for example {{enabled: true}}")
    options = {option.name: option for option in companion_keys.OPTIONS}
    for key, given in value.items():
        demand_known(key, (*options, *companion_keys.CONTROLS), f"key of {top}", layer.where(top, key))
        if key not in options:
            raise HardenError(f"{layer.where(top, key)}: {key} must be a mapping, for example {{enabled: false}}")
        demand_setting(options[key], given, partial(layer.where, top, key))


def _merged(layers: list[Mapping[str, Plain]]) -> Mapping[str, Plain]:
    if len(layers) == 1:
        return layers[0]
    from deepmerge import Merger  # noqa: PLC0415 -- slow to import; the plain shipped profiles do without

    merger = Merger([(dict, ["merge"])], ["override"], ["override"])
    merged: dict[str, Plain] = {}
    for layer in layers:
        merger.merge(merged, dict(layer))
    return merged


def _controls(merged: Mapping[str, Plain]) -> dict[str, ControlSetting]:
    settings = _mapping(merged.get(CONTROLS.name))
    found = {}
    for control in all_controls():
        defaults = {option.name: option.default for option in settings_of(control)}
        values: dict[str, Plain] = {**defaults, **_mapping(settings.get(control.id))}
        enabled = values.pop("enabled")
        found[control.id] = ControlSetting(enabled is True, values)
    return found


def _setting_keys() -> Iterator[str]:
    for option in companion_keys.OPTIONS:
        yield f"{companion_keys.NAME}.{option.name}"
    for control in all_controls():
        for option in settings_of(control):
            yield f"{CONTROLS.name}.{control.id}.{option.name}"


def _origins(layers: list[_Layer]) -> Iterator[tuple[str, str]]:
    """Yield the dotted keys that each layer sets with its name; a later one wins."""
    for layer in layers:
        for name, value in _named(layer.data).items():
            yield name, layer.origin(name)
            if name not in (CONTROLS.name, companion_keys.NAME) or not isinstance(value, dict):
                continue
            for control, settings in value.items():
                yield f"{name}.{control}", layer.origin(name)
                yield from ((f"{name}.{control}.{key}", layer.origin(name)) for key in _mapping(settings))


def _scalar(value: Plain) -> str:
    from harden.source.quote import scalar  # noqa: PLC0415 -- only for `harden profile`

    return scalar(value, '"', flow=True) if value is None or isinstance(value, str | int | float) else str(value)
