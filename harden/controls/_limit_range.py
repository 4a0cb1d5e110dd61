"""What the LimitRanges of a namespace do to a container's resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harden.kube.scheduling import defaults_of, read
from harden.model.kube import Resource, dig
from harden.model.record import Record


class Filled(Record):
    """What LimitRanges fill in (amounts in billionths, by resource), and the resources that they bind further."""

    requests: Mapping[str, int]
    limits: Mapping[str, int]
    bound: frozenset[str]


def filled_by(ranges: Sequence[Resource]) -> Filled:
    """Return what the LimitRanges of one namespace fill in.

    `bound` are resources whose ratio of limit to request, or whose sum for the pod, is limited: another amount for one
    container may then be refused. Source: kubernetes v1.36, plugin/pkg/admission/limitranger.
    """
    bound: set[str] = set()
    for each in ranges:
        items = dig(each.data, "spec", "limits")
        for item in items if isinstance(items, list) else ():
            bound |= set(read(dig(item, "maxLimitRequestRatio")))
            if dig(item, "type") == "Pod":
                bound |= {*read(dig(item, "max")), *read(dig(item, "min"))}
    defaults = defaults_of(ranges)
    return Filled(defaults.requests, defaults.limits, frozenset(bound))
