"""Learning real images: made by umoci, copied by skopeo into archives, layouts and a registry on this machine."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_session import run_alone
from requirements import need

from harden.images.learn import learn_file, learn_registry
from harden.images.problems import LearnError

NAME = "registry.example.com/team/app:1.2"
USER, PASSWORD = "robot", "not-a-secret"
#: bcrypt of PASSWORD, as htpasswd writes it.
HTPASSWD = f"{USER}:$2y$05$abcdefghijklmnopqrstuuVPNOToLP9MHdthRCXkVoiIF0qNKnk2G\n"
ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\napp:x:1234:4321::/app:/bin/sh\n"


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def tools(*names: str) -> None:
    missing = [name for name in names if shutil.which(name) is None]
    need(not missing, f"not installed: {', '.join(missing)}")


def insert(image: str, folder: Path, target: str) -> None:
    run("umoci", "insert", "--rootless", "--image", image, folder, target)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an image of three layers: accounts at the bottom, an app, and a change of accounts in the tag `changed`."""
    tools("umoci", "skopeo")
    folder = tmp_path_factory.mktemp("image")
    etc, app = folder / "etc", folder / "app"
    etc.mkdir()
    app.mkdir()
    (etc / "passwd").write_text(ACCOUNTS, "utf-8")
    (etc / "group").write_text("root:x:0:\nweb:x:77:\n", "utf-8")
    (app / "run").write_text("#!/bin/sh\n", "utf-8")
    root = folder / "oci"
    run("umoci", "init", "--layout", root)
    image = f"{root}:base"
    run("umoci", "new", "--image", image)
    insert(image, etc, "/etc")
    insert(image, app, "/app")
    settings = (
        "--config.user=app",
        "--config.exposedports=80/tcp",
        "--config.volume=/data",
        "--config.entrypoint=/app/run",
    )
    run("umoci", "config", "--image", image, *settings, "--config.env=TOKEN=do-not-show-me")
    (etc / "passwd").write_text(ACCOUNTS.replace("1234", "1500"), "utf-8")
    run("umoci", "tag", "--image", image, "changed")
    insert(f"{root}:changed", etc, "/etc")
    run("umoci", "tag", "--image", image, "without")
    run("umoci", "insert", "--rootless", "--whiteout", "--image", f"{root}:without", "/etc/passwd")
    return root


def one(layout: Path, tag: str, target: Path) -> Path:
    """Copy one image of a layout into a layout of its own."""
    run("skopeo", "copy", f"oci:{layout}:{tag}", f"oci:{target}:{tag}")
    return target


@pytest.mark.parametrize(("tag", "uid"), [("base", 1234), ("changed", 1500), ("without", None)])
def test_layouts_and_archives_say_the_same(layout: Path, tmp_path: Path, tag: str, uid: int | None) -> None:
    folder = one(layout, tag, tmp_path / "oci")
    run("skopeo", "copy", f"oci:{layout}:{tag}", f"docker-archive:{tmp_path}/docker.tar:{NAME}")
    run("skopeo", "copy", f"oci:{layout}:{tag}", f"oci-archive:{tmp_path}/oci.tar:{tag}")
    texts = [
        learn_file(folder, image=NAME),
        learn_file(tmp_path / "docker.tar"),
        learn_file(tmp_path / "oci.tar", image=NAME),
    ]
    for text in texts:
        assert text.startswith("- match: [registry.example.com/team/app]\n")
        assert ("uid:" in text) == (uid is not None)
        assert uid is None or f"  uid: {uid}\n  gid: 4321\n  user_name: app\n" in text
        assert "  default_user: app\n" in text
        assert "  ports: [80]\n  volumes: [/data]\n  shell: false\n  entrypoint: [/app/run]\n" in text
        assert "do-not-show-me" not in text
    bodies = {text.partition("  sources:")[0] for text in texts}
    assert len(bodies) == 1


def test_the_configuration_that_skopeo_prints(layout: Path, tmp_path: Path) -> None:
    done = subprocess.run(["skopeo", "inspect", "--config", f"oci:{layout}:base"], check=True, capture_output=True)
    (tmp_path / "config.json").write_bytes(done.stdout)
    text = learn_file(tmp_path / "config.json", image=NAME)
    assert "uid:" not in text
    assert "passwd file was not read" in text
    without = subprocess.run(["skopeo", "inspect", f"oci:{layout}:base"], check=True, capture_output=True)
    (tmp_path / "other.json").write_bytes(without.stdout)
    with pytest.raises(LearnError, match="add --config"):
        learn_file(tmp_path / "other.json", image=NAME)


# --- a registry on this machine -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Registry:
    """A running registry; `log` is where it says what was asked of it."""

    host: str
    log: Path

    def asked_blobs(self) -> list[str]:
        lines = self.log.read_text("utf-8").splitlines()
        return [line.split("/blobs/")[1].split()[0] for line in lines if '"GET /v2/' in line and "/blobs/" in line]


@contextmanager
def silent_port() -> Iterator[int]:
    """Yield a port where nobody answers: it is taken, so that no server of another test gets it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


@contextmanager
def serving(folder: Path, more: str = "", http: str = "") -> Iterator[Registry]:
    """Run docker-registry on a port of the loopback address that it takes itself, and end it by its own process id."""
    tools("docker-registry", "skopeo")
    need(find_spec("dxf") is not None, 'the client python-dxf is not installed: pip install "kube-harden[registry]"')
    config, log = folder / "registry.yml", folder / "registry.log"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http:\n  addr: 127.0.0.1:0\n{http}{more}",
        "utf-8",
    )
    with log.open("wb") as out:
        server = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=out, stderr=out)
    try:
        for _ in range(200):
            address = re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text("utf-8"))
            if address is not None:
                break
            try:
                server.wait(timeout=0.05)
                pytest.fail(f"docker-registry does not start: {log.read_text('utf-8')}")
            except subprocess.TimeoutExpired:
                continue
        assert address is not None, log.read_text("utf-8")
        yield Registry(address[1], log)
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def registry(layout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with serving(tmp_path_factory.mktemp("registry")) as server:
        for tag in ("base", "changed", "without"):
            target = f"docker://{server.host}/team/app:{tag}"
            run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{layout}:{tag}", target)
        yield server


@pytest.fixture(autouse=True)
def nobody_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the credentials of the machine out of the tests, and proxies out of the way to it."""
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_an_image_in_a_registry(registry: Registry) -> None:
    text = learn_registry(f"{registry.host}/team/app:base")
    assert "  uid: 1234\n  gid: 4321\n  user_name: app\n" in text
    assert f"learned from the registry: the config of {registry.host}/team/app:base@sha256:" in text
    assert "shell:" not in text
    digest = text.partition("@")[2].split('"')[0]
    again = learn_registry(f"{registry.host}/team/app@{digest}")
    assert "  uid: 1234\n" in again


def test_check_learn_check(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that `harden check` prints makes the image known, and the guess a certainty."""
    monkeypatch.chdir(tmp_path)
    image = f"{registry.host}/team/app:base"
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: [{{name: a, image: '{image}'}}]\n"
    Path("pod.yaml").write_text(pod, "utf-8")
    before = checked()
    assert before["images"] == {"workloads": 0, "unknown": [image], "rootful": [], "nameless": []}
    assert user_risks(before) == {"review"}
    said = run_alone("check", "pod.yaml").text
    command = said.partition("to look the others up: harden ")[2].partition("\n")[0]
    learned = run_alone(*shlex.split(command))
    assert (learned.code, learned.text, learned.err) == (0, "harden-images.yaml: 1 image added\n", "")
    after = checked()
    assert after["images"] == {"workloads": 1, "unknown": [], "rootful": [], "nameless": []}
    assert user_risks(after) == {"safe"}
    assert run_alone("apply", "--risk", "safe", "pod.yaml").code == 1
    assert "runAsUser: 1234" in Path("pod.yaml").read_text("utf-8")
    assert f"{image}\n" in run_alone("images", image).text
    again = run_alone(*shlex.split(command))
    assert (again.code, again.text) == (0, "harden-images.yaml: 0 images added\n")
    gone = f"{registry.host}/team/gone:1"
    done = run_alone("images", "learn", "--registry", gone, image)
    assert (done.code, done.text.partition("\n")[0]) == (3, f'- match: ["{registry.host}/team/app"]')
    assert done.err == f"harden: {gone}: the registry does not have it\n"


def checked() -> dict[str, object]:
    found = json.loads(run_alone("check", "--format", "json", "pod.yaml").out)
    assert isinstance(found, dict)
    return found


def user_risks(report: dict[str, object]) -> set[str]:
    (workload,) = json.loads(json.dumps(report))["files"][0]["workloads"]
    return {found["risk"] for found in workload["findings"] if found["control"] in {"run-as-user", "run-as-non-root"}}


def test_only_the_layers_down_to_the_answer_are_fetched(registry: Registry) -> None:
    before = len(registry.asked_blobs())
    assert "  uid: 1500\n" in learn_registry(f"{registry.host}/team/app:changed")
    asked = registry.asked_blobs()[before:]
    # The configuration, and the top layer, which changes passwd: not the two layers below.
    assert len(asked) == 2
    before = len(registry.asked_blobs())
    assert "uid:" not in learn_registry(f"{registry.host}/team/app:without")
    assert len(registry.asked_blobs()) - before == 2


def test_a_numeric_user_needs_no_layer(registry: Registry, layout: Path, tmp_path: Path) -> None:
    folder = one(layout, "base", tmp_path / "oci")
    run("umoci", "config", "--image", f"{folder}:base", "--config.user=5:6")
    run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{folder}:base", f"docker://{registry.host}/team/numeric:1")
    before = len(registry.asked_blobs())
    assert "  uid: 5\n  gid: 6\n" in learn_registry(f"{registry.host}/team/numeric:1")
    assert len(registry.asked_blobs()) - before == 1


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("team/missing:1", "the registry does not have it"),
        ("team/app:missing", "the registry does not have it"),
        (f"team/app@sha256:{'0' * 64}", "the registry does not have it"),
    ],
)
def test_what_the_registry_does_not_have(registry: Registry, image: str, words: str) -> None:
    with pytest.raises(LearnError, match=words):
        learn_registry(f"{registry.host}/{image}")


def test_a_registry_that_is_not_there() -> None:
    need(find_spec("dxf") is not None, 'the client python-dxf is not installed: pip install "kube-harden[registry]"')
    with silent_port() as port, pytest.raises(LearnError, match="cannot be reached"):
        learn_registry(f"127.0.0.1:{port}/a/b")


def test_a_layer_that_was_tampered_with_is_noticed(layout: Path, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        target = f"docker://{server.host}/team/app:1"
        run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{layout}:base", target)
        blobs = sorted((tmp_path / "data").rglob("data"), key=lambda path: path.stat().st_size)
        layers = [path for path in blobs if path.read_bytes().startswith(b"\x1f\x8b")]
        assert layers
        # The same number of bytes, so that the registry still serves it: another time stamp in the header of gzip.
        for path in layers:
            data = bytearray(path.read_bytes())
            data[4] ^= 1
            path.write_bytes(data)
        with pytest.raises(LearnError, match="does not have its digest"):
            learn_registry(f"{server.host}/team/app:1")


# --- logins ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(layout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """Run a registry with TLS that wants a login, with an image in it."""
    tools("openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *subject,
        "-keyout",
        key,
        "-out",
        certificate,
    )
    (tmp_path / "htpasswd").write_text(HTPASSWD, "utf-8")
    tls = f"  tls: {{certificate: {certificate}, key: {key}}}\n"
    auth = f"auth: {{htpasswd: {{realm: test, path: {tmp_path}/htpasswd}}}}\n"
    assert ssl.create_default_context(cafile=certificate)
    with serving(tmp_path, auth, tls) as server:
        target = f"docker://localhost:{server.host.partition(':')[2]}/team/app:1"
        login = f"--dest-creds={USER}:{PASSWORD}"
        run("skopeo", "copy", "--dest-tls-verify=false", login, f"oci:{layout}:base", target)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        yield server


def login_file(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), "utf-8")
    return path


def learn_with_tls(server: Registry) -> str:
    return learn_registry(f"{server.host}/team/app:1", plain_http=False)


def test_the_logins_of_docker_and_podman_are_used(
    guarded: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LearnError, match="log in with docker login"):
        learn_with_tls(guarded)
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    login_file(tmp_path / "home" / ".docker" / "config.json", {"auths": {guarded.host: {"auth": auth}}})
    assert "  uid: 1234\n" in learn_with_tls(guarded)
    wrong = base64.b64encode(b"robot:wrong").decode()
    podman = login_file(tmp_path / "run" / "containers" / "auth.json", {"auths": {guarded.host: {"auth": wrong}}})
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(podman.parents[1]))
    with pytest.raises(LearnError) as caught:
        learn_with_tls(guarded)
    assert "wrong" not in str(caught.value)
    named = login_file(tmp_path / "named.json", {"auths": {guarded.host: {"username": USER, "password": PASSWORD}}})
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(named))
    assert "  uid: 1234\n" in learn_with_tls(guarded)


def test_a_credential_helper_is_asked(guarded: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "bin" / "docker-credential-test"
    helper.parent.mkdir()
    answer = json.dumps({"ServerURL": guarded.host, "Username": USER, "Secret": PASSWORD})
    helper.write_text(
        f"#!/bin/sh\nread server\n[ \"$1 $server\" = 'get {guarded.host}' ] || exit 1\necho '{answer}'\n", "utf-8"
    )
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{helper.parent}{os.pathsep}{os.environ['PATH']}")
    place = tmp_path / "home" / ".docker" / "config.json"
    login_file(place, {"credHelpers": {guarded.host: "test"}})
    assert "  uid: 1234\n" in learn_with_tls(guarded)
    login_file(place, {"auths": {guarded.host: {}}, "credsStore": "test"})
    assert "  uid: 1234\n" in learn_with_tls(guarded)
    login_file(place, {"credHelpers": {guarded.host: "missing"}})
    with pytest.raises(LearnError, match="docker-credential-missing cannot be run"):
        learn_with_tls(guarded)


def test_no_trust_no_password(guarded: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    login_file(tmp_path / "home" / ".docker" / "config.json", {"auths": {guarded.host: {"auth": auth}}})
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(LearnError, match="no trusted TLS connection") as caught:
        learn_with_tls(guarded)
    assert PASSWORD not in str(caught.value)
    assert auth not in str(caught.value)
