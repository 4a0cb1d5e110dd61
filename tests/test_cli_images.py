"""What `harden images` says and learns, what harden.yaml adds to it, and what `harden check` says of unknown images."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
from cli_session import ROOT, Session, put, run_alone, tree

from harden.images import store

API = "registry.example.com/shop/api:1.4"
FACTS = """\
# Ours, by hand.
- match: [registry.example.com/shop/api]   # kept
  uid: 1234
  gid: 4321
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  containers:
  - {{name: a, image: "{image}"}}
"""


def config(user: str, **more: object) -> dict[str, object]:
    return {"os": "linux", "architecture": "amd64", "config": {"User": user, **more}}


def image_json(user: str, **more: object) -> bytes:
    """Return what `skopeo inspect --config` prints."""
    return json.dumps(config(user, **more)).encode()


def inspected(user: str, *tags: str) -> bytes:
    """Return what `docker inspect` prints of images."""
    found = [{"Id": f"sha256:{'0' * 64}", "RepoTags": [tag], "Config": {"User": user}, "Os": "linux"} for tag in tags]
    return json.dumps(found).encode()


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Forget the answers of other tests, whose facts lie under the same relative names."""
    forget()
    yield
    forget()


def forget() -> None:
    store._store.cache_clear()
    store._lookup.cache_clear()
    store._of_repository.cache_clear()


class TestShow:
    def test_a_known_image_with_where_it_is_known_from(self, harden: Session) -> None:
        done = harden("images", "postgres:16-alpine")
        assert done.code == 0
        assert done.text.startswith("docker.io/library/postgres:16-alpine\n")
        assert "  user           70:70 (postgres), read in its sources  [databases.yaml:" in done.text
        assert "learn" not in done.text
        assert harden("images", "show", "postgres:16-alpine").text == done.text

    def test_an_unknown_image_and_how_to_learn_it(self, harden: Session) -> None:
        done = harden("images", "redis:7", API)
        assert done.code == 1
        assert done.text.startswith("docker.io/library/redis:7\n")
        assert f"\n\n{API}\n  nothing is known about this image\n" in done.text
        assert f"  to learn it: harden images learn --registry {API}\n" in done.text

    def test_facts_without_a_user_are_not_enough(self, harden: Session) -> None:
        facts = "- {match: [example.com/a, example.com/b], ports: [80]}\n- {match: [example.com/b], uid: 5}\n"
        Path("harden-images.yaml").write_text(facts)
        done = harden("images", "example.com/a")
        assert done.code == 1
        assert "  ports          80  [harden-images.yaml:1]\n" in done.text
        assert done.text.count("to learn it: harden images learn --registry example.com/a\n") == 1
        assert harden("images", "example.com/b").code == 0

    def test_what_is_no_image(self, harden: Session) -> None:
        done = harden("images", "redis", "Foo")
        assert (done.code, done.out) == (2, b"")
        assert done.err.startswith('harden: image "Foo" is not a valid reference: ')

    def test_no_image_prints_the_help(self, harden: Session) -> None:
        done = harden("images")
        assert done.code == 2
        assert "IMAGE... | COMMAND" in done.text + done.err

    @pytest.mark.parametrize("words", [[], ["show"], ["learn"]])
    def test_help(self, harden: Session, words: list[str]) -> None:
        done = harden("images", *words, "--help")
        assert done.code == 0
        assert "Examples:\n" in done.text
        assert "..." not in done.text.partition("Commands:")[2].partition("Examples:")[0]

    def test_options_need_no_word_before_them(self, harden: Session) -> None:
        put(ci__ours_yaml="images: {facts: [facts.yaml]}\n", ci__facts_yaml=FACTS)
        done = harden("images", "--config", "ci/ours.yaml", API)
        assert done.code == 0
        assert "  user           1234:4321, read in its sources  [ci/facts.yaml:2]\n" in done.text


class TestFacts:
    """What the project knows itself."""

    def said_of(self, harden: Session, image: str = API) -> str:
        forget()
        return harden("images", image).text

    def test_beside_harden_yaml_without_being_named(self, harden: Session) -> None:
        Path("harden-images.yaml").write_text(FACTS)
        assert "[harden-images.yaml:2]" in self.said_of(harden)
        Path("harden-images").mkdir()
        Path("harden-images/team.yml").write_text(FACTS.replace("1234", "77"))
        assert "77:4321, read in its sources  [harden-images/team.yml:2]" in self.said_of(harden)
        put(harden_yaml="images: {facts: [last.yaml]}", last_yaml=FACTS.replace("1234", "99"))
        assert "99:4321, read in its sources  [last.yaml:2]" in self.said_of(harden)

    def test_above_where_harden_yaml_is(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        put(harden_yaml="risk: safe\n", deep__er__x_yaml="")
        Path("harden-images.yaml").write_text(FACTS)
        monkeypatch.chdir("deep/er")
        assert "1234:4321" in self.said_of(harden)
        Path("../../harden.yaml").unlink()
        assert "nothing is known" in self.said_of(harden)

    def test_own_facts_add_to_what_harden_knows_and_override_it(self, harden: Session) -> None:
        Path("harden-images.yaml").write_text("- {match: [redis], uid: 4711}\n")
        said = self.said_of(harden, "redis:7")
        assert "  user           4711:" in said
        assert "[harden-images.yaml:1]" in said
        assert "  ports          6379  [caches.yaml:" in said

    def test_mirrors(self, harden: Session) -> None:
        image = "registry.example.com/hub/library/redis:7"
        assert harden("images", image).code == 1
        put(harden_yaml="images:\n  mirrors: {registry.example.com/hub: docker.io}\n")
        done = harden("images", image)
        assert done.code == 0
        assert done.text.startswith("docker.io/library/redis:7\n")

    def test_they_reach_the_controls(self, harden: Session) -> None:
        put(a_yaml=POD.format(name="a", image=API))
        assert "runAsUser: 1234" not in harden("diff", "a.yaml").text
        forget()
        Path("harden-images.yaml").write_text(FACTS)
        assert "runAsUser: 1234" in harden("diff", "a.yaml").text

    def test_wrong_facts_end_the_run_before_anything_is_written(self, harden: Session) -> None:
        put(a_yaml=POD.format(name="a", image="nginx"), b_yaml=POD.format(name="b", image=API))
        Path("harden-images.yaml").write_text("- {match: [a], uid: 0}\n")
        before = tree()
        for words in (
            ["apply"],
            ["check"],
            ["images", API],
            ["images", "learn", "a.yaml", "--add", "harden-images.yaml"],
        ):
            done = harden(*words)
            assert (done.code, done.out) == (2, b"")
            assert done.err.startswith("harden: harden-images.yaml:1: uid must be a numeric user id other than root's")
        assert tree() == before


class TestLearn:
    def test_to_standard_output(self, harden: Session) -> None:
        done = harden(
            "images", "learn", "-", "--image", API, stdin=image_json("1234:4321", ExposedPorts={"80/tcp": {}})
        )
        assert (done.code, done.err) == (0, "")
        assert done.text.startswith("- match: [registry.example.com/shop/api]\n  uid: 1234\n  gid: 4321\n")
        assert f"  sources: [learned from the config of {API}]\n".replace("[", '["').replace("]", '"]') in done.text

    def test_several_files_and_images(self, harden: Session) -> None:
        Path("a.json").write_bytes(inspected("5", "a.test/a:1", "a.test/b:1"))
        Path("b.json").write_bytes(inspected("6", "a.test/c:1"))
        done = harden("images", "learn", "a.json", "b.json", "a.json")
        assert done.code == 0
        assert [line for line in done.text.splitlines() if "match" in line] == [
            "- match: [a.test/a]",
            "- match: [a.test/b]",
            "- match: [a.test/c]",
        ]
        assert done.text.count("\n\n") == 2
        assert harden("images", "learn", "a.json", "b.json", "--output", "out.yaml").out == b""
        assert Path("out.yaml").read_bytes() == done.out

    def test_what_cannot_be_read_does_not_stop_the_rest(self, harden: Session) -> None:
        Path("good.json").write_bytes(inspected("5", "a.test/a:1"))
        Path("bad.json").write_text("{")
        done = harden("images", "learn", "gone.tar", "bad.json", "good.json", "--add", "harden-images.yaml")
        assert done.code == 3
        assert done.text == "harden-images.yaml: 1 image added\n"
        assert done.err.splitlines()[0] == "harden: gone.tar: cannot be read: No such file or directory"
        assert done.err.splitlines()[1].startswith("harden: bad.json: not valid JSON")
        assert "- match: [a.test/a]\n" in Path("harden-images.yaml").read_text()

    def test_two_tags_of_one_name_make_one_entry(self, harden: Session) -> None:
        Path("a.json").write_bytes(inspected("5", "a.test/a:1", "a.test/a:2"))
        done = harden("images", "learn", "a.json")
        assert done.text.count("- match:") == 1
        assert "already speaks of this image" in done.err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ([], "name a FILE"),
            (["a", "--add", "x", "--output", "y"], "--add and --output exclude each other"),
            (["a", "b", "--image", "x"], "--image says what the image in one FILE is called"),
            (["--registry", "a", "--image", "x"], "--image says"),
            (["a", "--plain-http"], "--plain-http needs --registry"),
            (["a", "--add", "no/such/folder.yaml"], "cannot be written"),
        ],
    )
    def test_wrong_usage(self, harden: Session, words: list[str], said: str) -> None:
        done = harden("images", "learn", *words)
        assert (done.code, done.out) == (2, b"")
        assert said in done.err
        assert tree() == {}

    def test_registries_need_their_client(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "dxf", None)
        done = harden("images", "learn", "--registry", "a.test/a", "a.test/b")
        assert done.code == 2
        assert done.err == 'harden: reading from a registry needs the client: pip install "kube-harden[registry]"\n'


class TestAdd:
    def add(self, harden: Session, *tags: str, name: str = "harden-images.yaml") -> str:
        Path("images.json").write_bytes(inspected("5:6", *tags))
        done = harden("images", "learn", "images.json", "--add", name)
        assert done.code == 0, done.err
        assert done.text.startswith(f"{name}: ")
        return done.text.removeprefix(f"{name}: ") + done.err

    @pytest.mark.parametrize(
        "text",
        [
            FACTS,
            FACTS.rstrip("\n"),
            FACTS.replace("\n", "\r\n"),
            "\ufeff" + FACTS,
            "# nothing yet\n",
            FACTS + "\n\n# the end\n",
            "---\n" + FACTS,
            FACTS + "...\n",
        ],
    )
    def test_what_is_there_stays(self, harden: Session, text: str) -> None:
        path = Path("harden-images.yaml")
        path.write_bytes(text.encode())
        path.chmod(0o640)
        assert self.add(harden, "a.test/a:1", "a.test/b:1") == "2 images added\n"
        after = path.read_bytes()
        assert after.startswith(text.encode())
        added = after.removeprefix(text.encode()).decode()
        assert added.startswith(("\r\n" if "\r" in text else "\n") * (1 if text.endswith("\n") else 2) + "- match:")
        assert added.replace("\r\n", "").count("\n") == (0 if "\r" in text else added.count("\n"))
        assert path.stat().st_mode & 0o777 == 0o640
        for image in ("a.test/a", "a.test/b:9"):
            assert (
                "  user           5:6, learned from the image itself  [harden-images.yaml:"
                in harden("images", image).text
            )

    def test_an_image_is_there_once(self, harden: Session) -> None:
        path = Path("harden-images.yaml")
        path.write_text(FACTS)
        assert "1 image added\n" in self.add(harden, API, "a.test/a:1")
        before = path.read_bytes()
        assert before.decode().count("shop/api]") == 1
        said = self.add(harden, API, "a.test/a:2")
        assert said.startswith("0 images added\n")
        assert "harden: harden-images.yaml:2 already speaks of this image, and stays: " in said
        assert "harden: harden-images.yaml:6 already speaks of this image, and stays: " in said
        assert path.read_bytes() == before

    def test_a_new_file(self, harden: Session) -> None:
        assert self.add(harden, "a.test/a:1") == "1 image added\n"
        assert Path("harden-images.yaml").read_text().startswith("- match: [a.test/a]\n  uid: 5\n")
        assert sorted(tree()) == ["harden-images.yaml", "images.json"]

    def test_a_file_that_nothing_reads_is_told(self, harden: Session) -> None:
        hint = "harden: facts/x.yaml is read only where harden.yaml names it: images: {facts: [facts/x.yaml]}\n"
        Path("facts").mkdir()
        assert self.add(harden, "a.test/a:1", name="facts/x.yaml") == f"1 image added\n{hint}"
        put(harden_yaml="images: {facts: [facts]}\n")
        assert self.add(harden, "a.test/b:1", name="facts/x.yaml") == "1 image added\n"
        Path("harden-images").mkdir()
        assert self.add(harden, "a.test/b:1", name="harden-images/x.yaml") == "1 image added\n"

    @pytest.mark.parametrize("text", ["[]\n", "  - match: [a.test/x]\n", "[{match: [a.test/x]}]\n"])
    def test_what_cannot_be_added_to_is_left_alone(self, harden: Session, text: str) -> None:
        path = Path("harden-images.yaml")
        path.write_text(text)
        Path("images.json").write_bytes(inspected("5", "a.test/a:1"))
        done = harden("images", "learn", "images.json", "--add", "harden-images.yaml")
        assert (done.code, path.read_text()) == (2, text)
        assert "an entry cannot be put at its end" in done.err

    def test_what_is_no_facts_file_is_left_alone(self, harden: Session) -> None:
        path = Path("pod.yaml")
        path.write_text(POD.format(name="a", image=API))
        Path("images.json").write_bytes(inspected("5", "a.test/a:1"))
        done = harden("images", "learn", "images.json", "--add", "pod.yaml")
        assert (done.code, path.read_text()) == (2, POD.format(name="a", image=API))
        assert "a list of entries is expected" in done.err


class TestCheck:
    def test_unknown_images_are_listed_once_with_the_command_that_learns_them(self, harden: Session) -> None:
        images = ("z.test/z:2", API, "redis:7", "z.test/z:1", "z.test/z:2", "$(IMAGE)")
        for at, image in enumerate(images):
            put(**{f"p{at}_yaml": POD.format(name=f"p{at}", image=image)})
        done = harden("check")
        block = (
            "image facts cover 1 of 6 workloads\n"
            "  not known (3):\n"
            f"    {API}\n"
            "    z.test/z:1\n"
            "    z.test/z:2\n"
            "  no valid names (1):\n"
            "    $(IMAGE)\n"
            f"  to look the others up: harden images learn --registry {API} z.test/z:2 --add harden-images.yaml\n"
        )
        before, found, last = done.text.partition(block)
        assert found, done.text
        assert last.startswith("0 of 6 workloads admitted at restricted (v1.37) · 6 files · ")
        assert last.count("\n") == 1
        assert "images:" not in before
        assert "images:" not in harden("check", "--quiet").text
        for mode in ("diff", "apply"):
            done = harden(mode)
            assert "images:" not in done.text + done.err

    def test_where_all_are_known_nothing_is_said(self, harden: Session) -> None:
        put(a_yaml=POD.format(name="a", image="redis:7"))
        assert "images:" not in harden("check").text
        put(a_yaml="apiVersion: v1\nkind: Service\nmetadata: {name: a}\n")
        assert "images:" not in harden("check").text

    def test_what_is_learned_is_known_the_next_time(self, harden: Session) -> None:
        put(a_yaml=POD.format(name="a", image=API), b_yaml=POD.format(name="b", image="z.test/root:1"))
        assert "  not known (2):\n" in harden("check").text
        Path("learned.json").write_bytes(inspected("5:6", API))
        Path("root.json").write_bytes(inspected("", "z.test/root:1"))
        done = harden("images", "learn", "learned.json", "root.json", "--add", "harden-images.yaml")
        assert done.text == "harden-images.yaml: 2 images added\n"
        forget()
        said = harden("check").text
        assert "image facts cover 1 of 2 workloads\n" in said
        assert "  start as root, and no other user is known for them (1):\n    z.test/root:1\n" in said
        assert "harden images learn" not in said.partition("images: every")[2]

    def test_the_command_names_the_file_beside_harden_yaml(
        self, harden: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(ci__my_yaml="risk: safe\n", a_yaml=POD.format(name="a", image=API))
        Path("ci").rename("c i")
        assert f"--registry {API} --add 'c i/harden-images.yaml'\n" in harden("check", "--config", "c i/my.yaml").text
        monkeypatch.chdir("c i")
        assert f"--registry {API} --add harden-images.yaml\n" in harden("check", "../a.yaml").text

    def test_the_report_for_programs(self, harden: Session) -> None:
        put(a_yaml=POD.format(name="a", image=API), b_yaml=POD.format(name="b", image="redis:7"))
        data = json.loads(harden("check", "--format", "json").out)
        assert data["images"] == {"workloads": 1, "unknown": [API], "rootful": [], "nameless": []}
        schema = json.loads((ROOT / "harden" / "schemas" / "report.schema.json").read_text("utf-8"))
        validator = jsonschema_rs.validator_for(schema)
        assert validator.is_valid(data)
        assert not validator.is_valid(data | {"images": {}})
        assert "images" not in schema["required"]
        data = json.loads(harden("diff", "--format", "json").out)
        assert "images" not in data
        assert validator.is_valid(data)

    def test_images_of_all_containers_count(self, harden: Session) -> None:
        put(
            a_yaml="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n"
            "  initContainers: [{name: i, image: 'z.test/init'}]\n"
            "  containers: [{name: a, image: redis}, {name: b, image: redis}]\n"
        )
        said = harden("check").text
        assert "image facts cover 0 of 1 workload\n  not known (1):\n    z.test/init\n  to look" in said


def test_a_closed_standard_input_is_told() -> None:
    done = run_alone("images", "learn", "-", stdin=b"")
    assert done.code == 3
    assert done.err.startswith("harden: <stdin>: ")
