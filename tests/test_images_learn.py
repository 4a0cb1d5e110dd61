"""Learning images from configurations and archives made here: what is said, what is left open, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
from pathlib import Path

import pytest

from harden.errors import HardenError
from harden.images.accounts import Account, account_of, own_accounts
from harden.images.facts import Confidence, ImageFacts
from harden.images.learn import learn_file, learn_stream
from harden.images.problems import LearnError
from harden.images.store import lookup

NAME = "registry.example.com/team/app:1.2"
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\napp:x:1234:4321::/app:/bin/sh\n"
GROUP = b"root:x:0:\nweb:x:77:app\n"

Plain = dict[str, object]


def config(user: object = "app", **more: object) -> Plain:
    return {"architecture": "amd64", "os": "linux", "config": {"User": user, **more}, "rootfs": {"type": "layers"}}


def tar(**files: bytes) -> bytes:
    """Return a tar; `__` in a name stands for a slash."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


ROOTFS = tar(etc__passwd=PASSWD, etc__group=GROUP, bin__sh=b"#!")


def write(path: Path, content: bytes | object) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def docker_archive(document: Plain, *layers: bytes, tags: list[str] | None) -> bytes:
    """Return what docker save writes: manifest.json names the configuration and the layers."""
    names = [f"layer{at}__layer.tar" for at in range(len(layers))]
    manifest = [{"Config": "c.json", "RepoTags": tags, "Layers": [name.replace("__", "/") for name in names]}]
    return tar(
        **dict(zip(names, layers, strict=True)),
        **{"c.json": json.dumps(document).encode(), "manifest.json": json.dumps(manifest).encode()},
    )


class Layout:
    """An OCI layout in the making."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "blobs" / "sha256").mkdir(parents=True)
        write(root / "oci-layout", {"imageLayoutVersion": "1.0.0"})

    def blob(self, content: bytes | object) -> Plain:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = hashlib.sha256(data).hexdigest()
        write(self.root / "blobs" / "sha256" / digest, data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    def image(self, document: Plain, *layers: bytes, **more: object) -> Plain:
        manifest = {"schemaVersion": 2, "config": self.blob(document), "layers": [self.blob(layer) for layer in layers]}
        return self.blob(manifest) | more

    def index(self, *manifests: Plain) -> Path:
        write(self.root / "index.json", {"schemaVersion": 2, "manifests": list(manifests)})
        return self.root


def platform(architecture: str, system: str = "linux") -> Plain:
    return {"platform": {"os": system, "architecture": architecture}}


def named(name: str) -> Plain:
    return {"annotations": {"org.opencontainers.image.ref.name": name}}


def facts_of(text: str, folder: Path, image: str = NAME) -> ImageFacts:
    """Return what the lookup makes of a learned entry."""
    path = folder / f"learned-{abs(hash(text))}.yaml"
    path.write_text(text, "utf-8")
    facts = lookup(image, extra=[path])
    assert facts is not None
    return facts


# --- configurations -------------------------------------------------------------------------------------------------


def test_a_configuration_alone(tmp_path: Path) -> None:
    document = config(
        "1000:2000",
        ExposedPorts={"8080/tcp": {}, "53/udp": {}, "53/tcp": {}, "9000": {}},
        Volumes={"/data": {}, "/cache/": {}},
        Entrypoint=["/bin/app", "--listen=:8080"],
        Cmd=["serve: all"],
        Env=["PASSWORD=do-not-show-me"],
    )
    text = learn_file(write(tmp_path / "config.json", document), image=NAME)
    assert "do-not-show-me" not in text
    facts = facts_of(text, tmp_path)
    assert (facts.uid, facts.gid, facts.default_user) == (1000, 2000, "1000:2000")
    assert (facts.ports, facts.volumes) == ((53, 8080, 9000), ("/cache", "/data"))
    assert (facts.entrypoint, facts.command) == (("/bin/app", "--listen=:8080"), ("serve: all",))
    assert facts.confidence is Confidence.LEARNED
    assert facts.runs_as_nonroot is True
    assert [need.value for need in facts.nonroot_needs] == ["low_port"]
    assert facts.shell is None
    assert facts.sources == (f"learned from the config of {NAME}",)


@pytest.mark.parametrize("user", ["", "root", "0", "0:0", "root:root", None])
def test_an_image_of_root_has_no_user_to_run_as(tmp_path: Path, user: object) -> None:
    facts = facts_of(learn_file(write(tmp_path / "c.json", config(user)), image=NAME), tmp_path)
    assert (facts.uid, facts.gid, facts.runs_as_nonroot) == (None, None, None)
    assert facts.starts_as_root is True
    assert any("Starts as root" in note for note in facts.notes)


def test_a_name_without_layers_stays_open(tmp_path: Path) -> None:
    facts = facts_of(learn_file(write(tmp_path / "c.json", config("app")), image=NAME), tmp_path)
    assert (facts.uid, facts.default_user, facts.runs_as_nonroot) == (None, "app", None)
    assert any("passwd file was not read" in note for note in facts.notes)


@pytest.mark.parametrize(
    "user", ["-1", "4294967296", "99999999999999999999:5", "1:2:3x", "a b", '"quoted"', "ü", "x" * 300]
)
def test_strange_users_are_quoted_and_stay_open(tmp_path: Path, user: str) -> None:
    facts = facts_of(learn_file(write(tmp_path / "c.json", config(user)), image=NAME), tmp_path)
    assert facts.default_user == user
    if user != "1:2:3x":
        assert facts.uid is None
        assert facts.notes


def test_what_docker_inspect_prints(tmp_path: Path) -> None:
    digest = "sha256:" + "ab" * 32
    inspected = [
        {
            "Id": "sha256:" + "cd" * 32,
            "RepoTags": [NAME, "other:1"],
            "RepoDigests": [f"registry.example.com/team/app@{digest}"],
            "Architecture": "arm64",
            "Os": "linux",
            "Config": {
                "User": "1000",
                "ExposedPorts": {"8080/tcp": {}},
                "Entrypoint": None,
                "Cmd": ["a"],
                "Volumes": None,
            },
        },
        {
            "RepoTags": [],
            "RepoDigests": [f"other.example.com/b@{digest}"],
            "Config": {"User": "7:7", "Entrypoint": "run me"},
        },
    ]
    text = learn_file(write(tmp_path / "i.json", inspected))
    facts = facts_of(text, tmp_path)
    assert (facts.uid, facts.gid, facts.ports) == (1000, None, (8080,))
    assert facts.sources == (f"learned from the config of {NAME}@{digest}",)
    assert any("group was not read" in note for note in facts.notes)
    other = facts_of(text, tmp_path, "other.example.com/b")
    assert (other.uid, other.entrypoint) == (7, ("/bin/sh", "-c", "run me"))


def test_what_buildah_inspect_prints(tmp_path: Path) -> None:
    document = {"Type": "buildah", "OCIv1": config("5:6"), "Docker": {}}
    assert facts_of(learn_file(write(tmp_path / "b.json", document), image=NAME), tmp_path).uid == 5


def test_what_cannot_be_understood_is_counted(tmp_path: Path) -> None:
    document = config(
        "5",
        ExposedPorts={"8080-8090/tcp": {}, "0": {}, "99999/tcp": {}, "80/tcp": {}},
        Volumes={"data": {}, "/a/../b": {}},
    )
    facts = facts_of(learn_file(write(tmp_path / "c.json", document), image=NAME), tmp_path)
    assert (facts.ports, facts.volumes) == ((80,), ())
    assert any(note.startswith("5 ports or volumes") for note in facts.notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "no such image"),
        (b"[1]", "not what an inspect command prints"),
        (b"{}", "neither docker inspect nor skopeo"),
        (b'{"config": 5}', "not the configuration"),
        (b'{"Digest": "x", "Layers": [], "Env": []}', "add --config"),
        (b'[{"State": {}, "Config": {}, "Image": "x"}]', "describes a container"),
        (b'{"config": {"User": "1"}}', "does not say the name"),
        (b"", "neither manifest.json"),
        (b"hello", "not a tar archive|ends in the middle"),
        (b"\x1f\x8bgarbage", "broken compressed data"),
        (tar(readme=b"hello"), "neither manifest.json"),
        (tar(**{"manifest.json": b"[]"}), "names no image"),
        (tar(**{"manifest.json": b'[{"Config": "c", "Layers": []}]'}), "the archive has no c"),
        (tar(**{"manifest.json": b'[{"Config": "../c", "Layers": []}]'}), r"the archive has no \.\./c"),
        (tar(**{"manifest.json": b'[{"Config": 5, "Layers": []}]'}), "not as docker save"),
        (tar(**{"manifest.json": b'[{"Layers": "x"}]'}), "not as docker save"),
        (tar(**{"manifest.json": b"{"}), "not valid JSON"),
        (tar(**{"index.json": b"{}"}), "without manifests"),
        (tar(**{"index.json": b'{"manifests": []}'}), "names no image"),
        (tar(**{"index.json": b'{"manifests": [{"digest": "sha256:../../etc/passwd"}]}'}), "without a valid"),
        (tar(**{"index.json": b'{"manifests": [{"digest": "md5:' + b"0" * 32 + b'"}]}'}), "without a valid"),
    ],
)
def test_what_teaches_nothing_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = write(tmp_path / "file", content)
    with pytest.raises(LearnError, match=words) as caught:
        learn_file(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_wrong_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LearnError, match="cannot be read: No such file"):
        learn_file(tmp_path / "missing")
    path = write(tmp_path / "c.json", config("5"))
    with pytest.raises(HardenError, match="not a valid reference"):
        learn_file(path, image="Not/A Name")
    two = write(tmp_path / "i.json", [{"Config": {}, "RepoTags": ["a"]}, {"Config": {}, "RepoTags": ["b"]}])
    with pytest.raises(LearnError, match="holds 2 images"):
        learn_file(two, image=NAME)


# --- archives -------------------------------------------------------------------------------------------------------


def test_an_archive_of_docker_save(tmp_path: Path) -> None:
    data = docker_archive(config("app:web"), ROOTFS, tar(app__run=b"x"), tags=[NAME])
    facts = facts_of(learn_file(write(tmp_path / "a.tar", data)), tmp_path)
    assert (facts.uid, facts.gid, facts.user_name, facts.shell) == (1234, 77, "app", True)
    image_id = hashlib.sha256(json.dumps(config("app:web")).encode()).hexdigest()
    assert facts.sources == (f"learned from the config of {NAME}, image id sha256:{image_id}",)


def test_compressed_archives_and_layers(tmp_path: Path) -> None:
    data = docker_archive(config(), gzip.compress(ROOTFS), tags=[NAME])
    plain = learn_file(write(tmp_path / "a.tar", data))
    assert learn_file(write(tmp_path / "a.tar.gz", gzip.compress(data))) == plain
    assert facts_of(plain, tmp_path).uid == 1234


def test_an_archive_through_a_pipe(tmp_path: Path) -> None:
    data = docker_archive(config(), ROOTFS, tags=[NAME])
    out, into = os.pipe()

    def fill() -> None:
        with os.fdopen(into, "wb") as pipe:
            pipe.write(data)

    writer = threading.Thread(target=fill)
    writer.start()
    with os.fdopen(out, "rb") as pipe:
        text = learn_stream(pipe, "standard input")
    writer.join()
    assert facts_of(text, tmp_path).uid == 1234


def test_old_archives_write_a_layer_twice_as_a_link(tmp_path: Path) -> None:
    out = io.BytesIO()
    manifest = [{"Config": "c.json", "RepoTags": [NAME], "Layers": ["second/layer.tar"]}]
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, content in (
            ("first/layer.tar", ROOTFS),
            ("c.json", json.dumps(config()).encode()),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("second/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../first/layer.tar"
        made.addfile(link)
    assert facts_of(learn_file(write(tmp_path / "a.tar", out.getvalue())), tmp_path).uid == 1234


@pytest.mark.parametrize("target", ["../../../../etc/passwd", "/etc/passwd", "layer0/layer.tar", "loop"])
def test_links_never_leave_the_archive(tmp_path: Path, target: str) -> None:
    out = io.BytesIO()
    manifest = [{"Config": "loop", "RepoTags": [NAME], "Layers": []}]
    with tarfile.open(fileobj=out, mode="w") as made:
        link = tarfile.TarInfo("loop")
        link.type, link.linkname = tarfile.SYMTYPE, target
        made.addfile(link)
        info = tarfile.TarInfo("manifest.json")
        data = json.dumps(manifest).encode()
        info.size = len(data)
        made.addfile(info, io.BytesIO(data))
    with pytest.raises(LearnError, match="the archive has no loop"):
        learn_file(write(tmp_path / "a.tar", out.getvalue()))


def test_a_cut_off_archive_is_named(tmp_path: Path) -> None:
    data = docker_archive(config(), ROOTFS, tags=[NAME])
    with pytest.raises(LearnError, match="cut off"):
        learn_file(write(tmp_path / "a.tar", data[:3000]))
    with pytest.raises(LearnError, match=r"broken compressed data|ends in the middle"):
        learn_file(write(tmp_path / "a.tar.gz", gzip.compress(data)[:-100]))


def test_several_images_give_several_entries(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    first = layout.image(config("5:5"), **named("example.com/a:1"))
    second = layout.image(config("6:6"), **named("example.com/b:1"))
    text = learn_file(layout.index(first, second))
    assert facts_of(text, tmp_path, "example.com/a").uid == 5
    assert facts_of(text, tmp_path, "example.com/b").uid == 6


def test_an_image_without_layers_has_no_accounts(tmp_path: Path) -> None:
    """An image made from scratch: a number is taken as it is, with group 0; a name is known to nobody."""
    data = docker_archive(config("5"), tar(app=b"x"), tags=[NAME])
    facts = facts_of(learn_file(write(tmp_path / "a.tar", data)), tmp_path)
    assert (facts.uid, facts.gid, facts.user_name, facts.shell) == (5, 0, None, False)
    data = docker_archive(config("app"), tar(app=b"x"), tags=[NAME])
    facts = facts_of(learn_file(write(tmp_path / "b.tar", data)), tmp_path)
    assert facts.uid is None
    assert any("does not know that name" in note for note in facts.notes)


def test_accounts_of_an_image_of_root_are_listed(tmp_path: Path) -> None:
    facts = facts_of(learn_file(write(tmp_path / "a.tar", docker_archive(config(""), ROOTFS, tags=[NAME]))), tmp_path)
    assert facts.uid is None
    assert facts.notes == ("Starts as root. Accounts of its own: app (1234).",)


def test_a_name_that_means_root_is_root(tmp_path: Path) -> None:
    rootfs = tar(etc__passwd=b"toor:x:0:0::/root:/bin/sh\n")
    facts = facts_of(
        learn_file(write(tmp_path / "a.tar", docker_archive(config("toor"), rootfs, tags=[NAME]))), tmp_path
    )
    assert (facts.uid, facts.runs_as_nonroot, facts.default_user) == (None, None, "root")
    assert any("Starts as root" in note for note in facts.notes)


# --- OCI layouts ----------------------------------------------------------------------------------------------------


def test_a_layout_as_folder_and_as_archive(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    manifest = layout.image(config(), gzip.compress(ROOTFS))
    root = layout.index(manifest | named("1.2"))
    text = learn_file(root, image=NAME)
    facts = facts_of(text, tmp_path)
    assert (facts.uid, facts.gid, facts.shell) == (1234, 4321, True)
    assert facts.sources == (f"learned from the config of {NAME}@{manifest['digest']}",)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        made.add(root, arcname=".")
    assert learn_file(write(tmp_path / "oci.tar", out.getvalue()), image=NAME) == text
    with pytest.raises(LearnError, match="does not say the name"):
        learn_file(root)  # "1.2" is a tag, no name


def test_the_name_that_containerd_writes_counts(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    annotations = {"io.containerd.image.name": NAME, "org.opencontainers.image.ref.name": "1.2"}
    root = layout.index(layout.image(config("5"), annotations=annotations))
    assert facts_of(learn_file(root), tmp_path).uid == 5


def test_of_several_builds_linux_amd64_is_read(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    builds = [
        layout.image(config("3"), **platform("arm64")),
        layout.image(config("4"), **platform("amd64", "windows")),
        layout.image(config("5"), **platform("amd64")),
        layout.image(config("6"), **platform("unknown", "unknown")),
    ]
    assert facts_of(learn_file(layout.index(*builds), image=NAME), tmp_path).uid == 5
    nested = layout.blob({"schemaVersion": 2, "manifests": builds})
    facts = facts_of(learn_file(layout.index(nested), image=NAME), tmp_path)
    assert facts.uid == 5


def test_another_build_is_read_where_amd64_is_missing_and_it_is_said(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    builds = [layout.image(config("3:3"), **platform("arm64")), layout.image(config("4:4"), **platform("s390x"))]
    nested = layout.blob({"schemaVersion": 2, "manifests": builds})
    facts = facts_of(learn_file(layout.index(nested), image=NAME), tmp_path)
    assert facts.uid == 3
    assert facts.notes == ("Learned from the linux/arm64 build: there is none for linux/amd64.",)


def test_a_build_for_windows_is_read_last_and_teaches_nothing(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    windows = layout.image(config("ContainerUser") | {"os": "windows"}, **platform("amd64", "windows"))
    root = layout.index(windows, layout.image(config("3:3"), **platform("arm64")))
    assert facts_of(learn_file(root, image=NAME), tmp_path).uid == 3
    inspected = {"Os": "windows", "Architecture": "amd64", "RepoTags": [NAME], "Config": {"User": ""}}
    for source in (layout.index(windows), write(tmp_path / "inspected.json", [inspected])):
        with pytest.raises(LearnError, match=f"{NAME}: an image for Windows.*say spec.os.name: windows"):
            learn_file(source, image=NAME)


def test_blobs_that_were_tampered_with_are_refused(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    manifest = layout.image(config("5"))
    root = layout.index(manifest)
    (root / "blobs" / "sha256" / str(manifest["digest"]).partition(":")[2]).write_bytes(b"{}")
    with pytest.raises(LearnError, match="does not have the digest"):
        learn_file(root, image=NAME)


def test_a_layout_whose_blobs_lead_elsewhere_is_refused(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret", config("5"))
    digest = hashlib.sha256(secret.read_bytes()).hexdigest()
    layout = Layout(tmp_path / "oci")
    (layout.root / "blobs" / "sha256" / digest).symlink_to(secret)
    manifest = layout.blob({"schemaVersion": 2, "config": {"digest": f"sha256:{digest}"}, "layers": []})
    with pytest.raises(LearnError, match="outside the folder"):
        learn_file(layout.index(manifest), image=NAME)


def test_endless_indexes_and_wrong_manifests_are_refused(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "oci")
    nested = layout.image(config("5"))
    for _ in range(10):
        nested = layout.blob({"schemaVersion": 2, "manifests": [nested]})
    with pytest.raises(LearnError, match="not the manifest of an image"):
        learn_file(layout.index(nested), image=NAME)
    for wrong in ({"schemaVersion": 1, "fsLayers": []}, {"layers": [], "config": {}}, {"layers": [5], "config": 5}, []):
        with pytest.raises(LearnError):
            learn_file(layout.index(layout.blob(wrong)), image=NAME)


# --- accounts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "account"),
    [
        ("app", Account(1234, 4321, "app")),
        ("app:web", Account(1234, 77, "app")),
        ("app:5", Account(1234, 5, "app")),
        ("1234", Account(1234, 4321, "app")),
        ("1234:web", Account(1234, 77, "app")),
        ("5", Account(5, 0, None)),
        ("5:6", Account(5, 6, None)),
        ("5:web", Account(5, 77, None)),
        ("0", Account(0, 0, "root")),
    ],
)
def test_users_mean_what_runtimes_make_of_them(user: str, account: Account) -> None:
    assert account_of(user, PASSWD, GROUP) == account


@pytest.mark.parametrize("user", ["nobody-knows", "nobody-knows:web", ""])
def test_unknown_names_say_why(user: str) -> None:
    found = account_of(user, PASSWD, GROUP)
    assert (found.uid, found.gid) == (None, None)
    assert found.why


def test_strange_account_files_are_read_as_far_as_they_go() -> None:
    strange = b"# comment\n\nshort:x\n+nis::::::\nbad:x:abc:def::/:/\nbig:x:99999999999:1::/:/\n"
    strange += b"\xff\xfe:x:7:8::/:/\nok:x:9:10::/:/"
    assert account_of("ok", strange, b"") == Account(9, 10, "ok")
    assert account_of("bad", strange, b"").uid is None
    assert account_of("big", strange, b"").uid is None
    assert [name for name, _ in own_accounts(strange)][-1] == "ok"
