"""What a person may decide about generated ResourceQuotas and LimitRanges."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.record import Record


class QuotaSettings(Record):
    """What the profile says of quotas.

    `headroom` in percent. `nodes` that DaemonSets run on, None where nobody said. `overlap`: Jobs of one CronJob that
    may run at once where its policy allows any number. `object_counts` says whether objects are limited, too, and
    `spare_objects` is for Secrets and ConfigMaps beyond those that are known of. `default_requests` are
    for containers that state none. `default_limits` cap containers that state none: empty, so that nothing is capped
    that nobody measured. `room`, by quota name, is for pods that the bundle does not show.
    """

    headroom: int = 20
    nodes: int | None = None
    overlap: int = 2
    object_counts: bool = False
    spare_objects: int = 10
    default_requests: Mapping[str, str] = {"cpu": "50m", "memory": "64Mi"}
    default_limits: Mapping[str, str] = {}
    room: Mapping[str, str] = {}
