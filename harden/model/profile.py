"""Owns the resolved profile: the level to reach and the settings of each control."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harden.model.finding import Level, Risk
from harden.model.kube import Version
from harden.model.record import Record
from harden.model.text import Plain


class ControlSetting(Record):
    """Whether a control runs, and its options."""

    enabled: bool = True
    options: Mapping[str, Plain] = MappingProxyType({})


class Profile(Record):
    """A resolved profile; `version` is what the pods are judged by, None for the newest (`latest`).

    `origins` maps dotted keys ("controls.run-as-user.enabled") to the name of the file or option that set them.
    `companions` has all their settings, as `harden.settings.companion_keys` lists them. `platform` is "kubernetes" or
    "openshift".
    """

    name: str
    level: Level
    version: Version | None
    risk: Risk
    controls: Mapping[str, ControlSetting]
    origins: Mapping[str, str]
    companions: Mapping[str, Plain] = MappingProxyType({})
    platform: str = "kubernetes"

    @property
    def version_word(self) -> str:
        """Return the version as people write it: `v1.N` or `latest`."""
        return "latest" if self.version is None else f"v{self.version[0]}.{self.version[1]}"
