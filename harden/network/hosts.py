"""Owns finding the names of Services in text: what a client is told of its peers.

Whether a name stands there as a host is for `harden.network.standing` to say.

Source: kubernetes.io, Concepts, DNS for Services and Pods (names relative to the pod's namespace, and full ones).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from harden.model.record import Record
from harden.network.services import Service

#: As many names are looked for one by one before a slow search.
_MANY = 50


class Form(Enum):
    """What kind of text a name was looked for in; decides whether a bare word can be a host."""

    VALUE = "value"  # the value of a variable or option: all of it may be a host
    SCRIPT = "script"  # words of a command
    FILE = "file"  # lines of `key: host` or `key = host`
    STRICT = "strict"  # prose, annotations: only URLs, host:port and full names


class Mention(Record):
    """A Service that a text names; `port` is the Service's or, for a headless one, the pod's.

    `certain` is False for a bare word that may mean something else. `one_pod` says that one pod of a StatefulSet is
    named.
    """

    service: Service
    port: int | None
    certain: bool
    one_pod: bool = False


class Hosts:
    """The names under which the Services of a bundle can be reached."""

    def __init__(self, services: Iterable[Service], namespaces: Iterable[str]) -> None:
        self._by_name: dict[str, list[Service]] = {}
        for service in services:
            self._by_name.setdefault(service.name, []).append(service)
        self._links = {name.upper().replace("-", "_"): name for name in self._by_name}
        self._namespaces = frozenset(namespaces)

    def mentions(self, text: str, namespace: str, form: Form, key: str = "") -> Iterator[Mention]:
        """Yield the Services that `text` names, seen from a pod in `namespace`; `key` is what the value is called."""
        if "_SERVICE_HOST" in text:
            yield from self._linked(text, namespace)
        # A test of bare substrings spares most texts the slow search, where there are not too many to test.
        if len(self._by_name) < _MANY and not any(name in text for name in self._by_name):
            return
        from harden.network.standing import HOST, Seen, is_comment, judge  # noqa: PLC0415 - many patterns, seldom used

        for match in HOST.finditer(text):
            steps = match["host"].split(".")
            if not any(step in self._by_name for step in steps) or is_comment(text, match.start()):
                continue
            for service, one_pod in self._resolve(steps, namespace):
                found = judge(Seen(text, match, form, key, service, one_pod))
                if found is not None:
                    yield found

    def resolve(self, host: str, namespace: str) -> tuple[Service, ...]:
        """Return the Services that a host name means, seen from a pod in `namespace`."""
        return tuple(service for service, _ in self._resolve(host.rstrip(".").split("."), namespace))

    def _linked(self, text: str, namespace: str) -> Iterator[Mention]:
        """Yield the Services whose variables (CART_SERVICE_HOST) a text names."""
        from harden.network.standing import LINK  # noqa: PLC0415 - see above

        for link in LINK.finditer(text):
            name = self._links.get(link[1], "")
            yield from (Mention(one, None, certain=True) for one in self._find([name], namespace))

    def _resolve(self, steps: list[str], namespace: str) -> Iterator[tuple[Service, bool]]:
        # _port._protocol of an SRV record.
        steps = steps[sum(step.startswith("_") for step in steps) :]
        found = self._find(steps, namespace)
        yield from ((service, False) for service in found)
        if found or len(steps) < 2 or not self._by_name:
            return
        from harden.network.standing import is_pod  # noqa: PLC0415 - see above

        if is_pod(steps[0]):
            yield from ((service, True) for service in self._find(steps[1:], namespace) if service.headless)

    def _find(self, steps: list[str], namespace: str) -> list[Service]:
        """Return the Services called by `name`, `name.namespace` or `name.namespace.svc...`."""
        named = self._by_name.get(steps[0], []) if steps else []
        if len(steps) == 1:
            return [one for one in named if one.namespace == namespace]
        if not named or (len(steps) > 2 and steps[2] != "svc"):
            return []
        from harden.network.standing import IS_VARIABLE  # noqa: PLC0415 - see above

        if IS_VARIABLE.fullmatch(steps[1]):
            return [one for one in named if one.namespace == namespace]
        exact = [one for one in named if one.namespace == steps[1]]
        if exact or len(steps) == 2:
            return exact
        # A namespace that the bundle does not show can be the one that its objects are yet to be put into.
        return [one for one in named if not one.stated and steps[1] not in self._namespaces]
