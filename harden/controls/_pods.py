"""What several controls have to know of a pod before they can judge it."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.finding import Finding, NoFix
from harden.model.kube import Container, Version, Workload, dig
from harden.model.text import Path

#: From this version on the official checks know `spec.os.name` and relax for Windows pods.
WINDOWS_KNOWN: Version = (1, 25)

#: Why a Linux-only field is not written where an old version of a check still asks for it.
NOT_ON_WINDOWS = "a Windows pod must not set it; the check exempts Windows pods from 1.25"

_OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

#: What annotations begin with that name a profile of AppArmor; the name of the container follows (before 1.30).
APP_ARMOR_KEY = "container.apparmor.security.beta.kubernetes.io/"

#: From this version on the official checks relax for pods in a user namespace.
USER_NAMESPACES_KNOWN: Version = (1, 35)


#: The last answer of `is_windows`: several controls ask in turn for one workload.
_latest: list[tuple[Workload, bool]] = []


def is_windows(workload: Workload) -> bool:
    """Return whether the pod runs on Windows, by what it says (`os.name`) or else by what it shows.

    Then nothing that only Linux has is written into it: the API server forbids it to a pod that says so (kubernetes,
    pkg/apis/core/validation, validateWindows), and a Windows node has no use for it.
    """
    if _latest and _latest[0][0] is workload:
        return _latest[0][1]
    answer = _runs_on_windows(workload)
    _latest[:] = [(workload, answer)]
    return answer


def _runs_on_windows(workload: Workload) -> bool:
    if workload.get("os", "name") is not None:
        return says_windows(workload)
    named = _systems(workload)
    return named.keys() == {"windows"} if named else bool(host_process_places(workload))


def says_windows(workload: Workload) -> bool:
    """Return whether `spec.os.name` says Windows, which is all that the official checks look at."""
    return workload.get("os", "name") == "windows"


def only_host_process(workload: Workload) -> bool:
    """Return whether nothing but `hostProcess: true` shows that the pod runs on Windows; without it, it would be Linux.

    To end it would turn the pod over to the rules for Linux, which nobody has looked at then.
    """
    return is_windows(workload) and not says_windows(workload) and windows_label(workload) is None


def windows_label(workload: Workload) -> str | None:
    """Return the label by which the pod asks for a Windows node, None where it does not."""
    return _systems(workload).get("windows")


def _systems(workload: Workload) -> dict[str, str]:
    """Return the operating systems whose nodes the pod may come to, each with the label that names it; {} for any.

    Source: k8s.io/api v0.37.2, core/v1/well_known_labels.go; the kubelet sets both labels. `nodeSelector` and affinity
    must both fit; the terms of an affinity are alternatives, so that one which names no system leaves all open.
    """
    for label in _OS_LABELS:
        word = workload.get("nodeSelector", label)
        if isinstance(word, str):
            return {word: label}
    terms = workload.get("affinity", "nodeAffinity", _REQUIRED, "nodeSelectorTerms")
    named = [_named_by(term) for term in terms] if isinstance(terms, list) else []
    return {word: label for each in named for word, label in each.items()} if named and all(named) else {}


def _named_by(term: object) -> dict[str, str]:
    """Return the operating systems that a term of a node affinity asks for, each with its label."""
    expressions = dig(term, "matchExpressions")
    for expression in expressions if isinstance(expressions, list) else ():
        label, values = dig(expression, "key"), dig(expression, "values")
        if (
            isinstance(label, str)
            and label in _OS_LABELS
            and dig(expression, "operator") == "In"
            and isinstance(values, list)
        ):
            return {word: label for word in values if isinstance(word, str)}
    return {}


def host_process_places(workload: Workload) -> tuple[Path, ...]:
    """Return the path of every `windowsOptions.hostProcess: true` of the pod and its containers."""
    keys = ("securityContext", "windowsOptions", "hostProcess")
    holders = [workload.pod] if workload.get(*keys) is True else []
    holders += [container.path for container in workload.containers if container.get(*keys) is True]
    return tuple((*holder, *keys) for holder in holders)


def in_user_namespace(workload: Workload) -> bool:
    """Return whether the pod asks for a user namespace of its own (`hostUsers: false`, KEP-127)."""
    return workload.get("hostUsers") is False


def user_of(workload: Workload, container: Container) -> object:
    """Return the `runAsUser` that holds for `container`: its own, else the pod's, else None."""
    own = container.get("securityContext", "runAsUser")
    return workload.get("securityContext", "runAsUser") if own is None else own


def is_number(value: object) -> bool:
    """Return whether `value` is a number; YAML's booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_root(user: object) -> bool:
    """Return whether `user` is uid 0."""
    return is_number(user) and user == 0


def is_plain_user(user: object) -> bool:
    """Return whether `user` is a numeric uid other than 0."""
    return is_number(user) and user != 0


def too_low(workload: Workload, field: tuple[str, str], minimum: object) -> Iterator[Finding]:
    """Yield a finding for each user or group of pod and containers that is above 0 and below a minimum."""
    if not isinstance(minimum, int) or isinstance(minimum, bool) or minimum <= 0:
        return
    holders = [("the pod", workload.pod, workload.get(*field))]
    holders += [(f'container "{each.name}"', each.path, each.get(*field)) for each in workload.containers]
    for owner, place, number in holders:
        if isinstance(number, int) and is_plain_user(number) and number < minimum:
            message = f"{owner} sets {field[-1]}: {number}, below {minimum}"
            reason = "files of the image and of volumes belong to that number: change them with it"
            yield Finding((*place, *field), message, NoFix(reason))


def annotations_of(workload: Workload) -> dict[str, str]:
    """Return the annotations of the pod; null reads as "", and what is no string (so refused anyway) is left out."""
    found = workload.metadata.get("annotations")
    if not isinstance(found, dict):
        return {}
    texts = {key: "" if value is None else value for key, value in found.items()}
    return {key: value for key, value in texts.items() if isinstance(key, str) and isinstance(value, str)}


def environment(container: Container) -> list[dict[str, object]]:
    """Return the variables of a container as written."""
    found = container.get("env")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def names_of(items: object) -> set[str]:
    """Return the names of the mappings in a list; what is no list, or has no text for a name, has none."""
    names = (dig(item, "name") for item in items) if isinstance(items, list) else ()
    return {name for name in names if isinstance(name, str)}


def quoted(names: list[str]) -> str:
    """Return `names` as people read a list of them: `"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)
