"""What shipped facts say of images in settings that stopped hardened workloads; each row is a public report."""

from __future__ import annotations

import pytest

from harden.images.conditions import Shown, config_writes, given
from harden.images.facts import ImageFacts
from harden.images.store import lookup


def known(image: str, shown: Shown | None = None) -> ImageFacts:
    facts = lookup(image)
    assert facts is not None, image
    return given(facts, Shown() if shown is None else shown).facts


@pytest.mark.parametrize(
    ("image", "shown", "expected"),
    [
        ("php:8.3-fpm", Shown(), {"root_caps": ("SETGID", "SETUID"), "stays_root": True}),
        ("php:8.3-cli", Shown(), {"root_caps": (), "stays_root": None}),
        (
            "prom/blackbox-exporter:v0.25.0",
            Shown(configs=("modules:\n  icmp:\n    prober: icmp\n",)),
            {"root_caps": ("NET_RAW",), "runs_as_nonroot": False},
        ),
        (
            "prom/blackbox-exporter:v0.25.0",
            Shown(configs=("modules:\n  web:\n    prober: http\n",)),
            {"root_caps": (), "runs_as_nonroot": True},
        ),
        ("haproxy:2.3", Shown(), {"uid": None, "default_user": "root", "runs_as_nonroot": None}),
        ("haproxy:2.6", Shown(), {"uid": 99, "default_user": "haproxy", "runs_as_nonroot": True}),
        (
            "haproxy:2.6",
            Shown(configs=("global\n  chroot /var/lib/haproxy\n",)),
            {"runs_as_nonroot": False, "root_caps": ("SYS_CHROOT",)},
        ),
        ("sonarqube:7.9-community", Shown(), {"uid": None, "reaches_tag": False}),
        ("sonarqube:10.4-community", Shown(), {"uid": 1000, "reaches_tag": True}),
        ("consul:1.4.5", Shown(), {"runs_as_nonroot": False, "nonroot_env": {}}),
        ("consul:1.15", Shown(), {"runs_as_nonroot": True, "nonroot_env": {"CONSUL_DISABLE_PERM_MGMT": "true"}}),
        ("grafana/grafana:5.0.4", Shown(), {"uid": None, "runs_as_nonroot": False, "reaches_tag": False}),
        ("grafana/grafana:5.4.3", Shown(), {"uid": 472, "gid": 472}),
        ("dpage/pgadmin4:8.9", Shown(), {"writable_seeded": ("/pgadmin4",), "file_caps": ("NET_BIND_SERVICE",)}),
        (
            "dpage/pgadmin4:9.2",
            Shown(env={"PGADMIN_CUSTOM_CONFIG_DISTRO_FILE": "/var/lib/pgadmin/config_distro.py"}),
            {"writable_seeded": ()},
        ),
        ("rabbitmq:3.8-management", Shown(), {"writable_seeded": ("/etc/rabbitmq",)}),
        ("rabbitmq:3.13", Shown(), {"writable_seeded": ()}),
        ("quay.io/keycloak/keycloak:16.1.1", Shown(), {"writable_seeded": ("/opt/jboss/keycloak/standalone",)}),
        (
            "quay.io/keycloak/keycloak:24.0",
            Shown(args=("start-dev",)),
            {"writable_seeded": ("/opt/keycloak/lib/quarkus",)},
        ),
        ("quay.io/keycloak/keycloak:24.0", Shown(args=("start", "--optimized")), {"writable_seeded": ()}),
        ("dexidp/dex:v2.45.0", Shown(args=("dex", "serve", "/etc/dex/cfg/config.yaml")), {"reaches_tag": True}),
        ("adminer:5", Shown(env={"ADMINER_DESIGN": "nette"}), {"writable_seeded": ("/var/www/html",)}),
        ("adminer:5", Shown(), {"writable_seeded": ()}),
        ("bitnami/redis:6.2.7-debian-11-r0", Shown(), {"writable_seeded": ("/opt/bitnami/redis/etc",)}),
        ("postgres:17.2-alpine", Shown(), {"uid": 70, "reaches_tag": True}),
        ("postgres", Shown(), {"reaches_tag": False}),
        ("nginx:1.9", Shown(), {"reaches_tag": False}),
        ("alpine:3.20", Shown(command=("sh", "-c", "apk add --no-cache curl")), {"runs_as_nonroot": False}),
        ("alpine:3.20", Shown(command=("sh", "-c", "sleep 1")), {"runs_as_nonroot": True}),
    ],
)
def test_what_follows_from_tag_and_settings(image: str, shown: Shown, expected: dict[str, object]) -> None:
    facts = known(image, shown)
    assert {name: getattr(facts, name) for name in expected} == expected


def test_dex_without_arguments_and_minio_write_elsewhere() -> None:
    assert "/var/dex" in (known("dexidp/dex:v2.45.0").writable or ())
    assert "/var/dex" not in (known("dexidp/dex:v2.45.0", Shown(args=("dex", "serve", "/x"))).writable or ())
    assert "/.minio" in (known("minio/minio", Shown(args=("server", "/data"))).writable or ())
    other = Shown(args=("server", "--certs-dir", "/certs", "/data"))
    assert "/.minio" not in (known("minio/minio", other).writable or ())


@pytest.mark.parametrize(
    ("image", "config", "paths"),
    [
        ("nginx:1.27", "server {\n  access_log /var/log/nginx/shop.log main;\n}", ("/var/log/nginx/shop.log",)),
        ("nginx:1.27", "proxy_cache_path /data/cache levels=1:2;\nerror_log /dev/stderr;", ("/data/cache",)),
        ("nginx:1.27", "# access_log /var/log/x.log;\naccess_log off;", ()),
        ("httpd:2.4", 'CustomLog "/logs/access.log" common\nErrorLog /proc/self/fd/2', ("/logs/access.log",)),
        ("traefik:v3.1", "accessLog:\n  filePath: /log/access.log\n", ("/log/access.log",)),
        ("caddy:2.8", "log {\n  output file /log/a.log\n}", ("/log/a.log",)),
        ("registry:2.8", "storage:\n  filesystem:\n    rootdirectory: /data\n", ("/data",)),
    ],
)
def test_servers_that_stay_root_and_what_their_configuration_writes(
    image: str, config: str, paths: tuple[str, ...]
) -> None:
    facts = known(image)
    assert facts.stays_root
    assert config_writes(facts, Shown(configs=(config,))) == paths


@pytest.mark.parametrize(
    ("image", "path"), [("rabbitmq:3.13", "/var/lib/rabbitmq/.erlang.cookie"), ("traefik:v3.1", "**/acme.json")]
)
def test_files_that_check_their_own_mode(image: str, path: str) -> None:
    assert [(file.path, file.mode) for file in known(image).strict_files] == [(path, "0600")]
