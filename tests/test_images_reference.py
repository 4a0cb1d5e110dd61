"""Names of images: completed as container runtimes do, refused as they do, and the same under every mirror."""

from __future__ import annotations

import pytest

from harden.images.reference import MIRRORS, ImageNameError, canonical, parse_reference

DIGEST = "sha256:" + "0123456789abcdef" * 4

# image, name with registry, tag, digest
FORMS = [
    ("nginx", "docker.io/library/nginx", "latest", None),
    ("nginx:1.29", "docker.io/library/nginx", "1.29", None),
    ("library/nginx:1.29", "docker.io/library/nginx", "1.29", None),
    ("grafana/grafana", "docker.io/grafana/grafana", "latest", None),
    ("docker.io/nginx", "docker.io/library/nginx", "latest", None),
    ("docker.io/library/nginx", "docker.io/library/nginx", "latest", None),
    ("index.docker.io/nginx:1", "docker.io/library/nginx", "1", None),
    ("index.docker.io/a/b", "docker.io/a/b", "latest", None),
    ("localhost/app", "localhost/app", "latest", None),
    ("localhost:5000/app:v1", "localhost:5000/app", "v1", None),
    ("localhost:5000/team/app", "localhost:5000/team/app", "latest", None),
    ("registry.example.com/app", "registry.example.com/app", "latest", None),
    ("registry.example.com:8443/a/b/c:x", "registry.example.com:8443/a/b/c", "x", None),
    ("10.0.0.5:5000/app", "10.0.0.5:5000/app", "latest", None),
    ("[fd00::1]:5000/app:1", "[fd00::1]:5000/app", "1", None),
    ("registry:5000/app", "registry:5000/app", "latest", None),
    ("registry/app", "docker.io/registry/app", "latest", None),
    ("EXAMPLE/app", "EXAMPLE/app", "latest", None),
    ("a__b/c--d/e.f", "docker.io/a__b/c--d/e.f", "latest", None),
    (f"nginx@{DIGEST}", "docker.io/library/nginx", None, DIGEST),
    (f"nginx:1.29@{DIGEST}", "docker.io/library/nginx", "1.29", DIGEST),
    (f"localhost:5000/app@{DIGEST}", "localhost:5000/app", None, DIGEST),
    ("nginx:1.29-alpine_x.y", "docker.io/library/nginx", "1.29-alpine_x.y", None),
]

REFUSED = [
    "",
    ":",
    "nginx:",
    "nginx:-x",
    "nginx:a b",
    "Nginx",
    "docker.io/Nginx",
    "registry.example.com/Team/app",
    "a//b",
    "/a",
    "a/",
    "a/b/",
    "a:b:c",
    "nginx@sha256:123",
    "nginx@",
    f"nginx@{DIGEST}@{DIGEST}",
    "<image>",
    "${IMAGE}",
    "{{ .Values.image }}",
    "nginx latest",
    "nginx\n",
    "docker://nginx",
    "-a",
    "a-",
    "a.-b",
    "..",
    "../a",
    "exa_mple.com/a",
    "x" * 300,
    "nginx:" + "t" * 129,
]

# image, the name under which facts speak of it
SAME = [
    ("public.ecr.aws/docker/library/redis:8-alpine", "docker.io/library/redis"),
    ("mirror.gcr.io/library/redis", "docker.io/library/redis"),
    ("mirror.gcr.io/redis", "docker.io/library/redis"),
    ("mirror.gcr.io/grafana/grafana", "docker.io/grafana/grafana"),
    ("registry-1.docker.io/library/redis", "docker.io/library/redis"),
    ("registry.hub.docker.com/prometheuscommunity/ipmi-exporter", "quay.io/prometheuscommunity/ipmi-exporter"),
    ("k8s.gcr.io/pause:3.1", "registry.k8s.io/pause"),
    ("gcr.io/google-containers/pause", "registry.k8s.io/pause"),
    ("gcr.io/google_containers/pause", "registry.k8s.io/pause"),
    ("eu.gcr.io/k8s-artifacts-prod/ingress-nginx/controller", "registry.k8s.io/ingress-nginx/controller"),
    ("prom/prometheus", "quay.io/prometheus/prometheus"),
    ("mirror.gcr.io/prom/prometheus", "quay.io/prometheus/prometheus"),
    ("bitnamilegacy/redis", "docker.io/bitnami/redis"),
    ("public.ecr.aws/bitnami/redis", "docker.io/bitnami/redis"),
    ("registry.istio.io/release/proxyv2", "docker.io/istio/proxyv2"),
    ("gcr.io/istio-release/proxyv2", "docker.io/istio/proxyv2"),
]

DIFFERENT = [
    "docker.io/promx/prometheus",  # a prefix ends at a slash
    "public.ecr.aws/dockerx/library/redis",
    "public.ecr.aws/nginx/nginx",
    "ghcr.io/grafana/grafana",
    "registry.example.com/docker.io/library/redis",
    "quay.io/prometheus/prometheus",
    "k8s.gcr.io.example.com/pause",
]


@pytest.mark.parametrize(("image", "name", "tag", "digest"), FORMS)
def test_a_reference_is_completed(image: str, name: str, tag: str | None, digest: str | None) -> None:
    reference = parse_reference(image)
    assert (reference.name, reference.tag, reference.digest) == (name, tag, digest)
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize("image", REFUSED)
def test_what_no_runtime_accepts_is_refused(image: str) -> None:
    with pytest.raises(ImageNameError, match="is not a valid reference"):
        parse_reference(image)


@pytest.mark.parametrize(("image", "name"), SAME)
def test_a_mirror_counts_as_the_original(image: str, name: str) -> None:
    reference = parse_reference(image)
    assert canonical(reference).name == name
    assert canonical(reference).tag == reference.tag
    assert canonical(canonical(reference)) == canonical(reference)


@pytest.mark.parametrize("image", DIFFERENT)
def test_another_name_stays_itself(image: str) -> None:
    reference = parse_reference(image)
    assert canonical(reference) is reference


def test_mirrors_point_at_names_that_are_no_mirrors() -> None:
    for target in MIRRORS.values():
        name = f"{target}/a/b"
        assert canonical(parse_reference(name)).name == name


def test_the_users_mirrors_come_first_and_the_longest_prefix_wins() -> None:
    mirrors = {
        "registry.example.com": "quay.io",
        "registry.example.com/hub": "docker.io",
        "registry.example.com/hub/special/": "ghcr.io/special",
    }

    def name(image: str) -> str:
        return canonical(parse_reference(image), mirrors).name

    assert name("registry.example.com/hub/redis") == "docker.io/library/redis"
    assert name("registry.example.com/hub/prom/prometheus") == "quay.io/prometheus/prometheus"
    assert name("registry.example.com/hub/special/app") == "ghcr.io/special/app"
    assert name("registry.example.com/argoproj/argocd") == "quay.io/argoproj/argocd"
    assert name("registry.example.com/hubx/redis") == "quay.io/hubx/redis"
    assert name("registry.example.org/hub/redis") == "registry.example.org/hub/redis"


def test_a_tag_may_have_128_characters() -> None:
    assert parse_reference("nginx:" + "t" * 128).tag == "t" * 128
