"""The options of companions: which companions, for which namespaces, and where they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harden.controls import Control, Scope, all_controls
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import Plain

if TYPE_CHECKING:
    from harden.network.flows.model import Flows


def bundle_controls(profile: Profile) -> tuple[Control, ...]:
    """Return the controls that look at bundles and that the profile does not switch off."""
    found = (control for control in all_controls() if control.scope is not Scope.WORKLOAD)
    on = (control for control in found if profile.controls[control.id].enabled)
    return tuple(sorted(on, key=lambda control: control.scope))


class GenerateOptions(Record):
    """What is asked for.

    `controls` are those that look at bundles and run, `options` those of all controls, by id. `owns` are namespaces
    that the bundle may decide for, `fallback` is the one of objects that name none, None where nobody said. `folder`
    takes all companions; None: they stand beside the manifests. `look` returns what a file holds, None where there is
    none; it is None itself for a stream, to which companions are appended. `unnamed` is a manifest that lies beside the
    files of the run and is not among them, "" where there is none. `roots` are the folders that the run looks at as a
    whole. `flows` is what a log shows of connections.
    """

    options: Mapping[str, Mapping[str, Plain]]
    controls: tuple[Control, ...] = ()
    owns: tuple[str, ...] = ()
    fallback: str | None = None
    folder: str | None = None
    look: Callable[[str], bytes | Problem | None] | None = None
    unnamed: str = ""
    roots: tuple[str, ...] = ()
    flows: Flows | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of objects that are created, but for those of which a control is switched off."""
        on = frozenset(kind for control in self.controls for kind in control.creates)
        off = (control for control in all_controls() if control not in self.controls)
        return on - {kind for control in off for kind in control.creates}

    @property
    def namespace(self) -> str:
        """Return the namespace of objects that name none: what was said, or that of kubectl."""
        return self.fallback or "default"
