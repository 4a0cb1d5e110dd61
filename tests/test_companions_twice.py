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
    for each in held.resources:
        documents[each.source, each.document, each.path] = deepcopy(dict(each.data))
    remarks: list[Note] = [each for answer in answers for each in answer.remarks]
    remarks += [each for answer in answers for step in answer.steps for each in step.remarks]
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
    levels = {place(member): Level.RESTRICTED for member in held.members}
    wanted = Wanted(Level.RESTRICTED, "latest", "v1.37", levels)
    return [
        split(held, ownership, is_unknown, written),
        label(held, ownership, wanted, write_missing=True),
        pair(held, ownership, QuotaSettings(nodes=3, room={"pods": "1"})),
    ]


def companions(answers: list[Answer]) -> set[Companion]:
    alone = {companion for answer in answers for companion in answer.companions}
    return alone | {companion for answer in answers for step in answer.steps for companion in step.companions}


def test_a_second_run_on_the_corpus_changes_nothing_and_writes_the_same() -> None:
    changes = 0
    for name, held in corpus_bundles(corpus()):
        ownership = settle(held, namespaces(held, settle(held)))
        first = asked(held, ownership, frozenset())
        accounts = {companion for companion in companions(first) if companion.kind == "ServiceAccount"}
        written = frozenset((account.namespace or "default", account.name) for account in accounts)
        second = asked(changed(held, first), ownership, written)
        assert [step for answer in second for step in answer.steps if step.remarks] == [], name
        assert [remark for answer in second for remark in answer.remarks if remark.finding.changes] == [], name
        assert companions(second) == companions(first), name
        changes += len(accounts)
    assert changes > 100
