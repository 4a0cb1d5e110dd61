"""Owns what the images hold around Debian's servers: accounts, folders, files, and how their entrypoints start them.

Read from the Dockerfiles and entrypoints that the facts in profiles/images name, for the paths that these starts touch;
the words of the files are our own. Nothing in here comes from harden: a wrong fact has to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Account:
    """A line of the image's /etc/passwd, and its group."""

    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the image; owner None is root."""

    path: str
    owner: Account | None = None
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Server:
    """An image; `user` is its USER as written ("" where there is none), `port` where the manifests make it answer.

    answers.py has a question for its name; `proof` is a command that is run in the container besides, when it answers.
    `kept` is a file that no other user of the container may read.
    """

    name: str
    user: str
    account: Account
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    port: int
    work_dir: str = "/"
    proof: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Folder, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""


#: Of every image, unless it says more.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_REDIS = Account("redis", 999, 999, "/data")
_NGINX = Account("nginx", 101, 101, "/nonexistent")
_POSTGRES = Account("postgres", 999, 999, "/var/lib/postgresql")
_MEMCACHE = Account("memcache", 11211, 11211, "/home/memcache")
_HAPROXY = Account("haproxy", 99, 99, "/var/lib/haproxy")
_RABBITMQ = Account("rabbitmq", 999, 999, "/var/lib/rabbitmq")
_WWW_DATA = Account("www-data", 33, 33, "/var/www")

_NGINX_CONF = """\
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    access_log /var/log/nginx/access.log;
    # The image's build has these as defaults, Debian's has others.
    client_body_temp_path /var/cache/nginx/client_temp;
    proxy_temp_path /var/cache/nginx/proxy_temp;
    fastcgi_temp_path /var/cache/nginx/fastcgi_temp;
    uwsgi_temp_path /var/cache/nginx/uwsgi_temp;
    scgi_temp_path /var/cache/nginx/scgi_temp;
    include /etc/nginx/conf.d/*.conf;
}
"""

_NGINX_SITE = """\
server {
    listen 80;
    location / { root /usr/share/nginx/html; }
}
"""

# What the image's entrypoint does on the first start of a user other than root.
_POSTGRES_START = """\
#!/bin/bash
set -eu
# As docker-library's file_env: one of the two, and the file without its last line ends.
if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    if [ -n "${POSTGRES_PASSWORD:-}" ]; then
        echo >&2 "both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set"
        exit 1
    fi
    POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA" || :
    initdb --username=postgres --pwfile=<(printf '%s\\n' "$POSTGRES_PASSWORD") \\
        --auth-host=scram-sha-256 --auth-local=trust
fi
exec "$@"
"""

# Children serve, as the user of the pool where the master is root; /ping is answered by one of them.
_PHP_FPM_CONF = """\
[global]
error_log = /proc/self/fd/2
daemonize = no
[www]
user = www-data
group = www-data
listen = 9000
pm = static
pm.max_children = 2
ping.path = /ping
"""

# Debian has the version in the name.
_PHP_FPM_START = '#!/bin/sh\nexec /usr/sbin/php-fpm[0-9]* "$@"\n'

# What a child says is the value of a variable of its master.
_PHP_SECRET_CONF = f"{_PHP_FPM_CONF}ping.response = ${{SHOP_TOKEN}}\n"

#: The value of the Secrets in secrets/, which the servers have to take from their files.
SECRET = "Qp7-sT4k-88xv"  # noqa: S105 - stands in the manifests, for the tests alone

# Says how many orders there are: one more at every start.
_ORDER = "CREATE TABLE IF NOT EXISTS orders (id int); INSERT INTO orders VALUES (17); SELECT count(*) FROM orders"

# An image's volume without a mount is a folder of the root file system, as with CRI-O (image_volumes = "mkdir").
_REDIS_IMAGE = Server(
    "redis",
    "",
    _REDIS,
    (),
    ("redis-server",),
    6379,
    work_dir="/data",
    folders=(Folder("/data", _REDIS),),
)
# What the entrypoint runs before does nothing here: no templates, and a default.conf that it may not change.
_NGINX_IMAGE = Server(
    "nginx",
    "",
    _NGINX,
    (),
    ("nginx", "-g", "daemon off;"),
    80,
    folders=(Folder("/var/cache/nginx"), Folder("/var/log/nginx")),
    files={
        "/etc/nginx/nginx.conf": _NGINX_CONF,
        "/etc/nginx/conf.d/default.conf": _NGINX_SITE,
        "/usr/share/nginx/html/index.html": "nginx answers\n",
    },
    links={"/var/log/nginx/access.log": "/dev/stdout", "/var/log/nginx/error.log": "/dev/stderr"},
)
_POSTGRES_IMAGE = Server(
    "postgres",
    "",
    _POSTGRES,
    ("/usr/local/bin/docker-entrypoint.sh",),
    ("postgres",),
    5432,
    env={
        "PATH": f"{PATH}:/usr/lib/postgresql/15/bin:/usr/lib/postgresql/17/bin",
        "PGDATA": "/var/lib/postgresql/data",
        "LANG": "C.UTF-8",
    },
    proof=("psql", "-qtAU", "postgres", "-c", _ORDER),
    folders=(
        Folder("/var/lib/postgresql/data", _POSTGRES, 0o1777),
        Folder("/var/run/postgresql", _POSTGRES, 0o3777),
    ),
    files={"/usr/local/bin/docker-entrypoint.sh": _POSTGRES_START},
)
_HAPROXY_IMAGE = Server(
    "haproxy",
    "haproxy",
    _HAPROXY,
    ("haproxy", "-W", "-db"),
    ("-f", "/usr/local/etc/haproxy/haproxy.cfg"),
    80,
    work_dir="/var/lib/haproxy",
    folders=(Folder("/var/lib/haproxy", _HAPROXY), Folder("/usr/local/etc/haproxy")),
)
_PHP_FPM_IMAGE = Server(
    "php-fpm",
    "",
    _WWW_DATA,
    (),
    ("php-fpm", "-F", "-y", "/usr/local/etc/php-fpm.conf"),
    9000,
    work_dir="/var/www/html",
    folders=(Folder("/var/www/html", _WWW_DATA, 0o1777),),
    files={"/usr/local/etc/php-fpm.conf": _PHP_FPM_CONF, "/usr/local/sbin/php-fpm": _PHP_FPM_START},
)

#: The images whose servers Debian has too.
SERVERS = (
    _REDIS_IMAGE,
    _NGINX_IMAGE,
    _POSTGRES_IMAGE,
    Server("memcached", "memcache", _MEMCACHE, (), ("memcached",), 11211),
    _HAPROXY_IMAGE,
    Server(
        "rabbitmq",
        "",
        _RABBITMQ,
        (),
        ("/usr/lib/rabbitmq/bin/rabbitmq-server",),
        5672,
        env={"LANG": "C.UTF-8"},
        folders=(
            Folder("/var/lib/rabbitmq", _RABBITMQ, 0o777),
            Folder("/etc/rabbitmq", _RABBITMQ, 0o777),
            Folder("/etc/rabbitmq/conf.d", _RABBITMQ, 0o777),
            Folder("/var/log/rabbitmq", _RABBITMQ, 0o777),
        ),
        files={"/etc/rabbitmq/conf.d/10-defaults.conf": "log.console = true\n"},
    ),
    # Read-write for its user as its manifests have it; the port is that of the mode.
    replace(_REDIS_IMAGE, name="sentinel", port=26379),
    _PHP_FPM_IMAGE,
    # Up to 2.3 the image has no USER.
    replace(_HAPROXY_IMAGE, name="haproxy-2.3", user="", port=8080, work_dir="/"),
    # nginx with a configuration of the manifest's own, which listens on another port. Debian's build has its scratch
    # folders in /var/lib/nginx, whatever the configuration says: they are no part of the case.
    replace(
        _NGINX_IMAGE,
        name="nginx-configured",
        port=8080,
        folders=(*_NGINX_IMAGE.folders, Folder("/var/lib/nginx", _NGINX)),
    ),
    replace(
        _PHP_FPM_IMAGE,
        name="php-secret",
        files={**_PHP_FPM_IMAGE.files, "/usr/local/etc/php-fpm.conf": _PHP_SECRET_CONF},
        kept="/run/secrets/wiki/token",
    ),
    replace(_REDIS_IMAGE, name="redis-secret", kept="/conf/redis.conf"),
    replace(
        _POSTGRES_IMAGE,
        name="postgres-secret",
        proof=("env", f"PGPASSWORD={SECRET}", "psql", "-qtA", "-h", "127.0.0.1", "-U", "postgres", "-c", "SELECT 17"),
        kept="/run/secrets/orders/password",
    ),
)

#: Images that prepare something beside a server, by their last names.
HELPERS = (Server("busybox", "", Account("nobody", 65534, 65534, "/home"), (), ("sh",), 0),)


def server_named(name: str) -> Server:
    return next(server for server in SERVERS if server.name == name)
