"""Owns what explain and profile print."""

from __future__ import annotations

from harden.cli.request import DEFAULT_PROFILE, Goal, config_of, profile_of
from harden.docs import explain_all, manual
from harden.settings import describe, shipped

__all__ = ["describe_profile", "explain_all", "list_profiles", "manual"]


def describe_profile(goal: Goal) -> str:
    """Return the resolved profile with where each value comes from; raises HardenError for a wrong one."""
    return describe(profile_of(goal, config_of(goal)))


def list_profiles() -> str:
    """Return the shipped profiles, a line each."""
    profiles = shipped()
    width = max(len(profile.name) for profile in profiles)
    lines = []
    for profile in profiles:
        mark = " (default)" if profile.name == DEFAULT_PROFILE else ""
        lines.append(f"{profile.name:{width}}  {profile.description}{mark}\n")
    return "".join(lines)
