"""Who reaches a port, found for all pods at once, is held to what the model says of each pair, and to its work."""

from __future__ import annotations

import random
from types import FrameType

import pytest
from companion_bundles import bundle
from network_subjects import policy, possible_connections, service, workload
from profiled import profiled
from test_network_reach import random_world

from harden.network.graph import compare
from harden.network.policies import read
from harden.network.reach import Model
from harden.network.senders import Senders
from harden.network.table import text

PORTS = ((80, "TCP"), (8080, "TCP"), (53, "UDP"), (80, "SCTP"))


@pytest.mark.parametrize("seed", range(200))
def test_senders_are_those_that_the_model_allows(seed: int) -> None:
    print(f"seed {seed}")
    objects, policies, _ = random_world(random.Random(seed))
    held = bundle(*objects, *policies)
    model = Model(held)
    senders = Senders(model)
    for pods in model.pods:
        for port in PORTS:
            allowed = [other for other in model.pods if model.allows(other, pods, *port)]
            assert senders.count(pods, port) == len(allowed), (pods.name, port)
    assert compare(held, ()).possible_before == len(possible_connections(held, model))


@pytest.mark.parametrize("namespaces", [1, 10], ids=["one namespace", "ten namespaces"])
def test_twice_the_workloads_are_twice_the_work(namespaces: int) -> None:
    def entered(count: int) -> int:
        spaces = [f"n{at % namespaces if namespaces == 1 else at // 10}" for at in range(count)]
        objects = [workload(f"w{at}", namespace=spaces[at], ports={"http": 80}) for at in range(count)]
        objects += [service(f"w{at}", {"port": 80}, namespace=spaces[at]) for at in range(count)]
        added = [
            read(
                policy(
                    f"w{at}",
                    {
                        "podSelector": {"matchLabels": {"app": f"w{at}"}},
                        "policyTypes": ["Ingress", "Egress"],
                        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": f"w{at - 1}"}}}]}],
                        "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}],
                    },
                    namespace=spaces[at],
                )
            )
            for at in range(count)
        ]
        given = bundle(*objects)
        found = 0

        def note(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal found
            found += event in {"call", "c_call"}

        with profiled(note):
            text(compare(given, added))
        return found

    entered(1)
    few, many = entered(200), entered(400)
    assert many < few * 2.1
