"""Finds a host and its port where they stand apart: in neighbouring variables, lines of a file, or words of a string.

Sources: learn.microsoft.com, SqlConnection.ConnectionString (`Server=host,port`); postgresql.org, libpq connection
strings (`host=... port=...`); npgsql.org (`Host=...;Port=...`); git-scm.com, Git URLs (`user@host:path` is SSH).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harden.model.plain import is_number
from harden.network.texts import Text

#: A host, and a port or None where no text names it.
HostPort = tuple[str, int | None]

#: Of a name with a dot or of one word.
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_DOTTED = rf"(?=[A-Za-z0-9-]+\.){HOST}"
_HOST_KEY = re.compile(r"(?:^|[_\-.])(host(?:s|name)?|server|addr(?:ess)?|endpoint|domain)$", re.IGNORECASE)
_PORT_KEY = re.compile(r"(?:^|[_\-.])port$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LINE = re.compile(
    r"^[ \t]*(?:-[ \t]+)?[\"']?([\w.\-]+)[\"']?[ \t]*[:=][ \t]*[\"']?([^\s\"',;#]+)[\"']?[ \t,;]*(?:#.*)?$"
)
_SERVER = re.compile(
    rf"(?<![\w.\-])(?:server|data source|addr(?:ess)?|network address)\s*=\s*"
    rf"(?:tcp:({_DOTTED})(?:,(\d{{1,5}}))?|({_DOTTED})(?:,(\d{{1,5}})|(?=\s*;)))",
    re.IGNORECASE,
)
#: Words of libpq or Npgsql: there is another word in the same line.
_WORDS = re.compile(rf"(?<![\w.\-])host(?:name)?\s*=\s*[\"']?({_DOTTED})(?=[\"']?(?:\s*;|\s+\w+\s*=))", re.IGNORECASE)
_WORDS_PORT = re.compile(r"\bport\s*=\s*[\"']?(\d{1,5})", re.IGNORECASE)
_SSH = re.compile(rf"(?<![\w/:@.])[\w.-]+@({_DOTTED}):(?!\d+/?\b|//)[\w~./-]+")
#: Of Microsoft SQL Server, which `Server=` mostly means (IANA, ms-sql-s).
_SQL_SERVER, _SSH_PORT, _POSTGRES = 1433, 22, 5432
#: As many lines may stand between a host and its port.
_NEAR = 4


def in_text(text: Text) -> Iterator[HostPort]:
    """Yield hosts with ports that a single text names in other forms than URL and `host:port`."""
    for line in text.value.splitlines():
        if line.lstrip().startswith(("#", "//", ";")):
            continue
        for over_tcp, its_port, plain, port in _SERVER.findall(line):
            yield (over_tcp or plain).lower(), int(its_port or port or _SQL_SERVER)
        for host in _WORDS.findall(line):
            port = _WORDS_PORT.search(line)
            yield host.lower(), int(port[1]) if port is not None else _POSTGRES
        for host in _SSH.findall(line):
            yield host.lower(), _SSH_PORT
    yield from _pairs(_entries(text.value))


def in_variables(texts: Iterable[Text]) -> Iterator[tuple[Text, HostPort]]:
    """Yield the text of each variable that names a host, whose port another variable holds: SMTP_HOST, SMTP_PORT."""
    by_key = {text.key: text for text in texts if "\n" not in text.value}
    ports = {stem: text.value for key, text in by_key.items() if (stem := _stem(key, _PORT_KEY)) is not None}
    for key, text in by_key.items():
        stem = _stem(key, _HOST_KEY)
        if stem is not None and re.fullmatch(HOST, text.value):
            port = ports.get(stem, "")
            yield text, (text.value.lower(), int(port) if is_number(port) else None)


def _stem(key: str, ending: re.Pattern[str]) -> str | None:
    """Return what a key begins with, without its ending: `smtp` of SMTP_HOST, smtpHost and smtp.host."""
    plain = _CAMEL.sub("_", key)
    found = ending.search(plain)
    return None if found is None else plain[: found.start()].lower()


def _entries(value: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, key, value) of the lines `key: value` and `key = value`."""
    for number, line in enumerate(value.splitlines()):
        found = _LINE.match(line)
        if found is not None:
            yield number, found[1], found[2]


def _pairs(entries: Iterable[tuple[int, str, str]]) -> Iterator[HostPort]:
    """Yield each host of a file with the port that stands near it under the same words."""
    listed = list(entries)
    ports = [
        (line, stem, int(value))
        for line, key, value in listed
        if is_number(value) and (stem := _stem(key, _PORT_KEY)) is not None
    ]
    for line, key, value in listed:
        stem = _stem(key, _HOST_KEY)
        if stem is None or not re.fullmatch(_DOTTED, value):
            continue
        near = [(abs(at - line), number) for at, other, number in ports if other == stem and abs(at - line) <= _NEAR]
        if near:
            yield value.lower(), min(near)[1]
