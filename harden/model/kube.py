"""Records of what Kubernetes sees in a document: objects, workloads with their pods, what is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from harden.model.kinds import HERE, Kind, PodTemplate
from harden.model.record import Record
from harden.model.text import Path

#: A Kubernetes version as (major, minor); `LATEST` stands for the newest one known.
Version = tuple[int, int]

#: Begins the labels of a namespace that Pod Security reads (k8s.io/pod-security-admission, api/constants.go).
POD_SECURITY = "pod-security.kubernetes.io/"

#: A mapping of plain data as read; controls check types where they look.
Data = Mapping[str, object]


class Resource(Record):
    """A whole object: `source` names the file, `path` is its place in the document, `data` its plain value.

    `namespace` is the one that the files give it, None where they give none; `effective_namespace` is the one that it
    ends up in, "" for what is in none (harden.kube.namespaces).
    """

    source: str
    document: int
    path: Path
    api_version: str
    kind: str
    namespace: str | None
    name: str
    data: Data
    effective_namespace: str = "default"

    @property
    def is_namespace(self) -> bool:
        """Return whether the object is a namespace; operators have kinds of this name, too."""
        return (self.api_version, self.kind) == ("v1", "Namespace")


class Container(Record):
    """A container of a pod; `field` is its role: containers, initContainers or ephemeralContainers."""

    path: Path
    field: str
    name: str
    data: Data

    def get(self, *keys: str) -> object:
        """Return the value at `keys` below the container, or None where it is absent or null."""
        # `dig` written out, as in Workload.get: some fifty calls for each workload, most of them for what is absent.
        data: object = self.data
        for key in keys:
            if data is None or not isinstance(data, dict):
                return None
            data = data.get(key)
        return data


_PLAIN = PodTemplate(())
_ANY = Kind("", "", (), (_PLAIN,))


class Workload(Record):
    """A resource that runs pods.

    `path` is the resource in its document (`()`, or `("items", 0)` in a List); `template` is the path of what holds
    the pod's metadata and spec. `containers` are in the order init, regular, ephemeral. `served` is False for an API
    version that Kubernetes no longer serves. `source` names the file, "" where it does not matter. `namespace` and
    `effective_namespace` are those of its resource. `row` is the row of its kind, `place` the pod template of that.
    Where that calls containers otherwise than Kubernetes does, `spec` has them under Kubernetes' names. `inherited` are
    the fields of the spec that stand elsewhere in the object, and where; `fixed` are the paths of containers that only
    an operator has; `filled` is what it sets as long as the object has no such field of the pod.
    """

    document: int
    path: Path
    api_version: str
    kind: str
    namespace: str | None
    name: str
    template: Path
    metadata: Data
    spec: Data
    containers: tuple[Container, ...]
    served: bool = True
    source: str = ""
    effective_namespace: str = "default"
    row: Kind = _ANY
    place: PodTemplate = _PLAIN
    inherited: Mapping[str, Path] = {}
    fixed: tuple[Path, ...] = ()
    filled: Mapping[str, object] = {}

    @property
    def pod(self) -> Path:
        """Return the path of the pod's spec."""
        return (*self.template, *self.place.spec)

    @property
    def security(self) -> Path:
        """Return the path of the pod's security context as it stands in the document."""
        return self.written((*self.pod, "securityContext"))

    def container_at(self, path: Path) -> Container | None:
        """Return the container that a path of a document leads into, None for what is of the whole pod."""
        if (HERE in self.pod and path[: len(self.pod)] == self.pod) or path[: len(self.security)] == self.security:
            return None
        found = [container for container in self.containers if path[: len(container.path)] == container.path]
        return max(found, key=lambda container: len(container.path), default=None)

    def written(self, path: Path) -> Path:
        """Return where a path of the pod, under Kubernetes' names, stands in the document."""
        start = len(self.template)
        if path[start : start + 1] != (HERE,):
            return path
        below = path[start + 1 :]
        if below[:1] == ("securityContext",):
            below = (self.place.security, *below[1:])
        return (*self.template, *below)

    def get(self, *keys: str) -> object:
        """Return the value at `keys` below the pod's spec, or None where it is absent or null."""
        data: object = self.spec
        for key in keys:
            if data is None or not isinstance(data, dict):
                return None
            data = data.get(key)
        return data


class SkipKind(Enum):
    """Why an object that names a kind of workload is left alone."""

    NO_API_VERSION = "it has no apiVersion"
    #: Nobody has such a kind: Kubernetes' own groups have it under another version.
    WRONG_API_VERSION = "apiVersion {} has no such kind"
    #: A group that is not Kubernetes' own: what its kind of this name holds is not known.
    UNKNOWN_GROUP = "apiVersion {} has no kind of this name that harden knows"
    MISSPELT = "no such kind"
    #: A kustomization says that it is one.
    PATCH_OF = "a patch of {}, no whole object"
    #: It has a key that only patches have.
    PATCH_DIRECTIVE = "a patch, no whole object: it has {}"
    #: The API server refuses such an object (it lacks its selector and labels), so it is likely to be a patch.
    NOT_WHOLE = "not a whole object (a patch?): {}"
    NO_CONTAINERS = "not a whole object (a patch?): its pod has no containers"
    NO_IMAGES = "not a whole object (a patch?): its containers have no image"
    #: Its pods are those of another object.
    ELSEWHERE = "its pods are those of {}"
    #: It runs pods, and harden has no row for it.
    NOT_LOOKED_AT = "not looked at: pod template at {}"
    #: Whoever makes its pods makes them of what does not stand here.
    MADE_ELSEWHERE = "its pods do not stand here: {}"
    #: Another tool reads it first.
    TEMPLATE = "{}"
    #: A change would break a signature or a checksum, or its text is encrypted.
    SEALED = "not to be changed: {}"

    @property
    def is_unseen(self) -> bool:
        """Return whether pods that were meant to be looked at may hide behind it, so that `--strict` fails on it."""
        return self in _UNSEEN

    @property
    def is_patch(self) -> bool:
        """Return whether it is, or may be, a patch: then it stands for more than it shows."""
        return self in _PATCHES

    @property
    def hides(self) -> bool:
        """Return whether objects may come of it that nobody sees."""
        return self in _PATCHES or self in _HIDING


_PATCHES = frozenset(
    {
        SkipKind.PATCH_OF,
        SkipKind.PATCH_DIRECTIVE,
        SkipKind.NOT_WHOLE,
        SkipKind.NO_CONTAINERS,
        SkipKind.NO_IMAGES,
    }
)


_UNSEEN = frozenset(
    {
        SkipKind.NO_API_VERSION,
        SkipKind.WRONG_API_VERSION,
        SkipKind.UNKNOWN_GROUP,
        SkipKind.MISSPELT,
        SkipKind.NOT_LOOKED_AT,
        SkipKind.TEMPLATE,
    }
)
_HIDING = frozenset({SkipKind.NOT_LOOKED_AT, SkipKind.TEMPLATE, SkipKind.SEALED})


class Skip(Record):
    """An object that names a kind of workload and is left alone.

    `what` is what the reason speaks of; `meant` is what it was likely meant to be (`apps/v1 Deployment`), "" where
    nobody can tell. `hint` says what to do about it. `kind` and `name` are "" where the text is no YAML.
    """

    document: int
    kind: str
    name: str
    because: SkipKind
    what: str = ""
    meant: str = ""
    hint: str = ""

    @property
    def reason(self) -> str:
        """Return why, for people."""
        meant = f": did you mean {self.meant}?" if self.meant else ""
        hint = f" ({self.hint})" if self.hint else ""
        return self.because.value.format(self.what) + meant + hint


def dig(data: object, *keys: str) -> object:
    """Return the value at `keys` below `data`, or None where a step is absent, null or no mapping."""
    for key in keys:
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data
