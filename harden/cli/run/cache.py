"""Where runs keep what they find for the next one, as --cache-dir and the environment say."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harden import __version__
from harden.builds.files import repository_root
from harden.cache.digest import of_bytes
from harden.cache.file import CacheFolder
from harden.cli.request import Request
from harden.cli.run.known_images import facts_of
from harden.engine.keeping import Keeping
from harden.errors import HardenError
from harden.images.store import files_of
from harden.settings import Config
from harden.settings.shipped import data_folder

#: The variable that names the folder for all runs.
VARIABLE = "HARDEN_CACHE_DIR"
#: Folders that tell name and version of an installed package.
_INSTALLED = (".dist-info", ".egg-info")


def keeping_of(request: Request, config: Config) -> Keeping | None:
    """Return what keeps the findings of a run, None for none; raises HardenError for a folder in what it looks at.

    Whoever writes there says what a check finds: never a folder that a commit could fill, and never for --gate.
    """
    word = os.environ.get(VARIABLE, "") if request.cache_dir is None else request.cache_dir
    if not word or request.no_cache or request.gate or request.interactive:
        return None
    path = Path(word).absolute()
    tree = _tree_around(path.resolve(), (".",) if request.is_stream else request.paths or (".",))
    if tree is not None:
        where = "--cache-dir" if request.cache_dir is not None else VARIABLE
        said = f"{where}: {word} lies in {tree}, so that a commit could bring findings along"
        raise HardenError(f"{said}: name a folder elsewhere, ~/.cache/harden for example")
    return Keeping(CacheFolder(path), partial(_state, config))


def _tree_around(folder: Path, paths: Sequence[str]) -> Path | None:
    """Return what a folder lies in of that which a run looks at: a folder that it was given, or a Git work tree."""
    places = {path if path.is_dir() else path.parent for path in (Path(each).resolve() for each in paths)}
    trees = (tree for place in sorted(places) for tree in (place, repository_root(place)))
    return next((tree for tree in trees if folder.is_relative_to(tree)), None)


def _state(config: Config) -> object:
    """Return what a run rests on beside what it is given: harden itself, what it depends on, and facts of people."""
    facts = [(path, _digest(path)) for place in facts_of(config) for path in files_of(place)]
    stated = sorted(dict(config.mirrors).items()), tuple(config.non_root)
    return __version__, sys.version, _dependencies(), _own_files(), str(Path.cwd()), facts, stated


def _own_files() -> list[tuple[str, str]]:
    """Return each file of harden with its digest: in a checkout the version tells nothing."""
    package = Path(__file__).resolve().parents[2]
    found = {path for folder in (package, data_folder()) for path in folder.rglob("*")}
    return [(path.as_posix(), _digest(path)) for path in sorted(found) if _is_own(path)]


def _is_own(path: Path) -> bool:
    """Return whether a file is harden's, and not what Python makes of one."""
    return path.parent.name != "__pycache__" and path.is_file()


def _digest(path: Path) -> str:
    try:
        return of_bytes(path.read_bytes())
    except OSError as error:
        return str(error.errno)


def _dependencies() -> list[str]:
    """Return the packages that are installed with their versions: on which of them findings hang nobody has to know."""
    folders = [Path(each or ".") for each in sys.path if Path(each or ".").is_dir()]
    return sorted(path.name for folder in folders for path in folder.iterdir() if path.name.endswith(_INSTALLED))
