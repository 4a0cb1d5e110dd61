"""The rows of Knative."""

from __future__ import annotations

from harden.kube.rows.shared import TEMPLATE, without
from harden.model.kinds import Kind, PodTemplate

#: knative/serving v1.23.0, pkg/apis/serving/fieldmask.go: SecurityContextMask takes no other fields of a container,
#: ContainerMask no lifecycle.
KNATIVE_LACKS = (
    *without("automountServiceAccountToken", "securityContext", "serviceAccountName", "volumes"),
    *(
        ("containers", "*", "securityContext", field)
        for field in ("appArmorProfile", "procMount", "seLinuxOptions", "windowsOptions")
    ),
    ("containers", "*", "lifecycle"),
)

#: The same file, PodSpecMask and CapabilitiesMask; pkg/apis/config/features.go: neither feature is on by default.
_FEATURE = "Knative refuses it where its feature kubernetes.{} is off, which is the default"
KNATIVE_KEEPS = (
    (("securityContext",), _FEATURE.format("podspec-securitycontext")),
    (("containers", "*", "securityContext", "capabilities", "add"), _FEATURE.format("containerspec-addcapabilities")),
)


def _knative(name: str, template: PodTemplate) -> Kind:
    return Kind(
        "serving.knative.dev",
        name,
        ("serving.knative.dev/v1", "serving.knative.dev/v1beta1", "serving.knative.dev/v1alpha1"),
        (template,),
        owner="Knative",
        forbids=KNATIVE_LACKS,
        keeps=KNATIVE_KEEPS,
        adds=("a container queue-proxy, with a security context of its own",),
    )


KNATIVE = (
    _knative("Service", TEMPLATE[0]),
    _knative("Configuration", TEMPLATE[0]),
    _knative("Revision", PodTemplate(())),
)
