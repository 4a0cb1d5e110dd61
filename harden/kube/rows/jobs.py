"""The rows of jobs, machine learning and OpenKruise."""

from __future__ import annotations

from harden.kube.rows.shared import TEMPLATE, at, since
from harden.model.kinds import Kind, PodTemplate, Replicas


def _training(name: str, field: str, *versions: str) -> Kind:
    # kubeflow/training-operator, pkg/apis/kubeflow.org/v1, ReplicaSpec: `template` is a PodTemplateSpec.
    return Kind(
        "kubeflow.org",
        name,
        versions or ("kubeflow.org/v1",),
        at(f"spec.{field}.*.template"),
        owner="Kubeflow",
        # MPIJobs of v2beta1 are those of another project.
        since=since("1.6.0") if name != "MPIJob" else (),
        ends=True,
    )


def _ray(name: str, *paths: str, versions: tuple[str, ...] = ("ray.io/v1", "ray.io/v1alpha1")) -> Kind:
    # ray-project/kuberay, ray-operator/apis/ray/v1: HeadGroupSpec and WorkerGroupSpec have a PodTemplateSpec.
    return Kind(
        "ray.io",
        name,
        versions,
        at(*paths),
        owner="KubeRay",
        since=since("1.1.0"),
        adds=("an init container wait-gcs-ready beside each worker, with the security context of the Ray container",),
    )


def _replicated(name: str, path: str) -> Kind:
    # kubeflow/trainer, pkg/apis/trainer/v1alpha1/trainingruntime_types.go: `template` is a JobSet's.
    return Kind(
        "trainer.kubeflow.org",
        name,
        ("trainer.kubeflow.org/v1alpha1",),
        at(path),
        owner="Kubeflow",
        replicas=Replicas.NONE,
        ends=True,
    )


_APP_ARMOR = tuple(
    (role, "*", "securityContext", "appArmorProfile")
    for role in ("initContainers", "containers", "ephemeralContainers")
)
_JOB_SET = "replicatedJobs.*.template.spec.template"

JOBS = (
    # kubernetes-sigs/jobset, api/jobset/v1alpha2/jobset_types.go: `template` is a batch/v1 JobTemplateSpec.
    Kind("jobset.x-k8s.io", "JobSet", ("jobset.x-k8s.io/v1alpha2",), at(f"spec.{_JOB_SET}"), owner="JobSet", ends=True),
    # kubernetes-sigs/lws, api/leaderworkerset/v1/leaderworkerset_types.go: without leaderTemplate the worker's counts.
    Kind(
        "leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        ("leaderworkerset.x-k8s.io/v1",),
        at("spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"),
        owner="LeaderWorkerSet",
    ),
    _training("PyTorchJob", "pytorchReplicaSpecs"),
    _training("TFJob", "tfReplicaSpecs"),
    _training("MPIJob", "mpiReplicaSpecs", "kubeflow.org/v1", "kubeflow.org/v2beta1"),
    _training("XGBoostJob", "xgbReplicaSpecs"),
    _training("PaddleJob", "paddleReplicaSpecs"),
    _training("JAXJob", "jaxReplicaSpecs"),
    _replicated("TrainingRuntime", f"spec.template.spec.{_JOB_SET}"),
    _replicated("ClusterTrainingRuntime", f"spec.template.spec.{_JOB_SET}"),
    # kubeflow/kubeflow, components/notebook-controller/api/v1/notebook_types.go: NotebookTemplateSpec has a PodSpec;
    # that of v1.10.0 is Kubernetes 1.23's, which has none of these fields.
    Kind(
        "kubeflow.org",
        "Notebook",
        ("kubeflow.org/v1", "kubeflow.org/v1beta1"),
        TEMPLATE,
        owner="Kubeflow Notebooks",
        forbids=(("hostUsers",), ("securityContext", "appArmorProfile"), *_APP_ARMOR),
        replicas=Replicas.ONE,
    ),
    _ray("RayCluster", "spec.headGroupSpec.template", "spec.workerGroupSpecs.*.template"),
    _ray(
        "RayJob",
        "spec.rayClusterSpec.headGroupSpec.template",
        "spec.rayClusterSpec.workerGroupSpecs.*.template",
        "spec.submitterPodTemplate",
    ),
    _ray(
        "RayService",
        "spec.rayClusterConfig.headGroupSpec.template",
        "spec.rayClusterConfig.workerGroupSpecs.*.template",
    ),
    # kedacore/keda, apis/keda/v1alpha1/scaledjob_types.go: `jobTargetRef` is a batch/v1 JobSpec.
    Kind(
        "keda.sh",
        "ScaledJob",
        ("keda.sh/v1alpha1",),
        at("spec.jobTargetRef.template"),
        owner="KEDA",
        since=since("2.9.0"),
        ends=True,
    ),
    _ray(
        "RayCronJob",
        "spec.jobTemplate.rayClusterSpec.headGroupSpec.template",
        "spec.jobTemplate.rayClusterSpec.workerGroupSpecs.*.template",
        "spec.jobTemplate.submitterPodTemplate",
        versions=("ray.io/v1",),
    ),
    # volcano-sh/apis, pkg/apis/batch/v1alpha1/job.go, TaskSpec.
    *(
        Kind(
            group,
            name,
            (f"{group}/v1alpha1",),
            at(path),
            owner="Volcano",
            ends=True,
            replicas=replicas,
            since=since("1.8.0"),
        )
        for group, name, path, replicas in (
            ("batch.volcano.sh", "Job", "spec.tasks.*.template", Replicas.FIXED),
            ("batch.volcano.sh", "CronJob", "spec.jobTemplate.spec.tasks.*.template", Replicas.FIXED),
            ("flow.volcano.sh", "JobTemplate", "spec.tasks.*.template", Replicas.NONE),
        )
    ),
)


def _kruise(
    name: str,
    replicas: Replicas,
    *versions: str,
    templates: tuple[PodTemplate, ...] = TEMPLATE,
    ends: bool = False,
) -> Kind:
    # openkruise/kruise, apis/apps/v1alpha1 and v1beta1: `template` is a PodTemplateSpec.
    return Kind("apps.kruise.io", name, versions, templates, owner="OpenKruise", replicas=replicas, ends=ends)


KRUISE = (
    _kruise("CloneSet", Replicas.ROLLING, "apps.kruise.io/v1alpha1", "apps.kruise.io/v1beta1"),
    _kruise("StatefulSet", Replicas.FIXED, "apps.kruise.io/v1beta1", "apps.kruise.io/v1alpha1"),
    _kruise("DaemonSet", Replicas.NODES, "apps.kruise.io/v1alpha1", "apps.kruise.io/v1beta1"),
    # The same: broadcastjob_types.go; advancedcronjob_types.go has a batch/v1 JobTemplateSpec or one of a BroadcastJob;
    # uniteddeployment_types.go has the templates of one of four kinds.
    _kruise("BroadcastJob", Replicas.NODES, "apps.kruise.io/v1beta1", "apps.kruise.io/v1alpha1", ends=True),
    _kruise(
        "AdvancedCronJob",
        Replicas.CRON,
        "apps.kruise.io/v1beta1",
        "apps.kruise.io/v1alpha1",
        templates=at(*(f"spec.template.{job}.spec.template" for job in ("jobTemplate", "broadcastJobTemplate"))),
        ends=True,
    ),
    _kruise(
        "UnitedDeployment",
        Replicas.FIXED,
        "apps.kruise.io/v1alpha1",
        templates=at(
            *(
                f"spec.template.{kind}Template.spec.template"
                for kind in ("statefulSet", "advancedStatefulSet", "cloneSet", "deployment")
            )
        ),
    ),
)
