"""Loads libyaml's parser without the rest of ruamel.yaml: its loaders and dumpers take longer than a small file does.

The parser needs a few modules of that package. Those import the package itself first, which imports all of it; so it
is put in place unread, and reads itself when somebody asks for what it defines, as `harden.source.pure` does.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType

_PACKAGE = "ruamel.yaml"


class _Unread(ModuleType):
    """A package whose own module is read when the first of its names is asked for."""

    def __getattr__(self, name: str) -> object:
        self.__class__ = ModuleType  # type: ignore[assignment] # a plain module from now on
        if self.__spec__ is not None and self.__spec__.loader is not None:
            self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def _put_in_place() -> None:
    import ruamel  # noqa: PLC0415 - nothing else needs it

    spec = find_spec(_PACKAGE)
    if spec is None or _PACKAGE in sys.modules:
        return
    package = module_from_spec(spec)
    package.__class__ = _Unread
    sys.modules[_PACKAGE] = package
    setattr(ruamel, _PACKAGE.rpartition(".")[2], package)


_put_in_place()

from _ruamel_yaml import CParser  # noqa: E402 - it needs the package
from ruamel.yaml.error import YAMLError  # noqa: E402 - it needs the package

__all__ = ["CParser", "YAMLError"]
