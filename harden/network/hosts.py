"""Finds the names of Services in text: what a client is told of its peers.

Whether a name stands there as a host is for `harden.network.mentions` to say.

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
        services = tuple(services)
        for service in services:
            self._by_name.setdefault(service.name, []).append(service)
        #: Services with a fixed address (core/v1, ServiceSpec clusterIP).
        self._by_address = {address: service for service in services for address in service.addresses}
        self._links = {name.upper().replace("-", "_"): name for name in self._by_name}
        self._namespaces = frozenset(namespaces)

    def mentions(self, text: str, namespace: str, form: Form, key: str = "") -> Iterator[Mention]:
        """Yield the Services that `text` names, seen from a pod in `namespace`; `key` is what the value is called."""
        if "_SERVICE_" in text or "_PORT" in text:
            yield from self._linked(text, namespace)
        # A test of bare substrings spares most texts the slow search, where there are not too many to test.
        few = len(self._by_name) < _MANY
        if few and not any(name in text for name in self._by_name) and not any(ip in text for ip in self._by_address):
            return
        from harden.network.mentions import HOST, Seen, is_comment, judge  # noqa: PLC0415 - many patterns, seldom used

        for match in HOST.finditer(text):
            if match["host"].startswith("-h") and form is not Form.STRICT:
                # mysql -hstore
                glued = self._find(match["host"].removeprefix("-h").split("."), namespace)
                yield from (Mention(service, None, certain=True) for service in glued)
                continue
            steps = match["host"].split(".")
            named = match["host"] in self._by_address or any(step in self._by_name for step in steps)
            if not named or is_comment(text, match.start()):
                continue
            if match["host"] in self._by_address:
                port = int(match["port"]) if match["port"] else None
                yield Mention(self._by_address[match["host"]], port, certain=True)
                continue
            for service, one_pod in self._resolve(steps, namespace):
                found = judge(Seen(text, match, form, key, service, one_pod))
                if found is not None:
                    yield found

    def resolve(self, host: str, namespace: str) -> tuple[Service, ...]:
        """Return the Services that a host name or fixed address means, seen from a pod in `namespace`."""
        if host in self._by_address:
            return (self._by_address[host],)
        return tuple(service for service, _ in self._resolve(host.rstrip(".").split("."), namespace))

    def _linked(self, text: str, namespace: str) -> Iterator[Mention]:
        """Yield the Services whose variables (CART_SERVICE_HOST) a text names."""
        from harden.network.mentions import LINK  # noqa: PLC0415 - see above

        for link in LINK.finditer(text):
            name = self._links.get(link["name"] or link["other"], "")
            # A variable NAME_PORT may be one that the files set themselves.
            certain = link["name"] is not None
            yield from (Mention(each, None, certain=certain) for each in self._find([name], namespace))

    def _resolve(self, steps: list[str], namespace: str) -> Iterator[tuple[Service, bool]]:
        # _port._protocol of an SRV record.
        steps = steps[sum(step.startswith("_") for step in steps) :]
        found = self._find(steps, namespace)
        yield from ((service, False) for service in found)
        if found or len(steps) < 2 or not self._by_name:
            return
        from harden.network.mentions import is_pod  # noqa: PLC0415 - see above

        if is_pod(steps[0]):
            yield from ((service, True) for service in self._find(steps[1:], namespace) if service.headless)

    def _find(self, steps: list[str], namespace: str) -> list[Service]:
        """Return the Services called by `name`, `name.namespace` or `name.namespace.svc...`."""
        named = self._by_name.get(steps[0], []) if steps else []
        if len(steps) == 1:
            return [each for each in named if each.namespace == namespace]
        if not named or (len(steps) > 2 and steps[2] != "svc"):
            return []
        from harden.network.mentions import IS_VARIABLE  # noqa: PLC0415 - see above

        if IS_VARIABLE.fullmatch(steps[1]):
            return [each for each in named if each.namespace == namespace]
        exact = [each for each in named if each.namespace == steps[1]]
        if exact or len(steps) == 2:
            return exact
        # A namespace that the bundle does not show can be the one that its objects are yet to be put into.
        return [each for each in named if not each.stated and steps[1] not in self._namespaces]
