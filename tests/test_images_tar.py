"""Reading tar streams and layers: every common flavour, whiteouts, and archives made to do harm."""

from __future__ import annotations

import bz2
import gzip
import io
import random
import tarfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

import pytest

from harden.images import layers as layers_module
from harden.images import tar as tar_module
from harden.images.layers import Found, Layer, find_files
from harden.images.problems import LearnError
from harden.images.tar import Kind, Stream, walk

PASSWD = b"root:x:0:0::/root:/bin/sh\napp:x:10:20::/app:/bin/sh\n"
Form = Literal[0, 1, 2]
FORMS: dict[str, Form] = {"ustar": 0, "gnu": 1, "pax": 2}


def archive(*members: tuple[str, bytes | str | None], form: Form = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar: bytes make a file, None a folder, a text a symlink to it; `>` before the text makes a hard link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                info.type = tarfile.LNKTYPE if content.startswith(">") else tarfile.SYMTYPE
                info.linkname = content.removeprefix(">")
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()


def members(data: bytes, limit: int = 1 << 30) -> list[tuple[str, Kind, int]]:
    stream = Stream(io.BytesIO(data), "test.tar", limit)
    return [(member.name, member.kind, member.size) for member in walk(stream)]


def summed(data: bytearray) -> bytes:
    """Return the archive with the checksum of its first header made right."""
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def sized(field: bytes) -> bytes:
    data = bytearray(archive(("etc/passwd", PASSWD)))
    data[124:136] = field.ljust(12)
    return summed(data)


def search(*blobs: bytes, wanted: Sequence[str] = ("etc/passwd",)) -> dict[str, Found]:
    made = [Layer(f"layer {at}", lambda blob=blob: io.BytesIO(blob)) for at, blob in enumerate(blobs)]  # type: ignore[misc]  # mypy: default argument
    return find_files(made, wanted)


def passwd(*blobs: bytes) -> bytes | None:
    found = search(*blobs).get("etc/passwd")
    return None if found is None else found.content


# --- flavours -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_flavour_is_read(form: Form) -> None:
    long = "d" * 80 + "/" + "f" * 90
    data = archive(("etc", None), ("etc/passwd", PASSWD), (long, b"x" * 1000), ("a", "b"), ("c", ">a"), form=form)
    assert members(data) == [
        ("etc/", Kind.FOLDER, 0),
        ("etc/passwd", Kind.FILE, len(PASSWD)),
        (long, Kind.FILE, 1000),
        ("a", Kind.SYMLINK, 0),
        ("c", Kind.HARD_LINK, 0),
    ]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_very_long_and_foreign_names_are_read(form: Form) -> None:
    long = "/".join(["p" * 120] * 5)
    data = archive((long, b"1"), ("grüße/ü", b"2"), ("link", "t" * 200), form=form)
    assert [name for name, _, _ in members(data)] == [long, "grüße/ü", "link"]


def test_random_archives_are_read_as_the_standard_library_reads_them() -> None:
    seed = 20240917
    print(f"seed {seed}")
    rng = random.Random(seed)
    for _ in range(150):
        made: list[tuple[str, bytes | str | None]] = []
        for at in range(rng.randrange(1, 8)):
            name = f"{at}" + "".join(rng.choice("ab/ü.-") for _ in range(rng.choice([1, 20, 99, 100, 101, 155, 300])))
            made.append((name.rstrip("/"), rng.choice([rng.randbytes(rng.randrange(1500)), None, "target"])))
        data = archive(*made, form=rng.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            expected = [(info.name, info.isdir(), info.isfile(), info.size) for info in tar]
        found = [(name.rstrip("/"), kind is Kind.FOLDER, kind is Kind.FILE, size) for name, kind, size in members(data)]
        assert found == expected


def test_archives_that_end_early_but_whole_are_read() -> None:
    data = archive(("etc/passwd", PASSWD))
    content_end = 512 + len(PASSWD)
    assert members(data[:content_end]) == members(data)  # as umoci writes them
    assert members(data[:1024]) == members(data)
    assert members(b"") == []
    assert members(bytes(10240)) == []


def test_base_256_sizes_are_read() -> None:
    data = bytearray(archive(("a", b"xyz"), form=tarfile.GNU_FORMAT))
    data[124:136] = b"\x80" + (3).to_bytes(11, "big")
    assert members(summed(data)) == [("a", Kind.FILE, 3)]


# --- harm -----------------------------------------------------------------------------------------------------------


def pax_bomb(size: int) -> bytes:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT)


def broken(offset: int, content: bytes) -> bytes:
    data = bytearray(archive(("etc/passwd", PASSWD), ("b", b"b")))
    data[offset : offset + len(content)] = content
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not a tar archive" * 100, "checksum|broken number"),
        (broken(0, b"X"), "checksum"),
        (broken(1024, b"X"), "checksum"),  # a broken header behind the first member is no end
        (sized(b"99999999999"), "broken number"),
        (sized(b"-1"), "broken number"),
        (sized(b"77777777777"), "ends in the middle"),
        (archive(("a", b"x" * 5000))[:3000], "ends in the middle"),
        (archive(("a", b"x"))[:100], "ends in the middle"),
        (pax_bomb(1 << 31), "a header of"),
        (pax_bomb(1000), "ends in the middle"),
        (pax_bomb(512) + b"999 path=x\n".ljust(512, b"\0"), "broken pax header"),
        (pax_bomb(512) + b"path=x\n".ljust(512, b"\0"), "broken pax header"),
        (pax_bomb(512) + b"0 path=x\n".ljust(512, b"\0"), "broken pax header"),
    ],
)
def test_broken_archives_are_errors(data: bytes, words: str) -> None:
    with pytest.raises(LearnError, match=words) as caught:
        members(data)
    assert "test.tar" in str(caught.value)


def test_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive(*((str(at), b"x" * 600) for at in range(20)))
    assert len(members(data)) == 20
    with pytest.raises(LearnError, match="when uncompressed"):
        members(data, limit=5000)
    monkeypatch.setattr(tar_module, "_MEMBER_LIMIT", 10)
    with pytest.raises(LearnError, match="more than 10 members"):
        members(data)


def test_a_compression_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers_module, "_LAYER_LIMIT", 1 << 20)
    bomb = gzip.compress(archive(("zeros", bytes(4 << 20)), ("etc/passwd", PASSWD)))
    assert len(bomb) < 20_000
    with pytest.raises(LearnError, match="more than 1 MB when uncompressed"):
        search(bomb)


def test_a_huge_account_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers_module, "_FILE_LIMIT", 100)
    with pytest.raises(LearnError, match="etc/passwd has 200 bytes"):
        search(archive(("etc/passwd", b"x" * 200)))


@pytest.mark.parametrize(
    "name",
    ["../etc/passwd", "/../etc/passwd", "etc/../etc/passwd", "a/../../etc/passwd", "etc/passwd/..", "Etc/passwd"],
)
def test_names_that_climb_are_nobodys_files(name: str) -> None:
    assert search(archive((name, b"evil:x:0:0::/:/bin/sh\n"))) == {}


@pytest.mark.parametrize(
    "blob",
    [
        gzip.compress(archive(("etc/passwd", PASSWD)))[:-20],
        b"\x1f\x8b" + b"\xff" * 100,
        gzip.compress(b"not a tar archive" * 100),
        bz2.compress(archive(("etc/passwd", PASSWD))),
        b"MZ",
    ],
    ids=["cut short", "no gzip", "no archive", "bzip2", "a program"],
)
def test_broken_layers_are_errors(blob: bytes) -> None:
    with pytest.raises(LearnError, match="layer 0"):
        search(blob)


def test_random_damage_never_raises_anything_else() -> None:
    seed = 77
    print(f"seed {seed}")
    rng = random.Random(seed)
    plain = archive(("etc", None), ("etc/passwd", PASSWD), ("etc/group", b"app:x:20:\n"), ("p" * 150, b"q"))
    for round_ in range(600):
        data = bytearray(plain)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        blob = bytes(data[: rng.randrange(len(data))]) if round_ % 3 == 0 else bytes(data)
        with suppress(LearnError):
            search(gzip.compress(blob) if round_ % 2 else blob, wanted=("etc/passwd", "etc/group"))


# --- layers ---------------------------------------------------------------------------------------------------------

OLD = archive(("etc/passwd", b"old"))
NEW = archive(("etc/passwd", b"new"))


@pytest.mark.parametrize(
    ("blobs", "content"),
    [
        ([OLD], b"old"),
        ([OLD, NEW], b"new"),
        ([OLD, archive(("tmp/x", b"1"))], b"old"),
        ([archive(("./etc/passwd", b"dot"))], b"dot"),
        ([archive(("/etc/passwd", b"slash"))], b"slash"),
        ([archive(("etc/passwd", b"first"), ("etc/passwd", b"second"))], b"second"),
        ([OLD, archive(("etc/.wh.passwd", b""))], None),
        ([OLD, archive((".wh.etc", b""))], None),
        ([OLD, archive(("etc/.wh..wh..opq", b""))], None),
        ([OLD, archive((".wh..wh..opq", b""))], None),
        ([OLD, archive(("etc/.wh.passwd", b""), ("etc/passwd", b"again"))], b"again"),
        ([OLD, archive(("etc/passwd", b"again"), ("etc/.wh..wh..opq", b""))], b"again"),
        ([OLD, archive(("etc/.wh.passwd", b"")), NEW], b"new"),
        ([OLD, archive(("etc/.wh.passwd-", b"")), archive(("etc/.wh.group", b""))], b"old"),
        ([OLD, archive(("etc/sub/.wh..wh..opq", b""))], b"old"),
        ([OLD, archive(("etcetera/.wh..wh..opq", b""))], b"old"),
        ([OLD, archive(("etc", "/usr/etc"))], None),
        ([OLD, archive(("etc", b"a file"))], None),
        ([OLD, archive(("etc", None))], b"old"),
        ([archive()], None),
        ([], None),
        ([gzip.compress(OLD), NEW], b"new"),
        ([OLD, gzip.compress(NEW)], b"new"),
        ([gzip.compress(OLD[:1000]) + gzip.compress(OLD[1000:])], b"old"),
    ],
)
def test_the_upper_layer_counts_and_whiteouts_delete(blobs: list[bytes], content: bytes | None) -> None:
    assert passwd(*blobs) == content


@pytest.mark.parametrize("link", ["../usr/lib/passwd", ">usr/lib/passwd"])
def test_a_link_is_there_but_not_followed(link: str) -> None:
    assert search(OLD, archive(("etc/passwd", link))) == {"etc/passwd": Found(present=True)}


def test_what_is_gone_is_told_from_what_never_was() -> None:
    found = search(OLD, archive(("etc/.wh.passwd", b"")), wanted=("etc/passwd", "etc/group"))
    assert found == {"etc/passwd": Found(present=False)}


def test_layers_below_the_answer_are_not_opened() -> None:
    opened: list[str] = []

    def layer(name: str, blob: bytes) -> Layer:
        def open_() -> io.BytesIO:
            opened.append(name)
            return io.BytesIO(blob)

        return Layer(name, open_)

    image = [layer("base", OLD), layer("users", NEW), layer("app", archive(("app/run", b"")))]
    found = find_files(image, ["etc/passwd"])
    assert found["etc/passwd"].content == b"new"
    assert opened == ["app", "users"]


def test_zstd_is_read_or_its_lack_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = b"\x28\xb5\x2f\xfd" + bytes(20)
    refuse: Callable[[str], object] = lambda name: (_ for _ in ()).throw(ImportError(name))  # noqa: E731 - a stand-in for a missing module
    monkeypatch.setattr(layers_module.importlib, "import_module", refuse)
    with pytest.raises(LearnError, match=r"zstd.*Python 3\.14.*zstandard.*skopeo copy"):
        search(frame)
