"""Matches label selectors: whether a set of labels matches one.

Source: kubernetes.io, Concepts, Labels and Selectors; apimachinery `meta/v1` LabelSelector and `labels.Requirement`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from harden.model.kube import Data, dig

Chosen = TypeVar("Chosen")


def matches(selector: Data, labels: Mapping[str, str]) -> bool:
    """Return whether a LabelSelector (matchLabels and matchExpressions, all of which must hold) matches `labels`.

    An empty selector matches everything. A requirement that the API server would refuse matches nothing.
    """
    wanted = selector.get("matchLabels")
    if not has_all(wanted if isinstance(wanted, Mapping) else {}, labels):
        return False
    expressions = selector.get("matchExpressions")
    return all(_holds(expression, labels) for expression in (expressions if isinstance(expressions, list) else ()))


class Selecting(Generic[Chosen]):
    """Finds what may select pods by their labels without asking each of many: by the rarest labels that it asks for."""

    def __init__(self, entries: Iterable[tuple[Chosen, Sequence[Data]]]) -> None:
        """Take each thing with its LabelSelectors, one of which has to match."""
        self._all = [(chosen, [list(_demands(each)) for each in selectors]) for chosen, selectors in entries]
        often = Counter(
            label for _, selectors in self._all for demands in selectors for labels in demands for label in labels
        )
        self._by_label: dict[tuple[str, str] | None, list[int]] = {}
        for at, (_, selectors) in enumerate(self._all):
            found: dict[tuple[str, str] | None, None] = {}
            for demands in selectors:
                rarest = min(demands, key=lambda labels: sum(often[label] for label in labels), default=(None,))
                found.update(dict.fromkeys(rarest))
            for label in found:
                self._by_label.setdefault(label, []).append(at)

    def near(self, labels: Mapping[str, str]) -> list[Chosen]:
        """Return what may select these labels, in the order in which it was given."""
        places = {at for label in (None, *labels.items()) for at in self._by_label.get(label, ())}
        return [self._all[at][0] for at in sorted(places)]


def _demands(selector: Data) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield labels of which pods have to have one, for each of the demands of a selector that name labels."""
    for label in labels_of(selector.get("matchLabels")).items():
        yield (label,)
    expressions = selector.get("matchExpressions")
    for each in expressions if isinstance(expressions, list) else ():
        key, values = dig(each, "key"), dig(each, "values")
        if dig(each, "operator") == "In" and isinstance(key, str) and isinstance(values, list):
            yield tuple(dict.fromkeys((key, value) for value in values if isinstance(value, str)))


def has_all(wanted: Mapping[str, object], labels: Mapping[str, str]) -> bool:
    """Return whether every pair of `wanted` is among `labels`: the selector of a Service."""
    return all(key in labels and labels[key] == value for key, value in wanted.items())


def _holds(requirement: object, labels: Mapping[str, str]) -> bool:
    key, given = dig(requirement, "key"), dig(requirement, "values")
    if not isinstance(key, str):
        return False
    values = given if isinstance(given, list) else []
    # Of labels that lack the key, NotIn is true.
    holds = {
        "In": key in labels and labels[key] in values,
        "NotIn": key not in labels or labels[key] not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    operator = dig(requirement, "operator")
    return isinstance(operator, str) and holds.get(operator, False)


def labels_of(value: object) -> dict[str, str]:
    """Return the labels in plain data; what is no string is no label and is left out."""
    if not isinstance(value, Mapping):
        return {}
    return {key: text for key, text in value.items() if isinstance(key, str) and isinstance(text, str)}
