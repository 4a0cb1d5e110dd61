"""The rows of Knative."""

from __future__ import annotations

from harden.kube.rows.shared import TEMPLATE, without
from harden.model.kinds import Kind, PodTemplate

#: knative/serving, pkg/apis/serving/fieldmask.go: PodSpecMask takes a pod's securityContext only with a feature flag;
#: SecurityContextMask takes these fields of a container, ContainerMask no lifecycle.
_KNATIVE_LACKS = (
    *without("automountServiceAccountToken", "serviceAccountName", "volumes"),
    *(
        ("containers", "*", "securityContext", field)
        for field in ("appArmorProfile", "procMount", "seLinuxOptions", "windowsOptions")
    ),
    ("containers", "*", "lifecycle"),
)


def _knative(name: str, template: PodTemplate) -> Kind:
    return Kind(
        "serving.knative.dev",
        name,
        ("serving.knative.dev/v1", "serving.knative.dev/v1beta1", "serving.knative.dev/v1alpha1"),
        (template,),
        owner="Knative",
        forbids=_KNATIVE_LACKS,
        adds=("a container queue-proxy, with a security context of its own",),
    )


KNATIVE = (
    _knative("Service", TEMPLATE[0]),
    _knative("Configuration", TEMPLATE[0]),
    _knative("Revision", PodTemplate(())),
)
