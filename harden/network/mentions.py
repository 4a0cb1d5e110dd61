"""Judges how a name of a Service stands in a text: as a host, perhaps as one, or as something else called the same.

A name is certain where it stands as a host: in a URL, before a port of that Service, with its namespace and `svc`,
behind a key, an option or a command that takes a host. Behind a key that says nothing it is a hint. A word inside
another word, of a path, in a comment, or behind a key for users, databases and the like never counts.

The patterns take long to compile, so this is imported where a text may name a Service.
"""

from __future__ import annotations

import re

from harden.model.record import Record
from harden.network.hosts import Form, Mention
from harden.network.keys import IS_DEFAULT, IS_DEVICE, Position, is_host_key, position
from harden.network.services import Service

#: What a pod's own namespace or name may be written as; it is filled in at run time.
_VARIABLE = r"\$\(\w+\)|\$\{\w+\}|\$\w+|\{\{[^{}]*\}\}"
_STEP = rf"(?>[a-z0-9_-]|{_VARIABLE})++"
HOST = re.compile(
    rf"(?:(?<![\w$.\-])(?!-(?!h))|(?<=[:A-Z0-9_]-))"
    rf"(?P<host>{_STEP}(?:\.{_STEP})*+)\.?+(?::(?P<port>\d{{1,5}})(?!\w|\.\d))?(?![\w\-])"
)
#: Variables that the kubelet gives every container for each Service (kubernetes.io, Service, Environment variables).
LINK = re.compile(
    r"(?<![A-Za-z0-9_])(?P<name>[A-Z][A-Z0-9_]*?)_"
    r"(?:SERVICE_HOST|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)(?![A-Za-z0-9_])"
    r"|\$[({]?(?P<other>[A-Z][A-Z0-9_]*?)_(?:SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT)(?![A-Za-z0-9_])"
)
IS_VARIABLE = re.compile(_VARIABLE)
_USER_INFO = re.compile(r"[^/\s@\"']*@")
_IN_URL = re.compile(r"([a-z][a-z0-9+.-]*)?://(?:[^/\s\"']*[@,])?$")
#: gRPC's names (github.com/grpc/grpc, doc/naming.md) have an empty authority before the host.
_GRPC_NAME = re.compile(r"(?:dns|passthrough|kubernetes|k8s|consul|xds):///$")
_PORT_BEHIND = re.compile(r"[\"']?[ \t]*,?[ \t]+[\"']?(\d{1,5})(?![\w.])|,(\d{1,5})(?![\w.])")
_PORT_VARIABLE = re.compile(r":\$[({]?\w+")

#: Somebody at a host (`user@db`), or a host without its scheme (`//db/x`).
_AT = re.compile(r"[\w.:-]@(?://)?$|(?:^|[\s\"'=])//$")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|/\*|<!--)(?!\S*[@:])|^\s*(?:#|//|;|--\s|\*\s|rem\s)", re.IGNORECASE)

#: Enough of a text to see what a name stands behind.
_CONTEXT = 400

#: Where a URL without a port leads (IANA, Service Name and Transport Protocol Port Number Registry).
_SCHEMES = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "amqp": 5672,
    "amqps": 5671,
    "ldap": 389,
    "ldaps": 636,
    "mongodb": 27017,
    "mysql": 3306,
    "nats": 4222,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
}


class Seen(Record):
    """A name as it stands in its text."""

    text: str
    match: re.Match[str]
    form: Form
    key: str
    service: Service
    one_pod: bool

    @property
    def before(self) -> str:
        """Return what stands before the name, as much as tells anything."""
        start = self.match.start()
        return self.text[max(0, start - _CONTEXT) : start]

    @property
    def after(self) -> str:
        """Return what stands behind the name and its port, as much as tells anything."""
        return self.text[self.match.end() : self.match.end() + _CONTEXT]


def judge(seen: Seen) -> Mention | None:
    """Return what a name that means a Service says of it, or None where it stands for something else."""
    is_variable = seen.before.endswith("-") and not IS_DEFAULT.search(seen.before)
    if is_variable or seen.after.startswith("://") or (_in_url(seen) and _USER_INFO.match(_behind(seen))):
        return None
    port = int(seen.match["port"]) if seen.match["port"] else None
    for is_host in (_in_url, _before_its_port, _is_full):
        if is_host(seen):
            return Mention(seen.service, port or _port_of_scheme(seen), certain=True, one_pod=seen.one_pod)
    if seen.form is Form.STRICT:
        return None
    certain = _stands_as_host(seen)
    if certain is None:
        return None
    return Mention(seen.service, port or _port_behind(seen), certain=certain, one_pod=seen.one_pod)


def _stands_as_host(seen: Seen) -> bool | None:
    """Return whether a bare name stands as a host: True, False (it may), or None (it stands for something else)."""
    if IS_DEVICE.search(seen.before):
        return True
    if _AT.search(seen.before):
        return False
    if seen.before.endswith("/") or seen.after.startswith(("(", "=")) or _is_key(seen):
        return None
    return True if _port_behind(seen) is not None else _judge_by_key(seen)


def _judge_by_key(seen: Seen) -> bool | None:
    """Return whether the name stands as a host: True, False (it may), or None (it stands for something else)."""
    if seen.form is Form.VALUE and (whole := _in_value(seen)) is not None:
        return whole.certain
    found = position(seen.before, seen.after, is_file=seen.form is Form.FILE)
    return None if found is None else found.certain


def _is_key(seen: Seen) -> bool:
    """Return whether the name is itself a key: `store: 5`, `store = 5`."""
    quoted = seen.after.lstrip("\"'")
    return quoted.startswith(":") and not _PORT_VARIABLE.match(quoted)


def usual_port(scheme: str) -> int | None:
    """Return the port of a URL that names none: of `mysql` for `mysql+pymysql`; None where nobody says."""
    return _SCHEMES.get(scheme.partition("+")[0])


def _port_of_scheme(seen: Seen) -> int | None:
    """Return the port that the URL around the name implies, where the Service has it."""
    found = _IN_URL.search(seen.before)
    port = usual_port(found[1]) if found is not None and found[1] else None
    return port if port is not None and seen.service.port(port) else None


def _behind(seen: Seen) -> str:
    return seen.text[seen.match.end("host") : seen.match.end("host") + _CONTEXT]


def _in_url(seen: Seen) -> bool:
    return _IN_URL.search(seen.before) is not None or _GRPC_NAME.search(seen.before) is not None


def _before_its_port(seen: Seen) -> bool:
    """Return whether host:port is meant; `redis:7` is an image unless the Service has that port."""
    if _PORT_VARIABLE.match(seen.after):
        return not seen.before.endswith("/")
    if seen.match["port"] is None or seen.before.endswith("/"):
        return False
    if seen.service.external_name:
        # It declares no ports: what it stands for has them.
        return True
    port = int(seen.match["port"])
    behind_pods = seen.service.headless and port > 1023
    return bool(seen.service.port(port)) or any(each.target == port for each in seen.service.ports) or behind_pods


def _is_full(seen: Seen) -> bool:
    steps = seen.match["host"].split(".")
    return not seen.before.endswith("/") and ("svc" in steps[2:] or seen.one_pod)


def _port_behind(seen: Seen) -> int | None:
    """Return the port of the Service that stands behind the name as a word of its own: `nc -z db 5432`."""
    found = _PORT_BEHIND.match(seen.after)
    number = None if found is None else int(found[1] or found[2])
    return number if number is not None and seen.service.port(number) else None


def _in_value(seen: Seen) -> Position | None:
    """Return how the name stands where it is the whole value, an element of a list, or the start of a path."""
    certain = is_host_key(seen.key)
    name = seen.match.group().rstrip(".")
    value = re.sub(r"^\[(.*)\]$", r"\1", seen.text.strip()).strip("\"'")
    # Words of a sentence or script are elements of a list only where the key speaks of hosts.
    elements = re.split(r"[\"',;\s]+" if certain else r"[\"']?\s*[,;]\s*[\"']?", value)
    if name in elements or (value.startswith(f"{name}/") and not re.search(r"[\s:]", value)):
        return Position(certain)
    return None


def is_pod(step: str) -> bool:
    """Return whether a first step can be one pod of a StatefulSet: its name, a hyphen and a number, or a variable."""
    return re.fullmatch(rf"[a-z0-9][a-z0-9-]*-\d+|.*(?:{_VARIABLE}).*", step) is not None


def is_comment(text: str, at: int) -> bool:
    """Return whether a name, at a code point of the text, stands in a comment: a line of its own or the rest of one."""
    if text.startswith("//") and "\n" not in text:
        # All of a value: an address without its scheme.
        return False
    start = text.rfind("\n", max(0, at - _CONTEXT), at) + 1
    return _COMMENT.search(text[start:at]) is not None
