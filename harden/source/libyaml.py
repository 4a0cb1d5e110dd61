"""Loads libyaml's parser without the rest of ruamel.yaml: its loaders and dumpers take longer than a small file does.

The parser needs tokens, events and nodes of that package, and the errors that it raises. Those modules import the
package itself first, which imports all of it; so it is put in place unread, and reads itself when somebody asks for
what it defines, as `harden.source.pure` does. The errors stand in modules that read, compose and write YAML in Python:
while the parser loads, something stands in for these that loads the error when it is raised.

For `read` the parser makes tuples (`harden.source.events`) where it makes objects for everybody else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType
from typing import TypeVar

from harden.source.events import MAKERS, Next

_Made = TypeVar("_Made")
_PACKAGE = "ruamel.yaml"
#: The modules of the package of which the parser needs the error alone.
_ERRORS = {
    "reader": "ReaderError",
    "scanner": "ScannerError",
    "parser": "ParserError",
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "serializer": "SerializerError",
    "representer": "RepresenterError",
}


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


class _StandIn(ModuleType):
    """Stands in for a module of which only the error is wanted; for anything else the module itself is loaded."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)  # what imports ask of every module
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def _raised_later(module: str, error: str) -> Callable[..., Exception]:
    """Return what makes an error as its class does, which it loads then."""

    def make(*words: object) -> Exception:
        made = getattr(import_module(module), error)(*words)
        assert isinstance(made, Exception)  # noqa: S101 - the parser raises it
        return made

    return make


@contextmanager
def _errors_unread() -> Iterator[None]:
    """Let the modules that the parser needs for their errors alone be stood in for."""
    stand_ins = {}
    for name, error in _ERRORS.items():
        module = f"{_PACKAGE}.{name}"
        if module not in sys.modules:
            stand_ins[module] = sys.modules[module] = _StandIn(module)
            setattr(sys.modules[module], error, _raised_later(module, error))
    try:
        yield
    finally:
        for module, stand_in in stand_ins.items():
            if sys.modules.get(module) is stand_in:
                del sys.modules[module]


_put_in_place()
with _errors_unread():
    import _ruamel_yaml
    from _ruamel_yaml import CParser
from ruamel.yaml.error import YAMLError  # noqa: E402 - it needs the package

__all__ = ["CParser", "YAMLError", "read"]

#: The names by which the parser finds the classes of its events.
_NAMES = vars(_ruamel_yaml)
#: Held while the parser makes tuples: several images are learned at once.
_MAKING = RLock()


def read(text: str, take: Callable[[Next], _Made]) -> _Made:
    """Return what `take` makes of the events of a text, of which it is given what returns the next one.

    Raises YAMLError, and what `take` raises.
    """
    with _MAKING:
        before = {name: _NAMES[name] for name in MAKERS}
        _NAMES.update(MAKERS)
        try:
            return take(CParser(text).get_event)
        finally:
            _NAMES.update(before)
