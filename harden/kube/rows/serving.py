"""The rows of KServe, Katib and Argo Events, and of operators that lay a whole pod template over their own."""

from __future__ import annotations

from harden.kube.rows.knative import KNATIVE_KEEPS, KNATIVE_LACKS
from harden.kube.rows.shared import CONFINED, without
from harden.model.kinds import Kind, Made, PodTemplate, Replicas

#: kserve/kserve v0.20.0, pkg/apis/serving/v1beta1/predictor.go: with one of these the pod is that of a ServingRuntime.
_FRAMEWORKS = (
    "model", "sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml", "lightgbm",
    "paddle",
)  # fmt: skip
_STANDARD = "{} (KServe hands this pod to Knative unless its deployment mode is Standard)"
_KSERVE_ADDS = ("an init container storage-initializer where a model is fetched",)


def _spec(*path: str, under: tuple[str, ...] = ()) -> PodTemplate:
    return PodTemplate(path, spec=(), under=under)


def _kserve(name: str, versions: tuple[str, ...], *templates: PodTemplate, **more: object) -> Kind:
    return Kind("serving.kserve.io", name, versions, templates, owner="KServe", adds=_KSERVE_ADDS, **more)  # type: ignore[arg-type] # as the record has it


#: The same, v1alpha1/servingruntime_types.go, ServingRuntimePodSpec: all that a runtime says of its pods.
_RUNTIME_LACKS = (*without("volumes"), *(("workerSpec", *field) for field in without("volumes")))
_RUNTIME = (_spec("spec"), _spec("spec", "workerSpec"))
_LLM = tuple(
    _spec("spec", *path.split("."))
    for path in ("template", "worker", "prefill.template", "prefill.worker", "router.scheduler.template")
)

KSERVE = (
    # The same, v1beta1: predictor.go, transformer.go and explainer.go have a PodSpec each; canaries have predictors.
    _kserve(
        "InferenceService",
        ("serving.kserve.io/v1beta1",),
        _spec("spec", "predictor", under=_FRAMEWORKS),
        _spec("spec", "canary", "*", "predictor", under=_FRAMEWORKS),
        _spec("spec", "predictor", "workerSpec"),
        _spec("spec", "transformer"),
        _spec("spec", "explainer", under=("art",)),
        keeps=(
            *((path, _STANDARD.format(reason)) for path, reason in KNATIVE_KEEPS),
            *((path, _STANDARD.format(f"Knative has no field {path[-1]} there")) for path in KNATIVE_LACKS),
        ),
    ),
    *(
        _kserve(name, ("serving.kserve.io/v1alpha1",), *_RUNTIME, forbids=_RUNTIME_LACKS, replicas=Replicas.NONE)
        for name in ("ServingRuntime", "ClusterServingRuntime")
    ),
    # The same, v1alpha2/llm_inference_service_types.go; the controller fills in a config's templates
    # (pkg/controller/v1alpha2/llmisvc/config_merge.go, ReplaceVariables).
    _kserve("LLMInferenceService", ("serving.kserve.io/v1alpha2", "serving.kserve.io/v1alpha1"), *_LLM),
    _kserve(
        "LLMInferenceServiceConfig",
        ("serving.kserve.io/v1alpha2", "serving.kserve.io/v1alpha1"),
        *_LLM,
        replicas=Replicas.NONE,
        placeholders=r"\{\{.*?\}\}",
    ),
)

#: kubeflow/katib v0.19.0, pkg/apis/controller/experiments/v1beta1/experiment_types.go, TrialTemplate.
KATIB = (
    Kind(
        "kubeflow.org",
        "Experiment",
        ("kubeflow.org/v1beta1",),
        (),
        owner="Katib",
        replicas=Replicas.NONE,
        placeholders=r"\$\{trialParameters\.[^}]*\}|\$\{trialSpec\.[^}]*\}",
        embeds=(("spec", "trialTemplate", "trialSpec"),),
    ),
)

#: argoproj/argo-events v1.9.11, pkg/apis/events/v1alpha1/template.go, Template and Container; pkg/reconciler/sensor and
#: eventsource, resource.go, buildDeploymentSpec: the container is called main, and its image is the operator's.
_EVENTS = PodTemplate(
    ("spec", "template"),
    spec=(),
    containers={},
    adds=(
        Made(
            "main",
            {"image": "quay.io/argoproj/argo-events"},
            ("container",),
            fields=("env", "resources", "securityContext", "volumeMounts"),
        ),
    ),
)
_TRIGGERED = ("source", "resource")


def _events(name: str, *embeds: tuple[str, ...]) -> Kind:
    return Kind(
        "argoproj.io",
        name,
        ("argoproj.io/v1alpha1",),
        (_EVENTS,),
        owner="Argo Events",
        forbids=without("securityContext", "serviceAccountName", "volumes"),
        placeholders=r"\{\{.*?\}\}",
        embeds=embeds,
    )


_TEMPLATE_OF_TRIGGER = ("spec", "triggers", "*", "template")

EVENTS = (
    _events(
        "Sensor",
        (*_TEMPLATE_OF_TRIGGER, "k8s", *_TRIGGERED),
        (*_TEMPLATE_OF_TRIGGER, "argoWorkflow", *_TRIGGERED),
    ),
    _events("EventSource"),
)

LAID_OVER = (
    # rabbitmq/cluster-operator v2.22.3, internal/resource/statefulset.go, podTemplateSpec: what it sets, over which
    # `override` is laid as a strategic merge patch; sanitizePodSpecOverride takes away what a pod may not have.
    Kind(
        "rabbitmq.com",
        "RabbitmqCluster",
        ("rabbitmq.com/v1beta1",),
        (
            PodTemplate(
                ("spec", "override", "statefulSet", "spec", "template"),
                made={
                    "automountServiceAccountToken": True,
                    "securityContext": {
                        "fsGroup": 0,
                        "runAsNonRoot": True,
                        "runAsUser": 999,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                },
                adds=(
                    Made(
                        "rabbitmq",
                        {
                            "image": "docker.io/library/rabbitmq",
                            "securityContext": {**CONFINED, "privileged": False, "runAsNonRoot": True},
                        },
                        image=("spec", "image"),
                    ),
                ),
            ),
        ),
        owner="RabbitMQ",
        keeps=((("serviceAccountName",), "the operator of RabbitMQ takes it out of an override"),),
        adds=("an init container setup-container, confined likewise",),
    ),
    # grafana/grafana-operator v5.24.0, controllers/reconcilers/grafana/deployment_reconciler.go, getContainers and
    # getDefaultPodSecurityContext: `spec.deployment` is laid over them as a strategic merge patch.
    Kind(
        "grafana.integreatly.org",
        "Grafana",
        ("grafana.integreatly.org/v1beta1",),
        (
            PodTemplate(
                ("spec", "deployment", "spec", "template"),
                made={"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
                adds=(
                    Made(
                        "grafana",
                        {
                            "image": "docker.io/grafana/grafana",
                            "securityContext": {
                                **CONFINED,
                                "privileged": False,
                                "runAsGroup": 10001,
                                "runAsNonRoot": True,
                                "runAsUser": 10001,
                            },
                        },
                    ),
                ),
            ),
        ),
        owner="Grafana Operator",
        adds=("its data, logs and /tmp as volumes of the container grafana",),
    ),
)
