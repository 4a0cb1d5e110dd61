"""Notes are for people only: what the program has to know of an image stands in fields, or is excused with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harden.images.entry import Entry, Statement, read_entries
from harden.images.store import facts_folder
from harden.model.text import SourceText

FILES = sorted(facts_folder().glob("*.yaml"))

#: Words that tell of what a program needs, and the fields of which one has to say it too.
TELLING: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"\b(?:needs?|must|requires?)\b",
        (
            "when",
            "nonroot_needs",
            "root_caps",
            "root_reason",
            "host_access",
            "strict_files",
            "file_caps",
            "drop_in",
            "api_client",
        ),
    ),
    (r"\b(?:unless|only with|only when|only where)\b", ("when", "nonroot_env")),
    (
        r"\b(?:writes?|written|read-only|rebuilds|creates)\b",
        ("writable", "writable_seeded", "when", "volumes", "config_writes"),
    ),
    (r"\b(?:chown|chmod|gosu|su-exec|setcap|chroot)\b", ("root_caps", "file_caps")),
    (
        r"\b(?:refuses|exits|fails|ends the container)\b",
        ("file_env_never", "when", "strict_files", "nonroot_env", "root_reason"),
    ),
)

#: What such words say without asking anything of the program: the kubelet's rule, and what a project itself sets.
HARMLESS = re.compile(
    r"kubelet refuses|read-only root (?:is|are) what the (?:official )?chart sets"
    r"|(?:chart|project)\b[^.]* a read-only root|a read-only root, but no id|chart runs it as"
)

#: Entries whose notes may stay, each with the reason.
EXCUSED: dict[str, str] = {
    "docker.io/vaultwarden/server": "says what was not read",
    "docker.io/grafana/agent-operator": "says what was not read",
    "docker.elastic.co/kibana/kibana": "says what was not read",
    "docker.io/envoyproxy/envoy": "runs_as_nonroot is open for the reason that the note gives",
    "cgr.dev/chainguard/bash": "default_user says it",
    "docker.io/selenium/hub": "a hint to who mounts a volume there; writable is open",
    "docker.io/library/tomcat": "who unpacks WAR files mounts or copies them, and the folder with them",
    "quay.io/prometheuscommunity/ipmi-exporter": "the device has to be mounted, which the manifest shows",
    "docker.io/library/nginx": "read-only-root-filesystem asks for the mounted templates itself",
    "docker.io/nginxinc/nginx-unprivileged": "read-only-root-filesystem asks for the mounted templates itself",
    "docker.io/library/zookeeper": "writable_seeded says it for every start, which is more careful",
    "docker.io/library/maven": "where the repository is; volumes and writable are open",
    "cr.l5d.io/linkerd/proxy": "the init container states its own securityContext",
}


def statements(entry: Entry) -> Iterator[tuple[Statement, Mapping[str, object]]]:
    """Yield each statement of an entry with all that holds beside it."""
    for each in (entry.statement, *(variant.statement for variant in entry.variants)):
        yield each, {**entry.statement.fields, **each.fields}


def telling(note: str, fields: Mapping[str, object]) -> list[str]:
    """Return the sentences of a note that ask for a field which is not there."""
    found = []
    for sentence in re.split(r"(?<=[.;]) ", note):
        plain = HARMLESS.sub("", sentence)
        if any(re.search(words, plain) and not any(fields.get(each) for each in wanted) for words, wanted in TELLING):
            found.append(sentence)
    return found


def offenders(text: str, name: str = "x.yaml") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in read_entries(SourceText(name, text)):
        for statement, fields in statements(entry):
            notes = statement.fields.get("notes")
            for note in notes if isinstance(notes, tuple) else ():
                found.setdefault(entry.patterns[0].text, []).extend(telling(str(note), fields))
    return {image: sentences for image, sentences in found.items() if sentences}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_note_ought_to_be_a_field(path: Path) -> None:
    found = offenders(path.read_text("utf-8"), path.name)
    assert {image: sentences for image, sentences in found.items() if image not in EXCUSED} == {}


def test_nothing_is_excused_that_needs_no_excuse() -> None:
    found = {image for path in FILES for image in offenders(path.read_text("utf-8"), path.name)}
    assert sorted(EXCUSED.keys() - found) == []


@pytest.mark.parametrize(
    "note",
    [
        "ICMP probes need NET_RAW.",
        "The start writes to /etc/app.",
        "Needs nothing; fails unless APP_HOME is set.",
        "The entrypoint runs chown.",
        "It refuses a key that others may read.",
    ],
)
def test_a_note_that_ought_to_be_a_field_is_found(note: str) -> None:
    assert offenders(f"- match: a\n  uid: 5\n  notes: '{note}'\n") == {
        "docker.io/library/a": [sentence for sentence in re.split(r"(?<=[.;]) ", note) if "Needs" not in sentence]
    }


@pytest.mark.parametrize(
    ("note", "fields"),
    [
        ("USER is a name: the kubelet refuses runAsNonRoot.", ""),
        ("1000 and a read-only root are what the official chart sets.", ""),
        ("The start writes to /etc/app.", "writable: [/etc/app]"),
        ("ICMP probes need NET_RAW.", "when: [{if: {config: [icmp]}, because: x, root_caps: [NET_RAW]}]"),
    ],
)
def test_a_note_that_a_field_says_too_may_stay(note: str, fields: str) -> None:
    assert offenders(f"- match: a\n  uid: 5\n  notes: '{note}'\n  {fields}\n") == {}
