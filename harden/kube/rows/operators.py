"""The rows of operators that make the main container of a pod themselves."""

from __future__ import annotations

from harden.kube.rows.shared import CONFINED, since, without
from harden.model.kinds import HERE, Kind, Made, PodTemplate, Replicas


def _monitoring(name: str, version: str, container: str, image: str, lacks: tuple[tuple[str, ...], ...]) -> Kind:
    # prometheus-operator/prometheus-operator, pkg/apis/monitoring: `securityContext` is the pod's; pkg/*/statefulset.go
    # confines the container, and lays `containers` of the same name over it; pkg/operator/image.go, BuildImagePath.
    made = Made(
        container, {"image": image, "securityContext": CONFINED}, image=("spec", "image"), version=("spec", "version")
    )
    return Kind(
        "monitoring.coreos.com",
        name,
        (f"monitoring.coreos.com/{version}",),
        (PodTemplate(("spec",), spec=(), adds=(made,)),),
        owner="Prometheus Operator",
        forbids=lacks,
        since=since("0.85.0"),
        adds=("containers config-reloader, confined likewise",),
    )


_PROMETHEUS_LACKS = without(
    "automountServiceAccountToken", "hostUsers", "securityContext", "serviceAccountName", "volumes"
)

#: cert-manager/cert-manager, pkg/issuer/acme/http/pod.go: what a solver's pod has where its template says nothing (a
#: securityContext there takes the place of its own as a whole), and
#: pkg/apis/acme/v1/types_issuer.go, ACMEChallengeSolverHTTP01IngressPodSpec: all that its template may say.
_SOLVER_FIELDS = ("securityContext", "serviceAccountName")
_SOLVER = Made("acmesolver", {"image": "quay.io/jetstack/cert-manager-acmesolver", "securityContext": CONFINED})


def _issuer(name: str) -> Kind:
    http = ("spec", "acme", "solvers", "*", "http01")
    return Kind(
        "cert-manager.io",
        name,
        ("cert-manager.io/v1",),
        tuple(
            PodTemplate(
                (*http, route, "podTemplate"),
                made={"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}},
                whole=("securityContext",),
                adds=(_SOLVER,),
            )
            for route in ("ingress", "gatewayHTTPRoute")
        ),
        owner="cert-manager",
        replicas=Replicas.NONE,
        ends=True,
        forbids=(
            *without(*_SOLVER_FIELDS),
            *(("securityContext", field) for field in ("appArmorProfile", "windowsOptions")),
        ),
    )


#: The images of its containers other than Kafka's own.
_STRIMZI_IMAGES = {
    "bridgeContainer": "quay.io/strimzi/kafka-bridge",
    "topicOperatorContainer": "quay.io/strimzi/operator",
    "userOperatorContainer": "quay.io/strimzi/operator",
}


#: Where the image of a container stands, above its template; Kafka's has the version of Kafka in its tag.
_STRIMZI_PARTS = {
    "topicOperatorContainer": ("topicOperator", "image"),
    "userOperatorContainer": ("userOperator", "image"),
}
#: What its documentation says on Pod Security providers.
_STRIMZI_BARE = "set STRIMZI_POD_SECURITY_PROVIDER_CLASS=restricted for the Cluster Operator, or add a template"
#: The containers whose pods have claims.
_STRIMZI_STORES = frozenset({"kafkaContainer", "zookeeperContainer"})


def _strimzi_pod(kind: str, path: str, containers: tuple[str, ...]) -> PodTemplate:
    # BaselinePodSecurityProvider.java, createStatefulPodSecurityContext: pods with claims get the fsGroup 0, unless the
    # template has a securityContext, which then is all they get.
    *above, template = path.split(".")
    stores = not _STRIMZI_STORES.isdisjoint(containers)
    version = ("spec", "kafka", "version") if kind == "Kafka" else ("spec", "version")
    return PodTemplate(
        (*above, template),
        spec=("pod",),
        made={"securityContext": {"fsGroup": 0}} if stores else {},
        whole=("securityContext",) if stores else (),
        unless=((*above, "storage", "type"), "ephemeral"),
        adds=tuple(
            Made(
                container,
                {"image": _STRIMZI_IMAGES.get(container, "quay.io/strimzi/kafka")},
                (container,),
                image=(*above, *_STRIMZI_PARTS.get(container, ("image",))),
                version=() if container in _STRIMZI_IMAGES else version,
                tag="kafka-{}",
            )
            for container in containers
        ),
    )


def _strimzi(name: str, *parts: tuple[str, tuple[str, ...]]) -> Kind:
    # strimzi/strimzi-kafka-operator, api: PodTemplate and ContainerTemplate (env, securityContext, volumeMounts). The
    # images are those of its releases; its Pod Security provider is "baseline", the default.
    return Kind(
        "kafka.strimzi.io",
        name,
        ("kafka.strimzi.io/v1", "kafka.strimzi.io/v1beta2"),
        tuple(_strimzi_pod(name, path, containers) for path, containers in parts),
        owner="Strimzi",
        forbids=without("hostUsers", "securityContext", "volumes"),
        keeps=(
            (("hostUsers",), "the schema of Strimzi has it only from 0.50.0 on"),
            (("volumes",), "Strimzi mounts its volumes below /mnt only"),
        ),
        adds=("all that its Pod Security provider sets where the template says nothing",),
        # The pods of a node pool have the template of its Kafka.
        bare="" if name == "KafkaNodePool" else _STRIMZI_BARE,
    )


def _spark(name: str, version: str, *above: str) -> Kind:
    # kubeflow/spark-operator, api/v1beta2/sparkapplication_types.go, SparkPodSpec: podSecurityContext, securityContext,
    # sidecars, initContainers; internal/webhook/sparkpod_defaulter.go sets them, each as a whole, and adds the volumes
    # that are mounted; pkg/common/spark.go: the names of the containers.
    def pods(part: str, container: str) -> PodTemplate:
        main = Made(container, {}, (HERE,), image=("spec", *above, "image"))
        return PodTemplate(
            ("spec", *above, part),
            spec=(HERE,),
            containers={"initContainers": ("initContainers",), "containers": ("sidecars",)},
            adds=(main,),
            security="podSecurityContext",
            volumes=("spec", *above, "volumes"),
            under=("template",),
        )

    return Kind(
        "sparkoperator.k8s.io",
        name,
        (f"sparkoperator.k8s.io/{version}",),
        (pods("driver", "spark-kubernetes-driver"), pods("executor", "spark-kubernetes-executor")),
        owner="Spark",
        ends=True,
        forbids=without("securityContext"),
        adds=("what spark-submit sets; its webhook lays both security contexts over that",),
    )


#: cloudnative-pg/cloudnative-pg, pkg/specs/containers.go, GetSecurityContext, and pkg/specs/pods.go,
#: createClusterPodSpec and GetPodSecurityContext: what it fills in, field by field.
_POSTGRES = PodTemplate(
    ("spec",),
    spec=(HERE,),
    containers={},
    made={
        "automountServiceAccountToken": False,
        "securityContext": {
            "fsGroup": 26,
            "runAsGroup": 26,
            "runAsNonRoot": True,
            "runAsUser": 26,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    },
    adds=(
        Made(
            "postgres",
            {
                "image": "ghcr.io/cloudnative-pg/postgresql",
                "securityContext": {
                    **CONFINED,
                    "privileged": False,
                    "runAsNonRoot": True,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
            },
            (HERE,),
            fields=("resources", "securityContext"),
            image=("spec", "imageName"),
            whole=("capabilities",),
        ),
    ),
    security="podSecurityContext",
)

OPERATORS = (
    _spark("SparkApplication", "v1beta2"),
    _spark("ScheduledSparkApplication", "v1beta2", "template"),
    # cloudnative-pg/cloudnative-pg, api/v1/cluster_types.go: podSecurityContext, securityContext, resources.
    Kind(
        "postgresql.cnpg.io",
        "Cluster",
        ("postgresql.cnpg.io/v1",),
        (_POSTGRES,),
        owner="CloudNativePG",
        forbids=without("securityContext", "serviceAccountName"),
        keeps=((("serviceAccountName",), "the schema of CloudNativePG has it only from 1.29.0 on"),),
        adds=("an init container bootstrap-controller, confined likewise",),
    ),
    _monitoring("Prometheus", "v1", "prometheus", "quay.io/prometheus/prometheus", _PROMETHEUS_LACKS),
    _monitoring("PrometheusAgent", "v1alpha1", "prometheus", "quay.io/prometheus/prometheus", _PROMETHEUS_LACKS),
    _monitoring("Alertmanager", "v1", "alertmanager", "quay.io/prometheus/alertmanager", _PROMETHEUS_LACKS),
    _monitoring(
        "ThanosRuler",
        "v1",
        "thanos-ruler",
        "quay.io/thanos/thanos",
        without("hostUsers", "securityContext", "serviceAccountName", "volumes"),
    ),
    _issuer("Issuer"),
    _issuer("ClusterIssuer"),
    _strimzi("KafkaNodePool", ("spec.template", ("kafkaContainer",))),
    _strimzi("KafkaConnect", ("spec.template", ("connectContainer",))),
    _strimzi("KafkaMirrorMaker2", ("spec.template", ("connectContainer",))),
    _strimzi("KafkaBridge", ("spec.template", ("bridgeContainer",))),
    _strimzi(
        "Kafka",
        ("spec.kafka.template", ("kafkaContainer",)),
        ("spec.zookeeper.template", ("zookeeperContainer",)),
        ("spec.entityOperator.template", ("topicOperatorContainer", "userOperatorContainer")),
        ("spec.cruiseControl.template", ("cruiseControlContainer",)),
        ("spec.kafkaExporter.template", ("container",)),
    ),
    # apache/flink-kubernetes-operator, docs/content/docs/custom-resource/pod-template.md: the main container is called
    # flink-main-container, and the templates of job and task manager are laid over the common one.
    *(
        Kind(
            "flink.apache.org",
            name,
            ("flink.apache.org/v1beta1",),
            tuple(
                PodTemplate((*above, *path, "podTemplate"), adds=(Made("flink-main-container", {"image": "flink"}),))
                for path in ((), ("jobManager",), ("taskManager",))
            ),
            owner="Flink",
            since=since("1.3.0"),
        )
        for name, above in (("FlinkDeployment", ("spec",)), ("FlinkBlueGreenDeployment", ("spec", "template", "spec")))
    ),
)
