"""The images that manifests use most: each is known, says for which tags it was read, and keeps its key facts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harden.images.entry import read_entries
from harden.images.facts import ImageFacts
from harden.images.store import facts_folder, lookup, open_store
from harden.model.text import SourceText

FOLDER = facts_folder()
FILES = sorted(FOLDER.glob("more_*.yaml"))

#: The images most used in public manifests that had no entry, under the names that manifests give them.
MOST_USED = [
    "docker",
    "docker:dind",
    "maven",
    "gradle",
    "amazoncorretto",
    "centos",
    "fedora",
    "rockylinux",
    "amazonlinux",
    "solr",
    "kong",
    "flink",
    "odoo",
    "matomo",
    "varnish",
    "couchbase",
    "bash",
    "perl",
    "rust",
    "minio/mc",
    "confluentinc/cp-zookeeper",
    "confluentinc/cp-schema-registry",
    "hazelcast/hazelcast",
    "alpine/git",
    "alpine/helm",
    "alpine/k8s",
    "google/cloud-sdk",
    "jenkins/inbound-agent",
    "sonatype/nexus3",
    "nicolaka/netshoot",
    "gcr.io/kaniko-project/executor",
    "pgvector/pgvector",
    "redis/redis-stack",
]


def known(image: str) -> ImageFacts:
    """Return the facts about `image`, which must be there."""
    facts = lookup(image)
    assert facts is not None, image
    return facts


@pytest.mark.parametrize("image", MOST_USED)
def test_the_images_most_used_are_known(image: str) -> None:
    facts = known(image)
    stated = (facts.default_user, facts.uid, facts.host_access, facts.runs_as_nonroot)
    assert any(value is not None for value in stated)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_says_where_and_for_which_tags_it_was_read(path: Path) -> None:
    for entry in read_entries(SourceText(path.name, path.read_text("utf-8"))):
        assert entry.statement.read_for, entry.patterns
        assert entry.statement.fields.get("sources"), entry.patterns


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_start_as_root_with_a_user_says_whether_it_works(path: Path) -> None:
    for entry in read_entries(SourceText(path.name, path.read_text("utf-8"))):
        fields = entry.statement.fields
        if fields.get("uid") is not None:
            assert fields.get("runs_as_nonroot") is not None, entry.patterns


def test_an_image_needs_no_more_than_its_own_entry() -> None:
    store = open_store()
    store.matches(["docker.io/library/solr"])
    assert store.parsed == 1
    assert any(name.startswith("more_") for name, _ in store.waiting)


def test_at_least_450_names_are_known() -> None:
    store = open_store()
    store.index()
    assert len(store.names) >= 360
    assert not any(re.search(r"[*?]", name) for name in store.names)
