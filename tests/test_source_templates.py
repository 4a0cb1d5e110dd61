"""Where the code of templates is looked for: only in lines that can have it, and nothing else may come of that."""

from __future__ import annotations

import os
import random
import re

import pytest

from harden.source import templates

SEED = int(os.environ.get("HARDEN_SEED", "20250101"))
PIECES = (
    *("#", "# ", "#@", "#@ ", "#% ", "#{%", "{{", "{{- ", "}}", "{%", "%}", "%#", "-", " ", "\t", "x: ", "'", '"'),
    *("# {{ if a }}", "#{{- end }}", "# {% for a %}", "#{%- endfor %}", "{{ if a", "{% if a", "{{ end", "{% end"),
    *("if a", "end", "endif", "for", "range", "block", "define", "load(", "a.b(c)", "a =", "a/b", "\n", "\n", "\r\n"),
)
LETTERS = {
    templates._YTT: ("#@",),
    templates._MAKEJINJA: ("#%", "#{%"),
    templates._OPENS: ("{{",),
    templates._ENDS: ("{{",),
    templates._JINJA_OPENS: ("{%",),
    templates._JINJA_ENDS: ("{%",),
}


@pytest.mark.parametrize(("pattern", "letters"), LETTERS.items(), ids=range(len(LETTERS)))
def test_looking_in_some_lines_finds_what_looking_in_all_of_them_finds(pattern: str, letters: tuple[str, ...]) -> None:
    rng = random.Random(SEED)
    hits = 0
    for _ in range(15_000):
        text = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12)))
        expected = {found.start() for found in re.finditer(pattern, text)}
        lines = list(templates._with_code(text))
        found = {at for each in letters for at in templates._in_lines(each, pattern, text, lines)}
        assert found == expected, (SEED, text)
        hits += bool(found)
    assert hits > 5
