"""The LimitRange of a namespace: what containers get that state nothing, and the most that one may state."""

from __future__ import annotations

from harden.companions import yaml_text
from harden.companions.budget import Budget, amount, governed, limits_of, unlimited_requests
from harden.companions.model import Companion
from harden.companions.quota_settings import QuotaSettings
from harden.kube.quantity import NANO, Format, Quantity
from harden.kube.scheduling import Need
from harden.model.finding import Risk
from harden.model.record import Record


class Range(Record):
    """Defaults and maxima for containers, by resource name, in billionths."""

    default_request: dict[str, int]
    default: dict[str, int]
    maximum: dict[str, int]

    @property
    def defaults(self) -> Need:
        """Return what a container gets that states nothing."""
        return Need({**self.default, **self.default_request}, self.default)


def choose(budget: Budget, settings: QuotaSettings) -> Range:
    """Return a range that every container of the budget satisfies.

    A limit is capped, and given by default, only where every container states it or the settings name a default: a
    cap that nobody measured throttles or kills. No default limit is below what a container asks for that has none.
    """
    wished = {name: amount(text) for name, text in settings.default_requests.items()}
    imposed = {
        name: max([amount(text), *unlimited_requests(budget, name)]) for name, text in settings.default_limits.items()
    }
    within = {row[2] for row in governed(budget, Need(wished, imposed)) if row[1] == "limits"}
    maximum, default = {}, {}
    for name in sorted(within):
        most = max([*limits_of(budget, Need(wished, imposed), name), imposed.get(name, 0)])
        default[name] = imposed.get(name, most)
        maximum[name] = tidy(name, with_headroom(most, settings.headroom))
    request = {name: min(each, default.get(name, each)) for name, each in sorted(wished.items())}
    return Range(request, default, maximum)


def write(budget: Budget, chosen: Range, *, capped: bool) -> Companion:
    """Return the LimitRange as a companion; without `capped` it sets no maximum (for containers nobody can see)."""
    name = f"{budget.namespace}-limits"
    lines = yaml_text.head("LimitRange", name, budget.namespace)
    lines += ["spec:", "  limits:", "    - type: Container"]
    lines += [yaml_text.comment("For containers that state no request: a quota would refuse their pods.", 6)]
    lines += ["      defaultRequest:", *yaml_text.entries(shown(chosen.default_request), 8)]
    if chosen.default:
        lines += [yaml_text.comment("For containers that state no limit: no less than any of these files asks for.", 6)]
        lines += ["      default:", *yaml_text.entries(shown(chosen.default), 8)]
    if chosen.maximum and capped:
        lines += [yaml_text.comment("What the largest container of these files states, and headroom.", 6)]
        lines += ["      max:", *yaml_text.entries(shown(chosen.maximum), 8)]
    because = "gives containers that state no resources what the quota asks for"
    return Companion(
        "LimitRange",
        name,
        budget.namespace,
        yaml_text.text(lines),
        because,
        lacks=f"namespace {budget.namespace} has no LimitRange for the quota that it has",
        risk=Risk.REVIEW,
        reason="containers that state no resources get these",
    )


def shown(amounts: dict[str, int]) -> dict[str, str]:
    """Return amounts as Kubernetes writes them: bytes with binary suffixes, everything else with decimal ones."""
    return {name: str(Quantity(each, _format(name))) for name, each in amounts.items()}


def with_headroom(nano: int, percent: int) -> int:
    """Return an amount and so many percent of it, rounded up."""
    return -(-nano * (100 + percent) // 100)


def tidy(name: str, nano: int) -> int:
    """Return an amount rounded up to what reads well: 10m of CPU, 1Mi of bytes, whole numbers of anything else."""
    if name.endswith("cpu"):
        step = NANO // 100
    elif _format(name) is Format.BINARY:
        step = 2**20 * NANO
    else:
        step = NANO
    return -(-nano // step) * step


def _format(name: str) -> Format:
    return Format.BINARY if name.endswith(("memory", "storage")) or "hugepages-" in name else Format.DECIMAL
