"""What the LimitRanges of a namespace do to a container's resources."""

from __future__ import annotations

from collections.abc import Iterable

from harden.kube.scheduling import read
from harden.model.kube import Resource, dig
from harden.model.record import Record


class Filled(Record):
    """What LimitRanges fill in (amounts in billionths, by resource), and the resources that they bind further."""

    requests: dict[str, int]
    limits: dict[str, int]
    bound: frozenset[str]


def filled_by(ranges: Iterable[Resource]) -> Filled:
    """Return what the LimitRanges of one namespace fill in.

    `bound` are resources whose ratio of limit to request, or whose sum for the pod, is limited: another amount for one
    container may then be refused. Source: kubernetes v1.36, pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem (a
    maximum is the default limit where there is none, that is the default request, and a minimum the default request
    where there is no other), and plugin/pkg/admission/limitranger.
    """
    requests: dict[str, int] = {}
    limits: dict[str, int] = {}
    bound: set[str] = set()
    for each in ranges:
        items = dig(each.data, "spec", "limits")
        for item in items if isinstance(items, list) else ():
            bound |= set(read(dig(item, "maxLimitRequestRatio")))
            if dig(item, "type") == "Pod":
                bound |= {*read(dig(item, "max")), *read(dig(item, "min"))}
            elif dig(item, "type") == "Container":
                default = {**read(dig(item, "max")), **read(dig(item, "default"))}
                requests |= {**read(dig(item, "min")), **default, **read(dig(item, "defaultRequest"))}
                limits |= default
    return Filled(requests, limits, frozenset(bound))
