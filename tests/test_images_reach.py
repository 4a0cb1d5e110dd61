"""Shipped facts name the tags that they were read for; entries that cannot are listed, each with the reason."""

from __future__ import annotations

import pytest

from harden.images.entry import Entry, read_entries
from harden.images.store import facts_folder, lookup
from harden.model.text import SourceText

ONE = "its files were read at one commit, and which tags were built from it is not known"
MOVES = "its tags move, or come from builds that nothing in its repository names"
CHART = "only what a chart makes of it was read, not what a tag holds"

#: By the first name of each entry.
NOT_KNOWN = {
    "cgr.dev/chainguard/bash": MOVES,
    "cgr.dev/chainguard/haproxy": MOVES,
    "cgr.dev/chainguard/postgres": MOVES,
    "cgr.dev/chainguard/redis": MOVES,
    "docker.io/apache/superset": ONE,
    "docker.io/bitnami/elasticsearch": CHART,
    "docker.io/bitnami/etcd": CHART,
    "docker.io/bitnami/ghost": CHART,
    "docker.io/bitnami/memcached": CHART,
    "docker.io/bitnami/minio": CHART,
    "docker.io/bitnami/zookeeper": CHART,
    "docker.io/clickhouse/clickhouse-server": ONE,
    "docker.io/cockroachdb/cockroach": ONE,
    "docker.io/dockersamples/examplevotingapp_result": MOVES,
    "docker.io/dockersamples/examplevotingapp_vote": MOVES,
    "docker.io/dockersamples/examplevotingapp_worker": MOVES,
    "docker.io/dpage/pgadmin4": "its entrypoint changes from release to release, ports and capabilities with it",
    "docker.io/envoyproxy/envoy": ONE,
    "docker.io/envoyproxy/ratelimit": "its tags are commits, and its base changed from Alpine to distroless",
    "docker.io/gitea/gitea": ONE,
    "docker.io/grafana/grafana": ONE,
    "docker.io/hashicorp/consul": "its two names are built from two Dockerfiles, one of them read at one commit",
    "docker.io/istio/examples-bookinfo-mongodb": MOVES,
    "docker.io/istio/examples-bookinfo-mysqldb": MOVES,
    "docker.io/istio/examples-helloworld-v1": "its tags are no releases of Istio",
    "docker.io/istio/tcp-echo-server": "its tags are no releases of Istio",
    "docker.io/jkroepke/kube-webhook-certgen": CHART,
    "docker.io/kubernetes/pause": ONE,
    "docker.io/kubernetes/redis": ONE,
    "docker.io/library/debian": "no file that builds one of its tags was read, only the accounts of the distribution",
    "docker.io/library/ubuntu": "no file that builds one of its tags was read, only the accounts of the distribution",
    "docker.io/n8nio/n8n": ONE,
    "docker.io/openpolicyagent/opa": ONE,
    "gcr.io/google-samples/gb-frontend": "its tags (v5, v6) are in no repository that was read",
    "gcr.io/google-samples/gb-redis-follower": "its tags (v1, v2) are in no repository that was read",
    "gcr.io/google-samples/gb-redisslave": "its tags (v1 to v3) are in no repository that was read",
    "gcr.io/google-samples/hello-app": "its tags (1.0, 2.0) are in no repository that was read",
    "gcr.io/istio-testing/ext-authz": "its tags are no releases of Istio",
    "gcr.io/istio-testing/jwt-server": "its tags are no releases of Istio",
    "gcr.io/kuar-demo/kuard-amd64": "its tags are colours, and Dockerfiles before and after them name different users",
    "ghcr.io/prometheus-community/windows-exporter": "it runs on Windows alone, where users have no numbers",
    "quay.io/connordoyle/cpuset-visualizer": MOVES,
    "quay.io/keycloak/keycloak": ONE,
    "registry.k8s.io/test-webserver": ONE,
}


def entries() -> list[Entry]:
    files = sorted(facts_folder().glob("*.yaml"))
    return [
        entry for path in files for entry in read_entries(SourceText(path.name, path.read_text("utf-8")), shipped=True)
    ]


def test_every_entry_names_the_tags_that_were_read_or_is_listed() -> None:
    silent = {
        entry.patterns[0].text
        for entry in entries()
        if not any(each.read_for for each in (entry.statement, *(variant.statement for variant in entry.variants)))
    }
    assert silent == NOT_KNOWN.keys()


@pytest.mark.parametrize(
    ("image", "default_user", "reaches"),
    [
        # The user became a number: before, the kubelet could not check it.
        ("dpage/pgadmin4:8.9", "pgadmin", False),
        ("dpage/pgadmin4:9.4", "5050", False),
        ("docker.elastic.co/elasticsearch/elasticsearch:7.17.28", "root", False),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.7.1", "elasticsearch:root", False),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.19.3", "1000:0", True),
        ("elasticsearch:9.1.0", "1000:0", True),
        ("docker.elastic.co/kibana/kibana:8.11.4", "kibana", False),
        ("docker.elastic.co/kibana/kibana:8.12.0", "1000", True),
        ("docker.elastic.co/logstash/logstash:7.17.22", "1000", True),
        ("confluentinc/cp-kafka:7.9.1", "appuser", True),
        ("registry.k8s.io/autoscaling/cluster-autoscaler:v1.24.3", "root", False),
        ("registry.k8s.io/autoscaling/cluster-autoscaler:v1.32.0", "65532", True),
        ("selenium/hub:4.16.1-20231208", "1200", True),
        ("quay.io/prometheuscommunity/elasticsearch-exporter:v1.1.0", "root", False),
        ("quay.io/prometheuscommunity/elasticsearch-exporter:v1.8.0", "nobody", True),
        ("quay.io/prometheus/cloudwatch-exporter:v0.16.0", "root", True),
        ("quay.io/prometheus/cloudwatch-exporter:v0.18.0", "65534", True),
        ("wrouesnel/postgres_exporter:v0.4.7", "root", False),
        ("wrouesnel/postgres_exporter:v0.8.0", "postgres_exporter", True),
        ("apache/apisix:3.9.0-debian", "apisix", True),
        ("apache/apisix:3.9.0-redhat", "apisix", False),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", "root", True),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled", "1654", True),
        ("mcr.microsoft.com/dotnet/aspnet:9.0-azurelinux3.0-distroless", "1654", True),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-nanoserver-ltsc2022", None, True),
        ("opensearchproject/opensearch:2.19.1", "1000", True),
    ],
)
def test_who_an_image_starts_as_depends_on_its_tag(image: str, default_user: str | None, *, reaches: bool) -> None:
    facts = lookup(image)
    assert facts is not None
    assert (facts.default_user, facts.reaches("default_user")) == (default_user, reaches)


def test_an_account_of_apisix_before_the_number_changed() -> None:
    old, new = lookup("apache/apisix:3.4.0-debian"), lookup("apache/apisix:3.5.0-debian")
    assert old is not None
    assert new is not None
    assert (old.uid, old.gid, new.uid, new.gid) == (1001, None, 636, 636)
