"""Random spellings of plain data: every way of YAML and JSON to write the same object."""

from __future__ import annotations

import base64
import json
import random
import re

Data = None | bool | int | str | list["Data"] | dict[str, "Data"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9/.-]*\Z")
_TYPED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


class Speller:
    """Writes data as the text of one document; what it adds (anchored words, overwritten keys) is no workload."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.plainness = rng.choice((0.0, 0.3, 0.8))
        self.newline = rng.choice(("\n", "\n", "\n", "\r\n"))
        self.anchors: dict[str, str] = {}

    def chance(self, rate: float) -> bool:
        return self.rng.random() < rate

    def document(self, data: Data) -> str:
        """Return a document, which ends with a line break."""
        pick = self.rng.randrange(8)
        if pick == 0:
            return json.dumps(data, indent=self.rng.choice((None, 2, "\t"))) + "\n"
        if pick == 1:
            return self.json(data) + "\n"
        if pick == 2:
            return self.flow(data) + self.comment() + "\n"
        assert isinstance(data, dict)
        first = ""
        for at, word in enumerate(words(data)):
            if self.chance(0.2):
                name = f"a{at}"
                first += f"x{at}: &{name} {self.scalar(word, 0, alias=False)}\n"
                self.anchors[word] = name
        text = first + "\n".join(self.block_map(data, 0)) + "\n"
        return text.replace("\n", self.newline) if "\\\n" not in text else text

    def comment(self) -> str:
        return self.rng.choice((" # note", "  # kind: x", " #", "")) if self.chance(0.4) else ""

    def json(self, data: Data) -> str:
        """Return JSON with random escapes and blanks."""
        gap = self.rng.choice(("", " ", "\n", "\t"))
        if isinstance(data, dict):
            # With a line break in front of the colon it is JSON still, and no YAML.
            inner = gap.replace("\n", "")
            parts = [f"{self.json_string(k)}{inner}:{gap}{self.json(v)}" for k, v in data.items()]
            if parts and self.chance(0.1):
                parts.insert(0, parts[0].partition(":")[0] + ': "overwritten"')
            return "{" + gap + f",{gap}".join(parts) + gap + "}"
        if isinstance(data, list):
            return "[" + gap + f",{gap}".join(map(self.json, data)) + "]"
        return self.json_string(data) if isinstance(data, str) else json.dumps(data)

    def json_string(self, text: str) -> str:
        chars = (f"\\u{ord(c):04x}" if self.chance(0.1) else json.dumps(c)[1:-1] for c in text)
        return '"' + "".join(chars) + '"'

    def flow(self, data: Data) -> str:
        """Return flow style, on one line or several."""
        gap = self.rng.choice((" ", " ", "\n  ", "  # c\n   "))
        if isinstance(data, dict):
            parts = [f"{self.key(k)}: {self.flow(v)}" for k, v in data.items()]
            return "{" + gap + f",{gap}".join(parts) + self.rng.choice(("", ",")) + gap + "}" if parts else "{}"
        if isinstance(data, list):
            return "[" + gap + f",{gap}".join(map(self.flow, data)) + gap + "]" if data else "[]"
        return self.scalar(data, 2, flow=True)

    def key(self, name: str) -> str:
        if self.chance(self.plainness):
            return name
        return self.rng.choice(
            (name, f"'{name}'", self.double(name, None), f"!!str {name}", f"&k{self.rng.randrange(9)} {name}")
        )

    def double(self, text: str, column: int | None) -> str:
        """Return double quotes with escapes, and with lines that are continued at `column`."""
        made = ""
        for at, char in enumerate(text):
            if column is not None and at and self.chance(0.1):
                made += "\\\n" + " " * (column + 1)
            kinds = (f"\\x{ord(char):02x}", f"\\u{ord(char):04X}", f"\\U{ord(char):08x}")
            made += self.rng.choice(kinds) if self.chance(0.2) else json.dumps(char)[1:-1]
        return f'"{made}"'

    def scalar(self, value: Data, column: int, *, flow: bool = False, alias: bool = True) -> str:
        """Return a scalar behind its colon or dash; lines below it stand at `column` or deeper."""
        if not isinstance(value, str):
            return json.dumps(value) if value is not None else self.rng.choice(("null", "~", "null"))
        if alias and not flow and value in self.anchors and self.chance(0.5):
            return f"*{self.anchors[value]}"
        is_word = _WORD.match(value) is not None and value not in _TYPED
        if is_word and self.chance(self.plainness):
            return value
        pad = "\n" + " " * (column + 1)
        choices = [self.double(value, column), self.double(value, column), "'" + value.replace("'", "''") + "'"]
        choices.append(f"!!binary {base64.b64encode(value.encode()).decode()}")
        choices.append(f"!<tag:yaml.org,2002:b%69nary> {base64.b64encode(value.encode()).decode()}")
        if is_word:
            choices += [value, f"!!str {value}", f"!<tag:yaml.org,2002:str> {value}", f"! {value}", f"&n {value}"]
            choices += [f"# note{pad}{value}", f"!!str # x{pad}{value}", f"&n !!str{pad}{value}", f"{pad}{value}"]
            if not flow:
                choices += [f">-{pad}{value}", f"|- # x{pad}{value}"]
                choices += [f"!!str >- # x{pad}{value}"]
        return self.rng.choice(choices)

    def block_map(self, data: dict[str, Data], column: int) -> list[str]:
        lines: list[str] = []
        pad = " " * column
        for name, value in data.items():
            if self.chance(0.05):
                lines.append(f"{pad}# {name}: x")
            if self.chance(0.05) and not isinstance(value, dict | list):
                lines.append(f"{pad}{name}: overwritten")
            if self.chance(0.08) and self.scalar_or_flow(value):
                lines.append(f"{pad}<<: {{{self.key(name)}: {self.flow(value)}}}")
                continue
            if isinstance(value, dict | list) and value and self.chance(0.8):
                lines.append(f"{pad}{self.key(name)}:{self.comment()}")
                below = self.block_map(value, column + 2) if isinstance(value, dict) else self.block_seq(value, column)
                lines.extend(below)
                continue
            text = self.flow(value) if isinstance(value, dict | list) else self.scalar(value, column + 1)
            text = text.replace("\n", "\n" + pad) if isinstance(value, dict | list) else text
            key = f"{pad}? {self.key(name)}{self.comment()}\n{pad}" if self.chance(0.05) else f"{pad}{self.key(name)}"
            lines.extend(f"{key}: {text}".split("\n"))
        return lines or [f"{pad}x: 1"]

    def scalar_or_flow(self, value: Data) -> bool:
        return not isinstance(value, dict | list) or len(json.dumps(value)) < 60

    def block_seq(self, data: list[Data], column: int) -> list[str]:
        lines: list[str] = []
        pad = " " * column
        for item in data:
            if isinstance(item, dict) and item:
                first, *rest = self.block_map(item, column + 2)
                lines.extend(
                    [f"{pad}-{self.comment()}", first, *rest]
                    if self.chance(0.3) or first.lstrip().startswith("#")
                    else [f"{pad}- {first.lstrip()}", *rest]
                )
            else:
                text = self.flow(item) if isinstance(item, list | dict) else self.scalar(item, column + 1)
                lines.extend(f"{pad}- {text}".split("\n"))
        return lines


def words(data: Data) -> set[str]:
    """Return the short strings of data."""
    if isinstance(data, dict):
        return {word for value in data.values() for word in words(value)}
    if isinstance(data, list):
        return {word for value in data for word in words(value)}
    return {data} if isinstance(data, str) and _WORD.match(data) and data not in _TYPED else set()
