"""The title of a fix: everything that it writes, in the words of the fields."""

from __future__ import annotations

import pytest

from harden.model.finding import AppendItem, Change, Fix, Remote, RemoveField, Risk, SetField
from harden.model.text import Path
from harden.outputs.titles import title

POD: Path = ("spec", "template", "spec")
A: Path = (*POD, "containers", 0)
B: Path = (*POD, "containers", 1)


def fix(*changes: Change, elsewhere: tuple[Remote, ...] = ()) -> Fix:
    return Fix(Risk.SAFE, "r", changes, elsewhere)


TITLES: dict[str, tuple[tuple[Change, ...], str]] = {
    "a field": ((SetField((*POD, "securityContext", "runAsNonRoot"), value=True),), "runAsNonRoot true"),
    "what is the same for two containers": (
        (SetField((*A, "securityContext", "runAsUser"), 70), SetField((*B, "securityContext", "runAsUser"), 70)),
        "runAsUser 70",
    ),
    "what differs": (
        (SetField((*A, "securityContext", "runAsUser"), 70), SetField((*B, "securityContext", "runAsUser"), 71)),
        "runAsUser 70 and 71",
    ),
    "a mount with its emptyDir": (
        (
            AppendItem((*A, "volumeMounts"), {"name": "tmp", "mountPath": "/cache"}),
            AppendItem((*POD, "volumes"), {"name": "tmp", "emptyDir": {}}),
        ),
        "emptyDir /cache",
    ),
    "a variable": ((AppendItem((*A, "env"), {"name": "PGDATA", "value": "/data/pg"}),), "PGDATA /data/pg"),
    "a sysctl": (
        (AppendItem((*POD, "securityContext", "sysctls"), {"name": "net.ipv4.ip_forward", "value": "0"}),),
        "sysctl ip_forward 0",
    ),
    "a list that is new": ((SetField((*A, "securityContext", "capabilities", "drop"), ["ALL"]),), "drop ALL"),
    "an item of a list": ((AppendItem((*A, "securityContext", "capabilities", "drop"), "ALL"),), "drop ALL"),
    "a name that says too little": ((SetField((*POD, "os", "name"), "windows"),), "os.name windows"),
    "a type": ((SetField((*POD, "seccompProfile", "type"), "Localhost"),), "seccompProfile Localhost"),
    "amounts": (
        (SetField((*A, "resources", "requests", "cpu"), "5m"), SetField((*A, "resources", "limits", "cpu"), "9m")),
        "cpu request 5m, cpu limit 9m",
    ),
    "a field that goes": ((RemoveField((*POD, "hostNetwork")),), "remove hostNetwork"),
    "an item that goes": (
        (RemoveField((*A, "securityContext", "capabilities", "add", 0), "SYS_ADMIN"),),
        "remove capability SYS_ADMIN",
    ),
    "a container that goes": ((RemoveField((*POD, "initContainers", 0), "chown"),), "remove init container chown"),
    "a probe": ((SetField((*A, "livenessProbe", "httpGet", "port"), 8080),), "livenessProbe port 8080"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), TITLES.values(), ids=TITLES)
def test_a_title_names_what_is_written(changes: tuple[Change, ...], said: str) -> None:
    assert title(fix(*changes)) == said


def test_it_names_what_is_written_elsewhere() -> None:
    remote = Remote("svc.yaml", 0, SetField(("spec", "ports", 0, "targetPort"), 8080))
    own = SetField((*A, "ports", 0, "containerPort"), 8080)
    assert title(fix(own, elsewhere=(remote,))) == "containerPort 8080, targetPort 8080"


def test_fixes_that_are_told_together_say_nothing_twice() -> None:
    user = SetField((*POD, "securityContext", "runAsUser"), 70)
    other = SetField((*POD, "securityContext", "fsGroup"), 70)
    assert title(fix(user), fix(user, other)) == "runAsUser 70, fsGroup 70"


def test_a_whole_mapping_has_no_short_form() -> None:
    assert title(fix(SetField((*A, "resources"), {"limits": {"cpu": "1"}}))) == "resources"
