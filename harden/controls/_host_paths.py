"""Says which folders of a node give it away as a whole, for the controls that find hostPath volumes."""

from __future__ import annotations

import posixpath

from harden.controls._volumes import clean, covers
from harden.model.finding import Severity
from harden.model.kube import dig

#: Folders and sockets with what they give; a volume of a folder above one gives it, too. The nearest to the node's
#: whole comes first. Sources: Kubernetes documentation, Volumes, hostPath; Container Runtimes (the sockets);
#: Kubelet Files (/var/lib/kubelet holds the volumes and Secrets of all pods); kubeadm, "Customizing the layout";
#: proc(5) and sysfs(5).
_WORST = (
    ("/", "the whole node"),
    ("/run/containerd/containerd.sock", "the socket of containerd, and with it the whole node"),
    ("/run/docker.sock", "the socket of Docker, and with it the whole node"),
    ("/run/crio/crio.sock", "the socket of CRI-O, and with it the whole node"),
    ("/run/cri-dockerd.sock", "the socket of cri-dockerd, and with it the whole node"),
    ("/run/podman/podman.sock", "the socket of Podman, and with it the whole node"),
    ("/run/k3s/containerd/containerd.sock", "the socket of containerd, and with it the whole node"),
    ("/var/lib/kubelet", "the volumes and Secrets of every pod of the node"),
    ("/var/lib/etcd", "every object of the cluster, Secrets among them"),
    ("/etc/kubernetes", "the static pods and credentials of the node"),
    ("/var/lib/docker", "the file systems of all containers of the node"),
    ("/var/lib/containerd", "the file systems of all containers of the node"),
    ("/var/lib/containers", "the file systems of all containers of the node"),
    ("/root/.ssh", "who logs in to the node as root"),
    ("/boot", "the kernel that the node starts with"),
    ("/etc", "the node's users, passwords and services"),
    ("/proc", "the processes of the node, and switches of its kernel"),
    ("/sys", "the devices of the node, and switches of its kernel"),
    ("/dev", "the disks and devices of the node"),
    ("/root", "the files of the node's administrator"),
    ("/usr", "the programs of the node"),
    ("/lib", "the programs of the node"),
    ("/bin", "the programs of the node"),
    ("/sbin", "the programs of the node"),
)  # fmt: skip
#: Whose parts are as good as the whole; of others (/etc/localtime) a part may be harmless.
_WITH_PARTS = ("/etc/kubernetes", "/root/.ssh", "/var/lib/etcd", "/var/lib/kubelet")
#: Folders in which a pod of its own kind keeps what is its own.
_HARMLESS = ("/var/lib/kubelet/plugins", "/var/lib/kubelet/plugins_registry", "/var/lib/kubelet/device-plugins")


def gives(volume: object) -> str | None:
    """Return what a hostPath volume gives of the node where that is the node itself, None where it is less."""
    path = dig(volume, "hostPath", "path")
    if not isinstance(path, str) or not path.startswith("/"):
        return None
    folder = clean(posixpath.normpath(path))
    if any(covers(each, folder) for each in _HARMLESS):
        return None
    own = next((said for place, said in _WORST if place == folder), None)
    return own or next((said for place, said in _WORST if _reaches(folder, place)), None)


def _reaches(folder: str, place: str) -> bool:
    """Return whether a mounted folder has a place in it, or is in one whose parts are as good as the whole."""
    if place in _WITH_PARTS:
        return covers(place, folder) or covers(folder, place)
    return place.endswith(".sock") and covers(folder, place)


def described(volume: object) -> tuple[str, Severity]:
    """Return what a finding says of a hostPath volume, and how much it matters."""
    name, given = dig(volume, "name"), gives(volume)
    if given is None:
        return f'hostPath volume "{name}"', Severity.WARNING
    return f'hostPath volume "{name}" gives {given}', Severity.ERROR
