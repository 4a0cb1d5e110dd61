"""When a start is worse after a change, and when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from start_subjects import IMAGES, one, pod

from harden.images.facts import ImageFacts
from harden.model.start import Setback, Start, Topic, Worse
from harden.starts import compare, starts


def worse(
    before: dict[str, Any], after: dict[str, Any], images: Callable[[str], ImageFacts | None] = IMAGES
) -> tuple[Worse, ...]:
    return compare(starts(before, images), starts(after, images))


DROP = "capabilities: {drop: [ALL]}"


@pytest.mark.parametrize(
    ("image", "before", "after", "setback", "topics"),
    [
        ("redis", "{}", "{runAsNonRoot: true}", Setback.STOPS, ()),
        ("redis", "{}", f"{{{DROP}}}", Setback.STOPS, ()),
        ("redis", "{}", "{runAsUser: 5}", Setback.LOSES, (Topic.USER,)),
        ("mystery", "{}", "{runAsNonRoot: true}", Setback.DEPENDS, (Topic.USER,)),
        ("mystery", "{}", f"{{{DROP}}}", Setback.DEPENDS, (Topic.CAPABILITIES,)),
        ("mystery", "{}", "{readOnlyRootFilesystem: true}", Setback.DEPENDS, (Topic.WRITES,)),
        ("mystery", "{}", f"{{runAsUser: 7, {DROP}}}", Setback.DEPENDS, (Topic.USER, Topic.FILE_CAPABILITIES)),
        ("mystery", "{}", "{runAsUser: 0, runAsNonRoot: true}", Setback.STOPS, ()),
    ],
)
def test_a_change_that_makes_a_start_worse(
    image: str, before: str, after: str, setback: Setback, topics: tuple[Topic, ...]
) -> None:
    (found,) = worse(one(image, before), one(image, after))
    assert (found.setback, found.topics) == (setback, topics)
    assert found.image == image


@pytest.mark.parametrize(
    ("image", "before", "after"),
    [
        ("redis", "{}", "{}"),
        ("redis", "{}", f"{{runAsNonRoot: true, runAsUser: 999, {DROP}}}"),
        ("redis", "{}", "{allowPrivilegeEscalation: false, seccompProfile: {type: RuntimeDefault}}"),
        ("redis", "{runAsNonRoot: true}", f"{{runAsNonRoot: true, {DROP}}}"),
        ("redis", "{runAsNonRoot: true}", "{runAsNonRoot: true, runAsUser: 5}"),
        ("mystery", "{runAsUser: 7, capabilities: {drop: [ALL]}}", "{runAsUser: 7}"),
        ("mystery", "{}", "{}"),
        ("mystery", "{}", "{allowPrivilegeEscalation: false, seccompProfile: {type: RuntimeDefault}}"),
        ("mystery", "{runAsNonRoot: true}", "{runAsNonRoot: true, allowPrivilegeEscalation: false}"),
        ("mystery", "{runAsUser: 7}", "{runAsUser: 7, runAsNonRoot: true}"),
        ("mystery", "{runAsNonRoot: true}", "{}"),
    ],
)
def test_a_change_that_does_not(image: str, before: str, after: str) -> None:
    assert worse(one(image, before), one(image, after)) == ()


def test_the_user_that_is_taken_away_beside_non_root_makes_it_depend() -> None:
    (found,) = worse(one("mystery", "{runAsUser: 0}"), one("mystery", "{runAsNonRoot: true}"))
    assert (found.setback, found.after, found.topics) == (Setback.DEPENDS, Start.UNKNOWN, (Topic.USER,))


def test_new_containers_have_to_start_and_gone_ones_need_not() -> None:
    both = pod("{containers: [{name: c, image: redis}], initContainers: [{name: i, image: mystery}]}")
    alone = pod("{containers: [{name: c, image: redis}]}")
    (found,) = worse(alone, both)
    assert (found.name, found.field, found.before, found.setback) == ("i", "initContainers", None, Setback.LOSES)
    assert worse(both, alone) == ()
    refused = pod(
        "{containers: [{name: c, image: redis}, {name: d, image: redis, securityContext: {runAsNonRoot: true}}]}"
    )
    assert [each.setback for each in worse(alone, refused)] == [Setback.STOPS]


def test_a_topic_that_is_tolerated_makes_nothing_worse_and_no_other_does() -> None:
    before, after = one("mystery"), one("mystery", f"{{runAsUser: 7, {DROP}}}")
    old, new = starts(before, IMAGES), starts(after, IMAGES)
    (found,) = compare(old, new, frozenset({Topic.FILE_CAPABILITIES}))
    assert (found.setback, found.topics) == (Setback.DEPENDS, (Topic.USER,))
    assert compare(old, new, frozenset({Topic.FILE_CAPABILITIES, Topic.USER})) == ()
    (found,) = compare(starts(one("redis"), IMAGES), starts(one("redis", "{runAsUser: 5}"), IMAGES))
    assert found.reason.startswith("whether redis starts as user 5")
    known_user = starts(one("redis"), IMAGES), starts(one("redis", "{runAsUser: 5}"), IMAGES)
    assert compare(*known_user, frozenset({Topic.USER})) == ()
    refused = starts(one("redis", "{runAsNonRoot: true}"), IMAGES)
    assert [each.setback for each in compare(starts(one("redis"), IMAGES), refused, frozenset(Topic))] == [
        Setback.STOPS
    ]


def test_containers_of_one_name_in_two_fields_are_two() -> None:
    before = pod("{containers: [{name: c, image: redis}], initContainers: [{name: c, image: mystery}]}")
    assert worse(before, before) == ()
