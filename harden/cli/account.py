"""Owns what a run says of its exemptions in the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harden.cli.request import Request
from harden.engine.check import Examiner
from harden.engine.exempt import Exempting
from harden.model.profile import Profile
from harden.model.report import Exempted
from harden.settings import Config


def account_of(
    exempting: Exempting, request: Request, config: Config, profile: Profile, beside: Sequence[str]
) -> tuple[Exempted, ...]:
    """Return what became of each exemption of a run; `beside` are the controls that looked at the bundle."""
    return exempting.account((*Examiner(profile).active(), *beside), whole=_is_whole(request, config))


def _is_whole(request: Request, config: Config) -> bool:
    """Return whether a run looks at all that the exemptions of harden.yaml may be about: its folder."""
    if config.path is None or request.is_stream or request.include or request.exclude:
        return False
    folder = config.path.parent.resolve()
    return any(folder.is_relative_to(Path(path).resolve()) for path in request.paths or (".",))
