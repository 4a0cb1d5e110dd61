"""Owns the questions by which servers show that they work: real requests of their protocols, over loopback.

A question returns what the server said, None where it says nothing yet, and raises WrongAnswerError where it says the
wrong thing. Each asks for more than a listening port: what is stored has to be written.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from servers import SECRET

#: Seconds for one connection; loopback needs far less, a server that is starting refuses at once.
_PATIENCE = 5.0


class WrongAnswerError(Exception):
    """The server answers, and does not work."""


def ask(check: str, port: int) -> str | None:
    """Return what the server on this port of 127.0.0.1 answers, None while nothing listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
            return _QUESTIONS[check](connection)
    except (ConnectionError, TimeoutError):
        return None


def _redis(connection: socket.socket) -> str | None:
    greeting = _said(connection, b"PING\r\n", b"\r\n")
    # It listens before its data is loaded.
    if greeting.startswith(b"-LOADING"):
        return None
    stored = _said(connection, b"SET order 17\r\n", b"\r\n")
    # Forces a write to the disk: a redis that cannot write one answers from memory for a while.
    saved = _said(connection, b"SAVE\r\n", b"\r\n")
    return _expect((b"+PONG", b"+OK", b"+OK"), (greeting, stored, saved))


def _memcached(connection: socket.socket) -> str | None:
    stored = _said(connection, b"set order 0 0 2\r\n17\r\n", b"\r\n")
    stats = _said(connection, b"stats\r\n", b"END\r\n")
    return _expect((b"STORED", b"STAT pid"), (stored, stats))


def _web(connection: socket.socket) -> str | None:
    answer = _said(connection, b"GET / HTTP/1.0\r\nHost: shop\r\n\r\n", None)
    if b" answers" not in answer:
        raise WrongAnswerError(answer[:200].decode(errors="replace"))
    return _expect((b"HTTP/1.",), (answer,))


def _postgres(connection: socket.socket) -> str | None:
    start = b"\x00\x03\x00\x00user\x00postgres\x00database\x00postgres\x00\x00"
    connection.sendall((len(start) + 4).to_bytes(4, "big") + start)
    answer = connection.recv(512)
    # While it starts or recovers it refuses with SQLSTATE 57P03.
    if not answer or b"57P03" in answer:
        return None
    # A request for authentication by SASL: the password that the manifest sets is in force.
    if answer[:1] != b"R" or answer[5:9] != b"\x00\x00\x00\x0a":
        raise WrongAnswerError(repr(answer))
    return "asks for " + answer[9:].split(b"\x00")[0].decode()


def _rabbitmq(connection: socket.socket) -> str | None:
    connection.sendall(b"AMQP\x00\x00\x09\x01")
    frame = connection.recv(4096)
    if not frame:
        return None
    # A method frame on channel 0: class 10 (connection), method 10 (start).
    if frame[:3] != b"\x01\x00\x00" or frame[7:11] != b"\x00\x0a\x00\x0a":
        raise WrongAnswerError(repr(frame[:64]))
    return "Connection.Start of " + ("RabbitMQ" if b"RabbitMQ" in frame else "a stranger")


def _sentinel(connection: socket.socket) -> str | None:
    greeting = _said(connection, b"PING\r\n", b"\r\n")
    # It writes what it finds out into its configuration.
    flushed = _said(connection, b"SENTINEL FLUSHCONFIG\r\n", b"\r\n")
    return _expect((b"+PONG", b"+OK"), (greeting, flushed))


def _redis_secret(connection: socket.socket) -> str | None:
    refused = _said(connection, b"PING\r\n", b"\r\n")
    logged_in = _said(connection, f"AUTH {SECRET}\r\n".encode(), b"\r\n")
    return _expect((b"-NOAUTH", b"+OK"), (refused, logged_in))


def _php_secret(connection: socket.socket) -> str | None:
    return _pinged(connection, SECRET.encode())


def _php_fpm(connection: socket.socket) -> str | None:
    return _pinged(connection, b"pong")


def _pinged(connection: socket.socket, wanted: bytes) -> str | None:
    variables = {b"SCRIPT_NAME": b"/ping", b"SCRIPT_FILENAME": b"/ping", b"REQUEST_METHOD": b"GET"}
    pairs = b"".join(bytes((len(name), len(value))) + name + value for name, value in variables.items())
    # FastCGI: begin as a responder (1), parameters (4) and their end, input (5) and its end.
    begin = _record(1, b"\x00\x01\x00\x00\x00\x00\x00\x00")
    connection.sendall(begin + _record(4, pairs) + _record(4, b"") + _record(5, b""))
    answer = connection.recv(4096)
    if wanted not in answer:
        raise WrongAnswerError(repr(answer))
    return "a child answers"


def _record(kind: int, content: bytes) -> bytes:
    return bytes((1, kind, 0, 1)) + len(content).to_bytes(2, "big") + b"\x00\x00" + content


_QUESTIONS: Mapping[str, Callable[[socket.socket], str | None]] = {
    "redis": _redis,
    "memcached": _memcached,
    "nginx": _web,
    "nginx-configured": _web,
    "sentinel": _sentinel,
    "php-fpm": _php_fpm,
    "haproxy-2.3": _web,
    "php-secret": _php_secret,
    "redis-secret": _redis_secret,
    "postgres-secret": _postgres,
    "haproxy": _web,
    "postgres": _postgres,
    "rabbitmq": _rabbitmq,
}


def _said(connection: socket.socket, request: bytes, end: bytes | None) -> bytes:
    """Send a request, and return what comes back up to `end`, or up to the end of the connection."""
    connection.sendall(request)
    answer = b""
    while end is None or not answer.endswith(end):
        piece = connection.recv(65536)
        if not piece:
            break
        answer += piece
    return answer


def _expect(wanted: tuple[bytes, ...], answers: tuple[bytes, ...]) -> str:
    said = [answer.split(b"\r\n")[0].decode(errors="replace") for answer in answers]
    for start, answer in zip(wanted, answers, strict=True):
        if not answer.startswith(start):
            raise WrongAnswerError(", ".join(said))
    return ", ".join(said)
