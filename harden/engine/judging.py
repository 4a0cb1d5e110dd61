"""Judges one pod after the other by a profile: the official checks that refuse it, and what the controls find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harden.controls import Context, Control, Scope, all_controls, left_alone
from harden.engine.alike import AlikePods, Asked, AskedImages
from harden.engine.stand_ins import Likeness
from harden.images.by_file import Lookup
from harden.kube.bundle import Bundle
from harden.kube.pods import Malformed
from harden.model.finding import Finding, NoFix
from harden.model.kube import Workload
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import CheckFailure
from harden.pss import NEWEST, MalformedPod, evaluate

if TYPE_CHECKING:
    from harden.usage import Usage

#: Stands as the control of a finding for an official check that fails without a control having found why.
EVALUATOR = "pod-security"


class Verdict(Record):
    """The official checks that refuse a pod, the findings of the controls, and how it looks (None: like no other)."""

    failures: tuple[CheckFailure, ...]
    findings: tuple[Finding, ...]
    likeness: Likeness | None


class Judge:
    """Judges pods by a profile; `controls` are those that it chooses from, None: all that there are."""

    def __init__(self, profile: Profile, usage: Usage | None, controls: Sequence[Control] | None) -> None:
        self._profile = profile
        self._alike = AlikePods()
        version = min(profile.version or NEWEST, NEWEST)
        every = all_controls() if controls is None else controls
        own_scope = [control for control in every if control.scope is Scope.WORKLOAD]
        settings = [(control, profile.controls.get(control.id)) for control in own_scope]
        base = Context(profile.level, version, platform=profile.platform, usage=usage)
        enabled = [(control, own.options) for control, own in settings if own is not None and own.enabled]
        asked = ((control, control.settled(base._replace(options=options))) for control, options in enabled)
        #: The controls that look at workloads at this level and version, each with what holds for the whole run.
        self._controls = [(control, context) for control, context in asked if context is not None]
        off = [control for control, own in settings if own is not None and not own.enabled and control.checks]
        self._switched_off = [control for control in off if control.settled(base) is not None]
        #: Whether controls look at the neighbours of a workload, whether or not level and version ask for them.
        self.needs_bundle = any(control.bundle for control, _ in enabled)

    def active(self) -> tuple[str, ...]:
        """Return the ids of the controls that look at workloads, at this level and version."""
        return tuple(control.id for control, _ in self._controls)

    def beside(self, bundle: Bundle, images: Lookup) -> Asked:
        """Return the controls that look at workloads, with what they may know beside those of one file."""
        asked = AskedImages(images)
        return Asked([(control, _beside(known, bundle, asked)) for control, known in self._controls], asked)

    def judge(self, workload: Workload, asked: Asked) -> Verdict | Malformed:
        """Return the verdict on a workload, or what of it the API server could not decode."""
        profile = self._profile
        is_pod = workload.kind == "Pod"
        try:
            failures = evaluate(workload.metadata, workload.spec, profile.level, profile.version, is_pod=is_pod)
        except MalformedPod as wrong:
            return Malformed((*workload.template, *wrong.path), wrong.message)
        findings, likeness = self._alike.check(workload, asked)
        if self._switched_off:
            findings = [left_alone(finding, workload, self._switched_off) for finding in findings]
        findings.extend(_unexplained(workload, failures, findings))
        return Verdict(failures, tuple(findings), likeness)


def _beside(known: Context, bundle: Bundle, images: Lookup) -> Context:
    # What `_replace` does takes three times as long.
    level, version, options, _, _, platform, usage = known
    return Context(level, version, options, images, bundle, platform, usage)


def _unexplained(workload: Workload, failures: tuple[CheckFailure, ...], findings: list[Finding]) -> Iterator[Finding]:
    """Yield a finding for each failing official check that no finding is about (its control may be switched off)."""
    for failure in failures:
        if not any(failure.id in finding.checks for finding in findings):
            message = f"{failure.reason} ({failure.detail})" if failure.detail else failure.reason
            reason = "no enabled control fixes this check"
            yield Finding(workload.pod, message, NoFix(reason), checks=(failure.id,), control=EVALUATOR)
