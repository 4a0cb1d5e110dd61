"""Facts with conditions, facts that were read for other tags, and strict files."""

from __future__ import annotations

from typing import Any

import pytest
from start_subjects import ROOT_IMAGE, judged, known, one, pod

from harden.images.conditions import Condition
from harden.images.facts import ImageFacts, StrictFile
from harden.model.start import Setback, Start, Topic
from harden.starts import NoNeighbours, Storage, compare, starts


def pings(fields: dict[str, Any], **matchers: Any) -> dict[str, Any]:
    return {**ROOT_IMAGE, "root_caps": (), "when": (Condition("it pings", "own.yaml:9", fields, **matchers),)}


ICMP = pings({"root_caps": ("NET_RAW",)}, args=("--ping",))
OPEN = pings({"root_caps": ("NET_RAW",)}, env={"PING": "*"})
DROP = "capabilities: {drop: [ALL]}"


@pytest.mark.parametrize(
    ("stated", "security", "more", "verdict", "words"),
    [
        (ICMP, f"{{{DROP}}}", "args: [--ping]", "no", "needs NET_RAW to start as root"),
        (ICMP, f"{{{DROP}}}", "args: [--pong]", "yes", ""),
        (ICMP, "{}", "args: [--ping]", "yes", ""),
        (ICMP, "{runAsUser: 999}", "args: [--ping]", "unknown", "needs NET_RAW, which user 999 has not"),
        (ICMP, "{runAsUser: 999}", "args: [--pong]", "yes", ""),
        (pings({"root_caps": ("CHOWN",)}, args=("--own",)), "{runAsUser: 999}", "args: [--own]", "yes", ""),
        (OPEN, f"{{{DROP}}}", "envFrom: [{configMapRef: {name: e}}]", "unknown", "may need more, if it pings"),
        (OPEN, "{}", "envFrom: [{configMapRef: {name: e}}]", "yes", ""),
        (
            pings({"writable": ("/a",)}, env={"P": "*"}),
            "{readOnlyRootFilesystem: true}",
            "env: [{name: P}]",
            "unknown",
            "/a",
        ),
        (pings({"writable": ("/a",)}, env={"P": "*"}), "{readOnlyRootFilesystem: true}", "", "yes", ""),
        (
            pings({"runs_as_nonroot": False}, env={"P": "*"}),
            "{runAsUser: 999}",
            "env: [{name: P}]",
            "no",
            "without root",
        ),
        (pings({"default_user": "5"}, env={"P": "*"}), "{runAsNonRoot: true}", "env: [{name: P}]", "yes", "runs as 5"),
        (pings({"ports": (80,)}, env={"P": "*"}), "{runAsUser: 999}", "env: [{name: P}]", "unknown", "port 80"),
    ],
)
def test_conditions(stated: dict[str, Any], security: str, more: str, verdict: str, words: str) -> None:
    found = judged(one("app", security, more), known(app=stated))
    assert (found.verdict.value, words in f"{found.reason} {found.evidence}") == (verdict, True), found


def test_what_an_image_needs_as_root_anyway_is_not_asked_for_without_root() -> None:
    stated = {**pings({"writable": ("/a",)}, args=("--ping",)), "root_caps": ("NET_RAW",)}
    assert judged(one("app", "{runAsUser: 999}", "args: [--ping]"), known(app=stated)).verdict is Start.YES


FROM = "envFrom: [{configMapRef: {name: e}}]"


@pytest.mark.parametrize(
    ("field", "value", "security", "topic"),
    [
        ("writable", ("/a",), "{readOnlyRootFilesystem: true}", Topic.WRITES),
        ("runs_as_nonroot", False, "{runAsUser: 999}", Topic.USER),
        ("default_user", "5", "{runAsNonRoot: true, runAsUser: 999}", None),
        ("file_caps", ("NET_RAW",), f"{{{DROP}}}", Topic.FILE_CAPABILITIES),
        ("ports", (80,), "{runAsUser: 999}", Topic.PORTS),
        ("notes", ("x",), f"{{runAsUser: 999, {DROP}}}", None),
    ],
)
def test_what_may_follow_matters_only_where_a_rule_asks(
    field: str, value: object, security: str, topic: Topic | None
) -> None:
    images = known(app=pings({field: value}, env={"P": "*"}))
    doubts = [doubt.topic for doubt in judged(one("app", security, FROM), images).doubts]
    assert doubts == ([] if topic is None else [topic])
    assert judged(one("app", "{}", FROM), images).verdict is Start.YES


def elsewhere(*fields: str) -> Any:
    return known(app={**ROOT_IMAGE, "reaches_tag": False, "read_for": ("1.*",), "outside": frozenset(fields)})


@pytest.mark.parametrize(
    ("fields", "security"),
    [
        (("default_user",), "{runAsNonRoot: true}"),
        (("uid",), "{runAsUser: 999}"),
        (("root_caps",), "{capabilities: {drop: [MKNOD]}}"),
        (("writable",), "{readOnlyRootFilesystem: true}"),
    ],
)
def test_facts_of_other_tags_are_no_evidence(fields: tuple[str, ...], security: str) -> None:
    found = judged(one("app:2.0", security), elsewhere(*fields))
    assert "facts were read for 1, not 2.0" in str(found.doubts)
    assert judged(one("app:2.0"), elsewhere(*fields)).verdict is Start.YES
    assert Topic.TAG not in {doubt.topic for doubt in judged(one("app:2.0", security), elsewhere("shell")).doubts}


def test_the_same_number_as_the_image_is_sure_only_where_that_was_read_for_the_tag() -> None:
    stated = {**ROOT_IMAGE, "default_user": "999", "reaches_tag": False, "read_for": ("1.*",)}
    images = known(app={**stated, "outside": frozenset({"default_user"})})
    assert judged(one("app:2.0", "{runAsUser: 999}"), images).verdict is Start.UNKNOWN
    assert judged(one("app:2.0"), images).verdict is Start.YES


class Disk(NoNeighbours):
    def claim(self, name: str) -> Storage | None:  # noqa: ARG002
        return Storage(("ReadWriteOnce",))


STRICT = {**ROOT_IMAGE, "strict_files": (StrictFile("/data/cookie", "0600"),)}


@pytest.mark.parametrize(
    ("stated", "of_pod", "volume", "words"),
    [
        (STRICT, "fsGroup: 999, fsGroupChangePolicy: OnRootMismatch", "claim", "a claim that already holds cookie"),
        (STRICT, "fsGroup: 999", "claim", "each start opens cookie"),
        (STRICT, "fsGroup: 999", "emptyDir", ""),
        (STRICT, "fsGroup: 999", "elsewhere", ""),
        ({**STRICT, "strict_files": (StrictFile("**/cookie", "0600"),)}, "fsGroup: 999", "elsewhere", "each start"),
        ({**STRICT, "strict_files": (StrictFile("/data/cookie", "0660"),)}, "fsGroup: 999", "claim", ""),
        (ROOT_IMAGE, "fsGroup: 999", "claim", ""),
    ],
)
def test_files_that_check_their_own_modes(stated: dict[str, Any], of_pod: str, volume: str, words: str) -> None:
    path = "/other" if volume == "elsewhere" else "/data"
    source = "emptyDir: {}" if volume == "emptyDir" else "persistentVolumeClaim: {claimName: d}"
    spec = pod(
        f"{{containers: [{{name: c, image: app, volumeMounts: [{{name: v, mountPath: {path}}}]}}], "
        f"volumes: [{{name: v, {source}}}], securityContext: {{runAsUser: 999, {of_pod}}}}}"
    )
    found = judged(spec, known(app=stated), Disk())
    assert found.verdict is (Start.UNKNOWN if words else Start.YES), found
    assert words in found.reason
    # As root nobody checks: the files are the program's own, as they were.
    spec["securityContext"]["runAsUser"] = 0
    assert judged(spec, known(app=stated), Disk()).verdict is Start.YES


def test_hardening_a_claim_with_a_strict_file_makes_the_start_less_sure() -> None:
    spec = pod(
        "{containers: [{name: c, image: app, volumeMounts: [{name: v, mountPath: /data}]}], "
        "volumes: [{name: v, persistentVolumeClaim: {claimName: d}}]}"
    )
    hardened = {
        **spec,
        "securityContext": {"runAsUser": 999, "fsGroup": 999, "fsGroupChangePolicy": "OnRootMismatch"},
    }

    def images(_: str) -> ImageFacts | None:
        return known(app=STRICT)("app")

    (found,) = compare(starts(spec, images, Disk()), starts(hardened, images, Disk()))
    assert (found.setback, found.topics) == (Setback.LOSES, (Topic.MODES,))


def test_configuration_takes_nothing_from_a_user_that_never_had_it() -> None:
    more = "volumeMounts: [{name: v, mountPath: /etc/x}]"
    volume = "volumes: [{name: v, configMap: {name: elsewhere}}]"
    assert judged(one("numbered", "{capabilities: {drop: [ALL]}}", more, volume)).verdict is Start.YES
    assert judged(one("redis", "{capabilities: {drop: [ALL]}}", more, volume)).verdict is Start.NO
    assert judged(one("redis", "{runAsUser: 999}", more, volume)).verdict is Start.UNKNOWN
