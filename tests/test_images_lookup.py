"""Finding facts: specificity, variants by tag, mirrors, people's own files, general rules, and how little is parsed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harden.errors import HardenError
from harden.images.describe import describe, unknown_image
from harden.images.facts import Confidence, ImageFacts, Need
from harden.images.reference import parse_reference
from harden.images.store import lookup, names_of, open_store

DIGEST = "sha256:" + "0123456789abcdef" * 4


def known(image: str, *extra: Path, mirrors: dict[str, str] | None = None) -> ImageFacts:
    facts = lookup(image, extra=extra, mirrors=mirrors or {})
    assert facts is not None, image
    return facts


def own(folder: Path, text: str, name: str = "own.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


# --- what images are known as ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "uid", "gid"),
    [
        ("postgres", 999, 999),
        ("postgres:16", 999, 999),
        ("postgres:16-alpine", 70, 70),
        ("postgres:16.2-alpine3.19", 70, 70),
        ("postgres:alpine", 70, 70),
        ("postgres:alpine3.20", 70, 70),
        ("postgis/postgis:16-3.4-alpine", 70, 70),
        (f"postgres:16-alpine@{DIGEST}", 70, 70),
        ("public.ecr.aws/docker/library/postgres:16-alpine", 70, 70),
        ("redis:alpine", 999, 1000),
        ("redis:7-alpine", 999, 1000),
        ("redis:7", 999, 999),
        ("php:8-apache", 33, 33),
        ("php:8-fpm-alpine", 82, 82),
        ("joomla:5-php8.3-fpm-alpine", 82, 82),
        ("influxdb:2.7", 1000, 1000),
        ("influxdb:1.11", 1500, 1500),
        ("influxdb:1.8", None, None),
        ("nginxinc/nginx-unprivileged:1.29-alpine", 101, 101),
        ("prom/prometheus:v3.1.0", 65534, 65534),
        ("prom/prometheus:v3.10.0-distroless", 65532, 65532),
        ("us-central1-docker.pkg.dev/google-samples/microservices-demo/frontend:v0.10", 1000, 1000),
    ],
)
def test_users(image: str, uid: int | None, gid: int | None) -> None:
    facts = known(image)
    assert (facts.uid, facts.gid) == (uid, gid)


@pytest.mark.parametrize(
    "image", ["registry.example.com/app:1", "ghcr.io/nobody/knows", "postgres-operator", "<image>", ""]
)
def test_nothing_is_known_of_others(image: str) -> None:
    assert lookup(image) is None


def test_variants_add_up_and_override(tmp_path: Path) -> None:
    facts = own(
        tmp_path,
        "- match: example.com/app\n"
        "  uid: 10\n"
        "  ports: [80]\n"
        "  volumes: [/data]\n"
        "  variants:\n"
        "  - tags: '*alpine*'\n"
        "    uid: 20\n"
        "  - tags: ['2*', v2*]\n"
        "    ports: [8080]\n"
        "    volumes: null\n",
    )
    both = known("example.com/app:2-alpine", facts)
    assert (both.uid, both.ports, both.volumes) == (20, (8080,), None)
    first = known("example.com/app:1-alpine", facts)
    assert (first.uid, first.ports, first.volumes) == (20, (80,), ("/data",))
    plain = known("example.com/app:1", facts)
    assert (plain.uid, plain.ports, plain.volumes) == (10, (80,), ("/data",))
    assert both.origins["uid"] == f"{facts}:6"
    assert plain.origins["uid"] == f"{facts}:1"


def test_a_version_is_the_same_with_and_without_its_letter(tmp_path: Path) -> None:
    """Who publishes 2.17.0 in one registry as v2.17.0 in another one means one program."""
    facts = own(tmp_path, "- match: example.com/app\n  uid: 10\n  variants:\n  - tags: v2.1*\n    uid: 20\n")
    assert known("example.com/app:2.17.0", facts).uid == known("example.com/app:v2.17.0", facts).uid == 20
    assert known("example.com/app:2.2", facts).uid == 10
    for tag in ("v2.17.0", "2.17.0"):
        assert known(f"jaegertracing/jaeger:{tag}").reach_doubt is None, tag
    assert known("jaegertracing/jaeger:1.17.0").reach_doubt is not None


def test_a_digest_alone_leaves_the_variant_open() -> None:
    facts = known(f"postgres@{DIGEST}")
    assert (facts.uid, facts.confidence) == (999, Confidence.DERIVED)
    assert any("digest" in note for note in facts.notes)
    # Where the tags do not differ in their user there is nothing to doubt.
    assert known(f"nginx@{DIGEST}").confidence is Confidence.READ


# --- which entry counts ---------------------------------------------------------------------------------------------


def test_the_most_specific_pattern_wins_and_the_others_fill_in(tmp_path: Path) -> None:
    facts = own(
        tmp_path,
        "- match: example.com/**\n  uid: 1\n  gid: 1\n  shell: true\n"
        "- match: example.com/team/*\n  uid: 2\n  gid: 2\n"
        "- match: example.com/team/app\n  uid: 3\n  gid: null\n",
    )
    app = known("example.com/team/app", facts)
    assert (app.uid, app.gid, app.shell) == (3, 2, True)
    assert app.matched == ("example.com/team/app", "example.com/team/*", "example.com/**")
    assert known("example.com/team/other", facts).uid == 2
    assert known("example.com/team/deeper/other", facts).uid == 1
    assert known("example.com/app", facts).uid == 1
    assert lookup("example.org/team/app", extra=[facts]) is None


def test_a_glob_never_beats_a_name_and_own_files_beat_shipped_ones(tmp_path: Path) -> None:
    facts = own(tmp_path, "- match: docker.io/library/*\n  uid: 5\n- match: nginx\n  uid: 6\n")
    assert known("postgres", facts).uid == 999
    assert known("nginx", facts).uid == 6
    assert known("nobody-wrote-this", facts).uid == 5
    # What the own entry leaves out stays known.
    assert known("nginx", facts).ports == (80,)
    assert known("nginx").uid == 101


def test_later_files_beat_earlier_ones_and_folders_count_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    folder.mkdir()
    own(folder, "- match: example.com/app\n  uid: 2\n", "b.yaml")
    own(folder, "- match: example.com/app\n  uid: 1\n", "a.yml")
    own(folder, "not facts", "notes.txt")
    last = own(tmp_path, "- match: example.com/app\n  uid: 3\n")
    assert known("example.com/app", folder).uid == 2
    assert known("example.com/app", folder, last).uid == 3
    assert known("example.com/app", last, folder).uid == 2


def test_a_name_of_its_own_beats_what_it_is_a_mirror_of(tmp_path: Path) -> None:
    facts = own(tmp_path, "- match: registry.example.com/hub/library/redis\n  uid: 4711\n")
    mirrors = {"registry.example.com/hub": "docker.io"}
    assert known("registry.example.com/hub/library/redis:7", facts, mirrors=mirrors).uid == 4711
    assert known("registry.example.com/hub/library/redis:7-alpine", mirrors=mirrors).gid == 1000
    assert known("redis:7", facts, mirrors=mirrors).uid == 999
    assert lookup("registry.example.com/hub/library/redis:7") is None


# --- general rules --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "uid", "rule"),
    [
        ("gcr.io/distroless/static-debian12", 65532, "rule distroless"),
        ("gcr.io/distroless/base:nonroot", 65532, "rule distroless"),
        ("example.com/app:nonroot", 65532, "rule nonroot-tag"),
        ("example.com/app:1.2.3-nonroot", 65532, "rule nonroot-tag"),
        ("example.com/app:nonroot-amd64", 65532, "rule nonroot-tag"),
        ("cgr.dev/chainguard/node", 65532, "rule chainguard"),
        ("cgr.dev/example.com/node:22-dev", 65532, "rule chainguard"),
        ("chainguard/node", 65532, "rule chainguard"),
        ("bitnami/keydb:6", 1001, "rule bitnami"),
        ("bitnamilegacy/keydb", 1001, "rule bitnami"),
        ("public.ecr.aws/bitnami/keydb", 1001, "rule bitnami"),
        ("registry.example.com/mirror/nginx-unprivileged:1", 101, "rule nginx-unprivileged"),
        ("ko.local/example.com/cmd/app", 65532, "rule ko"),
        ("ghcr.io/team/controller-46c4b272b3716c422d5ff6dfc7547fa9:v1", 65532, "rule ko"),
    ],
)
def test_rules_that_apply(image: str, uid: int, rule: str) -> None:
    facts = known(image)
    assert facts.uid == uid
    assert facts.origins["uid"] == rule
    assert facts.sources
    assert facts.confidence in {Confidence.RULE, Confidence.READ}


@pytest.mark.parametrize(
    "image",
    [
        "gcr.io/distrolessx/static",
        "gcr.io/example/distroless/static",
        "example.com/app:nonrootish",
        "example.com/nonroot:1",
        "example.com/chainguard/node",
        "example.com/bitnami/redis",
        "bitnamix/redis",
        "example.com/nginx-unprivileged-exporter",
        "example.com/app-46c4b272b3716c422d5ff6dfc7547fa",  # 31 digits
        "example.com/app:46c4b272b3716c422d5ff6dfc7547fa9",
        "example.com/app:alpine",
    ],
)
def test_rules_that_do_not_apply(image: str) -> None:
    assert lookup(image) is None


def test_the_default_user_of_distroless_depends_on_the_tag() -> None:
    assert known("gcr.io/distroless/static").starts_as_root is True
    assert known("gcr.io/distroless/static:debug").starts_as_root is True
    assert known("gcr.io/distroless/static:nonroot").starts_as_root is False
    assert known("gcr.io/distroless/static:debug-nonroot").shell is True
    assert known("gcr.io/distroless/static:nonroot").shell is False


def test_an_entry_beats_a_rule_and_the_rule_fills_in() -> None:
    assert known("cgr.dev/chainguard/postgres").uid == 70
    kafka = known("bitnami/kafka")
    assert kafka.origins["uid"].startswith("bitnami.yaml:")
    assert kafka.origins["volumes"] == "rule bitnami"
    assert kafka.volumes == ("/bitnami/kafka",)


def test_a_distroless_tag_says_no_more_than_that_there_is_no_shell() -> None:
    facts = known("example.com/app:v1-distroless")
    assert facts.shell is False
    assert facts.uid is None
    assert not facts.user_known


def test_www_data_of_alpine_is_no_rule_for_other_users(tmp_path: Path) -> None:
    facts = own(
        tmp_path,
        "- match: example.com/php\n  uid: 33\n  user_name: www-data\n"
        "- match: example.com/other\n  uid: 33\n  user_name: backup\n"
        "- match: example.com/fixed\n  uid: 1000\n  user_name: www-data\n",
    )
    alpine = known("example.com/php:8-alpine", facts)
    assert (alpine.uid, alpine.gid, alpine.confidence) == (82, 82, Confidence.DERIVED)
    assert known("example.com/php:8", facts).uid == 33
    assert known("example.com/other:8-alpine", facts).uid == 33
    assert known("example.com/fixed:8-alpine", facts).uid == 1000


# --- what facts say -------------------------------------------------------------------------------------------------


def test_fields_are_typed() -> None:
    nginx = known("nginx")
    assert nginx.nonroot_needs == (Need.WRITABLE, Need.LOW_PORT)
    assert nginx.low_ports == (80,)
    assert nginx.drop_in is not None
    assert nginx.drop_in.port_map == {80: 8080}
    assert nginx.low_port_fix is not None
    assert (nginx.low_port_fix.config_file, nginx.low_port_fix.moves) == ("/etc/nginx/conf.d/default.conf", {})
    traefik = known("traefik:v3")
    assert traefik.low_port_fix is not None
    assert traefik.low_port_fix.moves == {80: 8000, 443: 8443}
    vault = known("hashicorp/vault")
    assert vault.nonroot_env == {"SKIP_CHOWN": "true", "SKIP_SETCAP": "true"}
    assert known("rabbitmq").file_env_never == ("RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_USER")
    assert known("grafana/grafana").file_env_suffix == "__FILE"
    assert known("quay.io/argoproj/argocd").api_client is True


def test_needing_root_and_needing_the_host_is_knowledge() -> None:
    assert known("gitea/gitea:1").runs_as_nonroot is False
    assert known("gitea/gitea:1-rootless").runs_as_nonroot is True
    promtail = known("grafana/promtail:3")
    assert promtail.uid is None
    assert promtail.host_access is not None
    assert promtail.user_known


def test_description_says_what_is_known_and_from_where_and_what_is_not() -> None:
    text = describe(known("bitnami/kafka:3.9"))
    assert text.startswith("docker.io/bitnami/kafka:3.9\n")
    assert "1001:0, read in its sources  [bitnami.yaml:" in text
    assert "[rule bitnami]" in text
    assert "not known: its ports\n" in text
    assert "source: bitnami/charts@" in text
    assert "70:70 (postgres)" in describe(known("postgres:16-alpine"))
    assert "nothing is known" in unknown_image("example.com/app")


def test_an_entry_with_nothing_but_a_note_is_still_quoted() -> None:
    aspnet = known("mcr.microsoft.com/dotnet/aspnet:8.0")
    assert not aspnet.user_known
    assert any("chiseled" in note for note in aspnet.notes)
    assert known("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled").uid == 1654


def test_every_shipped_entry_can_be_described() -> None:
    store = open_store()
    store.index()
    for name in [*store.names, *(pattern.text.replace("*", "x") for pattern, _ in store.globs)]:
        text = describe(known(name))
        assert text.isascii()
        assert "  source: " in text


# --- mistakes in own files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- match: a\n  uid: root\n", 2, "uid must be a numeric user id"),
        ("- match: a\n  uid: 0\n", 2, "uid must be a numeric user id"),
        ("- match: a\n  uid: true\n", 2, "uid must be a numeric user id"),
        ("- match: a\n  gid: -1\n", 2, "gid must be a numeric group id"),
        ("- match: a\n  user: 5\n", 2, 'has no key "user"'),
        ("- uid: 5\n", 1, "must have `match`"),
        ("- match: []\n", 1, "a name, or a list of names"),
        ("- match: postgres:16\n", 1, "without tag"),
        ("- match: Postgres\n", 1, "lower case"),
        ("- match: a\n  ports: [70000]\n", 2, "ports must be a port number"),
        ("- match: a\n  ports: 80\n", 2, "ports must be a list"),
        ("- match: a\n  writable: [tmp]\n", 2, "absolute folders"),
        ("- match: a\n  writable: [/a/../b]\n", 2, "absolute folders"),
        ("- match: a\n  shell: maybe\n", 2, "true or false"),
        ("- match: a\n  class: webserver\n", 2, "must be one of web"),
        ("- match: a\n  nonroot_env: {PORT: 8080}\n", 2, "in quotes"),
        ("- match: a\n  low_port_fix: {env: {PORT: '8080'}}\n", 2, "must either hold moves"),
        ("- match: a\n  drop_in: {image: b}\n", 2, "must hold gid too"),
        ("- match: a\n  variants:\n  - uid: 5\n", 3, "must have `tags`"),
        ("- match: a\n  variants: {tags: x}\n", 2, "variants must be a list"),
        ("match: a\n", 1, "a list of entries"),
        ("- just text\n", 1, "must be a mapping"),
        ("- match: a\n  uid: [\n", None, ""),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    path = own(tmp_path, text)
    with pytest.raises(HardenError) as caught:
        lookup("example.com/app", extra=[path])
    assert str(caught.value).startswith(f"{path}:" if line is None else f"{path}:{line}: ")
    assert words in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(HardenError, match=r"missing\.yaml: the facts cannot be read"):
        lookup("example.com/app", extra=[tmp_path / "missing.yaml"])
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\x00\x01")
    with pytest.raises(HardenError, match="binary data"):
        lookup("example.com/app", extra=[binary])


def test_an_empty_own_file_says_nothing(tmp_path: Path) -> None:
    assert lookup("example.com/app", extra=[own(tmp_path, "# nothing yet\n")]) is None


# --- speed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "parsed"),
    [
        (["nginx"], 1),
        (["nginx", "nginx:1", "docker.io/library/nginx:2"], 1),
        (["example.com/nothing"], 0),
        (["postgres", "redis:alpine"], 2),
        (["gcr.io/distroless/static:nonroot"], 0),
        (["gcr.io/google-samples/microservices-demo/cartservice"], 1),
    ],
)
def test_only_the_entries_of_the_images_are_parsed(images: list[str], parsed: int) -> None:
    store = open_store()
    for image in images:
        store.matches(names_of(parse_reference(image)))
    assert store.parsed == parsed


def test_importing_the_lookup_is_cheap() -> None:
    """The heavy packages are imported where they are used; a run without images must not pay for them."""
    program = (
        "import sys, harden.images.store, harden.images.describe\n"
        "print(sorted(set(sys.modules) & {'ruamel.yaml', 'requests', 'dxf', 'tarfile', 'jsonschema_rs', 'subprocess'}))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_what_reads_dockerfiles_is_imported_where_there_is_one() -> None:
    program = (
        "import sys, harden.builds.lookup\n"
        "print(sorted(set(sys.modules) & {'harden.builds.evaluate', 'harden.builds.built', 'dataclasses'}))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
