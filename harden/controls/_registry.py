"""What a control is, how a module declares one, and how they are found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from functools import cache
from importlib import import_module
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from harden.controls._custom import fitted, placed
from harden.controls._evidence import with_evidence
from harden.controls._obstacles import obstacle
from harden.controls._options import Option
from harden.kube.bundle import Bundle
from harden.model.finding import (
    Because,
    Finding,
    Fix,
    Level,
    NoFix,
    ObjectFinding,
)
from harden.model.kube import Version, Workload
from harden.model.record import Record
from harden.model.text import Plain

if TYPE_CHECKING:
    from harden.companions.context import BundleContext
    from harden.images.facts import ImageFacts
    from harden.usage import Usage

_RANK = {level: rank for rank, level in enumerate(Level)}


def _nothing_known(_image: str) -> ImageFacts | None:
    return None


class Context(Record):
    """What a control may know beside the workload: the level to reach, the version to judge by, its own options.

    `images` tells what is known of an image reference, `bundle` holds the neighbouring resources (for controls that
    declare `bundle=True`), `platform` is "kubernetes" or "openshift", `usage` is what was measured of containers; the
    defaults say that nothing is known.
    """

    level: Level
    version: Version
    options: Mapping[str, Plain] = MappingProxyType({})
    images: Callable[[str], ImageFacts | None] = _nothing_known
    bundle: Bundle = Bundle((), ())
    platform: str = "kubernetes"
    usage: Usage | None = None


class Scope(IntEnum):
    """What a control speaks of; all but workloads are looked at with the whole bundle, objects before namespaces."""

    WORKLOAD = 0
    OBJECT = 1
    NAMESPACE = 2

    @property
    def word(self) -> str:
        """Return the lower-case word that people see."""
        return self.name.lower()


Check = Callable[[Workload, Context], Iterator[Finding]]
Survey = Callable[["BundleContext"], Iterator[ObjectFinding]]


def _no_check(_workload: Workload, _context: Context) -> Iterator[Finding]:
    return iter(())


def _no_survey(_context: BundleContext) -> Iterator[ObjectFinding]:
    return iter(())


class Control(Record):
    """A hardening rule.

    `since` is the first version of Kubernetes whose Pod Security Standards ask for it; `checks` are the official check
    ids it stands for (none: it goes beyond the standards, and runs only where a profile enables it); `fields` are the
    fields it judges, as people write them; `doc` is the manual page; `bundle` says that it looks at other resources;
    `speaks_of` are keys: a pod with none of them anywhere is right by this control (empty: it looks at every pod).
    A control of another scope than WORKLOAD has a `survey` in place of a `check`, and runs where companions are asked
    for. `creates` are the kinds of objects that its fixes create; with `needs_all` it is not asked where part of the
    input is unread. `profiles` are the shipped profiles that enable it, and those that extend them with them.
    `by_image` says that its fixes rest on what is known of images.
    """

    id: str
    level: Level
    since: Version
    checks: tuple[str, ...]
    fields: tuple[str, ...]
    options: tuple[Option, ...]
    doc: str
    check: Check
    bundle: bool = False
    speaks_of: frozenset[str] = frozenset()
    scope: Scope = Scope.WORKLOAD
    survey: Survey = _no_survey
    creates: tuple[str, ...] = ()
    needs_all: bool = False
    profiles: tuple[str, ...] = ()
    by_image: bool = False

    @property
    def is_default(self) -> bool:
        """Return whether the control runs where a profile does not say: what goes beyond the standards does not.

        A control that looks at bundles runs wherever companions are asked for, unless only some profiles enable it.
        """
        return bool(self.checks) or (self.scope is not Scope.WORKLOAD and not self.profiles)

    def run(self, workload: Workload, context: Context) -> tuple[Finding, ...]:
        """Return what this control says of `workload`, in the order of the pod; nothing below its level or version.

        A fix that would have to go through a value of the wrong type (`securityContext: [1]`) is not offered.
        """
        settled = self.settled(context)
        return () if settled is None else tuple(check_all(workload, [(self, settled)]))

    def settled(self, context: Context) -> Context | None:
        """Return the context with this control's defaults, None where level or version do not ask for it."""
        if _RANK[context.level] < _RANK[self.level] or context.version < self.since:
            return None
        if all(option.name in context.options for option in self.options):
            return context
        return context._replace(options={o.name: o.default for o in self.options} | dict(context.options))

    def judge(self, workload: Workload, context: Context) -> list[Finding]:
        """Return what `run` returns, for a context that `settled` has returned: once for many workloads."""
        found = self.check(workload, context)
        if self.by_image:
            found = with_evidence(found, workload, context.images)
        return [self._stamped(finding, workload, context.platform) for finding in found]

    def _stamped(self, finding: Finding, workload: Workload, platform: str) -> Finding:
        checks = finding.checks or self.checks
        if workload.row.is_custom and isinstance(finding.fix, Fix):
            finding = fitted(finding, workload, platform)
        for change in finding.changes:
            blocking = obstacle(workload, change)
            if blocking is not None:
                reason = f"{blocking[-1]} has the wrong type: correct it first"
                wrong = NoFix(reason, Because.WRONG_TYPE)
                return Finding(finding.path, finding.message, wrong, checks, self.id, finding.severity)
        if workload.place.security != "securityContext":
            finding = placed(finding, workload)
        # What `_replace` does takes three times as long, and every finding comes through here.
        path, message, fix, _, _, severity, cis = finding
        return Finding(path, message, fix, checks, self.id, severity, cis)


def control(  # noqa: PLR0913 -- a declaration: each keyword stands for itself
    *,
    level: Level,
    since: Version,
    checks: tuple[str, ...],
    fields: tuple[str, ...],
    options: tuple[Option, ...] = (),
    bundle: bool = False,
    speaks_of: tuple[str, ...] = (),
    profiles: tuple[str, ...] = (),
    by_image: bool = False,
) -> Callable[[Check], Control]:
    """Return a decorator that makes a module's `check` function its control, named after the module.

    `bundle` says that it looks at the neighbouring resources, so that documents of other kinds are read too.
    `speaks_of` is for controls that only forbid: keys without any of which in the pod there is nothing to forbid.
    `profiles` is for what goes beyond the standards: the shipped profiles that enable it. `by_image` says that its
    fixes rest on what is known of images, so that they name where that comes from.
    """

    def declare(check: Check) -> Control:
        name, manual = _called(check.__module__)
        return Control(
            name,
            level,
            since,
            checks,
            fields,
            options,
            manual,
            check,
            bundle,
            frozenset(speaks_of),
            profiles=profiles,
            by_image=by_image,
        )

    return declare


def bundle_control(  # noqa: PLR0913 -- a declaration: each keyword stands for itself
    *,
    scope: Scope,
    fields: tuple[str, ...],
    options: tuple[Option, ...] = (),
    creates: tuple[str, ...] = (),
    needs_all: bool = False,
    profiles: tuple[str, ...] = (),
) -> Callable[[Survey], Control]:
    """Return a decorator that makes a module's `check` function, which looks at a whole bundle, its control.

    `creates` are the kinds of the objects that its fixes create. `needs_all` is for what could cut off or refuse what
    nobody has seen: such a control is not asked where part of the input is unread. `profiles` are the shipped profiles
    that enable it: where there are some, companions alone do not.
    """

    def declare(survey: Survey) -> Control:
        name, manual = _called(survey.__module__)
        return Control(
            name,
            Level.PRIVILEGED,
            (1, 0),
            (),
            fields,
            options,
            manual,
            _no_check,
            bundle=True,
            scope=scope,
            survey=survey,
            creates=creates,
            needs_all=needs_all,
            profiles=profiles,
        )

    return declare


def _called(module: str) -> tuple[str, str]:
    """Return the id of the control that a module declares, and its manual page."""
    return module.rpartition(".")[2].replace("_", "-"), sys.modules[module].__doc__ or ""


def check_all(workload: Workload, controls: Iterable[tuple[Control, Context]]) -> list[Finding]:
    """Return what `controls` say of `workload`, each with the context that its `settled` has returned."""
    keys = _keys(workload)
    return [
        finding
        for control, context in controls
        if not control.speaks_of or not control.speaks_of.isdisjoint(keys)
        for finding in control.judge(workload, context)
    ]


def _keys(workload: Workload) -> set[str]:
    """Return the keys that stand anywhere in a pod's spec, and those of its metadata."""
    found = set(workload.metadata)
    left: list[object] = [workload.spec]
    while left:
        data = left.pop()
        if isinstance(data, dict):
            found.update(data)
            left.extend(data.values())
        elif isinstance(data, list):
            left.extend(data)
    return found


@cache
def all_controls() -> tuple[Control, ...]:
    """Return every control of this package, sorted by id; raises TypeError for a module that declares none."""
    package = sys.modules[__name__.rpartition(".")[0]]
    # pkgutil finds them too, but imports `inspect` for it, which takes half as long as all controls.
    found = (file for folder in package.__path__ for file in FilePath(folder).iterdir() if file.suffix == ".py")
    names = [file.stem for file in found if not file.stem.startswith("_")]
    return tuple(sorted((_declared(f"{package.__name__}.{name}") for name in names), key=lambda found: found.id))


def _declared(module: str) -> Control:
    found = getattr(import_module(module), "check", None)
    if not isinstance(found, Control):
        raise TypeError(f"{module}: a control module defines `check` under @control")
    return found


def each_container(*names: str) -> tuple[str, ...]:
    """Return the paths of `names` in the three kinds of containers that the official checks visit."""
    kinds = ("initContainers", "containers", "ephemeralContainers")
    return tuple(f"spec.{kind}[*].{name}" for name in names for kind in kinds)


def pod_and_containers(*names: str) -> tuple[str, ...]:
    """Return the paths of `names` in the pod and in its containers."""
    return tuple(path for name in names for path in (f"spec.{name}", *each_container(name)))
