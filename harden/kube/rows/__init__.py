"""The rows of kinds of operators and platforms: where their pods stand, and what their schemas do not allow.

The source of each row is the type definition of its project, named above it.
"""

from harden.kube.rows.argo import ARGO
from harden.kube.rows.jobs import JOBS, KRUISE
from harden.kube.rows.knative import KNATIVE
from harden.kube.rows.openshift import EMBEDDING, OPENSHIFT
from harden.kube.rows.operators import OPERATORS
from harden.kube.rows.serving import EVENTS, KATIB, KSERVE, LAID_OVER
from harden.kube.rows.tekton import TEKTON
from harden.model.kinds import Kind

#: All of them.
CUSTOM: tuple[Kind, ...] = (
    *ARGO,
    *KNATIVE,
    *TEKTON,
    *OPENSHIFT,
    *EMBEDDING,
    *JOBS,
    *KRUISE,
    *OPERATORS,
    *KSERVE,
    *KATIB,
    *EVENTS,
    *LAID_OVER,
)
