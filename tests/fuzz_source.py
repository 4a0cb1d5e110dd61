"""Feeds the source layer what atheris makes of the golden inputs: python tests/fuzz_source.py SECONDS [SEED].

atheris keeps what reaches code that nothing reached before. source_checked.py says what must hold. The first input that
breaks it is written to fuzz-found/, and the exit code is not 0; it becomes a golden case or a test.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["harden.source", "harden.model.tree"]):
    from source_checked import check_source

ROOT = Path(__file__).parents[1]
FOUND = Path("fuzz-found")
_LARGEST = 600
_WORDS = ("---", "...", "- ", ": ", "? ", "<<: *a", "&a ", "*a", "!!str ", "!!binary ", "|", "|2-", ">-", "{", "}", "[")


def _seeds(folder: Path) -> None:
    for number, path in enumerate(sorted((ROOT / "golden").rglob("in.*"))):
        if path.stat().st_size <= _LARGEST:
            shutil.copyfile(path, folder / str(number))


def main(seconds: int, seed: int) -> None:
    """Fuzz for so long; libFuzzer ends the process, with exit code 0 where nothing was found."""
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words"
        escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in _WORDS)
        words.write_text("".join(f'"{word}"\n' for word in escaped), "utf-8")
        inputs = Path(folder) / "inputs"
        inputs.mkdir()
        _seeds(inputs)
        options: Sequence[str] = (f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={2 * _LARGEST}")
        options = (*options, f"-dict={words}", f"-artifact_prefix={FOUND}/source-", "-print_final_stats=1")
        atheris.Setup([sys.argv[0], *options, str(inputs)], check_source)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1)
