"""The words that options take, for their help and for shells that complete; what is slow to import is so when asked."""

from collections.abc import Callable, Sequence

RISKS = ("safe", "review", "breaking")
FORMATS = ("text", "diff", "json", "sarif", "github", "gitlab", "junit", "rdjsonl", "html", "markdown")
COLORS = ("auto", "always", "never")
PICTURES = ("text", "mermaid", "dot", "svg", "html")
FRAMEWORKS = ("nsa", "cis", "pss", "principles")
INLINE = ("flux", "flux-helm", "argo-cd")
#: What may stop a release: a workload is refused, a breaking fix is left open, facts about images are missing.
FAIL_ON = ("short", "breaking", "waiting")


def one_of(words: Sequence[str]) -> Callable[[], list[str]]:
    """Return what tells shells that complete the words of an option that takes one of them."""
    return lambda: list(words)


def control_ids() -> list[str]:
    """Return the ids of all controls, for shells that complete."""
    from harden.controls import all_controls  # noqa: PLC0415 - only shells that complete need it

    return [control.id for control in all_controls()]


def profile_names() -> list[str]:
    """Return the names of the shipped profiles, for shells that complete."""
    from harden.settings import shipped  # noqa: PLC0415 - only shells that complete need it

    return [profile.name for profile in shipped()]


def explained() -> list[str]:
    """Return what `harden explain` has a page for: controls, and official checks."""
    from harden.controls import all_controls  # noqa: PLC0415 - only shells that complete need it

    checks = dict.fromkeys(check for control in all_controls() for check in control.checks)
    return [*control_ids(), *checks]


def pss_versions() -> list[str]:
    """Return the versions of the Pod Security Standards, the newest first."""
    from harden.pss import NEWEST  # noqa: PLC0415 - only shells that complete need it

    return ["latest", *(f"v1.{minor}" for minor in range(NEWEST[1], -1, -1))]
