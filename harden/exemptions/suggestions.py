"""Suggests an exemption, ready to paste, for programs that really need the node.

Agents for networks, logs, metrics and storage run on every node and look at it: no fix takes that from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harden.exemptions.model import ANNOTATION
from harden.model.finding import Finding, Risk
from harden.model.kube import Workload, dig
from harden.model.record import Record
from harden.source.quote import double

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: Controls whose findings follow from access to the node.
_OF_NODE = frozenset(
    {
        "allow-privilege-escalation", "capabilities", "host-namespaces", "host-path-volumes", "host-ports",
        "privileged", "restricted-volumes", "run-as-non-root", "run-as-user", "se-linux-options", "sysctls",
        "windows-host-process",
    }
)  # fmt: skip

#: What a DaemonSet wants of the node, by the folders that it mounts; the first that fits counts. Sources: Kubernetes
#: documentation, Network Plugins (/etc/cni/net.d, /opt/cni/bin), Device Plugins and kubelet files (/var/lib/kubelet),
#: Logging Architecture (/var/log). Who has /proc or /sys may measure the node, or set its kernel: nothing shows which.
_FOLDERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("/etc/cni", "/opt/cni"), "sets up the network of the node"),
    (
        tuple(f"/var/lib/kubelet/{each}" for each in ("device-plugins", "plugins", "plugins_registry")),
        "serves volumes or devices to the kubelet of the node",
    ),
    (("/var/lib/kubelet/pods",), "uses the volumes of the pods of the node"),
    (("/var/lib/kubelet",), "serves volumes or devices to the kubelet of the node"),
    (("/var/log", "/var/lib/docker/containers"), "reads the log files of the node"),
    (
        ("/run/containerd", "/var/run/docker.sock", "/run/crio", "/var/run/crio"),
        "talks to the node's container runtime",
    ),
    (("/dev",), "uses devices of the node"),
    (("/proc", "/sys"), "uses {} of the node"),
)


class SuggestedExemption(Record):
    """An exemption to paste: `because` is the reason, `annotations` are keys and values for the workload."""

    workload: str
    because: str
    annotations: tuple[tuple[str, str], ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines to paste below `metadata.annotations` of the workload, as YAML without indent."""
        return tuple(f"{key}: {double(value)}" for key, value in self.annotations)

    @property
    def said(self) -> str:
        """Return one line that introduces the lines to paste."""
        return f"{self.workload} {self.because}: to accept that, add to its metadata.annotations:"


def suggest(
    workload: Workload, findings: Sequence[Finding], images: Callable[[str], ImageFacts | None]
) -> SuggestedExemption | None:
    """Return what to paste to let a workload keep its access to the node, None where nothing shows that it needs it.

    `findings` are those that are still open. `images` tells what is known of an image reference.
    """
    held = [finding for finding in findings if finding.control in _OF_NODE and finding.risk in (None, Risk.BREAKING)]
    because = _because(workload, images) if held else None
    if because is None:
        return None
    name = workload.name if workload.namespace is None else f"{workload.namespace}/{workload.name}"
    controls = dict.fromkeys(each.control for each in held)
    return SuggestedExemption(
        f"{workload.kind} {name}", because, tuple((ANNOTATION + control, because) for control in controls)
    )


def _because(workload: Workload, images: Callable[[str], ImageFacts | None]) -> str | None:
    for container in workload.containers:
        image = container.get("image")
        facts = images(image) if isinstance(image, str) else None
        if facts is not None and facts.host_access is not None:
            return " ".join(facts.host_access.split())
    if workload.kind != "DaemonSet":
        return None
    volumes = workload.get("volumes")
    mounted = [dig(volume, "hostPath", "path") for volume in volumes] if isinstance(volumes, list) else []
    folders = [path.rstrip("/") for path in mounted if isinstance(path, str)]
    for starts, said in _FOLDERS:
        found = [
            start for start in starts if any(folder == start or folder.startswith(f"{start}/") for folder in folders)
        ]
        if found:
            return said.format(" and ".join(found))
    return "uses the network of the node" if workload.get("hostNetwork") is True else None
