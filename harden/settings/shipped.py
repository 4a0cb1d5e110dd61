"""Finds profiles: the shipped ones by name, others by their file."""

from __future__ import annotations

from pathlib import Path

from harden.errors import HardenError
from harden.model.record import Record
from harden.settings.keys import suggestion
from harden.settings.settings import Settings, read

_PACKAGE = Path(__file__).resolve().parents[1]


class Shipped(Record):
    """A profile that comes with harden."""

    name: str
    description: str


def data_folder(package: Path = _PACKAGE) -> Path:
    """Return the folder of the shipped data: in the installed package, or beside it in a checkout."""
    installed = package / "profiles_data"
    return installed if installed.is_dir() else package.parent / "profiles"


def shipped_names() -> tuple[str, ...]:
    """Return the names of the shipped profiles, sorted."""
    return tuple(sorted(path.stem for path in data_folder().glob("*.yaml")))


def shipped() -> tuple[Shipped, ...]:
    """Return the shipped profiles, sorted by name."""
    found = ((name, open_profile(name, Path(), "").data.get("description")) for name in shipped_names())
    return tuple(Shipped(name, str(description)) for name, description in found)


def is_file_name(name: str) -> bool:
    """Return whether a profile is named by its file: with a folder, or with an ending of YAML or JSON."""
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml", ".json"))


def is_shipped(settings: Settings) -> bool:
    """Return whether these are the settings of a shipped profile."""
    return settings.path.parent == data_folder()


def open_profile(name: str, base: Path, where: str) -> Settings:
    """Return the file of a profile; a file name is relative to `base`, `where` stands before the error's words."""
    if is_file_name(name):
        path = base / name
        if not path.is_file():
            raise HardenError(f'{where}the profile file "{name}" does not exist')
        return read(path, name)
    path = data_folder() / f"{name}.yaml"
    if not path.is_file():
        if not shipped_names():
            raise HardenError(f"{data_folder()}: the shipped profiles are missing: install harden again")
        hint = f"{suggestion(name, shipped_names(), 'profile')} (to use a file, give its path: ./{name}.yaml)"
        raise HardenError(f'{where}unknown profile "{name}"{hint}')
    return read(path, f"{name} (shipped)")
