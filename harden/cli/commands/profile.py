"""What profile prints: a resolved profile, or the list of the shipped ones."""

from __future__ import annotations

from harden.cli.request import DEFAULT_PROFILE, Request, config_of, profile_of
from harden.settings import describe, shipped


def describe_profile(request: Request) -> str:
    """Return the resolved profile with where each value comes from; raises HardenError for a wrong one."""
    return describe(profile_of(request, config_of(request.config)))


def list_profiles() -> str:
    """Return the shipped profiles, a line each."""
    profiles = shipped()
    width = max(len(profile.name) for profile in profiles)
    lines = []
    for profile in profiles:
        mark = " (default)" if profile.name == DEFAULT_PROFILE else ""
        lines.append(f"{profile.name:{width}}  {profile.description}{mark}\n")
    return "".join(lines)
