"""Matches label selectors: whether a set of labels matches one.

Source: kubernetes.io, Concepts, Labels and Selectors; apimachinery `meta/v1` LabelSelector and `labels.Requirement`.
"""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.kube import Data, dig


def matches(selector: Data, labels: Mapping[str, str]) -> bool:
    """Return whether a LabelSelector (matchLabels and matchExpressions, all of which must hold) matches `labels`.

    An empty selector matches everything. A requirement that the API server would refuse matches nothing.
    """
    wanted = selector.get("matchLabels")
    if not has_all(wanted if isinstance(wanted, Mapping) else {}, labels):
        return False
    expressions = selector.get("matchExpressions")
    return all(_holds(expression, labels) for expression in (expressions if isinstance(expressions, list) else ()))


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
