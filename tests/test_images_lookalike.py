"""What an unknown image looks like, by its mounts, ports and variables; and what looks like nothing."""

from __future__ import annotations

import re

import pytest
from test_images_files import SOURCE

from harden.images.conditions import Shown
from harden.images.lookalike import SIGNS, Sign, looks_like
from harden.images.store import lookup

DATA = "/var/lib/postgresql/data"


@pytest.mark.parametrize(
    ("shown", "ports", "image"),
    [
        (Shown(mounts=(DATA,), env={"POSTGRES_DB": "shop"}), (5432,), "docker.io/library/postgres"),
        (Shown(mounts=(f"{DATA}/",)), (5432,), "docker.io/library/postgres"),
        (Shown(mounts=(DATA,), env={"POSTGRES_USER": None}), (), "docker.io/library/postgres"),
        (Shown(env={"POSTGRES_PASSWORD": None}), (5432,), "docker.io/library/postgres"),
        (Shown(mounts=("/var/lib/mysql",)), (3306,), "docker.io/library/mysql"),
        (Shown(mounts=("/var/lib/mysql",), env={"MARIADB_ROOT_PASSWORD": None}), (), "docker.io/library/mysql"),
        (Shown(mounts=("/data/db",)), (27017,), "docker.io/library/mongo"),
        (Shown(mounts=("/data",)), (6379,), "docker.io/library/redis"),
        (Shown(env={"RABBITMQ_DEFAULT_USER": "shop"}), (15672, 5672), "docker.io/library/rabbitmq"),
        (Shown(mounts=("/usr/share/elasticsearch/data",)), (), "docker.io/library/elasticsearch"),
        (Shown(mounts=("/etc/nginx/conf.d",)), (80,), "docker.io/library/nginx"),
        (Shown(env={"PUID": "1000", "PGID": "1000", "TZ": "UTC"}), (8080,), "lscr.io/linuxserver/*"),
    ],
)
def test_what_looks_like_a_known_image(shown: Shown, ports: tuple[int, ...], image: str) -> None:
    likeness = looks_like(shown, ports)
    assert likeness is not None
    assert likeness.image == image


@pytest.mark.parametrize(
    ("shown", "ports"),
    [
        (Shown(), ()),
        (Shown(mounts=("/data",)), (8080,)),
        (Shown(mounts=("/data",)), ()),
        # A client of a database names it, and listens on ports of its own.
        (Shown(env={"POSTGRES_PASSWORD": None, "POSTGRES_HOST": "db"}), (8080,)),
        (Shown(env={"WORDPRESS_DB_HOST": "db"}), (80,)),
        (Shown(env={"RABBITMQ_HOST": "queue"}), (8080,)),
        (Shown(), (5432,)),
        (Shown(), (80,)),
        (Shown(env={"PUID": "1000"}), ()),
        (Shown(mounts=("/var/lib/postgresql-backup",)), (5432,)),
        (Shown(mounts=("/etc/nginx/conf.d",)), (8080,)),
    ],
)
def test_what_looks_like_nothing(shown: Shown, ports: tuple[int, ...]) -> None:
    assert looks_like(shown, ports) is None


def test_it_is_said_in_a_sentence_with_what_it_rests_on() -> None:
    likeness = looks_like(Shown(mounts=(DATA,), env={"POSTGRES_DB": "shop"}), (5432,))
    assert likeness is not None
    assert likeness.words == "looks like postgres, which starts as root"
    assert likeness.signs == (f"a volume at {DATA}", "port 5432")
    linuxserver = looks_like(Shown(env={"PUID": None, "PGID": None}))
    assert linuxserver is not None
    assert linuxserver.words == "looks like an image of linuxserver, which starts as root by design"
    assert linuxserver.signs == ("variable PUID", "variable PGID")


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.image.rpartition("/")[2])
def test_every_sign_has_a_source_and_agrees_with_the_facts(sign: Sign) -> None:
    assert re.fullmatch(SOURCE, sign.source)
    assert sign.mounts or sign.ports or sign.env
    facts = None if "*" in sign.image else lookup(sign.image)
    if facts is not None:
        assert sign.start.startswith("starts as root") == (facts.starts_as_root is True), sign.image
        assert facts.starts_as_root or facts.default_user is not None
