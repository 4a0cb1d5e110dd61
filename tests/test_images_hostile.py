"""Images made to do harm: each is one error in words, within little memory and time, never a traceback."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from harden.images.accounts import account_of
from harden.images.layers import Found, Layer, find_files
from harden.images.learn import learn_file, learn_stream
from harden.images.problems import LearnError

DIGITS = "9" * 5000


def header(kind: bytes, size: int, name: bytes = b"x") -> bytes:
    block = bytearray(512)
    block[:100] = name[:100].ljust(100, b"\0")
    block[124:136] = b"%011o\0" % size
    block[156:157] = kind
    block[257:263] = b"ustar\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax(*records: tuple[str, str]) -> bytes:
    """Return a pax header with these records."""
    body = b""
    for key, value in records:
        line = f" {key}={value}\n".encode()
        length = len(line)
        while length != len(line) + len(str(length)):
            length = len(line) + len(str(length))
        body += str(length).encode() + line
    return header(b"x", len(body)) + body.ljust(-(-len(body) // 512) * 512, b"\0")


def learn(data: bytes) -> None:
    learn_stream(io.BytesIO(data), "bad", image="example.com/app")


def search(blob: bytes) -> dict[str, Found]:
    return find_files([Layer("bad", lambda: io.BytesIO(blob))], ["etc/passwd"])


def peak(harm: Callable[[], object]) -> int:
    """Return the most bytes that were held at once."""
    tracemalloc.start()
    try:
        with pytest.raises(LearnError):
            harm()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_pax_headers_do_not_pile_up() -> None:
    headers = gzip.compress(b"".join(pax((f"key{at}", "v" * 900_000)) for at in range(40)), 1)
    assert peak(lambda: search(headers)) < 20 << 20
    assert peak(lambda: learn(headers)) < 20 << 20


def test_records_that_nobody_reads_are_not_kept() -> None:
    records = [(f"key{at}", "v" * 200_000) for at in range(4)]
    end = header(b"0", 0, b"etc/passwd") + bytes(1024)
    assert search(pax(*records) + end) == {"etc/passwd": Found(present=True, content=b"")}


def test_long_names_do_not_pile_up() -> None:
    members = b"".join(pax(("path", f"{at}" + "n" * 900_000)) + header(b"0", 0) for at in range(40))
    archive = gzip.compress(members + bytes(1024), 1)
    assert peak(lambda: learn(archive)) < 20 << 20


@pytest.mark.parametrize("record", [("size", DIGITS), ("path", "a\0b" * 3000)])
def test_records_that_no_archive_has_are_errors(record: tuple[str, str]) -> None:
    with pytest.raises(LearnError):
        search(pax(record) + header(b"0", 0) + bytes(1024))


def test_a_length_of_very_many_digits_is_an_error() -> None:
    body = f"{DIGITS} path=a\n".encode()
    data = header(b"x", len(body)) + body.ljust(-(-len(body) // 512) * 512, b"\0")
    with pytest.raises(LearnError, match="broken pax header"):
        search(data + header(b"0", 0) + bytes(1024))


def damaged() -> list[bytes]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("etc/passwd")
        info.size = 100_000
        made.addfile(info, io.BytesIO(bytes(range(256)) * 391))
    # Without a time: each process that runs tests has to give them the same names.
    whole = gzip.compress(out.getvalue(), mtime=0)
    return [whole[:20] + bytes([whole[20] ^ at]) + whole[21:] for at in (1, 0x55, 0xFF)] + [
        whole[:-9] + b"\1" + whole[-8:],
        whole[: len(whole) // 2],
        b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\xff" * 40,
    ]


@pytest.mark.parametrize("data", damaged(), ids=lambda data: f"{zlib.crc32(data):x}")
def test_damaged_compression_is_an_error(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(LearnError):
        learn(data)
    with pytest.raises(LearnError):
        search(data)
    (tmp_path / "image.tar.gz").write_bytes(data)
    with pytest.raises(LearnError):
        learn_file(tmp_path / "image.tar.gz", image="example.com/app")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900 + "]" * 900,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 900 + "1" + "}" * 900,
        '{"config": {"User": ' + DIGITS + "}}",
        '{"config": {"User": "5"}, "os": ' + "[" * 900 + "]" * 900 + "}",
        json.dumps({"config": {"ExposedPorts": {DIGITS: {}}}}),
    ],
    ids=["deep list", "very deep list", "deep mapping", "number", "deep elsewhere", "port"],
)
def test_json_that_nobody_writes_is_an_error_or_harmless(text: str) -> None:
    try:
        learn(text.encode())
    except LearnError as error:
        assert str(error)  # noqa: PT017 - either is right, a traceback is not


@pytest.mark.parametrize("user", [DIGITS, f"5:{DIGITS}", f"{DIGITS}:5", "٣" * 5000])
def test_users_of_very_many_digits_stay_open(user: str) -> None:
    account = account_of(user, b"app:x:5:5::/:/bin/sh\n", b"web:x:7:\n")
    assert account.uid in {None, 5}
    assert account.gid is None


@pytest.mark.parametrize("count", [5000])
def test_archives_with_very_many_layers_are_errors(count: int) -> None:
    config = json.dumps({"config": {"User": "app"}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"] * count}]).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, content in (("manifest.json", manifest), ("config.json", config), ("layer.tar", bytes(1024))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    with pytest.raises(LearnError, match="layers"):
        learn(out.getvalue())
