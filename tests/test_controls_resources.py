"""resources: amounts only where none stands, from the nearest table, never against what is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from control_subjects import CONTROLS, Document, changed, document, fix_of, said, spec, workload

from harden.controls import Context
from harden.controls._size_tables import CLASSES
from harden.images.facts import ImageClass, ImageFacts
from harden.images.reference import parse_reference
from harden.images.store import lookup
from harden.kube.bundle import gather
from harden.kube.quantity import parse
from harden.model.finding import Finding, Level
from harden.model.text import Plain
from harden.outputs.titles import title
from harden.settings import load
from harden.usage import Usage, read_usage

CONTROL = CONTROLS["resources"]
WEB: Plain = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
SMALL: Plain = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}}
TABLE: dict[str, Plain] = {"classes": {"web": WEB, "worker": WEB, "jvm": WEB, "job": SMALL, "init": SMALL}}
ALL = ["cpu=50m", "memory=128Mi", "limit=512Mi"]


def facts(image: str) -> ImageFacts | None:
    name = image.partition(":")[0]
    known = {"db": ImageClass.DATABASE, "site": ImageClass.WEB, "quay.io/x/site": ImageClass.WEB}
    return ImageFacts(parse_reference(image), (), {}, image_class=known[name]) if name in known else None


def judge(
    pod: str,
    *neighbours: Document,
    kind: str = "Deployment",
    namespace: str | None = None,
    usage: Usage | None = None,
    known: Callable[[str], ImageFacts | None] = facts,
    **options: Plain,
) -> tuple[Finding, ...]:
    bundle = gather(("bundle.yaml", at, data) for at, data in enumerate(neighbours))
    context = Context(Level.RESTRICTED, (1, 37), {**TABLE, **options}, known, bundle, usage=usage)
    return CONTROL.run(
        workload(document(spec(pod), kind=kind))._replace(
            namespace=namespace, effective_namespace=namespace or "default"
        ),
        context,
    )


def amounts(found: tuple[Finding, ...]) -> list[str]:
    """Return what the fixes write: cpu, memory for requests; cpu-limit, limit (of memory) for limits."""
    words = []
    for finding in found:
        for change in finding.changes:
            side, resource = change.path[-2:]
            name = resource if side == "requests" else "limit" if resource == "memory" else f"{resource}-limit"
            words.append(f"{name}={getattr(change, 'value', None)}")
    return words


def container(resources: str, more: str = "", *, image: str = "site") -> str:
    return f"containers: [{{name: a, image: {image}, resources: {resources}{more}}}]"


MUST_WRITE = {
    "nothing is stated": (container("null"), ALL),
    "an empty mapping": (container("{}"), ALL),
    "null sides": (container("{requests: null, limits: {}}"), ALL),
    "a null amount": (container("{requests: {cpu: null, memory: 1Gi}, limits: {memory: 1Gi}}"), ["cpu=50m"]),
    "CPU alone": (container("{requests: {cpu: 1}}"), ["memory=128Mi", "limit=512Mi"]),
    "a limit is the request, too": (container("{limits: {cpu: 1, memory: 64Mi}}"), []),
    "a memory limit below the table's request": (container("{limits: {memory: 64Mi}}"), ["cpu=50m"]),
    "a larger request keeps the proportion": (container("{requests: {cpu: 1, memory: 1Gi}}"), ["limit=4Gi"]),
    "a smaller request keeps the table's limit": (container("{requests: {cpu: 1, memory: 16Mi}}"), ["limit=512Mi"]),
    "an amount in another unit": (container("{requests: {cpu: 1, memory: 200M}}"), ["limit=763Mi"]),
    "a template is a word": (container("{requests: {cpu: '$(C)', memory: '$(M)'}}"), ["limit=512Mi"]),
}


@pytest.mark.parametrize(("pod", "expected"), MUST_WRITE.values(), ids=MUST_WRITE)
def test_what_is_absent_is_written_and_nothing_else(pod: str, expected: list[str]) -> None:
    found = judge(pod)
    assert amounts(found) == expected
    assert all(each.startswith("review: ") for each in said(found))


def test_a_fix_is_one_for_each_container_and_says_where_it_comes_from() -> None:
    (found,) = judge("containers: [{name: a, image: site}]")
    assert found.message == 'container "a" states no cpu request, memory request or memory limit'
    assert title(fix_of(found)) == "cpu request 50m, memory request 128Mi, memory limit 512Mi"
    assert found.reason == "sized by class web, by what is known of the image"


def test_ephemeral_containers_must_not_have_any() -> None:
    assert judge("ephemeralContainers: [{name: e, image: site}]") == ()


def test_what_the_pod_states_for_all_need_not_be_said() -> None:
    pod = "{resources: {requests: {cpu: 1}, limits: {memory: 1Gi}}, containers: [{name: a, image: site}]}"
    assert judge(pod) == ()
    only = "{resources: {requests: {cpu: 1, memory: 1Gi}}, containers: [{name: a, image: site}]}"
    assert amounts(judge(only)) == ["limit=512Mi"]


CLASS_OF = {
    "facts come first": ("{initContainers: [{name: a, image: db}], containers: []}", "Job", "database"),
    "Java by its program": ("containers: [{name: a, image: x, command: [/usr/bin/java]}]", "Deployment", "jvm"),
    "Java by its arguments": ("containers: [{name: a, image: x, args: [-jar, x.jar]}]", "Deployment", "jvm"),
    "Java by a variable": ("containers: [{name: a, image: x, env: [{name: JAVA_OPTS}]}]", "Deployment", "jvm"),
    "an init container": ("initContainers: [{name: a, image: x}]", "Deployment", "init"),
    "a sidecar": ("initContainers: [{name: a, image: x, restartPolicy: Always}]", "Deployment", "sidecar"),
    "a job": ("containers: [{name: a, image: x, ports: [{}]}]", "CronJob", "job"),
    "an agent": ("containers: [{name: a, image: x}]", "DaemonSet", "agent"),
    "ports": ("containers: [{name: a, image: x, ports: [{}]}]", "StatefulSet", "web"),
    "no ports": ("containers: [{name: a, image: x}]", "StatefulSet", "worker"),
}


@pytest.mark.parametrize(("pod", "kind", "expected"), CLASS_OF.values(), ids=CLASS_OF)
def test_the_class_of_a_container(pod: str, kind: str, expected: str) -> None:
    table: Plain = {name: {"requests": {"cpu": f"{at + 1}m"}} for at, name in enumerate(CLASSES)}
    found = judge(pod, kind=kind, classes=table)
    assert amounts(found[:1]) == [f"cpu={CLASSES.index(expected) + 1}m"]
    assert found[0].reason.startswith(f"sized by class {expected}, by ")


def test_every_class_of_the_facts_has_a_size_in_the_shipped_profile() -> None:
    classes = load("hardened").controls["resources"].options["classes"]
    assert isinstance(classes, dict)
    assert set(CLASSES) == {*(each.value for each in ImageClass), "init", "agent"} == set(classes)
    for size in cast("dict[str, dict[str, dict[str, str]]]", classes).values():
        assert set(size["requests"]) == {"cpu", "memory"}
        assert set(size["limits"]) == {"memory"}, "a CPU limit or storage only on request"


def test_without_a_table_nothing_is_written() -> None:
    found = judge("containers: [{name: a, image: site}]", classes={})
    assert [(each.risk, each.reason) for each in found] == [(None, "the profile names no size for it")]
    part = judge("containers: [{name: a, image: site}]", classes={"web": {"requests": {"cpu": "1"}}})
    assert said(part) == ['review: containers[0].resources.requests.cpu="1"', "no fix: containers[0]"]
    assert part[1].message == 'container "a" states no memory request or memory limit'


def test_nearer_tables_win_amount_by_amount() -> None:
    images: Plain = {"*/site": {"requests": {"cpu": "2m"}}, "quay.io/x/site": {"requests": {"memory": "3Mi"}}}
    pod = "containers: [{name: a, image: 'quay.io/x/site:1'}]"
    assert amounts(judge(pod, images=images)) == ["cpu=2m", "memory=3Mi", "limit=512Mi"]
    workloads: Plain = {"w*": {"*": {"requests": {"cpu": "4m"}}}, "other": {"*": {"requests": {"cpu": "9m"}}}}
    assert amounts(judge(pod, images=images, workloads=workloads)) == ["cpu=4m", "memory=3Mi", "limit=512Mi"]
    named: Plain = {"shop/w": {"a": {"requests": {"cpu": "5m"}}, "b": {"requests": {"cpu": "9m"}}}}
    assert amounts(judge(pod, workloads=named, namespace="shop")) == ["cpu=5m", "memory=128Mi", "limit=512Mi"]
    assert amounts(judge(pod, workloads=named, namespace="other")) == ALL


def test_the_longest_glob_wins_whatever_the_order() -> None:
    images: Plain = {"site": {"requests": {"cpu": "1m"}}, "*": {"requests": {"cpu": "2m"}}}
    assert amounts(judge("containers: [{name: a, image: site}]", images=images))[0] == "cpu=1m"


def test_a_nearer_request_raises_a_further_limit() -> None:
    images: Plain = {"site": {"requests": {"memory": "1Gi"}}}
    assert amounts(judge("containers: [{name: a, image: site}]", images=images)) == [
        "cpu=50m",
        "memory=1Gi",
        "limit=1Gi",
    ]


def test_cpu_limits_and_storage_only_where_the_profile_names_them() -> None:
    size: Plain = {
        "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "1Gi"},
        "limits": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "2Gi"},
    }
    found = judge(container("{requests: {cpu: 1}}"), classes={"web": size})
    assert amounts(found) == [
        "memory=64Mi",
        "ephemeral-storage=1Gi",
        "cpu-limit=2",
        "limit=64Mi",
        "ephemeral-storage-limit=2Gi",
    ]


HEAPS = {
    "a heap": ("args: [-Xmx2g]", "2560Mi"),
    "a small heap": ("args: [-Xmx64m]", "512Mi"),
    "a heap in a variable": ("env: [{name: JAVA_TOOL_OPTIONS, value: '-Xms1g -Xmx1536M'}]", "1920Mi"),
    "a heap of Node": ("command: [node, --max-old-space-size=4096]", "5Gi"),
    "a limit of Go": ("env: [{name: GOMEMLIMIT, value: 2GiB}]", "2560Mi"),
    "a cache": ("args: [--maxmemory, 1gb]", "1280Mi"),
    "buffers": ("args: [-c, shared_buffers=2GB]", "2560Mi"),
    "a buffer pool": ("args: [--innodb-buffer-pool-size=1G]", "1280Mi"),
    "memory beside the heap": ("args: [-Xmx2g, '-XX:MaxDirectMemorySize=2g']", "5Gi"),
    "a heap of Cassandra": ("env: [{name: MAX_HEAP_SIZE, value: 4G}]", "5Gi"),
    "a heap of Solr": ("env: [{name: SOLR_HEAP, value: 4g}]", "5Gi"),
    "memory of a Spark worker": ("env: [{name: SPARK_WORKER_MEMORY, value: 8g}]", "10Gi"),
    "memory as Kubernetes writes it": ("env: [{name: APP_MEMORY_LIMIT, value: 4Gi}]", "5Gi"),
    "memory in a ConfigMap": ("envFrom: [{configMapRef: {name: c}}]", "5Gi"),
    "a number without a unit": ("env: [{name: MAX_HEAP_SIZE, value: '4096'}]", "512Mi"),
    "a size of something else": ("env: [{name: MAX_UPLOAD_SIZE, value: 4G}]", "512Mi"),
    "an -m that means nothing": ("args: [-m, '4096']", "512Mi"),
    "a word that only looks like a heap": ("args: [no-Xmx9g]", "512Mi"),
}


@pytest.mark.parametrize(("more", "limit"), HEAPS.values(), ids=HEAPS)
def test_the_limit_holds_what_the_container_says_of_itself(more: str, limit: str) -> None:
    held: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"JAVA_HEAP": "4G"}}
    found = judge(f"containers: [{{name: a, image: site, {more}}}]", held)
    assert amounts(found) == ["cpu=50m", "memory=128Mi", f"limit={limit}"]
    assert ("the limit leaves room for" in found[0].reason) == (limit != "512Mi")


def test_a_cache_of_memcached() -> None:
    found = judge("containers: [{name: a, image: 'memcached:1', args: [-m, '1024'], ports: [{}]}]")
    assert amounts(found)[-1] == "limit=1280Mi"


#: Where facts say that a program states its size: image, pod, mounted text, limit.
FACTS = {
    "mongo, in its arguments": ("mongo:7.0", "args: ['--wiredTigerCacheSizeGB', '4']", "", "5Gi"),
    "mongo, in its configuration": ("mongo:7.0", "", "storage:\n  cacheSizeGB: 4\n", "5Gi"),
    "redis, in its configuration": ("redis:7.2", "args: [/conf/a]", "maxmemory 4gb\n", "5Gi"),
    "redis, in another configuration": ("redis:7.2", "args: [/conf/a]", "# maxmemory 4gb\n", "1Gi"),
    "mysql, in its configuration": ("mysql:8.4", "", "[mysqld]\ninnodb_buffer_pool_size = 4G\n", "5Gi"),
    "cassandra, in a variable": ("cassandra:5.0", "env: [{name: MAX_HEAP_SIZE, value: 4G}]", "", "5Gi"),
    "neo4j, in two variables": (
        "neo4j:5.20.0",
        """env: [{name: NEO4J_server_memory_heap_max__size, value: 4G},
               {name: NEO4J_server_memory_pagecache_size, value: 2G}]""",
        "",
        "7680Mi",
    ),
    "elasticsearch of Bitnami": (
        "bitnami/elasticsearch:8",
        "env: [{name: ELASTICSEARCH_HEAP_SIZE, value: 4096m}]",
        "",
        "5Gi",
    ),
}


@pytest.mark.parametrize(("image", "more", "text", "limit"), FACTS.values(), ids=FACTS)
def test_the_limit_holds_what_facts_know_where_to_find(image: str, more: str, text: str, limit: str) -> None:
    small: Plain = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
    data: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": text}}
    pod = f"""
    volumes: [{{name: v, configMap: {{name: c}}}}]
    containers: [{{name: a, image: '{image}', volumeMounts: [{{name: v, mountPath: /conf}}], {more}}}]
    """
    found = judge(pod, data, known=lookup, classes=dict.fromkeys(CLASSES, small))
    assert amounts(found) == ["cpu=50m", "memory=128Mi", f"limit={limit}"]


def test_a_jvm_that_states_no_heap_is_killed_above_its_limit() -> None:
    (found,) = judge("containers: [{name: a, image: x, command: [java, -jar, a.jar]}]")
    assert "takes a quarter of the limit for its heap, and is killed above 512Mi" in found.reason


IN_MEMORY = """
volumes: [{{name: v, emptyDir: {{medium: Memory{size}}}}}]
containers: [{{name: a, image: site, volumeMounts: [{{name: v, mountPath: /v}}]}}, {{name: b, image: site}}]
"""


def test_no_size_by_class_beside_a_volume_in_memory() -> None:
    for size in ("", ", sizeLimit: 1Gi"):
        found = judge(IN_MEMORY.format(size=size))
        assert amounts(found) == ALL
        assert "it asks for a volume in memory, so its class tells nothing" in found[0].reason


def test_a_size_that_somebody_names_holds_a_volume_in_memory() -> None:
    sizes: Plain = {"site": WEB}
    assert amounts(judge(IN_MEMORY.format(size=", sizeLimit: 1Gi"), images=sizes)) == [*ALL[:2], "limit=1Gi", *ALL]
    open_ended = judge(IN_MEMORY.format(size=""), images=sizes)
    assert amounts(open_ended) == ["cpu=50m", "memory=128Mi", *ALL]
    assert "volume in memory without sizeLimit" in open_ended[1].reason


UNUSUAL = {
    "a device": "containers: [{name: a, image: site, resources: {limits: {nvidia.com/gpu: 1}}}]",
    "huge pages": "containers: [{name: a, image: site, resources: {limits: {hugepages-2Mi: 64Mi}}}]",
    "a claim": """
        resourceClaims: [{name: gpu}]
        containers: [{name: a, image: site, resources: {claims: [{name: gpu}]}}]""",
    "much storage": "containers: [{name: a, image: site, resources: {limits: {ephemeral-storage: 20Gi}}}]",
    "a large scratch volume": """
        volumes: [{name: v, emptyDir: {sizeLimit: 50Gi}}]
        containers: [{name: a, image: site, volumeMounts: [{name: v, mountPath: /v}]}]""",
    "a node with accelerators": """
        nodeSelector: {cloud.google.com/gke-accelerator: nvidia-l4}
        containers: [{name: a, image: site}]""",
    "a runtime for accelerators": "{runtimeClassName: nvidia, containers: [{name: a, image: site}]}",
    "a variable of the driver": """
        containers: [{name: a, image: site, env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}]}]""",
}


@pytest.mark.parametrize("pod", UNUSUAL.values(), ids=UNUSUAL)
def test_no_size_by_class_beside_what_the_class_does_not_ask_for(pod: str) -> None:
    found = judge(pod)
    assert amounts(found) == []
    assert "so its class tells nothing of its size" in found[0].reason
    assert amounts(judge(pod, images={"site": WEB}))


USUAL = {
    "a resource of Kubernetes": "containers: [{name: a, image: site, resources: {limits: {kubernetes.io/x: 1}}}]",
    "a little storage": "containers: [{name: a, image: site, resources: {limits: {ephemeral-storage: 2Gi}}}]",
    "a small scratch volume": """
        volumes: [{name: v, emptyDir: {sizeLimit: 5Gi}}]
        containers: [{name: a, image: site, volumeMounts: [{name: v, mountPath: /v}]}]""",
    "a node of another kind": "{nodeSelector: {kubernetes.io/arch: arm64}, containers: [{name: a, image: site}]}",
    "the device of a neighbour": """
        containers: [{name: a, image: site}, {name: b, image: site, resources: {limits: {nvidia.com/gpu: 1}}}]""",
}


@pytest.mark.parametrize("pod", USUAL.values(), ids=USUAL)
def test_size_by_class_beside_what_is_usual(pod: str) -> None:
    assert amounts(judge(pod))[:3] == ALL


def limit_range(namespace: str | None, *items: Plain) -> Document:
    metadata: Document = {"name": "l"} if namespace is None else {"name": "l", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": list(items)}}


RANGES: dict[str, tuple[Plain, list[str]]] = {
    "defaults": ({"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "1"}}, []),
    "a maximum is a default": ({"type": "Container", "max": {"memory": "1Gi", "cpu": "1"}}, []),
    "a minimum is a request": ({"type": "Container", "min": {"cpu": "1", "memory": "256Mi"}}, ["limit=1Gi"]),
    "CPU alone": ({"type": "Container", "defaultRequest": {"cpu": "1"}}, ["memory=128Mi", "limit=512Mi"]),
    "a range of claims": ({"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}, ALL),
    "a ratio": ({"type": "Container", "maxLimitRequestRatio": {"memory": "2"}}, ["cpu=50m"]),
    "a sum": ({"type": "Pod", "max": {"cpu": "1"}}, ["memory=128Mi", "limit=512Mi"]),
}


@pytest.mark.parametrize(("item", "expected"), RANGES.values(), ids=RANGES)
def test_a_limit_range_of_the_namespace_is_respected(item: Plain, expected: list[str]) -> None:
    pod = "containers: [{name: a, image: site}]"
    assert amounts(judge(pod, limit_range("shop", item), namespace="shop")) == expected
    assert amounts(judge(pod, limit_range(None, item))) == expected
    assert amounts(judge(pod, limit_range("other", item), namespace="shop")) == ALL


def test_what_a_limit_range_binds_is_said() -> None:
    ratio: Plain = {"type": "Container", "maxLimitRequestRatio": {"memory": "2"}}
    found = judge("containers: [{name: a, image: site}]", limit_range(None, ratio))
    assert found[1].reason == "a LimitRange binds the ratio or the pod's sum of memory"


def measured(rows: str) -> Usage:
    return read_usage(f"namespace,workload,container,cpu_p95,memory_p99,memory_max\n{rows}\n".encode(), "usage.csv")


def test_measured_usage_comes_first_with_headroom_and_rounded_up() -> None:
    usage = measured("shop,w,a,101m,100Mi,150Mi")
    pod = "containers: [{name: a, image: site}, {name: b, image: site}]"
    found = judge(pod, usage=usage, namespace="shop")
    assert amounts(found) == ["cpu=122m", "memory=120Mi", "limit=180Mi", *ALL]
    assert found[0].reason == "sized by usage in usage.csv"
    assert amounts(judge(pod, usage=usage, namespace="shop", headroom=0))[:3] == [
        "cpu=101m",
        "memory=100Mi",
        "limit=150Mi",
    ]


def test_usage_of_another_place_is_not_used() -> None:
    usage = measured("shop,w,a,1,1Gi,1Gi\nother,v,a,1,1Gi,1Gi")
    pod = "containers: [{name: a, image: site}]"
    assert amounts(judge(pod, usage=usage, namespace="other")) == ALL
    assert amounts(judge(pod, usage=usage)) == ["cpu=1200m", "memory=1229Mi", "limit=1229Mi"]


def test_usage_never_goes_against_what_is_stated() -> None:
    usage = measured("shop,w,a,1,1Gi,1Gi")
    stated = container("{requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 2Mi}}")
    assert judge(stated, usage=usage, namespace="shop") == ()
    larger = container("{requests: {cpu: 1m, memory: 4Gi}}")
    assert amounts(judge(larger, usage=usage, namespace="shop")) == ["limit=4Gi"]


def test_a_cpu_limit_is_never_taken_from_usage_alone() -> None:
    data = b'{"scans": [{"object": {"namespace": "shop", "name": "w", "container": "a"}, "recommended": '
    data += b'{"requests": {"cpu": {"value": 0.5}}, "limits": {"cpu": {"value": 1.0}}}}]}'
    usage = read_usage(data, "krr.json")
    assert amounts(judge(container("null"), usage=usage, namespace="shop")) == [
        "cpu=600m",
        "memory=128Mi",
        "limit=512Mi",
    ]
    asked: Plain = {"web": {"limits": {"cpu": "100m", "memory": "1Gi"}, "requests": {"memory": "1Gi"}}}
    assert "cpu-limit=1200m" in amounts(judge(container("null"), usage=usage, namespace="shop", classes=asked))


@pytest.mark.parametrize("pod", [pod for pod, expected in MUST_WRITE.values() if expected])
def test_a_second_pass_finds_nothing_and_limits_hold_their_requests(pod: str) -> None:
    whole = document(spec(pod))
    context = Context(Level.RESTRICTED, (1, 37), TABLE, facts)
    found = CONTROL.run(workload(whole), context)
    after = changed(whole, [change for finding in found for change in finding.changes])
    assert CONTROL.run(workload(after), context) == ()
    (only,) = workload(after).containers
    request, limit = (parse(only.get("resources", side, "memory")) for side in ("requests", "limits"))
    assert limit is not None
    assert request is None or request.nano <= limit.nano


def test_wrong_types_are_left_alone() -> None:
    (found,) = judge("containers: [{name: a, image: site, resources: [1]}]")
    assert (found.risk, found.reason) == (None, "resources has the wrong type: correct it first")


def test_a_nearer_limit_is_never_below_a_further_request() -> None:
    images: Plain = {"site": {"limits": {"memory": "64Mi", "cpu": "10m"}}}
    assert amounts(judge("containers: [{name: a, image: site}]", images=images)) == [
        "cpu=50m",
        "memory=128Mi",
        "cpu-limit=50m",
        "limit=128Mi",
    ]
