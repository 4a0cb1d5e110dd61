"""Makes the ingress rules for what a mesh, or Knative, adds to pods: its own programs connect to that, unsaid."""

from __future__ import annotations

from collections.abc import Iterator

from harden.companions.network_draft import Peer, Rule
from harden.companions.network_peers import Peers
from harden.companions.network_selectors import Group
from harden.network.connection import CLUSTER, Connection, EvidenceKind
from harden.network.mesh import Mesh
from harden.network.texts import Place


def mesh_rules(group: Group, peers: Peers, mesh: Mesh) -> Iterator[Rule]:
    """Yield a rule for those who connect to the container that a mesh adds, and one for who scrapes it."""
    if mesh.sidecars:
        yield Rule((Peer(namespaces={}),), _tcp(mesh.sidecars), (mesh.why,))
    if mesh.metrics:
        said = f"{mesh.whose}'s own measurements are scraped here"
        # Nobody shows this connection; it is made for what the settings say of scraping.
        place = Place(group.resource, group.resource.path)
        shown = Connection(CLUSTER, group.first, mesh.metrics[0], "TCP", EvidenceKind.SCRAPE, said, place)
        yield Rule(peers.grant(shown).peers, _tcp(mesh.metrics), (said,))


def _tcp(ports: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
    return tuple(("TCP", port) for port in ports)
