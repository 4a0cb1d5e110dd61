"""Holds generated policies and the reachability model against an independent analyser of NetworkPolicies (np-guard)."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest
from companion_bundles import bundle
from netpol import Question, World, ask
from network_subjects import trees
from requirements import corpus
from test_network_corpus import DNS, OUTSIDE, attempts, everything_owned, hinted, plainly_named, settings_of
from test_network_reach import model as model_of
from test_network_reach import random_world

from harden.companions.network_policy import generate
from harden.companions.network_settings import Egress, NetworkSettings
from harden.companions.ownership import settle
from harden.kube.bundle import Bundle
from harden.network.evidence import gather as evidence_of
from harden.network.pods import Address, Pods
from harden.network.policies import policies_of, read
from harden.network.reach import Model

#: Pairs are asked one by one in bundles of up to so many workloads.
PAIRS = 25
#: The analyser takes minutes for the folders with more than so many, whose folders below it reads, too.
MOST = int(os.environ.get("HARDEN_ANALYSED_WORKLOADS", "20"))


def questions(held: Bundle, model: Model, before: Model, shown: Sequence[Question]) -> Iterator[tuple[Question, bool]]:
    """Yield what is asked of a bundle, with the model's answer."""
    for source, target, port, protocol in shown:
        if before.allows(source, target, port, protocol):
            yield (source, target, port, protocol), True
    if len(model.pods) > PAIRS:
        return
    evidence = evidence_of(held, "default")
    strangers: tuple[Pods | Address, ...] = (OUTSIDE, Pods("Pod", "stranger", "elsewhere", {}))
    ports = {pods.key: evidence.listening[pods] for pods in evidence.pods}
    for source, target in product((*model.pods, *strangers), model.pods):
        for port, protocol in (*ports.get(target.key, ()), (31337, "TCP"), (53, "UDP")):
            yield (source, target, port, protocol), model.allows(source, target, port, protocol)


def is_modelled(question: Question) -> bool:
    # The analyser knows nothing of the host's network, and refuses labels of templates, as the API server does.
    ends = [end for end in question[:2] if isinstance(end, Pods)]
    return not any(end.host_network or is_template(end.labels) for end in ends)


def is_template(data: object) -> bool:
    return "{{" in json.dumps(data)


def world_of(held: Bundle, egress: Egress, *, owned: bool) -> tuple[World, list[tuple[Question, bool]]]:
    ownership = everything_owned(held) if owned else settle(held)
    settings = settings_of(held, egress) if owned else NetworkSettings(egress=egress)
    evidence = evidence_of(held, ownership.fallback)
    texts = [draft.data() for draft in generate(held, ownership, settings).drafts]
    policies = (*policies_of(held, ownership.fallback), *(read(text) for text in texts))
    before = Model(held, pods=evidence.pods, fallback=ownership.fallback)
    after = Model(held, policies, pods=evidence.pods, fallback=ownership.fallback)
    shown: list[Question] = [
        each[:4] for each in (*attempts(evidence), *plainly_named(evidence), *hinted(held, evidence))
    ]
    shown += [
        (pods, server, 53, protocol)
        for pods in evidence.pods
        for server in DNS
        if isinstance(server, Pods)
        for protocol in ("UDP", "TCP")
    ]
    own = [each.data for each in held.of_kind("NetworkPolicy") if each.api_version == "networking.k8s.io/v1"]
    asked = [each for each in dict.fromkeys(questions(held, after, before, shown)) if is_modelled(each[0])]
    return World(held, [each for each in (*own, *texts) if not is_template(each)]), asked


@pytest.mark.parametrize(("egress", "owned"), [(Egress.OPEN, False), *((each, True) for each in Egress)])
def test_the_analyser_cuts_no_shown_or_hinted_connection_of_the_corpus(
    tmp_path: Path, egress: Egress, *, owned: bool
) -> None:
    small = [(name, held) for name, held in trees(corpus()) if len(held.members) <= MOST]
    worlds = [(name, *world_of(held, egress, owned=owned)) for name, held in small]
    # Nothing is asked where all pods are on the host's network.
    bundles = [each for each in worlds if each[2]]
    ends = [[(w.end(q[0]), w.end(q[1], twin=q[0] is q[1])) for q, _ in asked] for _, w, asked in bundles]
    folders = [world.write(tmp_path / str(at)) for at, (_, world, _) in enumerate(bundles)]
    count = 0
    for (name, _, asked), called, allowed in zip(bundles, ends, ask(folders), strict=True):
        assert allowed.errors == [], name
        for (question, expected), (source, target) in zip(asked, called, strict=True):
            source_end, target_end, port, protocol = question
            said = f"{name}: {source_end} to {target_end.said} {port}/{protocol}"
            assert allowed(source, target, port, protocol) == expected, said
            count += 1
    print(f"{len(bundles)} bundles, {count} questions")
    assert len(bundles) > 60
    assert count > 5000


def test_random_policies_mean_to_the_model_what_they_mean_to_the_analyser(tmp_path: Path) -> None:
    worlds, folders = [], []
    for seed in range(150):
        objects, policies, _ = random_world(random.Random(seed))
        asked = model_of(*objects, *policies)
        world = World(bundle(*objects), policies)
        pairs = [
            (source, target, world.end(source), world.end(target, twin=source is target))
            for source, target in product((*asked.pods, OUTSIDE), asked.pods)
            if is_modelled((source, target, 0, ""))
        ]
        worlds.append((seed, asked, pairs))
        folders.append(world.write(tmp_path / str(seed)))
    count = 0
    for (seed, asked, pairs), allowed in zip(worlds, ask(folders), strict=True):
        if not pairs or any("named port for an IP destination" in error for error in allowed.errors):
            # The analyser judges no rule with a named port and a block of addresses.
            continue
        assert allowed.errors == [], seed
        for source, target, source_end, target_end in pairs:
            for port, protocol in ((80, "TCP"), (8080, "TCP"), (53, "UDP"), (80, "SCTP")):
                expected = asked.allows(source, target, port, protocol)
                assert allowed(source_end, target_end, port, protocol) == expected, (seed, source_end, target_end, port)
                count += 1
    print(f"{count} questions")
    assert count > 1000
