"""Owns which settings of companions a profile has, and what is wrong with those that are given."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.record import Record
from harden.model.text import Plain

NAME = "companions"
DOC = "Resources beside the workloads: network policies, quotas, service accounts, labels of namespaces."


class Setting(Record):
    """A setting: its default (whose type is the setting's), what it means, and the words that it may be.

    `of_lists` says of a mapping that its values are lists of texts.
    """

    name: str
    default: bool | int | str | list[Plain] | dict[str, Plain]
    doc: str
    choices: tuple[str, ...] = ()
    of_lists: bool = False


#: Of companions as a whole.
TOP = (
    Setting("enabled", default=False, doc="Whether companions are written, and reported of."),
    Setting("owns", [], "Namespaces that these files decide for, beside those whose Namespace they hold."),
)

#: Of each kind of companion.
GROUPS: Mapping[str, tuple[Setting, ...]] = {
    "network-policy": (
        Setting("enabled", default=True, doc="Whether NetworkPolicies are written."),
        Setting(
            "egress",
            "open",
            "How far pods may connect out: anywhere, to what the files show (and DNS), or to nothing outside them.",
            ("open", "dns+known", "none"),
        ),
        Setting("denies", [], "Owned namespaces that get a default deny, whatever unseen pods they may run."),
        Setting("ingress-from", [], "Namespaces of the ingress controllers; empty: ports behind them stay open."),
        Setting("scrape-from", [], "Namespaces of Prometheus; empty: scraped ports are open to any namespace."),
        Setting("nodes", [], "Address ranges (CIDR) of the nodes."),
        Setting("api-server", [], "Address ranges (CIDR) of the API server."),
        Setting(
            "isolates-silent",
            default=True,
            doc="Whether workloads that nothing connects to get a policy that lets nobody in.",
        ),
        Setting(
            "precision",
            "doubt",
            "Whom a closed port admits: whoever may be a client too, or those that certain evidence shows alone.",
            ("doubt", "strict"),
        ),
        Setting(
            "connects",
            {},
            "Connections that no file shows, by client: {web: [store:5432, NAMESPACE/api:80]}.",
            of_lists=True,
        ),
    ),
    "resource-quota": (
        Setting("enabled", default=True, doc="Whether a ResourceQuota and a LimitRange are written."),
        Setting("headroom", 20, "Percent beyond what the workloads need at their most."),
        Setting("nodes", 0, "On how many nodes DaemonSets run; 0: nobody knows, so no quota where there is one."),
        Setting("overlap", 2, "How many Jobs of a CronJob may run at once where its policy does not say."),
        Setting("spare-objects", 10, "Secrets and ConfigMaps beyond those that the files show."),
        Setting(
            "default-requests",
            {"cpu": "50m", "memory": "64Mi"},
            "What containers ask for that state nothing, by resource.",
        ),
        Setting("default-limits", {}, "What containers are held to that state nothing, by resource."),
        Setting("room", {}, "Room for pods that the files do not show, by quota name (pods, requests.cpu ...)."),
    ),
    "namespace": (
        Setting("enabled", default=True, doc="Whether Namespaces get Pod Security labels."),
        Setting("write-missing", default=False, doc="Whether an owned namespace without a manifest gets one."),
    ),
    "service-account": (
        Setting("enabled", default=True, doc="Whether workloads on the account default get one of their own."),
    ),
    "rbac": (Setting("enabled", default=True, doc="Whether roles and bindings that give much are reported."),),
}

_WORDS = {
    bool: "true or false",
    int: "a whole number from 0",
    str: "a text",
    list: "a list of texts",
    dict: "a mapping of texts",
}
_OF_LISTS = "a mapping of lists of texts, for example {web: [store:5432]}"

#: The keys that lead to a wrong place, and words that go on after it.
Complaint = tuple[tuple[str, ...], str]


def complain(value: Plain) -> Complaint | None:
    """Return what is wrong with the settings of companions, None where nothing is."""
    if not isinstance(value, dict):
        return (), "must be a mapping, for example {enabled: true}"
    top = {setting.name: setting for setting in TOP}
    for key, given in value.items():
        if key in GROUPS:
            wrong = _complain_of_group(key, given)
        elif key in top:
            wrong = _complain_of(top[key], (key,), given)
        else:
            wrong = (key,), f"is unknown: known are {', '.join((*top, *GROUPS))}"
        if wrong is not None:
            return wrong
    return None


def _complain_of_group(group: str, given: Plain) -> Complaint | None:
    if not isinstance(given, dict):
        return (group,), "must be a mapping, for example {enabled: false}"
    known = {setting.name: setting for setting in GROUPS[group]}
    for key, value in given.items():
        if key not in known:
            return (group, key), f"is unknown: known are {', '.join(known)}"
        wrong = _complain_of(known[key], (group, key), value)
        if wrong is not None:
            return wrong
    return None


def _complain_of(setting: Setting, keys: tuple[str, ...], value: Plain) -> Complaint | None:
    wanted = _OF_LISTS if setting.of_lists else _WORDS[type(setting.default)]
    if type(value) is not type(setting.default) or (isinstance(value, int) and value < 0):
        return keys, f"must be {wanted}"
    inner = list(value) if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if setting.of_lists:
        if not all(isinstance(items, list) for items in inner):
            return keys, f"must be {wanted}"
        inner = [item for items in inner if isinstance(items, list) for item in items]
    if not all(isinstance(item, str) for item in inner):
        return keys, f"must be {wanted}"
    if setting.choices and value not in setting.choices:
        return keys, f"must be one of {', '.join(setting.choices)}"
    return None


def resolved(given: Plain) -> dict[str, Plain]:
    """Return all settings: those that are given (and right), and the defaults of the others."""
    own = given if isinstance(given, dict) else {}
    found: dict[str, Plain] = {setting.name: own.get(setting.name, setting.default) for setting in TOP}
    for group, settings in GROUPS.items():
        inner = own.get(group)
        values = inner if isinstance(inner, dict) else {}
        found[group] = {setting.name: values.get(setting.name, setting.default) for setting in settings}
    return found


def keys() -> list[str]:
    """Return the dotted keys of all settings."""
    top = [f"{NAME}.{setting.name}" for setting in TOP]
    return [*top, *(f"{NAME}.{group}.{one.name}" for group, settings in GROUPS.items() for one in settings)]


def schema() -> dict[str, Plain]:
    """Return the JSON Schema of the settings."""
    properties: dict[str, Plain] = {setting.name: _of(setting) for setting in TOP}
    for group, settings in GROUPS.items():
        properties[group] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {setting.name: _of(setting) for setting in settings},
        }
    return {"description": DOC, "type": "object", "additionalProperties": False, "properties": properties}


def _of(setting: Setting) -> dict[str, Plain]:
    shapes: dict[type, dict[str, Plain]] = {
        bool: {"type": "boolean"},
        int: {"type": "integer", "minimum": 0},
        str: {"type": "string"},
        list: {"type": "array", "items": {"type": "string"}},
        dict: {"type": "object", "additionalProperties": {"type": "string"}},
    }
    if setting.of_lists:
        shapes[dict] = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    choices: list[Plain] = list(setting.choices)
    shape: dict[str, Plain] = {"enum": choices} if choices else shapes[type(setting.default)]
    return {"description": setting.doc, **shape, "default": setting.default}
