"""Which controls ran, and what --framework asks for: the framework of a report for auditors."""

from __future__ import annotations

from harden.cli.request import Request
from harden.engine.check import Checker
from harden.model.profile import Profile
from harden.model.report import Audit, Report


def audited(report: Report, request: Request, profile: Profile) -> Report:
    """Return a report with what it is to be sorted by, as it is where no framework is asked for."""
    if request.framework is None:
        return report
    return report._replace(audit=Audit(request.framework, tuple(sorted(controls_run(report, profile)))))


def controls_run(report: Report, profile: Profile) -> tuple[str, ...]:
    """Return the ids of the controls that ran; those that look at bundles did where companions were asked for."""
    ran = Checker(profile).active()
    if report.beside is None:
        return ran
    from harden.generated import bundle_controls  # noqa: PLC0415 - slow to load

    return (*ran, *(control.id for control in bundle_controls(profile)))
