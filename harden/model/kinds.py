"""Records of the kinds that run pods: where each keeps them, and how it differs from Kubernetes' own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from harden.model.record import Record


class Replicas(Enum):
    """How many pods of a kind run at once, and where the number stands."""

    NONE = "none"  # it runs nothing itself
    ONE = "one"  # a pod
    FIXED = "fixed"  # spec.replicas; a pod goes before the next one comes
    ROLLING = "rolling"  # spec.replicas, and more during an update
    NODES = "nodes"  # one on each node
    JOB = "job"  # spec.parallelism and spec.completions
    CRON = "cron"  # as many as Jobs overlap


#: The field that holds the containers of each role, in the order in which the official checks visit them
#: (k8s.io/pod-security-admission, policy/visitor.go).
CONTAINER_FIELDS = {
    "initContainers": ("initContainers",),
    "containers": ("containers",),
    "ephemeralContainers": ("ephemeralContainers",),
}


#: A step of a path that leads nowhere: what holds a pod may be its spec, and its main container as well.
HERE = "."

#: Fields of what is a pod's spec and its main container at once that are the container's.
OF_CONTAINERS = frozenset({"env", "envFrom", "image", "lifecycle", "resources", "securityContext", "volumeMounts"})


class Made(Record):
    """A container that an operator makes, as it makes it; `path` leads (from the template) to what is laid over it.

    Where there is no such place, `path` is empty: nothing can be written. Of what is there, the schema has `fields`.
    `image` leads from the object to its image, where that stands apart, and `version` to what its tag is made of, in
    the form `tag`. Of the security context, what stands in `whole` is taken as a whole, and nothing of it is filled in.
    """

    name: str
    data: Mapping[str, object]
    path: tuple[str, ...] = ()
    fields: tuple[str, ...] = ("securityContext",)
    image: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    tag: str = "{}"
    whole: tuple[str, ...] = ()


class PodTemplate(Record):
    """Where an object keeps a pod.

    `path` leads to what holds its metadata and spec; `*` stands for every item of a list and every value of a
    mapping. `spec` leads on to the pod's spec (nowhere: what `path` leads to is the spec). `containers` are the
    fields of the spec that hold containers, by the role that they have in a pod; a field may hold a list, or one
    container, and may have a dot. `bases` lead (from the object) to what holds for the pod where it says nothing
    itself, the nearest first; `defaults` is the field of the spec that each of its containers begins with. `made`
    is what an operator sets where the spec says nothing, but for the fields in `whole`, which it sets only where
    the spec has no such field at all; nothing of it where `unless` says so (a path from the object, and the text
    that stands there then). `adds` are containers that it makes. `security` is what the kind calls the pod's
    security context, and `volumes` leads (from the object) to volumes of which the pod has those that are mounted.
    `workspaces` says that they are mounted where its `workspaces` say.
    Where the spec has one of the fields `under`, the pod does not stand here as a whole: something else makes it.
    """

    path: tuple[str, ...]
    spec: tuple[str, ...] = ("spec",)
    containers: Mapping[str, tuple[str, ...]] = CONTAINER_FIELDS
    bases: tuple[tuple[str, ...], ...] = ()
    defaults: str = ""
    made: Mapping[str, object] = {}
    whole: tuple[str, ...] = ()
    unless: tuple[tuple[str, ...], str] = ((), "")
    adds: tuple[Made, ...] = ()
    security: str = "securityContext"
    volumes: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    workspaces: bool = False

    @property
    def is_plain(self) -> bool:
        """Return whether it is what Kubernetes calls a PodTemplateSpec."""
        return self.spec == ("spec",) and self.containers == CONTAINER_FIELDS and not (self.bases or self.adds)


#: Whose kinds Kubernetes' own are.
KUBERNETES = "Kubernetes"


class Kind(Record):
    """One kind of objects that run pods.

    `versions` are the API versions that serve it, `gone` those that no longer do, with the minor version of Kubernetes
    that stopped. `owner` is whose kind it is. `replicas` says how many pods run, `ends` that they are meant to end, and
    `needs_selector` that the API server refuses it without a selector and labels. `forbids` are the fields of a pod
    (paths below its spec; `*` for any item) that its schema does not allow, so that they are never written; `keeps` are
    those that are not written either, each with a reason that says more than that; `since` are those that it has only
    from a release on. `refers` are fields that name another object whose pods it takes over; `adds` says what its
    operator adds. `bare` says what to do about a part of the object that has no template: its pods are the
    operator's alone, "" where that is no matter. `placeholders` matches (as a regular expression) what its own
    controller fills in, so that it is no other tool's template. `embeds` lead to whole objects inside of it, or to
    lists of them.
    """

    group: str
    name: str
    versions: tuple[str, ...]
    templates: tuple[PodTemplate, ...]
    gone: Mapping[str, int] = {}
    owner: str = KUBERNETES
    replicas: Replicas = Replicas.FIXED
    ends: bool = False
    needs_selector: bool = False
    forbids: tuple[tuple[str, ...], ...] = ()
    keeps: tuple[tuple[tuple[str, ...], str], ...] = ()
    since: tuple[tuple[tuple[str, ...], str], ...] = ()
    refers: tuple[tuple[str, ...], ...] = ()
    adds: tuple[str, ...] = ()
    bare: str = ""
    placeholders: str = ""
    embeds: tuple[tuple[str, ...], ...] = ()

    @property
    def is_custom(self) -> bool:
        """Return whether it is no kind of Kubernetes itself: no schema of it ships with harden."""
        return self.owner != KUBERNETES
