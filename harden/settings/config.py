"""Reads harden.yaml, a project's own answers to what the command line asks."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harden.errors import HardenError
from harden.kube.kinds import BUILT_IN, Kinds
from harden.model.plain import as_texts
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import Plain
from harden.settings import companion_keys
from harden.settings.image_keys import BUILD_FILES, FACTS, MIRRORS, NON_ROOT
from harden.settings.keys import (
    CONFIG,
    CONTROLS,
    EXEMPTIONS,
    VERSION_NAMES,
    demand_controls,
    demand_entries,
    demand_fitting,
    demand_known,
    duplicate_version,
)
from harden.settings.kind_keys import kinds_of
from harden.settings.old_names import old_names
from harden.settings.settings import Settings, read
from harden.settings.shipped import is_file_name

if TYPE_CHECKING:
    from harden.exemptions import Exemption

NAME = "harden.yaml"

#: What harden.yaml says in the same words as a profile.
OF_PROFILES = (CONTROLS.name, companion_keys.NAME)
#: Which key of a profile a key of harden.yaml sets.
_OVERRIDES = {
    "pss-version": "version",
    "version": "version",
    **{key: key for key in ("level", "risk", "platform", CONTROLS.name, companion_keys.NAME)},
}


class Config(Record):
    """The settings of one harden.yaml; None and () where it says nothing, `path` is None where there is no file.

    `profile` is ready to load: a file in it is relative to the working folder. Globs are relative to the file's folder.
    `overrides` and `origins` are what `harden.settings.load` takes. `facts` are files and folders with facts about
    images, ready to open, and so is `baseline`; `mirrors` maps prefixes of image names to what they mirror.
    `build_files` says whether build files tell of images, or names the folder that has them; `non_root` are globs of
    images that start as a number. `kinds` are those that run pods.
    """

    path: Path | None = None
    profile: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    format: str | None = None
    overrides: tuple[tuple[str, Plain], ...] = ()
    facts: tuple[Path, ...] = ()
    mirrors: tuple[tuple[str, str], ...] = ()
    build_files: bool | Path = True
    non_root: tuple[str, ...] = ()
    kinds: Kinds = BUILT_IN
    exemptions: tuple[Exemption, ...] = ()
    baseline: Path | None = None
    notes: tuple[Problem, ...] = ()

    @property
    def origins(self) -> dict[str, str]:
        """Return, for each override, the file that it comes from."""
        return dict.fromkeys((key for key, _ in self.overrides), str(self.path))


def load_config(start: Path) -> Config:
    """Return the nearest harden.yaml in `start` (a folder) or above it; an empty Config where there is none.

    A harden.yaml that has apiVersion and kind is a Kubernetes object (kustomize's functionConfig is often called so):
    it is passed over. Raises HardenError for whatever is wrong in the file.
    """
    for folder in (start, *start.resolve().parents):
        path = folder / NAME
        # Unlike `is_file`, this says no where a folder above may not be searched: it is not the project's, then.
        if not os.path.isfile(path):  # noqa: PTH113
            continue
        settings = read(path, str(path))
        if not {"apiVersion", "kind"} <= settings.data.keys():
            return config_from(settings)
    return Config()


def read_config(path: Path) -> Config:
    """Return the settings of one file, whatever its name; raises HardenError for whatever is wrong in it."""
    if not path.is_file():
        raise HardenError(f'the configuration file "{path}" does not exist')
    return config_from(read(path, str(path)))


def config_from(settings: Settings) -> Config:
    """Return the settings of harden.yaml, or of what has its keys; raises HardenError for whatever is wrong there."""
    keys = {key.name: key for key in CONFIG}
    for name, value in settings.data.items():
        demand_known(name, (*keys, *OF_PROFILES, EXEMPTIONS.name), "key", settings.where(name))
        if name in keys:
            demand_fitting(keys[name], value, settings.where(name))
            demand_entries(keys[name], value, partial(settings.where, name))
    data = settings.data
    twice = duplicate_version(data)
    if twice:
        raise HardenError(f"{settings.where(VERSION_NAMES[1])}: {twice}")
    _demand_controls(settings)
    _demand_of_profiles(settings)
    listed = data.get("images")
    images: Mapping[str, Plain] = listed if isinstance(listed, dict) else {}
    profile = _text(data.get("profile"))
    if profile is not None and is_file_name(profile):
        profile = str(settings.path.parent / profile)
    return Config(
        path=settings.path,
        profile=profile,
        include=as_texts(data.get("include")),
        exclude=as_texts(data.get("exclude")),
        select=as_texts(data.get("select")),
        ignore=as_texts(data.get("ignore")),
        format=_text(data.get("format")),
        overrides=tuple((_OVERRIDES[key], value) for key, value in data.items() if key in _OVERRIDES),
        facts=_facts(settings, images),
        mirrors=_mirrors(images.get(MIRRORS)),
        build_files=_build_files(settings, images),
        non_root=as_texts(images.get(NON_ROOT)),
        kinds=kinds_of(data.get("kinds")),
        exemptions=_exemptions(settings),
        baseline=None if "baseline" not in data else settings.path.parent / str(data["baseline"]),
        notes=tuple(old_names(settings)),
    )


def _demand_of_profiles(settings: Settings) -> None:
    """Raise HardenError for what is wrong in the settings that are a profile's."""
    if not settings.data.keys().isdisjoint(OF_PROFILES):
        # Most projects have none, and to know their options all controls are loaded.
        from harden.settings.resolve import demand_settings  # noqa: PLC0415

        demand_settings(settings, OF_PROFILES)


def _demand_controls(settings: Settings) -> None:
    """Raise HardenError for a control that `select` or `ignore` names and that there is not."""
    for key in ("select", "ignore"):
        names = as_texts(settings.data.get(key))
        if names:
            demand_controls(names, settings.where(key))


def _exemptions(settings: Settings) -> tuple[Exemption, ...]:
    if EXEMPTIONS.name not in settings.data:
        return ()
    # Most projects have none, and to know the ids all controls are loaded.
    from harden.controls import all_controls  # noqa: PLC0415
    from harden.exemptions.settings import config_exemptions  # noqa: PLC0415

    base = posixpath.normpath(settings.path.parent.absolute().as_posix())
    known = [control.id for control in all_controls()]
    return config_exemptions(settings.data[EXEMPTIONS.name], partial(settings.where, EXEMPTIONS.name), base, known)


def _facts(settings: Settings, images: Mapping[str, Plain]) -> tuple[Path, ...]:
    names = as_texts(images.get(FACTS))
    for name in names:
        if not (settings.path.parent / name).exists():
            where = settings.where("images", FACTS)
            raise HardenError(
                f'{where}: images.{FACTS}: there is no file or folder "{name}" beside {settings.path.name}'
            )
    return tuple(settings.path.parent / name for name in names)


def _build_files(settings: Settings, images: Mapping[str, Plain]) -> bool | Path:
    found = images.get(BUILD_FILES, True)
    if not isinstance(found, str):
        return found is not False
    if not (settings.path.parent / found).is_dir():
        where = settings.where("images", BUILD_FILES)
        raise HardenError(f'{where}: images.{BUILD_FILES}: there is no folder "{found}" beside {settings.path.name}')
    return settings.path.parent / found


def _mirrors(mirrors: Plain) -> tuple[tuple[str, str], ...]:
    pairs = mirrors.items() if isinstance(mirrors, dict) else ()
    return tuple((prefix, original) for prefix, original in pairs if isinstance(original, str))


def _text(value: Plain) -> str | None:
    return value if isinstance(value, str) else None
