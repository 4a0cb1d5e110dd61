"""What --framework asks for: the framework of a report for auditors, and the controls that ran."""

from __future__ import annotations

from harden.cli.request import Request
from harden.engine.check import Checker
from harden.model.profile import Profile
from harden.model.report import Audit, Report


def audited(report: Report, request: Request, profile: Profile) -> Report:
    """Return a report with what it is to be sorted by, as it is where no framework is asked for.

    The controls that look at bundles ran where companions were asked for.
    """
    if request.framework is None:
        return report
    from harden.generated import bundle_controls  # noqa: PLC0415 - slow to load

    ran = Checker(profile).active()
    if report.beside is not None:
        ran = (*ran, *(control.id for control in bundle_controls(profile)))
    return report._replace(audit=Audit(request.framework, tuple(sorted(ran))))
