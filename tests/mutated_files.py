"""Feeds mutated manifests to harden for a stated time: python tests/mutated_files.py SECONDS [SEED] [FOLDER...].

Each input is a golden case or a file of FOLDER with bytes, lines, indents or pieces of other files changed. Of each
must hold: harden does not fail, no result fails its verification, and a second run changes nothing. Inputs that
break this are written to fuzz-found/, and the exit code is 1; each becomes a golden case.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from harden.engine.run import harden
from harden.errors import HardenError
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode, Stage
from harden.settings import load

ROOT = Path(__file__).parents[1]
FOUND = Path("fuzz-found")
_LARGEST = 20_000
_WORDS = [b"null", b"~", b"{}", b"[]", b'""', b"0", b"-1", b"1e999", b"true", b"no", b"!!binary aGk=", b"&a", b"*a"]
_WORDS += [
    b"<<: *a",
    b"- ",
    b"---\n",
    b"...\n",
    b"|\n",
    b">-\n",
    b"\t",
    b"\r",
    b"\xef\xbb\xbf",
    b"{a: b}",
    b"[[]]",
    b"'",
]
_WORDS += [b"'", b'"', b": ", b"? ", b"%YAML 1.1\n", b"9" * 5000, b"\xc2\x85", b"\xe2\x80\xa8", b"$patch: delete"]
_WORDS += [b"# harden: exempt[privileged] because\n", b"\x1b[31m", b"[{a: [b]}]", b"{a: {b: [c]}}"]

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def _bytes(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return (
        data[:at]
        + bytes([chance.choice(b" \n:#-{}[],\"'&*!|>%@`\\\x00\x7f\xff0aZ")])
        + data[at + chance.randrange(3) :]
    )


def _words(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_WORDS) + data[at:]


def _values(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    key, colon, _ = lines[at].partition(b":")
    lines[at] = key + colon + b" " + chance.choice(_WORDS)
    return b"\n".join(lines)


def _lines(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            lines.insert(to, lines[at])
        case 1:
            del lines[at]
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines.insert(to, chance.choice(chance.choice(others).split(b"\n")))
    return b"\n".join(lines)


def _indents(chance: random.Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    for number in range(at, min(len(lines), at + chance.randint(1, 5))):
        lines[number] = b" " * chance.randint(0, 4) + lines[number].lstrip(b" ")
    return b"\n".join(lines)


def _splices(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    start = chance.randrange(len(other) + 1)
    at = chance.randrange(len(data) + 1)
    return data[:at] + other[start : start + chance.randint(1, 400)] + data[at + chance.randint(0, 100) :]


MUTATIONS: Sequence[Mutation] = (_bytes, _words, _values, _lines, _indents, _splices)


def faults(data: bytes, profile: Profile) -> list[str]:
    """Return what is wrong with harden's result for these bytes, for people."""
    first = _hardened(data, profile)
    said = [f"{problem.stage.value}: {problem.message}" for problem in first.problems if problem.stage is Stage.VERIFY]
    if first.before is None or first.after is None or said:
        return said
    again = _hardened(first.before.encode(first.after), profile)
    return ["a second run changes it again"] if again.changed else []


def _hardened(data: bytes, profile: Profile) -> FileReport:
    return next(iter(harden([("in.yaml", data)], profile, Mode.APPLY)))


def main(seconds: float, seed: int, folders: Sequence[Path]) -> int:
    """Return the exit code: 1 where something was found."""
    chance = random.Random(seed)
    paths = sorted(path for folder in folders for path in folder.rglob("*.y*ml") if path.is_file())
    corpus = [data for path in paths if 0 < len(data := path.read_bytes()) <= _LARGEST]
    profiles = [load(name) for name in ("restricted", "baseline", "hardened")]
    end = time.monotonic() + seconds
    count, found = 0, Counter[str]()
    while time.monotonic() < end:
        data = chance.choice(corpus)
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = chance.choice(MUTATIONS)(chance, data, corpus)
        profile = chance.choice(profiles)
        count += 1
        try:
            said = faults(data, profile)
        except HardenError as error:
            said = [f"HardenError: {error}"]
        for each in said:
            found[each] += 1
            FOUND.mkdir(exist_ok=True)
            name = hashlib.sha256(data).hexdigest()[:12]
            (FOUND / f"{name}-{profile.name}.yaml").write_bytes(data)
            sys.stderr.write(f"{name}: {each}\n")
    sys.stdout.write(f"{count} inputs, seed {seed}: {sum(found.values())} failures of {len(found)} kinds\n")
    return int(bool(found))


if __name__ == "__main__":
    words = sys.argv[1:]
    named = [Path(word) for word in words[2:]] or [ROOT / "golden", ROOT.parent / "shared" / "corpus"]
    sys.exit(main(float(words[0]), int(words[1]) if words[1:] else int(time.time()), named))
