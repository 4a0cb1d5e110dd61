"""The mark on what harden writes: a digest that any tool finds again, whoever computes it."""

from __future__ import annotations

import hashlib
import random
import sys

import pytest

from harden.companions import mark
from harden.companions.mark import Hand, hand, signed, sources

SEED = 20260711


def texts() -> list[str]:
    chance = random.Random(SEED)
    alphabet = "ab: -\n#\"'é\u2028\U0001f600\ud800"
    return ["".join(chance.choices(alphabet, k=chance.randrange(200))) + "\n" for _ in range(200)]


def test_the_digest_is_sha_256_of_all_that_follows_the_first_line() -> None:
    for text in texts():
        first, _, rest = signed(text, ["a.yaml"]).partition("\n")
        digest = hashlib.sha256(rest.encode("utf-8", "surrogatepass")).hexdigest()
        assert first == f"# Written by harden; edit it and harden leaves it to you; sha256:{digest}", f"seed {SEED}"


def test_a_python_without_hashes_of_its_own_writes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signed("kind: Namespace\n")
    for name in ("_sha2", "_sha256"):
        monkeypatch.setitem(sys.modules, name, None)
    mark._sha256.cache_clear()
    assert mark._sha256() is hashlib.sha256
    assert signed("kind: Namespace\n") == before
    mark._sha256.cache_clear()


def test_a_mark_tells_whose_work_a_text_is() -> None:
    ours = signed("kind: Namespace\nmetadata: {}\n", ["a.yaml", "b\n.yaml"])
    assert hand(ours) is Hand.OURS
    assert hand(ours.replace("\n", "\r\n")) is Hand.OURS
    assert hand(ours.replace("{}", "{name: a}")) is Hand.EDITED
    for text in ("", "kind: Namespace\n", ours.partition("\n")[2], f" {ours}", ours.replace("sha256:", "sha256:0")):
        assert hand(text) is Hand.THEIRS
    assert sources(ours) == ("a.yaml", "b?.yaml")
