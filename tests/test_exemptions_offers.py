"""The exemption that is offered to programs that need their node, and to no others."""

from __future__ import annotations

import pytest
from exemption_subjects import TODAY, Subject

from harden.exemptions import decide, suggest
from harden.images.store import lookup


def workload(kind: str, image: str, volume: str, *, more: str = "", annotations: str = "{}") -> Subject:
    return Subject(
        f"""
        apiVersion: apps/v1
        kind: {kind}
        metadata: {{name: agent, namespace: logging, annotations: {annotations}}}
        spec:
          template:
            spec:
              {more}
              containers: [{{name: a, image: {image}}}]
              volumes: [{{name: v, {volume}}}]
          selector: {{}}
        """
    )


def offered(subject: Subject) -> tuple[str, tuple[str, ...]] | None:
    found = suggest(subject.workload(), subject.findings(), lookup)
    return None if found is None else (found.said, found.lines)


def test_a_known_agent_is_offered_an_exemption_to_paste() -> None:
    subject = workload("Deployment", "grafana/promtail:3", "hostPath: {path: /var/log}")
    said, lines = offered(subject) or ("", ())
    assert said.startswith("Deployment logging/agent reads the log files of the node")
    assert said.endswith(": to accept that, add to its metadata.annotations:")
    assert [line.partition(": ")[0] for line in lines] == ["kube-harden.io/exempt.restricted-volumes"]


def test_what_is_pasted_is_read_again_and_holds() -> None:
    subject = workload("DaemonSet", "grafana/promtail:3", "hostPath: {path: /var/log}")
    _, lines = offered(subject) or ("", ())
    pasted = workload(
        "DaemonSet", "grafana/promtail:3", "hostPath: {path: /var/log}", annotations=f"{{{', '.join(lines)}}}"
    )
    rulings = decide(pasted.exemptions(), pasted.workload(), pasted.findings(), TODAY)
    assert pasted.problems() == []
    assert [pasted.findings()[at].control for at in rulings] == ["restricted-volumes"]


FOLDERS = {
    "/opt/cni/bin": "sets up the network of the node",
    "/var/lib/kubelet/plugins": "serves volumes or devices to the kubelet of the node",
    "/var/log/": "reads the log files of the node",
    "/var/run/docker.sock": "talks to the node's container runtime",
    "/dev/dri": "uses devices of the node",
    "/var/lib/kubelet/pods": "uses the volumes of the pods of the node",
    "/proc": "uses /proc of the node",
}


@pytest.mark.parametrize(("folder", "because"), FOLDERS.items())
def test_a_daemon_set_shows_by_its_folders_what_it_does(folder: str, because: str) -> None:
    said, lines = offered(workload("DaemonSet", "example.com/own:1", f"hostPath: {{path: {folder}}}")) or ("", ())
    assert said.startswith(f"DaemonSet logging/agent {because}: ")
    assert lines == (f'kube-harden.io/exempt.restricted-volumes: "{because}"',)


def test_every_control_that_follows_from_the_node_is_offered_once() -> None:
    subject = workload("DaemonSet", "example.com/own:1", "hostPath: {path: /opt/cni/bin}", more="hostNetwork: true")
    _, lines = offered(subject) or ("", ())
    assert [line.partition(":")[0].removeprefix("kube-harden.io/exempt.") for line in lines] == [
        "host-namespaces",
        "restricted-volumes",
    ]


def test_a_network_agent_without_folders() -> None:
    said, _ = offered(workload("DaemonSet", "example.com/own:1", "emptyDir: {}", more="hostNetwork: true")) or ("", ())
    assert "uses the network of the node" in said


NOBODY = {
    "an ordinary program with a folder of the node": workload(
        "Deployment", "example.com/own:1", "hostPath: {path: /proc}"
    ),
    "a folder that says nothing": workload("DaemonSet", "example.com/own:1", "hostPath: {path: /data}"),
    "a folder with a name alike": workload("DaemonSet", "example.com/own:1", "hostPath: {path: /device}"),
    "an agent that asks for nothing": workload("DaemonSet", "grafana/promtail:3", "emptyDir: {}"),
}


@pytest.mark.parametrize("subject", NOBODY.values(), ids=NOBODY)
def test_nobody_else_is_offered_one(subject: Subject) -> None:
    assert offered(subject) is None
