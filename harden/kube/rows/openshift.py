"""The rows of OpenShift, and of kinds that hold whole objects."""

from __future__ import annotations

from harden.kube.rows.shared import TEMPLATE
from harden.model.kinds import Kind, Replicas

OPENSHIFT = (
    # openshift/api, apps/v1/types.go, DeploymentConfigSpec: `template` is a PodTemplateSpec; a trigger of type
    # ImageChange may write the image of a container, which then stands as " " or is left out. The group "" is the
    # old name of the same API (oapi.openshift.io), which OpenShift 4 does not serve.
    Kind(
        "apps.openshift.io",
        "DeploymentConfig",
        ("apps.openshift.io/v1",),
        TEMPLATE,
        owner="OpenShift",
        replicas=Replicas.ROLLING,
        adds=("a deployer pod runs during each update, as the account deployer",),
    ),
    # openshift/api, template/v1/types.go, Template: `objects` are whole objects, ${NAME} and ${{NAME}} its parameters.
    Kind(
        "template.openshift.io",
        "Template",
        ("template.openshift.io/v1",),
        (),
        owner="OpenShift",
        replicas=Replicas.NONE,
        placeholders=r"\$\{\{?\w+\}?\}",
        embeds=(("objects",),),
    ),
)

EMBEDDING = (
    # open-cluster-management-io/api, work/v1/types.go, ManifestWorkSpec, and addon/v1alpha1/types_addontemplate.go.
    Kind(
        "work.open-cluster-management.io",
        "ManifestWork",
        ("work.open-cluster-management.io/v1",),
        (),
        owner="Open Cluster Management",
        replicas=Replicas.NONE,
        embeds=(("spec", "workload", "manifests"),),
    ),
    Kind(
        "addon.open-cluster-management.io",
        "AddOnTemplate",
        ("addon.open-cluster-management.io/v1alpha1",),
        (),
        owner="Open Cluster Management",
        replicas=Replicas.NONE,
        placeholders=r"\{\{.*?\}\}",
        embeds=(("spec", "agentSpec", "workload", "manifests"),),
    ),
    # crossplane-contrib/provider-kubernetes, apis/object/v1alpha2/types.go, ObjectParameters.
    Kind(
        "kubernetes.crossplane.io",
        "Object",
        ("kubernetes.crossplane.io/v1alpha2", "kubernetes.crossplane.io/v1alpha1"),
        (),
        owner="Crossplane",
        replicas=Replicas.NONE,
        embeds=(("spec", "forProvider", "manifest"),),
    ),
)
