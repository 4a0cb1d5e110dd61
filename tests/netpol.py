"""Asks np-guard's analyser who may connect to whom: bundles as folders that it reads, and its answers by their ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from requirements import netpol_analyzer

from harden.kube.bundle import Bundle
from harden.model.kube import dig
from harden.model.plain import as_list
from harden.network.pods import CHOSEN, Address, Party, Pods

#: What is asked: whether the first may connect to that port of the second.
Question = tuple[Party, Pods, int, str]


class World:
    """The pods that the analyser is to know, each as a Deployment with a name of its own."""

    def __init__(self, held: Bundle, policies: Iterable[Mapping[str, Any]]) -> None:
        self._objects: list[Mapping[str, Any]] = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": dict(each.data["metadata"])}
            for each in {each.name: each for each in held.of_kind("Namespace")}.values()
            if isinstance(each.data.get("metadata"), Mapping)
        ]
        self._objects += [_named(each, f"p{at}") for at, each in enumerate(policies)]
        #: What pods are called, with them, so that their ids stay theirs.
        self._names: dict[tuple[object, ...], tuple[str, Pods]] = {}

    def end(self, party: Party, *, twin: bool = False) -> str:
        """Return what the analyser calls a party: by its labels and ports for pods, by its address for others.

        The twin of pods is a second workload just like them: the analyser says nothing of pods and themselves.
        """
        if isinstance(party, Address):
            return party.ip
        # Pods that no manifest shows are made anew for each question.
        unseen = (party.namespace, *party.labels.items())
        key = (twin, *(unseen if party.member is None else (id(party),)))
        if key not in self._names:
            name = f"w{len(self._names)}"
            self._names[key] = f"{party.namespace}/{name}[Deployment]", party
            self._objects.append(_deployment(party, name))
        return self._names[key][0]

    def write(self, folder: Path) -> Path:
        """Write the objects into a folder, and return it."""
        folder.mkdir()
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": self._objects})
        (folder / "objects.json").write_text(text, "utf-8")
        return folder


class Allowed:
    """The connections that the analyser found."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.errors: Sequence[str] = answer["errors"]
        self._conns: dict[tuple[str, str], str] = {}
        self._outside: list[tuple[int, int, str, str]] = []
        for each in answer["connections"]:
            source, target, said = each["src"], each["dst"], each["conn"]
            if source[0].isdigit() and "/" not in source:
                first, _, last = source.partition("-")
                self._outside.append((int(ip_address(first)), int(ip_address(last)), target, said))
            else:
                self._conns[source, target] = said

    def __call__(self, source: str, target: str, port: int, protocol: str) -> bool:
        """Return whether one may connect to that port of the other."""
        if "/" in source:
            return _covers(self._conns.get((source, target), ""), port, protocol)
        number = int(ip_address(source))
        return any(
            first <= number <= last and end == target and _covers(said, port, protocol)
            for first, last, end, said in self._outside
        )


def ask(folders: Iterable[Path]) -> Iterator[Allowed]:
    """Yield what the analyser finds in each folder."""
    lines = "".join(f"{folder}\n" for folder in folders)
    done = subprocess.run([netpol_analyzer()], input=lines, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        yield Allowed(json.loads(line))


def _named(policy: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {**policy, "metadata": {"name": name, "namespace": dig(policy, "metadata", "namespace")}}


def _deployment(pods: Pods, name: str) -> Mapping[str, Any]:
    # No label has the value that stands for those that a controller chooses; policies ask whether there is one.
    labels = {key: "chosen" if value == CHOSEN else value for key, value in pods.labels.items()}
    containers = () if pods.member is None else as_list(pods.member.workload.spec.get("containers"))
    ports = [port for each in containers for port in as_list(dig(each, "ports")) if isinstance(port, Mapping)]
    pod = {"containers": [{"name": "main", "image": "registry.test/main", "ports": ports}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": pods.namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _covers(said: str, port: int, protocol: str) -> bool:
    """Return whether the analyser's words for ports cover one: `TCP 80,90-99,UDP 53`, `All Connections`, ``."""
    if said == "All Connections":
        return True
    current = ""
    for word in said.split(","):
        kind, _, numbers = word.rpartition(" ")
        current = kind or current
        first, _, last = numbers.partition("-")
        if current == protocol and first.isdigit() and int(first) <= port <= int(last or first):
            return True
    return False
