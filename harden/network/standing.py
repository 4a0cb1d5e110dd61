"""Owns how a name of a Service stands in a text: as a host, or as something else that is called the same.

A name counts only where it stands as a host: in a URL, before a port of that Service, with its namespace and `svc`,
behind an option or key that takes a host, or as a whole value. A word inside another word never counts.

The patterns take long to compile, so this is imported where a text may name a Service.
"""

from __future__ import annotations

import re

from harden.model.record import Record
from harden.network.hosts import Form, Mention
from harden.network.services import Service

#: What a pod's own namespace or name may be written as; it is filled in at run time.
_VARIABLE = r"\$\(\w+\)|\$\{\w+\}|\$\w+|\{\{[^{}]*\}\}"
_STEP = rf"(?>[a-z0-9_-]|{_VARIABLE})++"
HOST = re.compile(rf"(?<![\w$.\-])(?P<host>{_STEP}(?:\.{_STEP})*+)\.?+(?::(?P<port>\d{{1,5}})(?!\w|\.\d))?(?![\w\-])")
LINK = re.compile(r"(?<![A-Za-z0-9_])([A-Z][A-Z0-9_]*)_SERVICE_HOST(?![A-Za-z0-9_])")
IS_VARIABLE = re.compile(_VARIABLE)
_USER_INFO = re.compile(r"[^/\s@\"']*@")
_IN_URL = re.compile(r"([a-z][a-z0-9+.-]*)?://(?:[^/\s\"']*[@,])?$")
_OPTION = re.compile(r"(?:^|\s)(?:-h|-H|--host(?:name)?|--server|server|nslookup|wait-for)[ =\t]+[\"']?$")
_PORT_BEHIND = re.compile(r"[\"']?[ \t]+[\"']?(\d{1,5})(?![\w.])")
_ENTRY_KEY = re.compile(r"(?:^|[\n{,])[ \t]*(?:-[ \t]+)?[\"']?([\w.\-/]+)[\"']?[ \t]*[:=][ \t]*[\"']?$")
_ENTRY_END = re.compile(r"[\"']?[ \t]*(?:[,;}\]]|(?:#[^\n]*)?(?:\r?\n|$))")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

#: Enough of a line to see what a name stands behind.
_CONTEXT = 200

_HOST_WORD = re.compile(
    r"host(s|name)?|addr(s|ess|esses)?|ur[li]s?|servers?|services?|svc|endpoints?|brokers?|peers?|seeds?|backends?"
    r"|upstream|proxy|targets?|master|leader|dsn|connection|remote|api|bootstrap|nodes?|sentinels?|discovery|join|link"
)
#: The last word of a key whose value is no host, however it looks: POSTGRES_USER=postgres.
_OTHER_WORD = re.compile(
    r"user(name)?|login|role|owner|pass(word)?|secret|db(name)?|database|schema|namespace|topic|queue|bucket|prefix"
    r"|path|label|type|mode|driver|engine|kind|level|app|index|table|collection|realm|tag"
)


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
    if seen.after.startswith("://") or (_in_url(seen) and _USER_INFO.match(_behind(seen))):
        return None
    port = int(seen.match["port"]) if seen.match["port"] else None
    for is_host in (_in_url, _before_its_port, _is_full):
        if is_host(seen):
            return Mention(seen.service, port or _port_of_scheme(seen), certain=True, one_pod=seen.one_pod)
    if seen.before.endswith(("/", "@")) or seen.after.startswith(("/", ":", "=", "(")):
        return None
    if seen.form is not Form.STRICT and (_OPTION.search(seen.before) or _port_behind(seen) is not None):
        return Mention(seen.service, port or _port_behind(seen), certain=True, one_pod=seen.one_pod)
    certain = _in_value(seen) if seen.form is Form.VALUE else _in_file(seen)
    return None if certain is None else Mention(seen.service, port, certain=certain, one_pod=seen.one_pod)


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
    return _IN_URL.search(seen.before) is not None


def _before_its_port(seen: Seen) -> bool:
    """Return whether host:port is meant; `redis:7` is an image unless the Service has that port."""
    if seen.match["port"] is None or seen.before.endswith("/"):
        return False
    port = int(seen.match["port"])
    behind_pods = seen.service.headless and port > 1023
    return bool(seen.service.port(port)) or any(one.target == port for one in seen.service.ports) or behind_pods


def _is_full(seen: Seen) -> bool:
    steps = seen.match["host"].split(".")
    return not seen.before.endswith("/") and ("svc" in steps[2:] or seen.one_pod)


def _port_behind(seen: Seen) -> int | None:
    """Return the port of the Service that stands behind the name as a word of its own: `nc -z db 5432`."""
    found = _PORT_BEHIND.match(seen.after)
    return int(found[1]) if found is not None and seen.service.port(int(found[1])) else None


def _in_value(seen: Seen) -> bool | None:
    """Return whether the name is the whole value, or an element of a list, and how sure its key makes us."""
    hint = _hint(seen.key)
    # Words of a sentence or script are elements of a list only where the key speaks of hosts.
    elements = re.split(r"[,;\s]+" if hint else r"\s*[,;]\s*", seen.text.strip().strip("\"'"))
    return hint if seen.match.group().rstrip(".") in elements else None


def _in_file(seen: Seen) -> bool | None:
    if seen.form is not Form.FILE or not _ENTRY_END.match(seen.after):
        return None
    key = _ENTRY_KEY.search(seen.before)
    return None if key is None else _hint(key[1])


def _hint(key: str) -> bool | None:
    """Return whether a key says that its value is a host: True, False (it may be), or None (it is something else)."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if words and _OTHER_WORD.fullmatch(words[-1]):
        return None
    return bool(words) and words[-1] != "name" and any(_HOST_WORD.fullmatch(word) for word in words)


def is_pod(step: str) -> bool:
    """Return whether a first step can be one pod of a StatefulSet: its name, a hyphen and a number, or a variable."""
    return re.fullmatch(rf"[a-z0-9][a-z0-9-]*-\d+|.*(?:{_VARIABLE}).*", step) is not None


def is_comment(text: str, at: int) -> bool:
    """Return whether the line that a name stands in, at a code point of the text, begins as a comment."""
    start = text.rfind("\n", max(0, at - _CONTEXT), at) + 1
    return text[start:at].lstrip().startswith(("#", "//", ";"))
