"""Names the companions of earlier runs that this one does not write again; nothing is deleted."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from harden.generated.files import OutputFiles
from harden.generated.output_file import OutputFile
from harden.generated.previous import PreviousObject
from harden.model.report import Problem, Stage


def leftovers(
    earlier: Mapping[str, PreviousObject],
    output_files: OutputFiles,
    volumes: Sequence[OutputFile],
    kinds: frozenset[str],
) -> list[OutputFile]:
    """Return the volumes with notes on objects of earlier runs that this one does not write again.

    Only objects of these kinds are looked at: the files of kinds that are switched off stay.
    """
    found = {posixpath.normpath(each.name): each for each in volumes}
    for name, before in earlier.items():
        key = posixpath.normpath(name)
        held = {(each.kind, each.namespace, each.name) for each in before.objects if each.kind in kinds}
        gone = sorted(f"{kind} {name}" for kind, _, name in held - output_files.objects(key))
        if not gone:
            continue
        if key in output_files.names:
            said, hint = f"no longer holds {', '.join(gone)}", "harden deletes nothing from a cluster"
        else:
            said, hint = f"holds what this run does not write: {', '.join(gone)}", "delete the file if nothing needs it"
        note = Problem(name, Stage.NOTE, said, hint=hint)
        volume = found.get(key) or OutputFile(name, None, None)
        found[key] = volume._replace(notes=(*volume.notes, note))
    return list(found.values())
