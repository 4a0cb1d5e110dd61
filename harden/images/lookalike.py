"""What an image looks like: which known image a manifest makes think of, where nothing else is known of its own.

The answer makes a change more careful and is told to people; it never makes anything safer, for a name of its own may
stand for anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase, translate

from harden.images.conditions import Shown
from harden.model.record import Record


class Sign(Record):
    """What a container of a known image shows; all that is named has to be there.

    `mounts` are paths of which a volume is mounted at one, `ports` ports of which one is listed, `env` globs of which
    each has a variable. `start` says how the known image starts, as it follows "which". `source` is where the known
    image is described: owner/repository@commit:path.
    """

    image: str
    start: str
    source: str
    mounts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    env: tuple[str, ...] = ()


class Likeness(Record):
    """The known image that a container looks like, why, and how that one starts."""

    image: str
    start: str
    signs: tuple[str, ...]
    source: str

    @property
    def words(self) -> str:
        """Return it for people: "looks like postgres, which starts as root"."""
        folder, _, name = self.image.rpartition("/")
        known = f"an image of {folder.rpartition('/')[2]}" if name == "*" else name
        return f"looks like {known}, which {self.start}"


_AS_ROOT = "starts as root"
_AS_NAME = "starts as a name, which the kubelet cannot check"

#: The first that fits counts: two or three signs of one image come before weaker ones.
SIGNS: tuple[Sign, ...] = (
    Sign(
        "docker.io/library/postgres",
        _AS_ROOT,
        "docker-library/postgres@6edb0a8c4:17/bookworm/Dockerfile",
        mounts=("/var/lib/postgresql/data", "/var/lib/postgresql"),
        ports=(5432,),
    ),
    Sign(
        "docker.io/library/postgres",
        _AS_ROOT,
        "docker-library/postgres@6edb0a8c4:17/bookworm/Dockerfile",
        mounts=("/var/lib/postgresql/data", "/var/lib/postgresql"),
        env=("POSTGRES_*",),
    ),
    Sign(
        "docker.io/library/postgres",
        _AS_ROOT,
        "docker-library/postgres@6edb0a8c4:17/bookworm/docker-entrypoint.sh",
        ports=(5432,),
        env=("POSTGRES_PASSWORD*",),
    ),
    Sign(
        "docker.io/library/mysql",
        _AS_ROOT,
        "docker-library/mysql@7f30fdb07:8.4/Dockerfile.oracle",
        mounts=("/var/lib/mysql",),
        ports=(3306,),
    ),
    Sign(
        "docker.io/library/mysql",
        _AS_ROOT,
        "docker-library/mysql@7f30fdb07:8.4/docker-entrypoint.sh",
        mounts=("/var/lib/mysql",),
        env=("M[YA]*_ROOT_PASSWORD*",),
    ),
    Sign(
        "docker.io/library/mongo",
        _AS_ROOT,
        "docker-library/mongo@2c69a57b9:8.0/Dockerfile",
        mounts=("/data/db",),
        ports=(27017,),
    ),
    Sign(
        "docker.io/library/mongo",
        _AS_ROOT,
        "docker-library/mongo@2c69a57b9:8.0/docker-entrypoint.sh",
        mounts=("/data/db",),
        env=("MONGO_INITDB_*",),
    ),
    Sign(
        "docker.io/library/redis",
        _AS_ROOT,
        "docker-library/redis@e92049967:7.2/debian/Dockerfile",
        mounts=("/data",),
        ports=(6379,),
    ),
    Sign(
        "docker.io/library/rabbitmq",
        _AS_ROOT,
        "docker-library/rabbitmq@9193c1de6:4.1/ubuntu/Dockerfile",
        mounts=("/var/lib/rabbitmq",),
        ports=(5672, 15672),
    ),
    Sign(
        "docker.io/library/rabbitmq",
        _AS_ROOT,
        "docker-library/rabbitmq@9193c1de6:4.1/ubuntu/docker-entrypoint.sh",
        ports=(5672,),
        env=("RABBITMQ_*",),
    ),
    Sign(
        "docker.io/library/elasticsearch",
        _AS_NAME,
        "elastic/elasticsearch@000e01838:distribution/docker/src/docker/Dockerfile",
        mounts=("/usr/share/elasticsearch/data",),
    ),
    Sign(
        "docker.io/library/nginx",
        _AS_ROOT,
        "nginxinc/docker-nginx@b430becb8:mainline/debian/Dockerfile",
        mounts=("/etc/nginx/nginx.conf", "/etc/nginx/conf.d", "/etc/nginx", "/usr/share/nginx/html"),
        ports=(80,),
    ),
    Sign(
        "docker.io/library/httpd",
        _AS_ROOT,
        "docker-library/httpd@9b63b37c9:2.4/Dockerfile",
        mounts=("/usr/local/apache2/conf", "/usr/local/apache2/htdocs"),
    ),
    Sign(
        "docker.io/library/cassandra",
        _AS_ROOT,
        "docker-library/cassandra@7b9da8f4f:5.0/Dockerfile",
        mounts=("/var/lib/cassandra",),
        ports=(9042, 7000),
    ),
    Sign(
        "docker.io/library/wordpress",
        _AS_ROOT,
        "docker-library/wordpress@bf223d1c2:latest/php8.3/fpm-alpine/Dockerfile",
        mounts=("/var/www/html",),
        env=("WORDPRESS_DB_*",),
    ),
    Sign(
        "lscr.io/linuxserver/*",
        "starts as root by design",
        "linuxserver/docker-baseimage-alpine@3d5a8b0:root/etc/s6-overlay/s6-rc.d/init-adduser/run",
        env=("PUID", "PGID"),
    ),
)

_MOUNTS = frozenset(path for sign in SIGNS for path in sign.mounts)
_NAMES = re.compile("|".join(sorted({translate(pattern) for sign in SIGNS for pattern in sign.env})))


def is_telling(name: str) -> bool:
    """Return whether a variable of this name is a sign of any known image; by all others none is told."""
    return _NAMES.match(name) is not None


def looks_like(shown: Shown, ports: Collection[int] = ()) -> Likeness | None:
    """Return the known image that a container looks like, by what its manifest shows; None where it looks like none.

    `ports` are its containerPorts. Ask only about images of which nothing is known.
    """
    # Every sign names mounts or variables.
    if not any(path.rstrip("/") in _MOUNTS for path in shown.mounts) and not any(map(is_telling, shown.env)):
        return None
    for sign in SIGNS:
        found = tuple(_signs(sign, shown, ports))
        if found and all(found):
            return Likeness(sign.image, sign.start, found, sign.source)
    return None


def _signs(sign: Sign, shown: Shown, ports: Collection[int]) -> Iterator[str]:
    """Yield what is there of each thing that a sign names, an empty text for what is not."""
    if sign.mounts:
        mounted = (path for path in shown.mounts if path.rstrip("/") in sign.mounts)
        yield next((f"a volume at {path}" for path in mounted), "")
    if sign.ports:
        yield next((f"port {port}" for port in ports if port in sign.ports), "")
    for pattern in sign.env:
        yield next((f"variable {name}" for name in shown.env if fnmatchcase(name, pattern)), "")
