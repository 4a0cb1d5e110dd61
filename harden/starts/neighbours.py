"""Says what is known of the objects that a pod leans on: the texts of ConfigMaps, and what backs its claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from harden.model.record import Record
from harden.starts.reader import Data, mapping, mappings, texts, word


class Storage(Record):
    """What backs a claim, as far as it is known; `kind` is the source of its PersistentVolume ("nfs", "csi").

    `modes` are the claim's accessModes, () where they are not known. `provisioner` is that of its StorageClass, ""
    where it is not known. `policy` is the fsGroupPolicy of its CSIDriver, "" where it is not known.
    """

    modes: tuple[str, ...] = ()
    kind: str = ""
    provisioner: str = ""
    policy: str = ""


class Neighbours(Protocol):
    """What is known of other objects in the pod's namespace; None everywhere means "not among what was given"."""

    def config_map(self, name: str) -> Mapping[str, str] | None:
        """Return the texts of a ConfigMap by their keys."""
        ...

    def claim(self, name: str) -> Storage | None:
        """Return what backs a PersistentVolumeClaim."""
        ...

    def template(self, volume: str) -> Storage | None:
        """Return what backs the volume that one of the workload's own volumeClaimTemplates makes."""
        ...


class NoNeighbours:
    """Nothing is known of other objects."""

    def config_map(self, name: str) -> Mapping[str, str] | None:  # noqa: ARG002 - the protocol's
        """Return None."""
        return None

    def claim(self, name: str) -> Storage | None:  # noqa: ARG002 - the protocol's
        """Return None."""
        return None

    def template(self, volume: str) -> Storage | None:  # noqa: ARG002 - the protocol's
        """Return None."""
        return None


class Given:
    """What some objects, as plain data, say of each other.

    `objects` are whole objects of any kinds; what a start does not ask for is skipped. `namespace` is the pod's, None
    where the manifest names none: an object counts where the namespaces are the same. `templates` are the workload's
    volumeClaimTemplates.
    """

    def __init__(self, objects: Iterable[Data], namespace: str | None = None, templates: Iterable[object] = ()) -> None:
        self._objects: dict[tuple[str, str], Data] = {}
        for item in objects:
            kind, metadata = word(item.get("kind")), mapping(item.get("metadata"))
            own = word(metadata.get("namespace")) or None
            if kind in _CLUSTER_KINDS or (kind in _KINDS and own == namespace):
                self._objects[kind, word(metadata.get("name"))] = item
        self._templates = {word(mapping(item.get("metadata")).get("name")): item for item in mappings(list(templates))}

    def config_map(self, name: str) -> Mapping[str, str] | None:
        """Return the texts of a ConfigMap by their keys; what is no text is left out."""
        found = self._objects.get(("ConfigMap", name))
        if found is None:
            return None
        return {key: word(value) for key, value in mapping(found.get("data")).items()}

    def claim(self, name: str) -> Storage | None:
        """Return what backs a PersistentVolumeClaim."""
        found = self._objects.get(("PersistentVolumeClaim", name))
        return None if found is None else self._storage(mapping(found.get("spec")), name)

    def template(self, volume: str) -> Storage | None:
        """Return what backs the volume of a claim template."""
        found = self._templates.get(volume)
        return None if found is None else self._storage(mapping(found.get("spec")), None)

    def _storage(self, spec: Data, claim: str | None) -> Storage:
        volume = mapping(self._volume(spec, claim).get("spec"))
        kind = next((key for key in volume if key in _BACKINGS), "")
        owner = self._objects.get(("StorageClass", word(spec.get("storageClassName"))), {})
        provisioner = word(mapping(volume.get("csi")).get("driver")) or word(owner.get("provisioner"))
        driver = mapping(self._objects.get(("CSIDriver", provisioner), {}).get("spec"))
        # The kubelet asks for the modes of the volume, which are at least those of the claim.
        modes = texts(volume.get("accessModes")) or texts(spec.get("accessModes"))
        return Storage(modes, kind, provisioner, word(driver.get("fsGroupPolicy")))

    def _volume(self, spec: Data, claim: str | None) -> Data:
        named = self._objects.get(("PersistentVolume", word(spec.get("volumeName"))))
        if named is not None or claim is None:
            return named or {}
        for (kind, _), item in self._objects.items():
            reference = mapping(mapping(item.get("spec")).get("claimRef"))
            if kind == "PersistentVolume" and word(reference.get("name")) == claim:
                return item
        return self._of_same_class(spec)

    def _of_same_class(self, spec: Data) -> Data:
        """Return the only volume that is given with the class and all modes of a claim: static volumes bind so."""
        wanted, owner = set(texts(spec.get("accessModes"))), word(spec.get("storageClassName"))
        found = [
            item
            for (kind, _), item in self._objects.items()
            if kind == "PersistentVolume"
            and word(mapping(item.get("spec")).get("storageClassName")) == owner
            and wanted <= set(texts(mapping(item.get("spec")).get("accessModes")))
        ]
        return found[0] if len(found) == 1 else {}


_KINDS = frozenset({"ConfigMap", "PersistentVolumeClaim"})
_CLUSTER_KINDS = frozenset({"CSIDriver", "PersistentVolume", "StorageClass"})
#: Sources of a PersistentVolume (kubernetes, staging/src/k8s.io/api/core/v1/types.go, PersistentVolumeSource).
_BACKINGS = frozenset(
    (
        *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker"),
        *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk"),
        *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
    )
)
