"""Says what a NetworkPolicy is before it is text: selectors, peers, ports, and a comment for each rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.companions import yaml_text
from harden.model.record import Record
from harden.model.text import Plain
from harden.network.pods import NAMESPACE_NAME

#: A label selector: matchLabels, matchExpressions or both.
Selector = dict[str, Plain]


class Peer(Record):
    """One element of `from` or `to`; `pods` and `namespaces` are None where absent, `cidr` excludes both.

    `because` are comments. Equal for people who connect when `data` is.
    """

    pods: Selector | None = None
    namespaces: Selector | None = None
    cidr: str = ""
    because: tuple[str, ...] = ()

    def data(self) -> dict[str, Plain]:
        """Return the element as plain data."""
        if self.cidr:
            return {"ipBlock": {"cidr": self.cidr}}
        fields = (("namespaceSelector", self.namespaces), ("podSelector", self.pods))
        return {key: value for key, value in fields if value is not None}


class Rule(Record):
    """One rule; None for `peers` means everybody, and for `ports` (protocol, number) everything."""

    peers: tuple[Peer, ...] | None
    ports: tuple[tuple[str, int], ...] | None
    because: tuple[str, ...] = ()

    def data(self, side: str) -> dict[str, Plain]:
        """Return the rule as plain data; `side` is from or to."""
        found: dict[str, Plain] = {}
        if self.peers is not None:
            found[side] = [peer.data() for peer in self.peers]
        if self.ports is not None:
            found["ports"] = [{"protocol": protocol, "port": port} for protocol, port in self.ports]
        return found


class Draft(Record):
    """A policy; `ingress` and `egress` are None where it does not isolate in that direction."""

    name: str
    namespace: str | None
    selector: Selector
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None
    because: tuple[str, ...]

    @property
    def is_denial(self) -> bool:
        """Return whether it does nothing but let nobody in."""
        return self.ingress == () and self.egress is None

    def data(self) -> dict[str, Plain]:
        """Return the policy as plain data, as its text is read."""
        metadata: dict[str, Plain] = {"name": self.name}
        if self.namespace is not None:
            metadata["namespace"] = self.namespace
        spec: dict[str, Plain] = {"podSelector": dict(self.selector), "policyTypes": list(self._types())}
        if self.ingress is not None:
            spec["ingress"] = [rule.data("from") for rule in self.ingress]
        if self.egress is not None:
            spec["egress"] = [rule.data("to") for rule in self.egress]
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}

    def spelled_out(self) -> Draft:
        """Return the same policy without matchLabels of pods.

        Where a kustomization puts labels into selectors, it takes every podSelector's matchLabels for such, and a peer
        elsewhere (the cluster's DNS) lacks its labels. Source: sigs.k8s.io/kustomize,
        api/internal/konfig/builtinpluginconsts/commonlabels.go.
        """
        ingress, egress = (
            None if rules is None else tuple(_spelled_out(rule) for rule in rules)
            for rules in (self.ingress, self.egress)
        )
        return self._replace(selector=_expressions(self.selector), ingress=ingress, egress=egress)

    def text(self) -> str:
        """Return the policy as a YAML document that ends in a newline, with its comments."""
        lines = [yaml_text.comment(each, 0) for each in self.because]
        lines += yaml_text.head("NetworkPolicy", self.name, self.namespace, "networking.k8s.io/v1")
        lines += ["spec:", *_field("podSelector", self.selector, 2), "  policyTypes:"]
        lines += [f"    - {each}" for each in self._types()]
        for field, side, rules in (("ingress", "from", self.ingress), ("egress", "to", self.egress)):
            if rules is not None:
                lines += [f"  {field}:" if rules else f"  {field}: []", *_rules(rules, side)]
        return yaml_text.text(lines)

    def _types(self) -> Iterator[str]:
        if self.ingress is not None:
            yield "Ingress"
        if self.egress is not None:
            yield "Egress"


def _spelled_out(rule: Rule) -> Rule:
    if rule.peers is None:
        return rule
    peers = (peer if peer.pods is None else peer._replace(pods=_expressions(peer.pods)) for peer in rule.peers)
    return rule._replace(peers=tuple(peers))


def _expressions(selector: Selector) -> Selector:
    """Return a selector that selects the same by matchExpressions alone."""
    labels, more = selector.get("matchLabels"), selector.get("matchExpressions")
    if not isinstance(labels, dict):
        return selector
    each: list[Plain] = [{"key": key, "operator": "In", "values": [value]} for key, value in labels.items()]
    return {"matchExpressions": [*each, *(more if isinstance(more, list) else ())]}


def in_namespace(name: str) -> Selector:
    """Return the selector of the namespace with this name."""
    return {"matchLabels": {NAMESPACE_NAME: name}}


def _rules(rules: tuple[Rule, ...], side: str) -> Iterator[str]:
    for rule in rules:
        yield from (yaml_text.comment(each, 4) for each in rule.because)
        body: list[str] = []
        if rule.peers is not None:
            body.append(f"{side}:")
            for peer in rule.peers:
                body += [yaml_text.comment(each, 2) for each in peer.because]
                body += _item(peer.data(), 2)
        if rule.ports is not None:
            body.append("ports:")
            for protocol, port in rule.ports:
                body += [f"  - protocol: {yaml_text.scalar(protocol)}", f"    port: {port}"]
        first, *rest = body or ["{}"]
        yield f"    - {first}"
        yield from (f"      {line}" for line in rest)


def _item(fields: Mapping[str, Plain], indent: int) -> list[str]:
    """Return the lines of a mapping as an item of a list."""
    lines = [line for key, value in fields.items() for line in _field(key, value, 0)]
    return [f"{' ' * indent}{'  ' if at else '- '}{line}" for at, line in enumerate(lines)]


def _field(key: str, value: Plain, indent: int) -> list[str]:
    """Return the lines of `key: value`, block style."""
    lead = f"{' ' * indent}{yaml_text.scalar(key)}:"
    if isinstance(value, dict) and value:
        return [lead, *(line for name, item in value.items() for line in _field(name, item, indent + 2))]
    if isinstance(value, list) and value:
        return [lead, *(line for item in value for line in _element(item, indent + 2))]
    if isinstance(value, dict | list):
        return [f"{lead} {'{}' if isinstance(value, dict) else '[]'}"]
    return [f"{lead} {yaml_text.scalar(str(value))}"]


def _element(item: Plain, indent: int) -> list[str]:
    if isinstance(item, dict):
        return _item(item, indent)
    return [f"{' ' * indent}- {yaml_text.scalar(str(item))}"]
