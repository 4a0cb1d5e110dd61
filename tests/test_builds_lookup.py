"""Looking for build files: what is read, what is left alone, and what shows that an image is the repository's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from builds_facts import known

from harden.builds.files import Files, read_local, repository_root
from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Outcome, Refused, Resolved
from harden.builds.ownership import is_official
from harden.images.reference import parse_reference


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


class Counting:
    """Reads files and remembers which."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, path: Path) -> bytes | None:
        self.names.append(path.name)
        return read_local(path)


def remote(url: str) -> dict[str, str]:
    return {".git/config": f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n'}


def uid(outcome: Outcome) -> int | None:
    return outcome.facts.uid if isinstance(outcome, Resolved) else None


def test_nothing_is_read_for_images_that_are_known(tmp_path: Path) -> None:
    read = Counting()
    write(tmp_path, {"redis/Dockerfile": "FROM alpine\nUSER 4\n", "compose.yaml": "services: {}\n"})
    builds = BuildFiles(tmp_path, known, read)
    assert builds.lookup("redis:8", "k8s/redis.yaml") is None
    # Whose repository it is: two small files, once.
    assert sorted(read.names) == [".git/config".rpartition("/")[2], "go.mod"]
    assert builds.lookup("nginx", "k8s/nginx.yaml") is None
    assert len(read.names) == 2


def test_a_placeholder_without_a_build_file_says_nothing(tmp_path: Path) -> None:
    """Whether it is built here nobody knows: each image of example.com would carry the same remark."""
    write(tmp_path, {"cart/Dockerfile": "FROM alpine\nUSER 5\n", **remote("https://github.com/acme/shop.git")})
    builds = BuildFiles(tmp_path, known)
    assert builds.lookup("registry.example.com/shop/mailer:1", "k8s/mailer.yaml") is None
    assert uid(builds.lookup("registry.example.com/shop/cart:1", "k8s/cart.yaml")) == 5
    own = builds.lookup("ghcr.io/acme/mailer:1", "k8s/mailer.yaml")
    assert isinstance(own, Refused)
    assert own.reason.endswith("but no build file here goes by the name mailer")


def test_material_of_tests_speaks_of_itself_alone(tmp_path: Path) -> None:
    cart = "registry.example.com/shop/cart:1"
    compose = "services: {cart: {image: 'reg.corp.net/team/cart:1', build: ../cart}}\n"
    write(
        tmp_path, {"tests/shops/cart/Dockerfile": "FROM alpine\nUSER 5\n", "tests/shops/compose/compose.yaml": compose}
    )
    builds = BuildFiles(tmp_path, known)
    assert uid(builds.lookup(cart, "deploy/cart.yaml")) is None
    assert uid(builds.lookup(cart, "tests/k8s/cart.yaml")) == 5
    assert uid(builds.lookup("reg.corp.net/team/cart:1", "deploy/cart.yaml")) is None
    assert builds.lookup("reg.corp.net/team/web:1", "deploy/web.yaml") is None
    assert uid(builds.lookup("reg.corp.net/team/cart:1", "tests/shops/cart.yaml")) == 5


def test_each_file_is_read_once(tmp_path: Path) -> None:
    read = Counting()
    write(tmp_path, {f"s{n}/Dockerfile": f"FROM alpine\nUSER {n + 1}\n" for n in range(5)})
    builds = BuildFiles(tmp_path, known, read)
    for _ in range(3):
        assert [uid(builds.lookup(f"s{n}", "all.yaml")) for n in range(5)] == [1, 2, 3, 4, 5]
    assert len(read.names) == len(set(read.names)) + 4


@pytest.mark.parametrize(
    ("url", "image"),
    [
        ("https://github.com/acme/parts.git", "ghcr.io/acme/cart:v1"),
        ("git@github.com:acme/parts.git", "docker.io/acme/cart"),
        ("ssh://git@gitlab.example.net:2222/acme/parts", "quay.io/acme/cart"),
        ("https://token@github.com/Acme/Parts/", "acme/cart"),
        ("https://github.com/acme/parts.git", "europe-docker.pkg.dev/project/parts/cart:v1"),
    ],
)
def test_the_git_remote_shows_whose_image_it_is(url: str, image: str, tmp_path: Path) -> None:
    write(tmp_path, {"cart/Dockerfile": "FROM alpine\nUSER 4\n", **remote(url)})
    assert uid(BuildFiles(tmp_path, known).lookup(image, "k8s.yaml")) == 4


@pytest.mark.parametrize(
    "image",
    [
        "ghcr.io/others/cart",
        "docker.io/parts/cart",
        "quay.io/parts/parts",
        "acme.io/others/cart",
        "docker.io/cart/cart",
        "notacme/cart",
        "registry.k8s.io/cart",
        "docker.io/library/cart",
        "library/cart",
        "docker.io/cart",
        "ghcr.io/cart",
        "elasticsearch",
        "docker.io/acme-corp/cart",
        "docker.io/confluentinc/cart",
    ],
)
def test_other_peoples_images_do_not_match(image: str, tmp_path: Path) -> None:
    files = {f"{name}/Dockerfile": "FROM alpine\nUSER 4\n" for name in ("cart", "parts", "elasticsearch")}
    compose = "services: {a: {build: ./cart, image: confluentinc/mine}}\n"
    workflow = "jobs: {t: {services: {db: {image: quay.io/parts/parts}}}}\n"
    more = {"compose.yaml": compose, ".github/workflows/ci.yml": workflow, **remote("https://github.com/acme/parts")}
    write(tmp_path, {**files, **more})
    assert BuildFiles(tmp_path, lambda _: None).lookup(image, "k8s.yaml") is None


def test_an_own_image_counts_more_than_what_is_shipped_but_its_neighbours_do_not(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM alpine\nUSER 4\n", "production/grafana/Dockerfile": "FROM alpine\nUSER 5\n"}
    own = write(tmp_path / "a", {**files, **remote("https://github.com/grafana/grafana")})
    neighbour = write(tmp_path / "b", {**files, **remote("https://github.com/grafana/loki")})
    assert uid(BuildFiles(own, known).lookup("grafana/grafana:12", "k8s.yaml")) == 4
    assert BuildFiles(neighbour, known).lookup("grafana/grafana:12", "k8s.yaml") is None


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("Makefile", "push:\n\tdocker push reg.corp.net/shop/other\n"),
        ("hack/build.sh", "docker buildx build --platform linux/amd64 \\\n  --tag reg.corp.net/shop/other:1 .\n"),
        (".github/workflows/ci.yml", "      tags: reg.corp.net/shop/other:1\n"),
        ("README.md", "`podman build . -t reg.corp.net/shop/other`\n"),
        ("skaffold.yaml", "build: {artifacts: [{image: reg.corp.net/shop/other, context: cart}]}\n"),
        (".github/workflows/ci.yml", "  with:\n    images: |\n      reg.corp.net/shop/other\n"),
        ("deploy/cloudbuild.yaml", "steps: []\nimages:\n- 'reg.corp.net/shop/other:1'\n"),
        ("Taskfile.yml", "- skaffold run --default-repo=reg.corp.net/shop\n"),
    ],
)
def test_what_is_built_or_pushed_shows_whose_registry_it_is(script: str, text: str, tmp_path: Path) -> None:
    write(tmp_path, {"cart/Dockerfile": "FROM alpine\nUSER 4\n"})
    assert BuildFiles(tmp_path, known).lookup("reg.corp.net/shop/cart", "k8s.yaml") is None
    write(tmp_path, {script: text})
    assert uid(BuildFiles(tmp_path, known).lookup("reg.corp.net/shop/cart", "k8s.yaml")) == 4
    assert BuildFiles(tmp_path, known).lookup("reg.corp.net/other/cart", "k8s.yaml") is None


def test_links_pipes_large_and_binary_files_are_passed_over(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"Dockerfile": "FROM alpine\nUSER 4\n"})
    root = write(tmp_path / "root", {"large/Dockerfile": "FROM alpine\nUSER 4\n#" + "x" * (1 << 20)})
    (root / "folder").symlink_to(outside, target_is_directory=True)
    (root / "file").mkdir()
    (root / "file" / "Dockerfile").symlink_to(outside / "Dockerfile")
    (root / "binary").mkdir()
    (root / "binary" / "Dockerfile").write_bytes(b"\xff\xfe\x00FROM alpine\nUSER 4\n")
    (root / "pipe").mkdir()
    os.mkfifo(root / "pipe" / "Dockerfile")
    write(root, {"compose.yaml": "services: {up: {build: ../outside, image: ghcr.io/a/up}}\n"})
    builds = BuildFiles(root, known)
    found = {name: builds.lookup(name, "k8s.yaml") for name in ("folder", "file", "pipe", "binary", "large")}
    assert not any(isinstance(outcome, Resolved) for outcome in found.values())
    assert builds.lookup("ghcr.io/a/up", "k8s.yaml") == Refused(
        "compose.yaml:1 builds it from ../outside, outside the repository", ("compose.yaml",)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("skaffold.yaml", "build: {artifacts: [7, null, {image: [a]}, {image: a, docker: 3, requires: 4, jib: 5}]}\n"),
        ("skaffold.yaml", "{{ not: yaml\n"),
        ("compose.yaml", "services: {a: 3, b: {build: 4}, c: {build: {context: [], args: {A: [1]}}, image: 8}}\n"),
        ("compose.yaml", "services: []\n---\n- 1\n"),
        ("kustomization.yaml", "resources: [1, null]\nimages: [3, {name: a, newTag: null, newName: 4}]\n"),
        ("pom.xml", "<project>jib-maven-plugin<to><image>a"),
        ("build.gradle", "jib {{{ to { image"),
        (".ko.yaml", "baseImageOverrides: 3\ndefaultBaseImage: [x]\n"),
        (".env", "=\nA=${A}\nB\n"),
        ("go.mod", "module\n"),
        (".git/config", "[remote]\nurl=\nurl = ::::\n"),
        ("Dockerfile", "FROM\nFROM a b c d e\nUSER\nEXPOSE x/y 1-99999999999999999999\nENV\n"),
        ("a/Dockerfile", "FROM alpine\nRUN useradd -u " + "9" * 5000 + " me\nEXPOSE " + "9" * 5000 + "\nUSER me\n"),
        ("Makefile", "docker build " * 20_000),
    ],
)
def test_a_broken_file_breaks_nothing(name: str, text: str, tmp_path: Path) -> None:
    write(tmp_path, {name: text, "fine/Dockerfile": "FROM alpine\nUSER 4\n"})
    builds = BuildFiles(tmp_path, known)
    assert uid(builds.lookup("fine", "k8s.yaml")) == 4
    for image in (
        "a",
        "ghcr.io/x/a:1",
        "ko://x/y",
        "c",
        tmp_path.name,
        ":",
        "",
        "a b",
        "$(IMAGE)",
        "{{ .Values.image }}",
    ):
        builds.lookup(image, "k8s.yaml")


def test_files_that_build_on_one_another_end(tmp_path: Path) -> None:
    files = {f"s{n}/Dockerfile": f"FROM ghcr.io/acme/s{n + 1}\n" for n in range(60)}
    write(tmp_path, {**files, **remote("https://github.com/acme/parts"), "s60/Dockerfile": "FROM alpine\nUSER 4\n"})
    builds = BuildFiles(tmp_path, known)
    assert uid(builds.lookup("ghcr.io/acme/s50", "k8s.yaml")) == 4
    assert isinstance(builds.lookup("ghcr.io/acme/s0", "k8s.yaml"), Refused)


def test_the_nearest_of_several_counts_and_a_tie_names_both(tmp_path: Path) -> None:
    files = {f"{zone}/api/Dockerfile": f"FROM alpine\nUSER {at}\n" for at, zone in enumerate(("east", "west"), 1)}
    write(tmp_path, files)
    builds = BuildFiles(tmp_path, known)
    assert uid(builds.lookup("api", "west/k8s/deployment.yaml")) == 2
    assert uid(builds.lookup("api", str(tmp_path / "east" / "k8s.yaml"))) == 1
    found = builds.lookup("api", "k8s/deployment.yaml")
    assert isinstance(found, Refused)
    assert found.candidates == ("east/api/Dockerfile", "west/api/Dockerfile")


@pytest.mark.parametrize(
    ("tag", "reaches"),
    [("", True), (":latest", True), (":dev", True), (":main", True), (":1.0", False), (f"@sha256:{'0' * 64}", False)],
)
def test_a_fixed_tag_may_be_older_than_the_file(tag: str, *, reaches: bool, tmp_path: Path) -> None:
    write(tmp_path, {"cart/Dockerfile": "FROM alpine\nUSER 4\n"})
    found = BuildFiles(tmp_path, known).lookup(f"cart{tag}", "k8s.yaml")
    assert isinstance(found, Resolved)
    assert found.facts.reaches_tag is reaches
    assert found.facts.reaches("uid") is reaches


def test_the_top_is_the_git_work_tree_or_the_folder_given(tmp_path: Path) -> None:
    write(tmp_path, {"work/.git/config": "", "work/deep/k8s/a.yaml": "", "plain/k8s/a.yaml": ""})
    assert repository_root(tmp_path / "work" / "deep" / "k8s" / "a.yaml") == tmp_path / "work"
    assert repository_root(tmp_path / "plain" / "k8s") == tmp_path / "plain" / "k8s"


def test_findings_are_those_of_the_images_asked_for(tmp_path: Path) -> None:
    write(
        tmp_path, {"a/Dockerfile": "FROM node\n", "b/Dockerfile": "FROM node\n", "c/Dockerfile": "FROM node\nUSER 5\n"}
    )
    builds = BuildFiles(tmp_path, known)
    for image in ("c", "a", "a:1"):
        builds.lookup(image, "k8s.yaml")
    assert [(finding.path, finding.line) for finding in builds.findings] == [("a/Dockerfile", 1)]


def test_projects_side_by_side_do_not_lend_one_another_their_bare_names(tmp_path: Path) -> None:
    skaffold = "build: {{artifacts: [{{image: {}}}]}}\n"
    files = {
        f"{name}/Dockerfile": f"FROM alpine\nUSER {at}\n" for at, name in enumerate(("one", "two", "three/app"), 1)
    }
    more = {"one/skaffold.yaml": skaffold.format("app"), "two/skaffold.yaml": skaffold.format("app")}
    write(
        tmp_path, {**files, **more, "four/skaffold.yaml": skaffold.format("other"), "four/Dockerfile": "FROM alpine\n"}
    )
    builds = BuildFiles(tmp_path, known)
    manifests = ("one/k8s.yaml", "two/deep/k8s.yaml", "three/k8s.yaml", "four/k8s.yaml")
    assert [uid(builds.lookup("app", manifest)) for manifest in manifests] == [1, 2, 3, None]
    assert builds.lookup("app", "four/k8s.yaml") is None


def test_one_file_with_two_ways_to_build_an_image_decides_nothing(tmp_path: Path) -> None:
    artifacts = "build: {artifacts: [{image: app}]}\nprofiles: [{build: {artifacts: [{image: app, ko: {}}]}}]\n"
    write(tmp_path, {"skaffold.yaml": artifacts, "Dockerfile": "FROM alpine\nUSER 4\n"})
    found = BuildFiles(tmp_path, known).lookup("app", "k8s.yaml")
    assert isinstance(found, Refused)
    assert found.candidates == ("Dockerfile", "skaffold.yaml")


@pytest.mark.parametrize(
    ("images", "image", "expected"),
    [
        (("rs-cart", "rs-user"), "rs-cart", 1),
        (("cart-svc", "user-svc"), "user-svc", 2),
        (("a-cart", "a-user"), "a-nothing", None),
        (("web-cart",), "web-cart", None),
        (("x-cart", "x-other", "x-more"), "x-cart", None),
        (("app-test-cart", "app-test-user", "app-more"), "app-test-cart", 1),
    ],
)
def test_a_part_of_a_name_counts_where_several_images_share_it(
    images: tuple[str, ...], image: str, expected: int | None, tmp_path: Path
) -> None:
    manifest = "".join(f"- image: ghcr.io/acme/{name}:1\n" for name in images)
    files = {"cart/Dockerfile": "FROM alpine\nUSER 1\n", "user/Dockerfile": "FROM alpine\nUSER 2\n"}
    write(tmp_path, {**files, "k8s.yaml": manifest, **remote("https://github.com/acme/parts")})
    assert uid(BuildFiles(tmp_path, known).lookup(f"ghcr.io/acme/{image}:1", "k8s.yaml")) == expected


def test_a_part_of_a_name_counts_less_than_a_nearer_file(tmp_path: Path) -> None:
    manifest = "- image: ghcr.io/acme/test-cart\n- image: ghcr.io/acme/test-user\n"
    names = ("cart", "user", "cart/test")
    files = {f"{name}/Dockerfile": f"FROM alpine\nUSER {at}\n" for at, name in enumerate(names, 1)}
    write(tmp_path, {**files, "cart/test/k8s/all.yaml": manifest, **remote("https://github.com/acme/parts")})
    builds = BuildFiles(tmp_path, known)
    assert uid(builds.lookup("ghcr.io/acme/test-cart", "cart/test/k8s/all.yaml")) is None
    assert uid(builds.lookup("ghcr.io/acme/test-cart", "k8s/all.yaml")) == 1


def test_a_whole_name_that_a_far_sample_declares_counts_less_than_a_folder_beside_the_manifest(tmp_path: Path) -> None:
    skaffold = "build: {artifacts: [{image: ghcr.io/acme/tool, context: base}]}\n"
    files = {"samples/data/skaffold.yaml": skaffold, "samples/data/base/Dockerfile": "FROM alpine\nUSER 1\n"}
    write(tmp_path, {**files, "deploy/tool/Dockerfile": "FROM alpine\nUSER 2\n", **remote("https://h/acme/parts")})
    builds = BuildFiles(tmp_path, known)
    assert uid(builds.lookup("ghcr.io/acme/tool", "deploy/tool/pod.yaml")) == 2
    assert uid(builds.lookup("ghcr.io/acme/tool", "k8s/pod.yaml")) == 1


def test_links_are_not_walked(tmp_path: Path) -> None:
    write(tmp_path, {"app/Dockerfile": "FROM alpine\nUSER 4\n"})
    (tmp_path / "app" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "other").symlink_to(tmp_path / "app" / "Dockerfile")
    assert BuildFiles(tmp_path, known).files.paths == ("app/Dockerfile",)


@pytest.mark.parametrize(
    ("image", "is_one"),
    [("eclipse-mosquitto:2", True), ("ibm-semeru-runtimes", True), ("mosquitto", False), ("runtimes", False)],
)
def test_official_images_are_known_by_their_whole_names(image: str, *, is_one: bool) -> None:
    reference = parse_reference(image)
    assert reference is not None
    assert is_official(reference) is is_one


COMPOSE = "services:\n  app:\n    image: app:1\n    build:\n      context: .\n      args: "


@pytest.mark.parametrize(
    ("files", "user"),
    [
        ({"compose.yaml": COMPOSE + "{U: 7}\n"}, "7"),
        ({"compose.yaml": COMPOSE + "[U=7]\n"}, "7"),
        ({"compose.yaml": COMPOSE + "{U: '${ID:-7}'}\n"}, "7"),
        ({"compose.yaml": COMPOSE + "{U: '${ID}'}\n", ".env": "ID=7\n"}, "7"),
        ({"compose.yaml": COMPOSE + "{U: '${ID}'}\n"}, None),
        ({"compose.yaml": COMPOSE + "['U=${ID}']\n"}, None),
        ({"compose.yaml": COMPOSE + "[U]\n"}, None),
        ({"compose.yaml": COMPOSE + "{U: }\n"}, None),
        ({"compose.yaml": COMPOSE + "{OTHER: '${ID}'}\n"}, "5"),
        ({"skaffold.yaml": "build: {artifacts: [{image: app, docker: {buildArgs: {U: '{{.ID}}'}}}]}\n"}, None),
        ({"app/Makefile": "x:\n\tdocker build --build-arg U=7 .\n"}, None),
        ({"app/Makefile": "x:\n\tdocker build --build-arg U .\n"}, None),
        ({"app/Makefile": "x:\n\tdocker build --build-arg U=5 --build-arg V=8 .\n"}, "5"),
        ({".github/workflows/a.yml": "    with:\n      build-args: |\n        U=7\n"}, None),
        ({".github/workflows/a.yml": "    with:\n      build-args: U=5\n"}, "5"),
    ],
)
def test_a_build_argument_is_what_the_build_gives(files: dict[str, str], user: str | None, tmp_path: Path) -> None:
    """A variable that only the build knows is not the default that the Dockerfile has for it."""
    folder = "" if {"compose.yaml", "skaffold.yaml"} & files.keys() else "app/"
    write(tmp_path, {**files, f"{folder}Dockerfile": "FROM alpine\nARG U=5\nUSER $U\n"})
    found = BuildFiles(tmp_path, known).lookup("app:1", "k8s.yaml")
    assert (found.facts.default_user if isinstance(found, Resolved) else None) == user


def test_a_default_where_a_variable_is_used_does_not_count_either(tmp_path: Path) -> None:
    write(tmp_path, {"compose.yaml": COMPOSE + "[U]\n", "Dockerfile": "FROM alpine\nARG U\nUSER ${U:-5}\n"})
    assert isinstance(BuildFiles(tmp_path, known).lookup("app:1", "k8s.yaml"), Refused)


@pytest.mark.parametrize(
    ("target", "user"), [("slim", None), ("Slim", None), ("test", "5"), ("prod", "5"), ("unheard", "5")]
)
def test_a_stage_that_scripts_build_may_be_the_one_that_runs(target: str, user: str | None, tmp_path: Path) -> None:
    dockerfile = "FROM alpine AS test\nFROM alpine AS slim\nUSER 4\nFROM alpine AS prod\nUSER 5\n"
    write(tmp_path, {"app/Dockerfile": dockerfile, "build.sh": f"docker build --target {target} app\n"})
    found = BuildFiles(tmp_path, known).lookup("app:1", "k8s.yaml")
    assert (found.facts.default_user if isinstance(found, Resolved) else None) == user


@pytest.mark.parametrize(
    ("name", "is_told"),
    [("Dockerfile.prod", False), ("Dockerfile.debian", False), ("Dockerfile.dev", True), ("a.txt", True)],
)
def test_two_dockerfiles_of_one_folder_that_differ_decide_nothing(name: str, *, is_told: bool, tmp_path: Path) -> None:
    write(tmp_path, {"app/Dockerfile": "FROM alpine\nUSER 5\n", f"app/{name}": "FROM alpine\nUSER 6\n"})
    found = BuildFiles(tmp_path, known).lookup("app:1", "k8s.yaml")
    assert isinstance(found, Resolved) is is_told
    if isinstance(found, Refused):
        assert found.candidates == ("app/Dockerfile", f"app/{name}")


@pytest.mark.parametrize(
    ("image", "script", "is_own"),
    [
        ("registry.parts.io/tools/redis:7", "docker push registry.parts.io/tools/cart:1\n", False),
        ("registry.parts.io/tools/redis:7", "docker push registry.parts.io/tools/redis:7\n", True),
        ("registry.parts.io:5000/tools/redis:7", "docker push registry.parts.io:5000/tools/redis:$TAG\n", True),
        ("registry.parts.io/tools/redis:main", "docker push registry.parts.io/tools/cart:1\n", True),
        ("registry.parts.io/tools/kv:7", "docker push registry.parts.io/tools/cart:1\n", True),
    ],
)
def test_a_public_image_in_an_own_registry_may_be_a_copy(
    image: str, script: str, *, is_own: bool, tmp_path: Path
) -> None:
    files = {"redis/Dockerfile": "FROM alpine\nUSER 5\n", "kv/Dockerfile": "FROM alpine\nUSER 5\n", "push.sh": script}
    write(tmp_path, files)
    assert isinstance(BuildFiles(tmp_path, known).lookup(image, "k8s.yaml"), Resolved) is is_own


@pytest.mark.parametrize(
    ("files", "image", "user"),
    [
        ({}, "ko://example.org/a", "65532"),
        ({".ko.yaml": "defaultBaseImage: alpine\n"}, "ko://example.org/a", "root"),
        ({"svc/.ko.yaml": "defaultBaseImage: alpine\n"}, "ko://example.org/a", "root"),
        ({".ko.yaml": "{}\n", "svc/.ko.yaml": "defaultBaseImage: alpine\n"}, "ko://example.org/a", None),
        ({".ko.yaml": "baseImageOverrides: {example.org/a: alpine}\n"}, "ko://example.org/b", "65532"),
        ({"skaffold.yaml": "build: {artifacts: [{image: a, ko: {}}]}\n"}, "a", "65532"),
        (
            {"skaffold.yaml": "build: {artifacts: [{image: a, ko: {}}]}\n", ".ko.yaml": "defaultBaseImage: alpine\n"},
            "a",
            "root",
        ),
    ],
)
def test_the_base_of_ko(files: dict[str, str], image: str, user: str | None, tmp_path: Path) -> None:
    write(tmp_path, files)
    found = BuildFiles(tmp_path, known).lookup(image, "k8s.yaml")
    assert (found.facts.default_user if isinstance(found, Resolved) else None) == user


@pytest.mark.parametrize(
    ("comment", "user"), [("// user = '9'", "root"), ("/* user = '9' */", "root"), ("user = '9' // it", "9")]
)
def test_comments_of_gradle_say_nothing(comment: str, user: str, tmp_path: Path) -> None:
    text = f"jib {{\n  to {{ image = 'ghcr.io/x/app' }} // https://a.b\n  container {{\n    {comment}\n  }}\n}}\n"
    write(tmp_path, {"build.gradle": text})
    found = BuildFiles(tmp_path, known).lookup("ghcr.io/x/app", "k8s.yaml")
    assert isinstance(found, Resolved)
    assert found.facts.default_user == user


def test_the_remote_of_a_submodule_shows_nothing(tmp_path: Path) -> None:
    config = (
        '[submodule "x"]\n\turl = https://github.com/other/x.git\n[remote "o"]\n\turl = https://github.com/me/y.git\n'
    )
    write(tmp_path, {".git/config": config, "app/Dockerfile": "FROM alpine\nUSER 5\n"})
    build_files = BuildFiles(tmp_path, known)
    assert build_files.lookup("ghcr.io/other/app:1", "k8s.yaml") is None
    assert isinstance(build_files.lookup("ghcr.io/me/app:1", "k8s.yaml"), Resolved)


def test_a_path_through_a_link_out_of_the_repository_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/run.sh": "sudo x\n", "here/in/run.sh": "sudo x\n"})
    (tmp_path / "here" / "out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here" / "alias").symlink_to(tmp_path / "here" / "in")
    files = Files(tmp_path / "here")
    assert files.text("out/run.sh") is None
    assert files.text("alias/run.sh") == "sudo x\n"
