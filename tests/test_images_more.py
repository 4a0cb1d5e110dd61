"""The images that manifests use most: each is known, says for which tags it was read, and keeps its key facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.images.entry import read_entries
from harden.images.facts import ImageFacts
from harden.images.store import facts_folder, lookup, open_store
from harden.model.text import SourceText

FOLDER = facts_folder()
FILES = sorted(FOLDER.glob("more_*.yaml"))

#: The images most used in public manifests that had no entry, under the names that manifests give them.
MOST_USED = [
    *("docker", "docker:dind", "maven", "gradle", "amazoncorretto", "centos", "fedora", "rockylinux", "amazonlinux"),
    *("solr", "kong", "flink", "odoo", "matomo", "varnish", "couchbase", "bash", "perl", "rust", "minio/mc"),
    *("apache/airflow", "confluentinc/cp-zookeeper", "confluentinc/cp-schema-registry", "provectuslabs/kafka-ui"),
    *("trinodb/trino", "apachepulsar/pulsar", "redpandadata/redpanda", "hazelcast/hazelcast"),
    *(
        "alpine/git",
        "alpine/helm",
        "alpine/k8s",
        "amazon/aws-cli",
        "google/cloud-sdk",
        "mcr.microsoft.com/mssql/server",
    ),
    *(
        "mcr.microsoft.com/mssql/server",
        "mcr.microsoft.com/dotnet/sdk",
        "jenkins/inbound-agent",
        "gitlab/gitlab-ce",
        "gitlab/gitlab-runner",
    ),
    *("sonatype/nexus3", "portainer/portainer-ce", "ollama/ollama", "vllm/vllm-openai", "qdrant/qdrant"),
    *("milvusdb/milvus", "semitechnologies/weaviate", "ghcr.io/open-webui/open-webui", "metabase/metabase"),
    *("ghcr.io/goauthentik/server", "authelia/authelia", "pihole/pihole", "lscr.io/linuxserver/plex"),
    *("linuxserver/sonarr", "louislam/uptime-kuma", "grafana/alloy", "grafana/mimir", "quay.io/thanos/thanos"),
    *("victoriametrics/victoria-metrics", "docker.elastic.co/beats/filebeat", "docker.elastic.co/beats/metricbeat"),
    *("datadog/agent", "fluent/fluentd-kubernetes-daemonset", "timberio/vector", "ghcr.io/fluxcd/source-controller"),
    *("fluxcd/kustomize-controller", "velero/velero", "ghcr.io/kyverno/kyverno", "quay.io/metallb/speaker"),
    *("quay.io/metallb/controller", "calico/node", "quay.io/calico/kube-controllers", "quay.io/cilium/cilium"),
    *("registry.k8s.io/sig-storage/csi-provisioner", "registry.k8s.io/sig-storage/csi-attacher"),
    *("registry.k8s.io/sig-storage/livenessprobe", "rancher/local-path-provisioner"),
    *("registry.k8s.io/sig-storage/nfs-subdir-external-provisioner", "registry.k8s.io/git-sync/git-sync"),
    *("kubernetesui/dashboard", "cr.l5d.io/linkerd/proxy", "cr.l5d.io/linkerd/controller", "nicolaka/netshoot"),
    *("registry.k8s.io/e2e-test-images/agnhost", "gcr.io/kaniko-project/executor", "pgvector/pgvector"),
    *("redis/redis-stack", "public.ecr.aws/eks/aws-load-balancer-controller", "gcr.io/cloudsql-docker/gce-proxy"),
    *("docker.elastic.co/elasticsearch/elasticsearch-oss", "k8s.gcr.io/echoserver:1.4", "k8s.gcr.io/prometheus-to-sd"),
    *("k8s.gcr.io/volume-nfs:0.8", "percona/percona-xtradb-cluster", "tensorflow/tensorflow", "tensorflow/serving"),
    *("openpolicyagent/kube-mgmt:0.11", "pomerium/pomerium", "ghcr.io/kubeflow/spark-operator/controller"),
    *("rancher/kubectl", "bitnami/kubectl"),
]

#: Images of which no source says a user: they are known by what else they need.
OPEN_USER = {
    "gitlab/gitlab-runner",
    "milvusdb/milvus",
}

#: A sample: default user, user, whether it runs without root, whether its facts were read for this tag.
PINNED: list[tuple[str, tuple[str | None, int | None, bool | None], bool]] = [
    ("solr:8.11", ("solr", 8983, True), True),
    ("solr:9.10", ("8983", 8983, True), True),
    ("solr:9.4", ("8983", 8983, True), False),
    ("flink:1.20-java17", ("root", 9999, True), True),
    ("varnish:9.0", ("varnish", 1000, True), True),
    ("varnish:6.0", ("root", 1000, True), True),
    ("hazelcast/hazelcast:5.4.0", ("hazelcast", 100, True), True),
    ("hazelcast/hazelcast:3.8.4", ("root", None, True), True),
    ("docker:29-dind-rootless", ("rootless", 1000, None), True),
    ("gcr.io/kaniko-project/executor:v1.24.0", ("root", None, False), True),
    ("pihole/pihole:2026.07.2", ("root", None, False), True),
    ("louislam/uptime-kuma:1", ("root", None, False), True),
    ("louislam/uptime-kuma:2", ("root", 1000, True), True),
    ("lscr.io/linuxserver/plex:latest", ("root", None, False), True),
    ("gitlab/gitlab-ce:17.0.0-ce.0", ("root", None, False), True),
    ("ghcr.io/fluxcd/source-controller:v1.9.1", ("65534:65534", 65534, True), True),
    ("velero/velero:v1.11.0", ("nonroot:nonroot", 65532, True), True),
    ("velero/velero:v1.18.1", ("cnb:cnb", 1002, True), True),
    ("quay.io/thanos/thanos:v0.39.2", ("1001", 1001, True), True),
    ("quay.io/thanos/thanos:v0.31.0", ("root", None, None), True),
    ("quay.io/metallb/speaker:v0.14.9", ("root", None, None), True),
    ("quay.io/calico/kube-controllers:v3.28.0", ("999", 999, True), True),
    ("goharbor/harbor-core:v2.11.0", ("harbor", 10000, True), True),
    ("goharbor/redis-photon:v2.11.0", ("redis", 999, True), True),
    ("goharbor/redis-photon:v2.5.0", ("redis", None, True), True),
    ("quay.io/strimzi/operator:0.45.0", ("1001", 1001, True), True),
    ("qdrant/qdrant:v1.12.0", ("0:0", 1000, True), True),
    ("qdrant/qdrant:v1.12.0-unprivileged", ("1000:1000", 1000, True), True),
    ("mcr.microsoft.com/mssql/server:2017-latest", ("root", None, None), True),
    ("mcr.microsoft.com/mssql/server:2022-latest", ("mssql", 10001, True), True),
    ("apache/airflow:2.10.0", ("50000", 50000, True), False),
    ("registry.k8s.io/spark:1.5.2_v1", ("root", None, False), True),
    ("docker.elastic.co/beats/filebeat:8.15.0", ("filebeat", None, None), True),
    ("registry.k8s.io/git-sync/git-sync:v4.2.3", ("65533:65533", 65533, True), True),
]


def known(image: str) -> ImageFacts:
    """Return the facts about `image`, which must be there."""
    facts = lookup(image)
    assert facts is not None, image
    return facts


@pytest.mark.parametrize("image", MOST_USED)
def test_the_images_most_used_are_known(image: str) -> None:
    facts = known(image)
    stated = (facts.default_user, facts.uid, facts.host_access, facts.runs_as_nonroot)
    assert any(value is not None for value in stated) == (image not in OPEN_USER)


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned[0])
def test_key_facts_stay(pinned: tuple[str, tuple[str | None, int | None, bool | None], bool]) -> None:
    image, stated, is_read = pinned
    facts = known(image)
    assert (facts.default_user, facts.uid, facts.runs_as_nonroot) == stated
    assert facts.reaches("default_user") == is_read


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_says_where_and_for_which_tags_it_was_read(path: Path) -> None:
    for entry in read_entries(SourceText(path.name, path.read_text("utf-8"))):
        assert entry.statement.read_for, entry.patterns
        assert entry.statement.fields.get("sources"), entry.patterns


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_user_says_whether_a_start_works_and_a_refusal_says_why(path: Path) -> None:
    for entry in read_entries(SourceText(path.name, path.read_text("utf-8"))):
        for fields in (
            entry.statement.fields,
            *({**entry.statement.fields, **v.statement.fields} for v in entry.variants),
        ):
            if fields.get("uid") is not None and fields.get("host_access") is None:
                assert fields.get("runs_as_nonroot") is not None, entry.patterns
            if fields.get("runs_as_nonroot") is False:
                assert fields.get("root_reason"), entry.patterns


def test_an_image_needs_no_more_than_its_own_entry() -> None:
    store = open_store()
    store.matches(["docker.io/library/solr"])
    assert store.parsed == 1
    assert sum(name.startswith("more_") for name, _ in store.waiting) >= len(FILES) - 2


def test_a_configuration_for_skywalking_needs_root() -> None:
    (condition,) = known("apache/skywalking-oap-server:9.7.0").when
    assert condition.mount == ("/skywalking/ext-config",)


def test_far_more_than_450_names_are_known() -> None:
    store = open_store()
    store.index()
    assert len(store.names) >= 725
