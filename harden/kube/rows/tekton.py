"""The rows of Tekton."""

from __future__ import annotations

from harden.kube.rows.shared import without
from harden.model.kinds import Kind, PodTemplate, Replicas

#: tektoncd/pipeline, pkg/apis/pipeline/v1/container_types.go (Step, Sidecar), task_types.go (TaskSpec) and
#: pkg/apis/pipeline/pod/template.go: a task has no fields of a pod but volumes; those of a run's podTemplate hold for
#: it. A step begins with stepTemplate, merged as a strategic merge patch would.
_STEP_LACKS = tuple(
    ("steps", "*", field) for field in ("lifecycle", "livenessProbe", "ports", "readinessProbe", "startupProbe")
)
_COMPUTE = "Tekton calls it computeResources in v1 and resources in v1beta1: set it by hand"
_GROUP = "Tekton takes fsGroup in the podTemplate of a run: set it there by hand"
_STEP_KEEPS = (
    (("securityContext", "fsGroup"), _GROUP),
    *(((steps, "*", "resources"), _COMPUTE) for steps in ("steps", "sidecars")),
)


def _task(path: str, *bases: str) -> PodTemplate:
    return PodTemplate(
        tuple(path.split(".")) if path else (),
        spec=(),
        containers={"initContainers": (), "containers": ("steps", "sidecars"), "ephemeralContainers": ()},
        bases=tuple(tuple(base.split(".")) for base in bases),
        defaults="stepTemplate",
        workspaces=True,
    )


def _tekton(
    name: str,
    *templates: PodTemplate,
    refers: tuple[tuple[str, ...], ...] = (),
    versions: tuple[str, ...] = ("tekton.dev/v1", "tekton.dev/v1beta1"),
) -> Kind:
    return Kind(
        "tekton.dev",
        name,
        versions,
        templates,
        owner="Tekton",
        replicas=Replicas.ONE if name.endswith("Run") else Replicas.NONE,
        ends=True,
        forbids=(*without("volumes"), *_STEP_LACKS),
        keeps=_STEP_KEEPS,
        refers=refers,
        adds=("init containers, which have a security context only with Tekton's setting set-security-context",),
        placeholders=r"\$\([^)\n]*\)",
    )


TEKTON = (
    _tekton("Task", _task("spec")),
    # v1 never had it, and Tekton 1.0 removed it.
    _tekton("ClusterTask", _task("spec"), versions=("tekton.dev/v1beta1",)),
    _tekton("TaskRun", _task("spec.taskSpec", "spec.podTemplate"), refers=(("spec", "taskRef"),)),
    _tekton("Pipeline", _task("spec.tasks.*.taskSpec"), _task("spec.finally.*.taskSpec")),
    _tekton(
        "PipelineRun",
        *(
            _task(f"spec.pipelineSpec.{tasks}.*.taskSpec", "spec.taskRunTemplate.podTemplate", "spec.podTemplate")
            for tasks in ("tasks", "finally")
        ),
        refers=(("spec", "pipelineRef"),),
    ),
)
