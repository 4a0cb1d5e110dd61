"""The guard: what shows that an image is the repository's own, and not somebody else's of the same last name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from harden.builds.builds import Build
from harden.builds.files import Files
from harden.builds.git import remotes
from harden.builds.scripts import Scripts, is_pipeline
from harden.images.reference import ImageNameError, Reference, complete_name, parse_reference

#: The official images of Docker Hub (docker-library/official-images, library/): never a repository's own.
_OFFICIAL = (
    "adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux azul-zulu "
    "backdrop bash bonita buildpack-deps busybox caddy cassandra centos chronograf cirros clearlinux clefos "
    "clickhouse clojure composer consul convertigo couchbase couchdb crate dart debian docker drupal "
    "eclipse-mosquitto eclipse-temurin eggdrop elasticsearch elixir emqx erlang espocrm fedora flink fluentd "
    "friendica gazebo gcc geonetwork ghost golang gradle groovy haproxy haskell haxe hello-world hitch httpd hylang "
    "ibm-semeru-runtimes ibmjava influxdb irssi jenkins jetty joomla jruby julia kapacitor kibana kong krakend "
    "lightstreamer liquibase logstash mageia mariadb matomo maven mediawiki memcached mongo mongo-express monica "
    "mysql nats neo4j neurodebian nextcloud nginx nim node notary odoo open-liberty openjdk oraclelinux orientdb "
    "percona perl photon php php-zendserver phpmyadmin plone postfixadmin postgres pypy python r-base rabbitmq "
    "rakudo-star redis redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa scratch "
    "silverpeas solr sonarqube spark spiped storm swarm swift swipl teamspeak telegraf tomcat tomee traefik ubuntu "
    "unit varnish vault websphere-liberty wordpress xwiki yourls znc zookeeper"
)
#: Publishers that many people name their own builds after: a build of that name shows nothing of their other images.
_PUBLISHERS = (
    "docker.io/amazon docker.io/apache docker.io/argoproj docker.io/bitnami docker.io/bitnamilegacy docker.io/calico "
    "docker.io/cilium docker.io/confluentinc docker.io/curlimages docker.io/datadog docker.io/dpage docker.io/elastic "
    "docker.io/envoyproxy docker.io/fluent docker.io/gitlab docker.io/google docker.io/grafana docker.io/hashicorp "
    "docker.io/istio docker.io/jaegertracing docker.io/jenkins docker.io/jupyter docker.io/kubernetesui "
    "docker.io/linuxserver docker.io/localstack docker.io/minio docker.io/mysql docker.io/nginx docker.io/nginxinc "
    "docker.io/nvidia docker.io/oliver006 docker.io/openpolicyagent docker.io/openzipkin docker.io/otel docker.io/prom "
    "docker.io/rancher docker.io/redis docker.io/selenium docker.io/tensorflow docker.io/valkey docker.io/vllm "
    "gcr.io/distroless gcr.io/google-containers gcr.io/google-samples gcr.io/istio-release gcr.io/kaniko-project "
    "gcr.io/knative-releases gcr.io/k8s-staging-perf-tests ghcr.io/dexidp ghcr.io/fluxcd ghcr.io/linuxserver "
    "mcr.microsoft.com/dotnet mcr.microsoft.com/mssql nvcr.io/nvidia public.ecr.aws/bitnami public.ecr.aws/docker "
    "quay.io/argoproj quay.io/cilium quay.io/coreos quay.io/jetstack quay.io/keycloak quay.io/minio quay.io/prometheus "
    "quay.io/strimzi registry.k8s.io/e2e-test-images"
)
#: Registries that everybody shares: there a name without an organisation shows nothing.
_SHARED = frozenset(
    {"docker.io", "ghcr.io", "quay.io", "gcr.io", "registry.k8s.io", "k8s.gcr.io", "mcr.microsoft.com", "cgr.dev"}
    | {"public.ecr.aws", "registry.gitlab.com", "us.gcr.io", "eu.gcr.io", "asia.gcr.io", "nvcr.io", "docker.elastic.co"}
)
#: What lets an image be the repository's own, and does not show that it is.
PLACEHOLDER = "its registry or organisation is a placeholder"
_PLACEHOLDER = re.compile(
    r"localhost|127\.0\.0\.1|\.local$|\.test$|\.invalid$|example|your|changeme|placeholder|project[-_]?id|account[-_]?id|"
    r"^my[-_]?(?:registry|repo|repository|org|project|company|account|user|username|dockerhub)s?$|"
    r"^(?:user|user-?name|registry|repo|repository|org|docker-?id|dockerhub-?(?:user|username|id))$|x{4,}|"
    r"^(?:kind-|k3d-)?registry(?:\.localhost)?$|^(?:0{12}|1{12}|123456789012|111122223333)\."
)
_REMOTE = re.compile(r"(?:\w+://)?(?:[^@\s/]+@)?([\w.-]+)(?::\d+)?[:/]+([\w.-]+(?:/[\w.-]+?)+)(?:\.git)?/?")
_MODULE = re.compile(r"^module\s+\"?([\w./~-]+)", re.MULTILINE)

_NAME = r"['\"]?([\w][\w.:/-]*)"
_TOOL = r"\b(?:docker|podman|nerdctl|buildah)\b"
_TAGGED = re.compile(
    rf"{_TOOL}[^\n]*?\sbuild(?:x|\s)[^\n]*?\s(?:-t|--tag)[= ]\s*{_NAME}|{_TOOL}\s+build\s[^\n]*?-t\s+{_NAME}"
)
_PUSHED = re.compile(rf"{_TOOL}\s+(?:image\s+)?push\s+{_NAME}")
_WORKFLOW = re.compile(rf"^\s*(?:tags|images):\s*{_NAME}", re.MULTILINE)
_LIST = re.compile(r"^([ \t]*)(?:tags|images):[ \t]*(?:[|>][-+]?)?[ \t]*\n((?:\1(?:[ \t]+|-).*\n?)+)", re.MULTILINE)
_ITEM = re.compile(rf"^\s*(?:-\s*)?{_NAME}", re.MULTILINE)
_IMG = re.compile(rf"^(?:IMG|IMAGE_TAG_BASE)\s*[:?]?=\s*{_NAME}", re.MULTILINE)
_DEFAULT_REPOSITORY = re.compile(rf"--default-repo[= ]{_NAME}")


class Ownership:
    """What shows that images are the repository's own; `declared` returns the builds that its files declare."""

    def __init__(self, files: Files, scripts: Scripts, declared: Callable[[], Iterable[Build]]) -> None:
        self._files = files
        self._scripts = scripts
        self._declared = declared

    def quickly(self, reference: Reference) -> str | None:
        """Return what shows it of the Git remote and the Go module, two small files; None where nothing does."""
        organisations = reference.repository.split("/")[:-1]
        for owner, what in self._owners:
            if owner in organisations:
                return what
        if self._module is not None and f"/{self._module}/" in f"/{reference.name}/":
            return f"the Go module is {self._module}"
        # PROJECT/REPOSITORY/IMAGE, as in the registries of clouds: nobody else's project has the repository's name.
        repository = next(
            (what for _, what in self._owners if what.rpartition("/")[2].lower() in organisations[1:]), None
        )
        return repository if reference.registry not in {"docker.io", "quay.io"} else None

    def shown(self, reference: Reference, written: str) -> str | None:
        """Return what shows that an image, as it is written in the manifest, is the repository's own; None: nothing."""
        if reference.registry == "docker.io" and reference.repository.startswith("library/"):
            bare = "/" not in written and reference.last not in _OFFICIAL.split()
            return "it has a bare name that no public image is known by" if bare else None
        quickly = self.quickly(reference) or _placeholder(reference)
        if quickly is not None:
            return quickly
        return self._prefixes.get(reference.name.rpartition("/")[0])

    def may_be_copy(self, reference: Reference) -> bool:
        """Return whether an image may be the copy of a public one: it has that one's name, and nothing builds it here.

        Mirrors keep name and version.
        """
        versioned = reference.tag is not None and re.match(r"v?\d", reference.tag) is not None
        if reference.last not in _OFFICIAL.split() or not (versioned or reference.digest):
            return False
        return all(_name_of(name) != reference.name for name, _ in self._mentioned)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names that the repository goes by: of its remote, its Go module and its folder."""
        found = [what.rpartition("/")[2] for _, what in self._owners]
        if self._module is not None:
            parts = [part for part in self._module.split("/") if re.fullmatch(r"v\d+", part) is None]
            found.append(parts[-1])
        return tuple(dict.fromkeys((*found, self._files.root.name)))

    @cached_property
    def _owners(self) -> tuple[tuple[str, str], ...]:
        matches = filter(None, map(_REMOTE.fullmatch, remotes(self._files.root, self._files.read)))
        found = [(each[2].split("/")[0].lower(), f"the Git remote is {each[1]}/{each[2]}") for each in matches]
        parts = (self._module or "").split("/")
        if len(parts) >= 3 and parts[0] in {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"}:
            found.append((parts[1].lower(), f"the Go module is {'/'.join(parts[:3])}"))
        return tuple(found)

    @cached_property
    def _module(self) -> str | None:
        found = _MODULE.search(self._files.text("go.mod") or "")
        return None if found is None else found[1]

    @cached_property
    def _prefixes(self) -> dict[str, str]:
        """Return the registries and organisations that images are built or pushed to, each with what shows it."""
        found: dict[str, str] = {}
        for name, place in (*((build.image, build.place) for build in self._declared()), *self._mentioned):
            prefix = prefix_of(name)
            if prefix is not None and prefix not in _SHARED and prefix not in _PUBLISHERS.split():
                found.setdefault(prefix, f"{place} builds images of {prefix}")
        return found

    @cached_property
    def _mentioned(self) -> tuple[tuple[str, str], ...]:
        """Return names of images that scripts and pipelines build or push, each with its file."""
        return tuple((name, path) for path, text in self._scripts.texts for name in _names(path, text))


def _names(path: str, text: str) -> Iterator[str]:
    """Yield the names of the images that a script or a pipeline builds or pushes."""
    if is_pipeline(path):
        for block in _LIST.finditer(text):
            yield from (match[1] for match in _ITEM.finditer(block[2]))
    yield from (f"{match[1].rstrip('/')}/IMAGE" for match in _DEFAULT_REPOSITORY.finditer(text))
    for pattern in (_TAGGED, _PUSHED, _WORKFLOW if is_pipeline(path) else _IMG):
        yield from (next(filter(None, match.groups())) for match in pattern.finditer(text))


def prefix_of(image: str) -> str | None:
    """Return registry and organisation of an image; None where it has none of its own."""
    try:
        name = parse_reference(image).name
    except ImageNameError:
        # The tag may be a variable.
        name = _name_of(image)
    prefix = name.rpartition("/")[0]
    return None if prefix in {"docker.io/library", ""} else prefix


def _name_of(image: str) -> str:
    return complete_name(re.split(r"[@$]|:(?!\d+/)", image, maxsplit=1)[0].rstrip("/"))


def is_official(reference: Reference) -> bool:
    """Return whether a name is one of Docker Hub's official images."""
    return reference.name.startswith("docker.io/library/") and reference.last in _OFFICIAL.split()


def _placeholder(reference: Reference) -> str | None:
    host = reference.registry.partition(":")[0]
    parts = (host, *reference.repository.split("/")[:-1])
    found = any(_PLACEHOLDER.search(part) is not None for part in parts)
    return PLACEHOLDER if found else None
