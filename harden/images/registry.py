"""Reads an image from its registry: manifest, configuration, and layers where they tell what a name means.

The client is python-dxf (the extra `kube-harden[registry]`): small, typed, it streams blobs and checks their digests,
asks for tokens only where a registry wants them, and sends no password without TLS. oras-py was looked at too; it is
made for pushing artifacts, does not check the digests of blobs, and speaks through a logger of its own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from harden.images.config import JSON_LIMIT
from harden.images.credentials import Credentials, find_credentials
from harden.images.layers import Layer
from harden.images.oci import Image, check, read_image
from harden.images.problems import LearnError
from harden.images.reference import Reference, parse_reference

if TYPE_CHECKING:
    from dxf import DXF, DXFBase
    from requests import Response

#: The host that serves the images of docker.io.
_HUB = "registry-1.docker.io"
_SECONDS = 30.0
_CHUNK = 1 << 16


@contextmanager
def open_image(image: str, *, plain_http: bool | None = None) -> Iterator[Image]:
    """Open an image in its registry; its layers are fetched when they are opened, and only while it is open.

    Uses the credentials that docker and podman have. Speaks HTTP without TLS where `plain_http` asks for it, and, where
    it is None, with this machine itself. Raises LearnError when the registry, the image or the client is not there.
    """
    reference = parse_reference(image)
    name = str(reference)
    with ExitStack() as stack:
        with _telling(name):
            plain = is_loopback(reference.registry) if plain_http is None else plain_http
            client = _client(reference, plain_http=plain)
            remote = _Remote(stack.enter_context(client), name)
            data = remote.manifest(reference.digest or reference.tag or "latest")
            if reference.digest is not None:
                check(data, reference.digest, name)
            found = read_image(f"sha256:{hashlib.sha256(data).hexdigest()}", data, remote)
        yield replace(found, name=name, remote=True)


def is_loopback(registry: str) -> bool:
    """Return whether a registry, with or without a port, is on this machine."""
    host = registry[1:].partition("]")[0] if registry.startswith("[") else registry.partition(":")[0]
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def demand_client() -> None:
    """Raise LearnError where the client is not installed."""
    with _telling(""):
        pass


@dataclass(frozen=True, slots=True)
class _Remote:
    """The blobs of a repository, by their digest."""

    client: DXF
    what: str

    def manifest(self, digest: str) -> bytes:
        """Return a manifest or index, by digest or tag."""
        _, response = self.client.get_manifest_and_response(digest)
        return response.content

    def config(self, digest: str) -> bytes:
        """Return a configuration."""
        return _Download(self.client.pull_blob(digest, chunk_size=_CHUNK), self.what).read(JSON_LIMIT + 1)

    def layer(self, digest: str) -> Layer:
        """Return a layer; it is fetched when it is opened."""
        what = f"{self.what}: layer {digest}"
        return Layer(what, lambda: _Download(self.client.pull_blob(digest, chunk_size=_CHUNK), what))


class _Download:
    """A blob on its way, read as a file; the client checks its digest when the end is read."""

    def __init__(self, chunks: object, what: str) -> None:
        self._chunks: Iterator[bytes] = iter(chunks) if isinstance(chunks, Iterable) else iter(())
        self._what = what
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        parts: list[bytes] = []
        while size > 0:
            if not self._rest:
                with _telling(self._what):
                    self._rest = next(self._chunks, b"")
                if not self._rest:
                    break
            parts.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def close(self) -> None:
        """Forget the rest."""
        self._chunks = iter(())


def _client(reference: Reference, *, plain_http: bool) -> DXF:
    from dxf import DXF  # noqa: PLC0415 -- slow to import, and there only with the extra `registry`

    credentials = find_credentials(reference.registry, os.environ)
    host = _HUB if reference.registry == "docker.io" else reference.registry
    return DXF(host, reference.repository, _authenticator(credentials), insecure=plain_http, timeout=_SECONDS)


def _authenticator(credentials: Credentials | None) -> Callable[[DXFBase, Response], None]:
    def authenticate(client: DXFBase, response: Response) -> None:
        if credentials is None:
            client.authenticate(response=response)
        else:
            client.authenticate(credentials.user, credentials.password, response=response)

    return authenticate


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Turn what the client raises into words of ours; the client's own may hold addresses with more than the host."""
    try:
        from dxf import exceptions  # noqa: PLC0415 -- slow to import, and there only with the extra `registry`
        from requests import RequestException  # noqa: PLC0415 -- comes with dxf
    except ImportError as error:
        raise LearnError('reading from a registry needs the client: pip install "kube-harden[registry]"') from error
    try:
        yield
    except exceptions.DXFUnauthorizedError as error:
        hint = "log in with docker login or podman login, or check the name"
        raise LearnError(f"{what}: the registry refuses access: {hint}") from error
    except exceptions.DXFAuthInsecureError as error:
        raise LearnError(f"{what}: the registry wants a login, and logins are not sent without TLS") from error
    except exceptions.DXFDigestMismatchError as error:
        raise LearnError(f"{what}: the content does not have its digest: damaged, or tampered with") from error
    except RequestException as error:
        raise LearnError(f"{what}: {_words(error)}") from error
    except (exceptions.DXFError, ValueError, KeyError) as error:
        raise LearnError(f"{what}: the registry answers what no registry should: {type(error).__name__}") from error


def _words(error: Exception) -> str:
    """Return what went wrong on the way to a registry."""
    from requests import exceptions  # noqa: PLC0415 -- slow to import, and there only with the extra `registry`

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        status = error.response.status_code
        words = {404: "the registry does not have it", 429: "the registry asks to come back later (too many requests)"}
        return words.get(status, f"the registry answers {status}")
    if isinstance(error, exceptions.SSLError):
        return "no trusted TLS connection; REQUESTS_CA_BUNDLE can name the certificate of your registry's authority"
    if isinstance(error, exceptions.Timeout):
        return "the registry does not answer in time"
    return "the registry cannot be reached"
