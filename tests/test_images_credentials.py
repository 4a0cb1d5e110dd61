"""Where logins are looked for, what they look like, and that they are never shown."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from harden.images.credentials import Credentials, find_credentials
from harden.images.problems import LearnError
from harden.images.registry import is_loopback

HOST = "registry.example.com"


def login(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_places_in_their_order(tmp_path: Path) -> None:
    home = tmp_path / "home"
    places = [
        home / ".docker" / "config.json",
        home / ".config" / "containers" / "auth.json",
        tmp_path / "run" / "containers" / "auth.json",
        tmp_path / "named.json",
    ]
    everything = {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "REGISTRY_AUTH_FILE": str(tmp_path / "named.json"),
    }
    assert find_credentials(HOST, everything) is None
    for place in places:
        login(place, {"auths": {HOST: auth(place.parent.name, "p")}})
        assert find_credentials(HOST, everything) == Credentials(place.parent.name, "p")
    assert find_credentials("other.example.com", everything) is None


def test_docker_config_and_xdg_config_home_move_their_files(tmp_path: Path) -> None:
    login(tmp_path / "docker" / "config.json", {"auths": {HOST: auth("docker", "p")}})
    environment = {"HOME": "/nowhere", "DOCKER_CONFIG": str(tmp_path / "docker")}
    assert find_credentials(HOST, environment) == Credentials("docker", "p")
    login(tmp_path / "xdg" / "containers" / "auth.json", {"auths": {HOST: auth("podman", "p")}})
    assert find_credentials(HOST, environment | {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}) == Credentials(
        "podman", "p"
    )


@pytest.mark.parametrize(
    ("registry", "key"),
    [
        ("docker.io", "https://index.docker.io/v1/"),
        ("docker.io", "docker.io"),
        (HOST, HOST),
        (HOST, f"https://{HOST}"),
        ("localhost:5000", "localhost:5000"),
    ],
)
def test_keys_of_a_registry(tmp_path: Path, registry: str, key: str) -> None:
    named = login(tmp_path / "a.json", {"auths": {key: auth("me", "a:b:c")}})
    assert find_credentials(registry, {"REGISTRY_AUTH_FILE": str(named)}) == Credentials("me", "a:b:c")


def test_a_login_is_never_shown() -> None:
    assert "hidden" not in repr(Credentials("me", "hidden"))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "no readable JSON"),
        ({"auths": {HOST: {"auth": "not base64: hidden"}}}, "log in again"),
        ({"auths": {HOST: {"auth": base64.b64encode(b"\xff\xfe").decode()}}}, "log in again"),
        ({"auths": {HOST: {"username": "me", "password": 5}}}, "log in again"),
        ({"auths": {HOST: auth("me", "hidden") | {"identitytoken": "hidden"}}}, "identity token"),
        ({"credHelpers": {HOST: "../evil"}}, "no name of a credential helper"),
        ({"credHelpers": {HOST: "evil; rm -rf"}}, "no name of a credential helper"),
        ({"credsStore": "certainly-not-installed"}, "cannot be run"),
    ],
)
def test_broken_logins_are_errors_that_keep_secrets(tmp_path: Path, document: object, words: str) -> None:
    named = login(tmp_path / "a.json", document)
    with pytest.raises(LearnError, match=words) as caught:
        find_credentials(HOST, {"REGISTRY_AUTH_FILE": str(named)})
    assert str(named) in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("document", ["[]", "5", {"auths": []}, {"auths": {HOST: {}}}, {"auths": {HOST: None}}, {}])
def test_files_without_a_login_are_passed_over(tmp_path: Path, document: object) -> None:
    named = login(tmp_path / "a.json", document)
    assert find_credentials(HOST, {"REGISTRY_AUTH_FILE": str(named), "HOME": "/nowhere"}) is None


@pytest.mark.parametrize(
    ("registry", "loopback"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.8.9.10", True),
        ("[::1]:5000", True),
        ("10.0.0.1:5000", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("docker.io", False),
        ("[fd00::1]:5000", False),
    ],
)
def test_plain_http_is_for_this_machine_only(registry: str, loopback: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_loopback(registry) is loopback


def test_without_the_client_it_says_how_to_get_it() -> None:
    program = (
        "import sys; sys.modules['dxf'] = None\n"
        "from harden.images.learn import learn_registry\n"
        "learn_registry('registry.example.com/app')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert 'LearnError: reading from a registry needs the client: pip install "kube-harden[registry]"' in done.stderr
