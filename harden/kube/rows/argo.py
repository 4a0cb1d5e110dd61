"""The rows of Argo Rollouts and Argo Workflows."""

from __future__ import annotations

from harden.kube.rows.shared import TEMPLATE, since, without
from harden.model.kinds import Kind, PodTemplate, Replicas

#: argoproj/argo-workflows, pkg/apis/workflow/v1alpha1/workflow_types.go, Template and WorkflowSpec; a template's own
#: securityContext takes the place of the workflow's as a whole (workflow/controller/workflowpod.go).
_STEPS = ("container", "script", "containerSet.containers", "sidecars")


def _workflow(*spec: str) -> tuple[PodTemplate, ...]:
    places = (("templates", "*"), ("templates", "*", "dag", "tasks", "*", "inline"))
    steps = ("templates", "*", "steps", "*", "*", "inline")
    return tuple(
        PodTemplate(
            (*spec, *place),
            spec=(),
            containers={"initContainers": ("initContainers",), "containers": _STEPS, "ephemeralContainers": ()},
            bases=((*spec, "templateDefaults"), spec),
        )
        for place in (*places, steps)
    )


_ARGO_WORKFLOWS = "Argo Workflows"
_NEEDS_EXECUTOR = "Argo Workflows refuses it without executor.serviceAccountName, whose token its own container uses"
_ARGO_ADDS = ("an init container and `wait`, which use the token of the pod's account",)


def _argo(name: str, *spec: str, refers: tuple[tuple[str, ...], ...] = (), cron: bool = False) -> Kind:
    return Kind(
        "argoproj.io",
        name,
        ("argoproj.io/v1alpha1",),
        _workflow(*spec),
        owner=_ARGO_WORKFLOWS,
        replicas=Replicas.NONE if name.endswith("Template") else Replicas.ONE,
        ends=True,
        forbids=without("automountServiceAccountToken", "securityContext", "serviceAccountName", "volumes"),
        # argo-workflows v4.1.2, workflow/controller/workflowpod.go, createWorkflowPod.
        keeps=((("automountServiceAccountToken",), _NEEDS_EXECUTOR),),
        refers=refers,
        adds=(*_ARGO_ADDS, "a Workflow at each time of its schedule") if cron else _ARGO_ADDS,
        placeholders=r"\{\{.*?\}\}",
    )


ARGO = (
    # argoproj/argo-rollouts, pkg/apis/rollouts/v1alpha1/types.go, RolloutSpec: `template` is a PodTemplateSpec, and may
    # be empty where `workloadRef` names a Deployment, which is then looked at itself.
    Kind(
        "argoproj.io",
        "Rollout",
        ("argoproj.io/v1alpha1",),
        TEMPLATE,
        owner="Argo Rollouts",
        since=since("1.6.0"),
        replicas=Replicas.ROLLING,
        refers=(("spec", "workloadRef"),),
        adds=("the pods of the new and the old version run side by side while a blue-green update waits",),
    ),
    # The same, pkg/apis/rollouts/v1alpha1/analysis_types.go (JobMetric) and experiment_types.go (TemplateSpec).
    *(
        Kind(
            "argoproj.io",
            name,
            ("argoproj.io/v1alpha1",),
            (PodTemplate(("spec", "metrics", "*", "provider", "job", "spec", "template")),),
            owner="Argo Rollouts",
            since=since("1.6.0"),
            replicas=Replicas.NONE,
            ends=True,
            placeholders=r"\{\{.*?\}\}",
        )
        for name in ("AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun")
    ),
    Kind(
        "argoproj.io",
        "Experiment",
        ("argoproj.io/v1alpha1",),
        (PodTemplate(("spec", "templates", "*", "template")),),
        owner="Argo Rollouts",
        since=since("1.6.0"),
        placeholders=r"\{\{.*?\}\}",
    ),
    _argo("Workflow", "spec", refers=(("spec", "workflowTemplateRef"),)),
    _argo("WorkflowTemplate", "spec", refers=(("spec", "workflowTemplateRef"),)),
    _argo("ClusterWorkflowTemplate", "spec", refers=(("spec", "workflowTemplateRef"),)),
    _argo("CronWorkflow", "spec", "workflowSpec", refers=(("spec", "workflowSpec", "workflowTemplateRef"),), cron=True),
)
