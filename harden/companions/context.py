"""Says what is known to whoever looks at all objects of a run together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harden.images.by_file import by_file
from harden.kube.bundle import Bundle
from harden.kube.unread import Blind
from harden.model.finding import Level
from harden.model.kube import Container, Resource, Workload
from harden.model.record import Record
from harden.model.text import Path, Plain

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts
    from harden.network.flows.model import Flows


def _nothing_known(_image: str) -> ImageFacts | None:
    return None


class BundleContext(Record):
    """What a control may know that looks at all objects of a run together, as they will be once they are hardened.

    `owned` are the namespaces that the bundle decides for, `fallback` is the one of objects that name none. `version`
    is the profile's word ("v1.37", "latest"), `judged_by` the version that `reached`, the highest level that admits
    each workload (by file, document and path), was judged by. `accounts` are the (namespace, name) of service accounts
    that harden wrote in an earlier run, which are not in the bundle, and `secrets` are the Secrets and ExternalSecrets
    that it wrote in earlier runs and rounds. `unread` is what of the input could not be seen. `options` are those of
    every control that looks at bundles, by its id, `flows` is what a log shows of connections.
    """

    bundle: Bundle
    level: Level
    version: str
    judged_by: str
    reached: Mapping[tuple[str, int, Path], Level]
    options: Mapping[str, Mapping[str, Plain]]
    owned: frozenset[str] = frozenset()
    fallback: str = "default"
    images: Callable[[str], ImageFacts | None] = _nothing_known
    accounts: frozenset[tuple[str, str]] = frozenset()
    unread: Blind = Blind()
    flows: Flows | None = None
    secrets: tuple[Resource, ...] = ()

    def facts_of(self, container: Container, workload: Workload) -> ImageFacts | None:
        """Return what is known of a container's image, in the file of its workload."""
        image = container.get("image")
        return by_file(self.images).of(workload.source)(image) if isinstance(image, str) else None
