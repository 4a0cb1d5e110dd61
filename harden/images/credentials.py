"""Finds the credentials for a registry where docker and podman keep them; no error or representation shows them.

Places and their order are those of containers-auth.json(5) and of docker's config.json; helpers speak the protocol of
docker/docker-credential-helpers.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harden.images.problems import LearnError
from harden.model.kube import dig

#: Docker Hub's key in these files, whichever of its names an image has.
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")
_HELPER = re.compile(r"[A-Za-z0-9._-]+")
_HELPER_SECONDS = 30
#: What a helper gives as the name where the secret is a token to be exchanged, not a password.
_TOKEN_USER = "<token>"  # noqa: S105 - a marker, not a secret


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password, which no representation shows."""

    user: str
    password: str = field(repr=False)


def find_credentials(registry: str, environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials for a registry, or None where nobody has logged in.

    `environment` holds the variables that say where the files are. Raises LearnError when a file or a helper is broken.
    """
    for path in _places(environment):
        found = _of_file(path, registry)
        if found is not None:
            return found
    return None


def _places(environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME") or "/")
    named = environment.get("REGISTRY_AUTH_FILE")
    if named:
        yield Path(named)
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime:
        yield Path(runtime) / "containers" / "auth.json"
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "containers" / "auth.json"
    yield Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json"


def _of_file(path: Path, registry: str) -> Credentials | None:
    try:
        document: object = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise LearnError(f"{path}: the credentials cannot be read: no readable JSON") from error
    keys = _HUB_KEYS if registry == "docker.io" else (registry, f"https://{registry}", f"https://{registry}/v1/")
    for key in keys:
        helper = dig(document, "credHelpers", key)
        if isinstance(helper, str):
            return _ask(helper, key, path)
        entry = dig(document, "auths", key)
        if isinstance(entry, Mapping) and (entry.get("auth") or entry.get("username")):
            return _of_entry(entry, registry, path)
    store = dig(document, "credsStore")
    if not isinstance(store, str) or not store:
        return None
    return next((found for key in keys if (found := _ask(store, key, path)) is not None), None)


def _of_entry(entry: Mapping[object, object], registry: str, path: Path) -> Credentials:
    if entry.get("identitytoken"):
        raise _no_tokens(registry, path)
    auth, user, password = entry.get("auth"), entry.get("username"), entry.get("password")
    if isinstance(auth, str) and auth:
        try:
            user, _, password = base64.b64decode(auth, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise LearnError(f"{path}: the login for {registry} is broken: log in again") from error
    if not isinstance(user, str) or not isinstance(password, str):
        raise LearnError(f"{path}: the login for {registry} is broken: log in again")
    return Credentials(user, password.rstrip("\0"))


def _ask(helper: str, key: str, path: Path) -> Credentials | None:
    """Ask a credential helper; None where it has nothing for `key`."""
    import subprocess  # noqa: PLC0415 -- slow to import, and needed only where a helper is configured

    if _HELPER.fullmatch(helper) is None:
        raise LearnError(f'{path}: "{helper}" is no name of a credential helper')
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"], input=key.encode(), capture_output=True, timeout=_HELPER_SECONDS, check=False
        )
    except OSError as error:
        raise LearnError(f"{path}: the credential helper {program} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise LearnError(f"{path}: the credential helper {program} does not answer") from error
    if done.returncode != 0:
        # Helpers say "credentials not found" that way, among other things; without credentials the registry decides.
        return None
    try:
        answer: object = json.loads(done.stdout)
    except (ValueError, RecursionError) as error:
        raise LearnError(f"{path}: the credential helper {program} answers nonsense") from error
    user, secret = dig(answer, "Username"), dig(answer, "Secret")
    if not isinstance(user, str) or not isinstance(secret, str):
        raise LearnError(f"{path}: the credential helper {program} answers nonsense")
    if user == _TOKEN_USER:
        raise _no_tokens(key, path)
    return Credentials(user, secret)


def _no_tokens(registry: str, path: Path) -> LearnError:
    return LearnError(
        f"{path}: the login for {registry} is an identity token, which cannot be used here; "
        "learn the image from skopeo inspect --config, or log in with a password or access token"
    )
