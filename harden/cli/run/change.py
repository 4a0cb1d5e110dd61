"""What changed, as the command line asks for it: since a commit, or by a patch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from harden.adapters.repository import standpoint
from harden.changes.patch import read_patch
from harden.cli.request import Request
from harden.cli.run.inputs import bytes_of
from harden.errors import HardenError
from harden.model import filename
from harden.model.change import WHOLE, Change, FileChange


def changed(request: Request, names: Iterable[str]) -> Change:
    """Return what changed of the files that a run looks at; raises HardenError where that cannot be told."""
    if request.since is not None:
        root, files, unknown = _since(request.since)
        said = f"--since {request.since}"
    else:
        root, files, unknown = _patched(request.patch_file or "")
        said = f"--patch-file {request.patch_file}"
    known: dict[str, FileChange] = {}
    for name in names:
        path = _below(root, name)
        if path in files:
            known[name] = files[path]
        elif any(path.startswith(f"{folder}/") for folder in unknown):
            known[name] = WHOLE
    return Change(said, known, request.lines)


def _since(ref: str) -> tuple[Path, Mapping[str, FileChange], tuple[str, ...]]:
    from harden.adapters.git import ChangedTree  # noqa: PLC0415 - only where it is asked for

    tree = ChangedTree(ref)
    files = read_patch(tree.patch, f"--since {ref}")
    return tree.root, files | dict.fromkeys(tree.untracked, WHOLE), tree.unknown


def _patched(name: str) -> tuple[Path, Mapping[str, FileChange], tuple[str, ...]]:
    data = bytes_of("--patch-file", name)
    root = Path(filename.real(standpoint().root))
    changed = read_patch(data.decode("utf-8", "surrogateescape"), f"--patch-file: {name}")
    if changed and not any((root / path).exists() for path in changed):
        first = next(iter(changed))
        said = f"none of the files that it changes is here: {first} is looked for from the root of the repository"
        raise HardenError(f"--patch-file: {name}: {said}, or from this folder where there is none")
    # Of a submodule a patch says that it has another commit, and not what that changes.
    return root, changed, tuple(path for path in changed if (root / path).is_dir())


def _below(root: Path, name: str) -> str:
    """Return a file's name as seen from the root, and what lies elsewhere by its absolute path.

    A link is the file that it leads to: that is the one whose lines changed.
    """
    path = filename.real(name)
    return filename.relative(path, root) if path.startswith(f"{root.as_posix().rstrip('/')}/") else path
