"""Learns an image as a facts entry: from its configuration and, for names of users, from its layers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harden.images.accounts import Account, account_of, own_accounts
from harden.images.archive import Folder, index_archive, read_images
from harden.images.config import JSON_LIMIT, is_windows, read_inspection, read_json
from harden.images.entry import read_entries
from harden.images.layers import BROKEN, Found, find_files
from harden.images.oci import Image
from harden.images.problems import LearnError
from harden.images.reach import FROM_REGISTRY
from harden.images.reference import parse_reference
from harden.images.tar import Seekable
from harden.model.plain import is_number
from harden.model.text import SourceText

_PASSWD, _GROUP = "etc/passwd", "etc/group"
_SHELLS = ("bin/sh", "usr/bin/sh")
_GZIP = b"\x1f\x8b"
_SHOWN_ACCOUNTS = 8
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_/.@+-]*(?::[A-Za-z0-9_/.@+-]+)*")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the layers say: the account files, and whether there is a shell; None is "not looked"."""

    passwd: bytes | None = None
    group: bytes | None = None
    shell: bool | None = None
    remarks: tuple[str, ...] = ()


def learn_file(path: Path, *, image: str | None = None) -> str:
    """Return facts entries (YAML) for the images in `path`.

    The file is the JSON of `docker inspect` or `skopeo inspect --config`, an archive of `docker save`, or an OCI layout
    as folder or archive. `image` names the image where the file does not. Raises LearnError.
    """
    if path.is_dir():
        return entries(read_images(Folder(path, str(path))), image, str(path))
    try:
        with path.open("rb") as file:
            return learn_stream(file, str(path), image=image)
    except OSError as error:
        raise LearnError(f"{path}: cannot be read: {error.strerror}") from error


def learn_stream(file: IO[bytes], what: str, *, image: str | None = None) -> str:
    """Return facts entries (YAML) for the images in `file`, which may be a pipe; `what` names it in errors.

    Raises LearnError.
    """
    if not file.seekable():
        return _learn_pipe(file, what, image)
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        found = read_inspection(read_json(file.read(JSON_LIMIT + 1), what), what)
        images = tuple(Image(config, name=config.name, digest=config.digest) for config in found)
        return entries(images, image, what)
    if head.startswith(_GZIP):
        import gzip  # noqa: PLC0415 -- slow to import, and needed only for compressed archives

        with gzip.GzipFile(fileobj=file) as plain:
            return _learn_archive(plain, None, what, image)
    size = file.seek(0, 2)
    return _learn_archive(file, size, what, image)


def learn_registry(image: str, *, plain_http: bool | None = None) -> str:
    """Return the facts entry (YAML) of an image in its registry: the one place where harden uses the network.

    Layers are fetched only where USER is a name. `plain_http` says whether to speak HTTP without TLS; None: only with
    this machine itself. Raises LearnError.
    """
    from harden.images.registry import open_image  # noqa: PLC0415 -- needs the extra `registry`, and is slow to import

    with open_image(image, plain_http=plain_http) as found:
        return entries([found], image, image)


def entries(images: Sequence[Image], name: str | None, what: str) -> str:
    """Return the facts entries (YAML) of `images`; `name` names the image where it has no name. Raises LearnError."""
    if name is not None and len(images) > 1:
        raise LearnError(f"{what}: holds {len(images)} images, so one name cannot be theirs: leave the name out")
    return "\n".join(_entry(image, _named(image, name, what)) for image in images)


def _learn_pipe(file: IO[bytes], what: str, image: str | None) -> str:
    import tempfile  # noqa: PLC0415 -- slow to import, and needed only for archives that come through a pipe

    # Manifests stand at the end of some archives. The file has no name, and is gone when it is closed.
    with tempfile.TemporaryFile() as copy:
        while part := file.read(1 << 20):
            copy.write(part)
        return learn_stream(copy, what, image=image)


def _learn_archive(file: Seekable, size: int | None, what: str, image: str | None) -> str:
    try:
        return entries(read_images(index_archive(file, size, what)), image, what)
    except BROKEN as error:
        raise LearnError(f"{what}: broken compressed data, or a broken disk") from error


def _named(image: Image, name: str | None, what: str) -> str:
    named = name if name is not None else image.name
    if named is None:
        raise LearnError(f"{what}: does not say the name of the image: say it with --image NAME")
    return named


def _entry(image: Image, name: str) -> str:
    """Return the entry of an image, after reading it back: what harden writes, it must be able to read."""
    reference = parse_reference(name)
    if is_windows(image.config.platform):
        # Its USER is no Linux user, and its needs are not those of Linux: capabilities, ports below 1024.
        raise LearnError(
            f"{name}: an image for Windows, whose users have names and no numbers: nothing to learn; "
            "say spec.os.name: windows in its pods"
        )
    seen = _look(image)
    account = account_of(image.config.user, seen.passwd, seen.group)
    text = "".join(_lines(image, name, account, seen))
    read_entries(SourceText(f"the facts about {reference}", text))
    return text


def _look(image: Image) -> _Seen:
    """Read the account files and whether there is a shell from the layers; from a registry only what the user needs."""
    wanted = _wanted(image)
    if not wanted:
        return _Seen()
    found = find_files(image.layers, wanted)
    remarks = tuple(
        f"/{path} is a link in the image, which is not followed."
        for path in (_PASSWD, _GROUP)
        if path in found and found[path].present and found[path].content is None
    )
    shell = None if image.remote else any(path in found and found[path].present for path in _SHELLS)
    passwd, group = (_content(found.get(path)) if path in wanted else None for path in (_PASSWD, _GROUP))
    return _Seen(passwd, group, shell, remarks)


def _wanted(image: Image) -> tuple[str, ...]:
    if not image.layers:
        return ()
    if not image.remote:
        return (_PASSWD, _GROUP, *_SHELLS)
    user, _, group = image.config.user.partition(":")
    by_name = ((_PASSWD, user), (_GROUP, group))
    return tuple(path for path, part in by_name if part not in {"", "root"} and not is_number(part))


def _content(found: Found | None) -> bytes:
    """Return the content of a file; nothing where the image has none, as for an image made from scratch."""
    return b"" if found is None or found.content is None else found.content


def _lines(image: Image, name: str, account: Account, seen: _Seen) -> Iterator[str]:
    config = image.config
    root = config.user.partition(":")[0] in {"", "0", "root"} or account.uid == 0
    yield f"- match: [{_scalar(parse_reference(name).name)}]\n"
    if not root and account.uid is not None:
        yield f"  uid: {account.uid}\n"
        yield from () if account.gid is None else (f"  gid: {account.gid}\n",)
        yield from () if account.name is None else (f"  user_name: {_scalar(account.name)}\n",)
    yield f"  default_user: {_scalar('root' if root else config.user)}\n"
    yield "  confidence: learned\n"
    if not root and account.uid is not None:
        yield "  runs_as_nonroot: true\n"
        if any(port < 1024 for port in config.ports):
            yield "  nonroot_needs: [low_port]\n"
    yield f"  ports: [{', '.join(str(port) for port in config.ports)}]\n"
    yield f"  volumes: {_list(config.volumes)}\n"
    if seen.shell is not None:
        yield f"  shell: {'true' if seen.shell else 'false'}\n"
    yield f"  entrypoint: {_list(config.entrypoint)}\n"
    yield f"  command: {_list(config.command)}\n"
    notes = tuple(_notes(image, account, seen, root=root))
    if notes:
        yield "  notes:\n" + "".join(f"  - {_scalar(note)}\n" for note in notes)
    yield f"  sources: [{_scalar(_source(image, name))}]\n"


def _notes(image: Image, account: Account, seen: _Seen, *, root: bool) -> Iterator[str]:
    yield from image.remarks
    yield from seen.remarks
    if root:
        accounts = own_accounts(seen.passwd)[:_SHOWN_ACCOUNTS]
        listed = ", ".join(f"{name} ({uid})" for name, uid in accounts)
        yield f"Starts as root. Accounts of its own: {listed or 'none'}." if image.layers else "Starts as root."
    elif account.why:
        yield f"{account.why}." + ("" if image.layers else " Learn it from an archive or with --registry instead.")
    elif account.gid is None:
        yield "Its group was not read; a container without one gets the group that the image gives it."
    if image.config.strange:
        yield f"{image.config.strange} ports or volumes of the configuration could not be understood."


def _source(image: Image, name: str) -> str:
    name, _, digest = name.partition("@")
    digest = image.digest or digest
    if image.remote:
        return f"{FROM_REGISTRY}: the config of {name}@{digest}"
    if digest:
        return f"learned from the config of {name}@{digest}"
    return f"learned from the config of {name}" + ("" if image.image_id is None else f", image id {image.image_id}")


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(_scalar(text) for text in texts)}]"


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar: plain where that is plainly a text, else in double quotes, as JSON has them."""
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in {
        "true",
        "false",
        "null",
        "yes",
        "no",
        "on",
        "off",
    }
    return text if plain else json.dumps(text)
