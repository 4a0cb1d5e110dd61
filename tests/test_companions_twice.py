"""What is written once is not written again: changes are applied to the data, and everything is asked anew."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from companion_bundles import corpus_bundles
from requirements import corpus

from harden.companions.model import Answer, Companion, Note
from harden.companions.namespace import Wanted, label, place
from harden.companions.ownership import Ownership, namespaces, settle
from harden.companions.quota_settings import QuotaSettings
from harden.companions.resource_quota import pair
from harden.companions.service_account import split
from harden.kube.bundle import Bundle, gather
from harden.model.finding import Level, SetField


def is_unknown(_image: str) -> bool:
    return False


def changed(held: Bundle, answers: list[Answer]) -> Bundle:
    """Return the bundle as it is when every change of the answers is applied."""
    documents: dict[tuple[str, int, tuple[str | int, ...]], Any] = {}
    for one in held.resources:
        documents[one.source, one.document, one.path] = deepcopy(dict(one.data))
    remarks: list[Note] = [one for answer in answers for one in answer.remarks]
    remarks += [one for answer in answers for step in answer.steps for one in step.remarks]
    for remark in remarks:
        resource = remark.resource
        for change in remark.finding.changes:
            assert isinstance(change, SetField)
            value = documents[resource.source, resource.document, resource.path]
            for step in change.path[len(resource.path) : -1]:
                if isinstance(step, str) and value.get(step) is None:
                    value[step] = {}
                value = value[step]
            value[change.path[-1]] = change.value
    # Items of lists become documents of their own: the answers do not depend on it.
    return gather((source, at, data) for at, ((source, _, _), data) in enumerate(documents.items()))


def asked(held: Bundle, ownership: Ownership, written: frozenset[tuple[str, str]]) -> list[Answer]:
    levels = {place(one): Level.RESTRICTED for one in held.members}
    wanted = Wanted(Level.RESTRICTED, "latest", "v1.37", levels)
    return [
        split(held, ownership, is_unknown, written),
        label(held, ownership, wanted, write_missing=True),
        pair(held, ownership, QuotaSettings(nodes=3, room={"pods": "1"})),
    ]


def companions(answers: list[Answer]) -> set[Companion]:
    alone = {one for answer in answers for one in answer.companions}
    return alone | {one for answer in answers for step in answer.steps for one in step.companions}


def test_a_second_run_on_the_corpus_changes_nothing_and_writes_the_same() -> None:
    changes = 0
    for name, held in corpus_bundles(corpus()):
        ownership = settle(held, namespaces(held, settle(held)))
        first = asked(held, ownership, frozenset())
        accounts = {one for one in companions(first) if one.kind == "ServiceAccount"}
        written = frozenset((one.namespace or "default", one.name) for one in accounts)
        second = asked(changed(held, first), ownership, written)
        assert [step for answer in second for step in answer.steps if step.remarks] == [], name
        assert [one for answer in second for one in answer.remarks if one.finding.changes] == [], name
        assert companions(second) == companions(first), name
        changes += len(accounts)
    assert changes > 100
