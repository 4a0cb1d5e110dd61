"""The records of a resolved profile: the level to reach and the settings of each control."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harden.model.finding import Level, Risk
from harden.model.kube import Version
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import Plain


class ControlSetting(Record):
    """Whether a control runs, and its options."""

    enabled: bool = True
    options: Mapping[str, Plain] = MappingProxyType({})


class Profile(Record):
    """A resolved profile; `version` is what the pods are judged by, None for the newest (`latest`).

    `origins` maps dotted keys ("controls.run-as-user.enabled") to the name of the file or option that set them.
    `with_companions` says that the controls run that look at a whole bundle, and `owns` are the namespaces that its
    files decide for. `platform` is "kubernetes" or "openshift". `notes` are on its files.
    """

    name: str
    level: Level
    version: Version | None
    risk: Risk
    controls: Mapping[str, ControlSetting]
    origins: Mapping[str, str]
    with_companions: bool = False
    owns: tuple[str, ...] = ()
    platform: str = "kubernetes"
    notes: tuple[Problem, ...] = ()

    @property
    def options(self) -> dict[str, Mapping[str, Plain]]:
        """Return the options of every control, by its id."""
        return {name: setting.options for name, setting in self.controls.items()}

    @property
    def version_word(self) -> str:
        """Return the version as people write it: `v1.N` or `latest`."""
        return "latest" if self.version is None else f"v{self.version[0]}.{self.version[1]}"
