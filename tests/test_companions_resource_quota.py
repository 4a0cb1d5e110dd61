"""ResourceQuota and LimitRange: every pod and every update fits, and nothing is written where that is not certain."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from companion_bundles import bundle, checked, corpus_bundles
from quota_admission import Namespace, RefusedError, fraction, replay, rollout
from requirements import corpus

from harden.companions.model import Answer
from harden.companions.ownership import namespaces, settle
from harden.companions.quota_settings import QuotaSettings
from harden.companions.resource_quota import pair
from harden.kube.bundle import Bundle
from harden.kube.quantity import parse

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
SMALL = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}


def workload(
    kind: str, name: str, spec: Mapping[str, Any], *containers: Mapping[str, Any], **pod: Any
) -> dict[str, Any]:
    """Return a workload in the namespace shop; containers without a name or image get one."""
    named = [{"name": f"c{at}", "image": "registry.test/app", **container} for at, container in enumerate(containers)]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": named, **pod}}
    api_version = {"Job": "batch/v1", "CronJob": "batch/v1", "Pod": "v1", "ReplicationController": "v1"}
    body: dict[str, Any] = {**spec, "template": template}
    if kind == "CronJob":
        body = {"schedule": "* * * * *", **spec, "jobTemplate": {"spec": {**spec.get("job", {}), "template": template}}}
        body.pop("job", None)
    elif kind == "Pod":
        body = template["spec"]
    return {
        "apiVersion": api_version.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": body,
    }


def deployment(name: str, spec: Mapping[str, Any], resources: object = SMALL, **pod: Any) -> dict[str, Any]:
    return workload("Deployment", name, spec, {"resources": resources}, **pod)


def scaler(name: str, most: int) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": name}, "maxReplicas": most}
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}


def answered(answer: Answer) -> dict[str, dict[str, Any]]:
    """Return the generated objects by kind, each checked against its schema."""
    return {each.kind: checked(each) for each in answer.created}


def generated(*objects: Mapping[str, Any], **settings: Any) -> dict[str, dict[str, Any]]:
    """Return what is generated for the namespace shop, which the objects own."""
    held = bundle(NAMESPACE, *objects)
    return answered(pair(held, settle(held), QuotaSettings(**settings)))


def hard(*objects: Mapping[str, Any], **settings: Any) -> dict[str, str]:
    return dict(generated(*objects, **settings)["ResourceQuota"]["spec"]["hard"])


def versions(held: Bundle, namespace: str, fallback: str) -> Iterable[list[Any]]:
    """Yield the workloads of a namespace, each name once; more than one list where names stand in several files."""
    named: dict[tuple[str, str], list[Any]] = {}
    for member in held.members:
        if (member.resource.namespace or fallback) == namespace and member.resource.kind != "PodTemplate":
            named.setdefault((member.resource.kind, member.workload.name), []).append(member.resource.data)
    most = max((len(each) for each in named.values()), default=0)
    for turn in range(most):
        yield [each[turn % len(each)] for each in named.values()]


def most_replicas(held: Bundle, namespace: str, data: Mapping[str, Any], fallback: str) -> int:
    scalers = [
        resource
        for resource in held.of_kind("HorizontalPodAutoscaler")
        if (resource.namespace or fallback) == namespace
    ]
    refs = [(each.data["spec"]["scaleTargetRef"], each.data["spec"]["maxReplicas"]) for each in scalers]  # type: ignore[index]
    key = (data["kind"], data["metadata"].get("name"))
    return max([count for ref, count in refs if (ref["kind"], ref["name"]) == key], default=0)


def play(
    held: Bundle, namespace: str, objects: Mapping[str, Any], settings: QuotaSettings, fallback: str = "default"
) -> None:
    """Apply the generated objects and then everything of the namespace, with an update of all; raises RefusedError."""
    for data in versions(held, namespace, fallback):
        quotas = [objects["ResourceQuota"]] if "ResourceQuota" in objects else []
        ranges = [objects["LimitRange"]] if "LimitRange" in objects else []
        cluster = Namespace(ranges, quotas)
        replay(
            [
                rollout(
                    cluster, each, most_replicas(held, namespace, each, fallback), settings.nodes or 0, settings.overlap
                )
                for each in data
            ]
        )
        for counts in object_usage(held, namespace, fallback):
            cluster.admit(counts)


def object_usage(held: Bundle, namespace: str, fallback: str) -> list[Counter[str]]:
    """Return what the objects other than pods are charged for, one by one."""
    found = {}
    for resource in held.resources:
        if (resource.namespace or fallback) == namespace and resource.api_version == "v1":
            found[resource.kind, resource.name] = resource
    names = {"Service": "services", "Secret": "secrets", "ConfigMap": "configmaps"}
    charged = [Counter({names[kind]: 1}) for kind, _ in found if kind in names]
    for (kind, _), each in found.items():
        spec: Any = each.data.get("spec") or {}
        if kind == "PersistentVolumeClaim":
            storage = spec["resources"]["requests"]["storage"]
            charged.append(Counter({"persistentvolumeclaims": 1, "requests.storage": fraction(storage)}))  # type: ignore[dict-item]
        elif kind == "Service" and spec.get("type") in {"NodePort", "LoadBalancer"}:
            charged.append(Counter({"services.nodeports": len(spec.get("ports") or ())}))
            charged.append(Counter({"services.loadbalancers": int(spec["type"] == "LoadBalancer")}))
    return charged


def fits(*objects: Mapping[str, Any], **settings: Any) -> None:
    found = generated(*objects, **settings)
    # Where there is no quota, everything fits.
    assert "ResourceQuota" in found
    play(bundle(NAMESPACE, *objects), "shop", found, QuotaSettings(**settings))


TIGHT = {"headroom": 0, "spare_objects": 0, "object_counts": True}


def test_a_deployment_has_room_for_one_step_of_its_update() -> None:
    # 4 replicas, surge ceil(25%) = 1, unavailable floor(25%) = 1: 5 that run, 2 that go.
    assert hard(deployment("web", {"replicas": 4}), **TIGHT)["pods"] == "7"
    fits(deployment("web", {"replicas": 4}), **TIGHT)


@pytest.mark.parametrize(
    ("spec", "pods"),
    [
        ({}, 2),
        ({"replicas": 0}, 0),
        ({"replicas": 3, "strategy": {"type": "Recreate"}}, 3),
        ({"replicas": 10}, 18),
        ({"replicas": 10, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 3}}}, 13),
        ({"replicas": 10, "strategy": {"rollingUpdate": {"maxSurge": "1%", "maxUnavailable": "0%"}}}, 12),
        ({"replicas": 10, "strategy": {"rollingUpdate": {"maxSurge": "0%", "maxUnavailable": "9%"}}}, 11),
        ({"replicas": 3, "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 1}}}, 6),
    ],
)
def test_percentages_round_as_the_controller_rounds(spec: Mapping[str, Any], pods: int) -> None:
    assert hard(deployment("web", spec), **TIGHT)["pods"] == str(pods)
    fits(deployment("web", spec), **TIGHT)


@pytest.mark.parametrize("less", ["pods", "requests.cpu", "requests.memory", "limits.memory"])
def test_the_replay_refuses_a_quota_that_is_one_short(less: str) -> None:
    objects = (deployment("web", {"replicas": 4}), workload("StatefulSet", "db", {"replicas": 2}, {"resources": SMALL}))
    found = generated(*objects, **TIGHT)
    limits = found["ResourceQuota"]["spec"]["hard"]
    limits[less] = str(fraction(limits[less]) - 1) if less != "requests.cpu" else "899m"
    held = bundle(NAMESPACE, *objects)
    with pytest.raises(RefusedError, match=less):
        play(held, "shop", found, QuotaSettings(**TIGHT))


def test_an_autoscaler_sets_the_number_of_replicas() -> None:
    spec = {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}
    assert hard(deployment("web", spec), scaler("web", 20), **TIGHT)["pods"] == "22"
    fits(deployment("web", spec), scaler("web", 20), **TIGHT)
    other = {**scaler("web", 20), "metadata": {"name": "web", "namespace": "elsewhere"}}
    assert hard(deployment("web", spec), other, **TIGHT)["pods"] == "4"


def test_keda_scales_to_a_hundred_where_it_says_nothing() -> None:
    scaled = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"name": "web"}},
    }
    assert hard(deployment("web", {"strategy": {"type": "Recreate"}}), scaled, **TIGHT)["pods"] == "100"


@pytest.mark.parametrize(
    ("kind", "spec", "pods"),
    [
        ("StatefulSet", {"replicas": 3}, 3),
        ("ReplicaSet", {"replicas": 3}, 3),
        ("ReplicationController", {}, 1),
        ("Pod", {}, 1),
        ("DaemonSet", {}, 5),
        ("DaemonSet", {"updateStrategy": {"rollingUpdate": {"maxSurge": "30%", "maxUnavailable": 0}}}, 9),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, 5),
        ("Job", {}, 1),
        ("Job", {"parallelism": 4}, 4),
        ("Job", {"parallelism": 4, "completions": 2}, 2),
        ("CronJob", {"job": {"parallelism": 3}}, 6),
        ("CronJob", {"job": {"parallelism": 3}, "concurrencyPolicy": "Forbid"}, 3),
        ("CronJob", {"job": {"parallelism": 3}, "concurrencyPolicy": "Replace", "successfulJobsHistoryLimit": 50}, 6),
    ],
)
def test_every_kind_has_its_number_of_pods(kind: str, spec: Mapping[str, Any], pods: int) -> None:
    each = workload(kind, "one", spec, {"resources": SMALL})
    assert hard(each, nodes=5, **TIGHT)["pods"] == str(pods)
    fits(each, nodes=5, **TIGHT)


def test_init_containers_and_sidecars_count_as_the_scheduler_counts() -> None:
    def asks(cpu: str, **more: Any) -> dict[str, Any]:
        return {"name": f"i{cpu}", "image": "registry.test/i", "resources": {"requests": {"cpu": cpu}}, **more}

    init = [asks("2"), asks("500m", restartPolicy="Always"), asks("1")]
    each = workload("StatefulSet", "db", {}, {"resources": {"requests": {"cpu": "300m"}}}, initContainers=init)
    # Starting: 2 alone; then 500m and 1 together; running: 800m.
    assert hard(each, **TIGHT)["requests.cpu"] == "2"
    init[0] = asks("100m")
    assert hard(each, **TIGHT)["requests.cpu"] == "1500m"
    init[2] = asks("100m")
    assert hard(each, **TIGHT)["requests.cpu"] == "800m"
    fits(each, **TIGHT)


def test_overhead_of_the_runtime_counts_and_raises_stated_limits_only() -> None:
    runtime = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "kata"},
        "handler": "kata",
        "overhead": {"podFixed": {"cpu": "250m", "memory": "120Mi"}},
    }
    each = workload("StatefulSet", "db", {}, {"resources": SMALL}, runtimeClassName="kata")
    found = hard(each, runtime, **TIGHT)
    assert (found["requests.cpu"], found["requests.memory"], found["limits.memory"]) == ("350m", "184Mi", "248Mi")


def test_resources_of_the_pod_stand_above_those_of_its_containers() -> None:
    whole = {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"memory": "512Mi"}}
    item = workload("StatefulSet", "db", {}, {}, {}, resources=whole)
    found = hard(item, **TIGHT)
    assert (found["requests.cpu"], found["requests.memory"], found["limits.memory"]) == ("2", "512Mi", "1Gi")
    fits(item, **TIGHT)
    each = [{"resources": {"requests": {"cpu": cpu, "memory": "64Mi"}}} for cpu in ("100m", "50m")]
    asks = workload("StatefulSet", "db", {}, *each, resources=whole)
    assert hard(asks, **TIGHT)["requests.cpu"] == "150m"
    fits(asks, **TIGHT)


@pytest.mark.parametrize("whole", [{"requests": {"cpu": "60m"}}, {"limits": {"cpu": "2"}}])
def test_defaults_that_a_pod_has_no_room_for_are_only_offered(whole: Mapping[str, Any]) -> None:
    each = workload("StatefulSet", "db", {}, {"resources": {"requests": {"cpu": "30m"}}}, {}, resources=whole)
    held = bundle(NAMESPACE, each)
    answer = pair(held, settle(held), QuotaSettings())
    assert answer.created == ()
    assert [offer.option for offer in answer.offers] == ["controls.resource-quota.default-requests"]


def test_containers_that_state_nothing_get_a_request_and_no_cap() -> None:
    found = generated(workload("StatefulSet", "db", {"replicas": 2}, {}), **TIGHT)
    (limits,) = found["LimitRange"]["spec"]["limits"]
    assert limits == {"type": "Container", "defaultRequest": {"cpu": "50m", "memory": "64Mi"}}
    assert found["ResourceQuota"]["spec"]["hard"]["requests.memory"] == "128Mi"
    assert not {"limits.cpu", "limits.memory"} & found["ResourceQuota"]["spec"]["hard"].keys()


def test_a_cap_is_set_where_every_container_states_one() -> None:
    larger = {"requests": {"cpu": 1}, "limits": {"memory": "1Gi"}}
    found = generated(deployment("web", {}), deployment("api", {}, larger))
    (limits,) = found["LimitRange"]["spec"]["limits"]
    assert limits["default"] == {"memory": "1Gi"}
    assert limits["max"] == {"memory": "1229Mi"}
    assert "limits.cpu" not in found["ResourceQuota"]["spec"]["hard"]


def test_an_init_container_without_a_limit_is_not_capped_either() -> None:
    each = deployment("web", {}, initContainers=[{"name": "setup", "image": "registry.test/setup"}])
    found = generated(each)
    assert "max" not in found["LimitRange"]["spec"]["limits"][0]
    assert "limits.memory" not in found["ResourceQuota"]["spec"]["hard"]


def test_a_default_limit_of_the_profile_is_never_below_a_request() -> None:
    asks = {"requests": {"memory": "3Gi"}}
    settings = {"default_limits": {"memory": "256Mi"}, "default_requests": {"cpu": "50m", "memory": "512Mi"}}
    found = generated(deployment("web", {}, asks), deployment("api", {}, {}), **settings)
    (limits,) = found["LimitRange"]["spec"]["limits"]
    assert limits["default"] == {"memory": "3Gi"}
    small = generated(deployment("api", {}, {}), **settings)["LimitRange"]["spec"]["limits"][0]
    assert (small["defaultRequest"]["memory"], small["default"]["memory"]) == ("256Mi", "256Mi")
    fits(deployment("web", {}, asks), deployment("api", {}, {}), **settings)


def test_a_limit_without_a_request_is_the_request() -> None:
    each = workload("StatefulSet", "db", {}, {"resources": {"limits": {"cpu": "700m", "memory": "1.5Gi"}}})
    found = hard(each, **TIGHT)
    assert (found["requests.cpu"], found["requests.memory"]) == ("700m", "1536Mi")
    fits(each, **TIGHT)


def test_objects_are_counted_with_what_is_referred_to() -> None:
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "token", "key": "a"}}}]
    volumes = [
        {"name": "c", "configMap": {"name": "settings"}},
        {"name": "s", "secret": {"secretName": "token"}},
        {"name": "p", "projected": {"sources": [{"secret": {"name": "extra"}}]}},
    ]
    each = workload("Deployment", "web", {}, {"env": env}, volumes=volumes, imagePullSecrets=[{"name": "registry"}])
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "own", "namespace": "shop"}}
    ports = [{"port": 80}, {"port": 443}]
    services = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}
        for name, spec in (
            ("a", {"ports": ports}),
            ("b", {"ports": ports, "type": "NodePort"}),
            ("c", {"ports": ports, "type": "LoadBalancer"}),
            ("d", {"ports": ports, "type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}),
        )
    ]
    # A Knative Service is no Service.
    found = hard(each, secret, *services, **TIGHT)
    assert {name: found[name] for name in ("services", "services.loadbalancers", "services.nodeports")} == {
        "services": "4",
        "services.loadbalancers": "2",
        "services.nodeports": "4",
    }
    assert (found["secrets"], found["configmaps"]) == ("4", "2")


def test_objects_are_counted_only_where_somebody_asks() -> None:
    found = hard(deployment("web", {}))
    assert set(found) == {"pods", "requests.cpu", "requests.memory", "limits.memory"}


def test_older_generations_of_objects_have_room() -> None:
    each = deployment("web", {})
    labels = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "shop"}
    each["metadata"] = {**each["metadata"], "labels": labels}
    assert hard(each, **TIGHT)["secrets"] == "10"
    kustomization = {
        "kind": "Kustomization",
        "namespace": "shop",
        "configMapGenerator": [{"name": "settings", "literals": ["A=b"]}],
    }
    assert hard(each, kustomization, **TIGHT)["configmaps"] == "3"


def vertical(name: str, *policies: Mapping[str, Any], mode: str = "Recreate") -> dict[str, Any]:
    spec = {
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "updatePolicy": {"updateMode": mode},
        "resourcePolicy": {"containerPolicies": list(policies)},
    }
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": metadata, "spec": spec}


MOST = {"containerName": "*", "maxAllowed": {"cpu": "2", "memory": "1Gi"}}
STATED = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}


@pytest.mark.parametrize(
    ("policy", "cpu", "limit"),
    [
        (MOST, "2", "4"),
        ({**MOST, "controlledValues": "RequestsOnly"}, "2", "200m"),
        ({**MOST, "mode": "Off"}, "100m", "200m"),
        ({"containerName": "*", "controlledResources": ["memory"], "maxAllowed": {"memory": "1Gi"}}, "100m", "200m"),
        ({"containerName": "*", "maxAllowed": {"cpu": "10m", "memory": "1Mi"}}, "100m", "200m"),
    ],
)
def test_a_vertical_autoscaler_has_room_for_its_most(policy: Mapping[str, Any], cpu: str, limit: str) -> None:
    each = deployment("web", {"strategy": {"type": "Recreate"}}, STATED)
    found = generated(each, vertical("web", policy), **TIGHT)
    limits = found["ResourceQuota"]["spec"]["hard"]
    assert (limits["requests.cpu"], limits["limits.cpu"]) == (cpu, limit)
    assert found["LimitRange"]["spec"]["limits"][0]["max"]["cpu"] == max(limit, cpu, key=lambda each: parse(each).nano)
    off = generated(each, vertical("web", policy, mode="Off"), **TIGHT)
    assert off["ResourceQuota"]["spec"]["hard"]["requests.cpu"] == "100m"
    other = generated(each, vertical("api", policy), **TIGHT)
    assert other["ResourceQuota"]["spec"]["hard"]["requests.cpu"] == "100m"


@pytest.mark.parametrize("policies", [[], [{"containerName": "*", "maxAllowed": {"cpu": "2"}}]])
def test_a_vertical_autoscaler_without_an_end_leaves_no_quota(policies: list[Any]) -> None:
    held = bundle(NAMESPACE, deployment("web", {}), vertical("web", *policies))
    answer = pair(held, settle(held), QuotaSettings())
    assert answer.created == ()
    assert "VerticalPodAutoscaler web" in answer.offers[0].message


def test_claims_are_counted_from_all_that_makes_them() -> None:
    def claim(size: str) -> dict[str, Any]:
        return {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}}}

    database = workload("StatefulSet", "db", {"replicas": 3, "volumeClaimTemplates": [claim("10Gi")]}, {})
    scratch = {"name": "scratch", "ephemeral": {"volumeClaimTemplate": claim("1Gi")}}
    web = deployment("web", {"strategy": {"type": "Recreate"}, "replicas": 2}, volumes=[scratch])
    own = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim("500Mi")}
    own["metadata"] = {"name": "files", "namespace": "shop"}
    found = hard(database, web, own, **TIGHT)
    assert (found["persistentvolumeclaims"], found["requests.storage"]) == ("6", "33268Mi")
    fits(database, web, own, **TIGHT)
    named = deployment("old", {}, volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "elsewhere"}}])
    found = hard(database, web, own, named, **TIGHT)
    assert found["persistentvolumeclaims"] == "7"
    assert "requests.storage" not in found


def test_acme_challenges_have_room() -> None:
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"cert-manager.io/cluster-issuer": "x"}},
        "spec": {"tls": [{"hosts": ["a.test", "b.test"], "secretName": "tls"}], "rules": [{"host": "a.test"}]},
    }
    tiny = {"requests": {"cpu": "10m", "memory": "8Mi"}, "limits": {"memory": "16Mi"}}
    found = generated(deployment("web", {"strategy": {"type": "Recreate"}}, tiny), ingress, **TIGHT)
    limits = found["ResourceQuota"]["spec"]["hard"]
    assert (limits["pods"], limits["services"], limits["services.nodeports"], limits["secrets"]) == ("3", "2", "2", "1")
    assert found["LimitRange"]["spec"]["limits"][0]["max"] == {"memory": "64Mi"}


def test_devices_are_counted_by_their_requests() -> None:
    gpu = {"limits": {"nvidia.com/gpu": 2, "memory": "1Gi"}, "requests": {"cpu": 1}}
    found = hard(workload("StatefulSet", "train", {"replicas": 2}, {"resources": gpu}))
    assert found["requests.nvidia.com/gpu"] == "5"


def test_headroom_is_added_and_rounded_up() -> None:
    found = hard(
        workload("StatefulSet", "db", {"replicas": 3}, {"resources": {"requests": {"cpu": "111m"}}}), headroom=50
    )
    assert (found["pods"], found["requests.cpu"]) == ("5", "500m")


def test_a_workload_in_two_files_is_one() -> None:
    first, second = deployment("web", {"replicas": 2}), deployment("web", {"replicas": 1}, {"requests": {"cpu": "3"}})
    found = hard(first, second, **TIGHT)
    assert (found["pods"], found["requests.cpu"]) == ("4", "6")
    fits(first, second, **TIGHT)


@pytest.mark.parametrize(
    ("namespace", "owns"),
    [("shop", ()), ("kube-system", ()), ("default", ())],
    ids=["no-document", "system", "default"],
)
def test_a_namespace_that_is_not_owned_gets_an_offer(namespace: str, owns: tuple[str, ...]) -> None:
    each = deployment("web", {})
    each["metadata"]["namespace"] = namespace
    document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    held = bundle(each, *([document] if namespace != "shop" else []))
    answer = pair(held, settle(held, owns), QuotaSettings())
    assert answer.created == ()
    assert [offer.option for offer in answer.offers] == [f"--owns-namespace {namespace}"]
    assert {each.kind for each in pair(held, settle(held, [namespace]), QuotaSettings()).created} == {
        "ResourceQuota",
        "LimitRange",
    }


def test_an_owned_namespace_without_workloads_gets_nothing() -> None:
    held = bundle(NAMESPACE)
    assert pair(held, settle(held), QuotaSettings()) == Answer()


PROMETHEUS = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "Prometheus",
    "metadata": {"name": "k8s", "namespace": "shop"},
    "spec": {"replicas": 2},
}
INJECTED = workload("Pod", "meshed", {}, {"resources": SMALL})
INJECTED["metadata"]["annotations"] = {"vault.hashicorp.com/agent-inject": "true"}


@pytest.mark.parametrize(
    "sign",
    [
        PROMETHEUS,
        {**PROMETHEUS, "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"},
        {**PROMETHEUS, "apiVersion": "serving.knative.dev/v1", "kind": "Service"},
        {**NAMESPACE, "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}}},
        INJECTED,
    ],
    ids=["operator", "gateway", "knative", "injected-namespace", "injected-pod"],
)
def test_pods_that_nobody_can_see_keep_the_pair_away(sign: Mapping[str, Any]) -> None:
    held = bundle(NAMESPACE, deployment("web", {}), sign)
    answer = pair(held, settle(held), QuotaSettings())
    assert answer.created == ()
    assert answer.offers[0].option.startswith("controls.resource-quota.room")
    roomy = answered(pair(held, settle(held), QuotaSettings(headroom=0, room={"pods": "10", "requests.cpu": "1"})))
    assert int(roomy["ResourceQuota"]["spec"]["hard"]["pods"]) >= 12
    assert "max" not in roomy["LimitRange"]["spec"]["limits"][0]


@pytest.mark.parametrize(
    "harmless",
    [
        {**PROMETHEUS, "kind": "ServiceMonitor"},
        {**PROMETHEUS, "apiVersion": "cert-manager.io/v1", "kind": "Certificate"},
        {**PROMETHEUS, "apiVersion": "policy/v1", "kind": "PodDisruptionBudget"},
        {**PROMETHEUS, "metadata": {"name": "k8s", "namespace": "monitoring"}},
        {**NAMESPACE, "metadata": {"name": "shop", "labels": {"istio-injection": "disabled"}}},
        {**NAMESPACE, "metadata": {"name": "other", "labels": {"istio-injection": "enabled"}}},
    ],
    ids=["monitor", "certificate", "own-kind", "elsewhere", "off", "other-namespace"],
)
def test_what_makes_no_pods_keeps_nothing_away(harmless: Mapping[str, Any]) -> None:
    assert generated(deployment("web", {}), harmless).keys() == {"ResourceQuota", "LimitRange"}


def test_a_daemon_set_needs_the_number_of_nodes() -> None:
    held = bundle(NAMESPACE, workload("DaemonSet", "agent", {}, {}))
    answer = pair(held, settle(held), QuotaSettings())
    assert answer.created == ()
    assert answer.offers[0].option == "controls.resource-quota.nodes"


def quota(**limits: str) -> dict[str, Any]:
    named = {name.replace("_", "."): limit for name, limit in limits.items()}
    metadata = {"name": "own", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": named}}


def limit_range(**item: Any) -> dict[str, Any]:
    spec = {"limits": [{"type": "Container", **item}]}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "own", "namespace": "shop"}, "spec": spec}


def test_an_existing_quota_is_kept_and_gets_only_the_range_that_it_needs() -> None:
    web, bare = deployment("web", {}), deployment("bare", {}, {})
    held = bundle(NAMESPACE, web, quota(requests_cpu="1"))
    assert pair(held, settle(held), QuotaSettings()) == Answer()
    own = quota(requests_cpu="1", pods="4")
    found = generated(web, bare, own)
    assert found.keys() == {"LimitRange"}
    play(bundle(NAMESPACE, web, bare), "shop", {**found, "ResourceQuota": own}, QuotaSettings())
    with pytest.raises(RefusedError, match=r"must specify .*requests\.cpu"):
        play(bundle(NAMESPACE, web, bare), "shop", {"ResourceQuota": own}, QuotaSettings())
    assert generated(web, bare, quota(requests_cpu="1"), limit_range()) == {}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"pods": "3"}, "pods 4 > 3"),
        ({"cpu": "200m"}, "requests.cpu 300m > 200m"),
        ({"limits_cpu": "9"}, "state no limits.cpu"),
    ],
)
def test_an_existing_quota_that_refuses_pods_is_reported(limits: dict[str, str], said: str) -> None:
    held = bundle(NAMESPACE, deployment("web", {}), deployment("bare", {}, {}), quota(**limits))
    answer = pair(held, settle(held), QuotaSettings())
    assert answer.created == ()
    assert said in " ".join(remark.finding.message for remark in answer.remarks)
    assert all(remark.finding.changes == () and remark.finding.path == ("spec", "hard") for remark in answer.remarks)


def test_a_quota_with_scopes_is_taken_as_it_is() -> None:
    scoped = quota(pods="1")
    scoped["spec"]["scopes"] = ["Terminating"]
    held = bundle(NAMESPACE, deployment("web", {}), scoped)
    assert pair(held, settle(held), QuotaSettings()) == Answer()


def test_an_existing_range_is_kept_and_its_defaults_count() -> None:
    bare = workload("StatefulSet", "bare", {"replicas": 2}, {})
    own = limit_range(defaultRequest={"cpu": "300m"}, max={"memory": "1Gi"})
    found = generated(bare, own, **TIGHT)
    assert found.keys() == {"ResourceQuota"}
    limits = found["ResourceQuota"]["spec"]["hard"]
    # A maximum is the default limit, and that is the default request.
    assert (limits["requests.cpu"], limits["requests.memory"], limits["limits.memory"]) == ("600m", "2Gi", "2Gi")
    play(bundle(NAMESPACE, bare, own), "shop", {**found, "LimitRange": own}, QuotaSettings(**TIGHT))


def test_the_text_is_the_same_every_time_and_says_why() -> None:
    objects = (NAMESPACE, deployment("web", {"replicas": 3}), workload("CronJob", "clean", {}, {}))
    texts = {
        tuple(each.text for each in pair(bundle(*objects), settle(bundle(*objects)), QuotaSettings()).created)
        for _ in "ab"
    }
    assert len(texts) == 1
    (quota_text, _), *_ = texts
    assert "# " in quota_text
    assert "Deployment web: 3 replicas, 5 during an update" in quota_text
    assert "CronJob clean: up to 2 Jobs at once, 1 pod each" in quota_text


def test_the_text_of_a_pair() -> None:
    """One pair in full: what people read."""
    objects = (NAMESPACE, deployment("web", {"replicas": 3}), workload("StatefulSet", "db", {}, {"resources": SMALL}))
    texts = [each.text for each in pair(bundle(*objects), settle(bundle(*objects)), QuotaSettings()).created]
    assert texts == [QUOTA_TEXT, RANGE_TEXT]


QUOTA_TEXT = """\
apiVersion: v1
kind: ResourceQuota
metadata:
  name: shop-quota
  namespace: shop
spec:
  hard:
    # Room for every workload at its most, all of them updating at once, and 20% headroom:
    #   Deployment web: 3 replicas, 5 during an update
    #   StatefulSet db: 1 replica
    pods: "8"
    requests.cpu: 720m
    requests.memory: 461Mi
    limits.memory: 922Mi
"""
RANGE_TEXT = """\
apiVersion: v1
kind: LimitRange
metadata:
  name: shop-limits
  namespace: shop
spec:
  limits:
    - type: Container
      # For containers that state no request: a quota would refuse their pods.
      defaultRequest:
        cpu: 50m
        memory: 64Mi
      # For containers that state no limit: no less than any of these files asks for.
      default:
        memory: 128Mi
      # What the largest container of these files states, and headroom.
      max:
        memory: 154Mi
"""


def test_an_odd_name_cannot_break_out_of_a_comment() -> None:
    found = generated(deployment("web\nspec: {}", {}))
    assert found["ResourceQuota"]["spec"].keys() == {"hard"}


CPUS, BYTES = ("10m", "100m", "0.25", 1, "1500m", "3"), ("16Mi", "100M", "128Mi", "1.5Gi", "3e8", 64_000_000)


def random_resources(dice: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, amounts in (("cpu", CPUS), ("memory", BYTES)):
        low, high = sorted(dice.sample(amounts, 2), key=fraction)
        if dice.random() < 0.6:
            found.setdefault("requests", {})[name] = low
        if dice.random() < 0.6:
            found.setdefault("limits", {})[name] = high
    return found


def random_workload(dice: random.Random, name: str) -> dict[str, Any]:
    kind = dice.choice(["Deployment", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet"])
    percent = [0, 1, 2, "25%", "33%", "50%", "100%"]
    spec: dict[str, Any] = {}
    if kind == "Deployment":
        rolling = {"maxSurge": dice.choice(percent), "maxUnavailable": dice.choice(percent)}
        spec = dice.choice([{}, {"strategy": {"type": "Recreate"}}, {"strategy": {"rollingUpdate": rolling}}])
    elif kind == "DaemonSet":
        surge = dice.choice(["30%", 1, 0])
        spec = dice.choice(
            [{}, {"updateStrategy": {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0 if surge else 1}}}]
        )
    elif kind == "CronJob":
        spec = {
            "concurrencyPolicy": dice.choice(["Allow", "Forbid", "Replace"]),
            "job": {"parallelism": dice.randint(0, 3)},
        }
    if kind in {"Deployment", "StatefulSet", "ReplicaSet"} and dice.random() < 0.8:
        spec = {**spec, "replicas": dice.randint(0, 11)}
    init = [
        {
            "name": f"i{at}",
            "image": "i",
            "resources": random_resources(dice),
            **dice.choice([{}, {"restartPolicy": "Always"}]),
        }
        for at in range(dice.randint(0, 3))
    ]
    more: dict[str, Any] = {"initContainers": init} if init else {}
    if dice.random() < 0.1:
        more["overhead"] = {"cpu": "20m", "memory": "10Mi"}
    containers = [{"resources": random_resources(dice)} for _ in range(dice.randint(1, 3))]
    return workload(kind, name, spec, *containers, **more)


@pytest.mark.parametrize("seed", range(150))
def test_random_bundles_fit(seed: int) -> None:
    dice = random.Random(seed)
    print("seed", seed)
    objects = [random_workload(dice, f"w{at}") for at in range(dice.randint(1, 6))]
    named = [each["metadata"]["name"] for each in objects if each["kind"] == "Deployment"]
    objects += [scaler(name, dice.randint(1, 15)) for name in named if dice.random() < 0.3]
    caps = dice.choice([{}, {"memory": "512Mi"}, {"cpu": "1", "memory": "2Gi"}])
    fits(*objects, nodes=dice.randint(1, 7), default_limits=caps, headroom=dice.choice([0, 20]), spare_objects=0)


def test_every_bundle_of_the_corpus_fits() -> None:
    played, pairs = 0, 0
    for _, held in corpus_bundles(corpus()):
        settings = QuotaSettings(nodes=3, room={"pods": "0"}, headroom=0)
        everything = settle(held, namespaces(held, settle(held)))
        for namespace in everything.owned:
            only = settle(bundle(), [namespace])
            objects = answered(pair(held, only, settings))
            if "ResourceQuota" in objects:
                play(held, namespace, objects, settings)
                pairs += 1
        played += 1
    assert played > 20
    assert pairs > 20


def test_amounts_of_the_settings_must_be_quantities() -> None:
    with pytest.raises(ValueError, match="no quantity"):
        generated(deployment("web", {}), default_requests={"cpu": "much"})


def test_fraction_of_the_replay_reads_what_kubernetes_reads() -> None:
    assert [fraction(each) for each in ("1.5Gi", "100m", "1e3", 2, "1M")] == [
        Fraction(3, 2) * 2**30,
        Fraction(1, 10),
        1000,
        2,
        10**6,
    ]
