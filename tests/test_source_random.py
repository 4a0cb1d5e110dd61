"""Random YAML in random styles, changed at random: the data changes as asked, and nothing else does."""

from __future__ import annotations

import json
import os
import random
import re

import pytest
from random_changes import BEFORE, ORDER, WORDS, apply, change_at_random, random_changes, random_value, read

from harden.model.finding import AppendItem, Change
from harden.model.text import Path, Plain, SourceText
from harden.model.tree import Alias, Map, Node, Seq
from harden.source.build import is_merge, name_of
from harden.source.lower import lower
from harden.source.patch import same
from harden.source.splice import splice

SEED = int(os.environ.get("HARDEN_SEED", "20250101"))
ROUNDS = int(os.environ.get("HARDEN_ROUNDS", "1"))
COMMENT = re.compile(r"#\d+#")


class Writer:
    """Writes random YAML and knows the data that it stands for."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.comments = 0
        self.anchors: dict[str, Plain] = {}
        self.open = False  # whether a block scalar stands right above, which would take blanks and comments in
        self.step = rng.choice((1, 2, 2, 2, 3, 4))
        self.dash = rng.choice((0, 0, 2, 2, 4))
        self.comment_rate = rng.choice((0.0, 0.1, 0.4))
        self.anchor_rate = rng.choice((0.0, 0.0, 0.15))

    def chance(self, rate: float) -> bool:
        return self.rng.random() < rate

    def comment(self) -> str:
        self.comments += 1
        return f"#{self.comments}# ü {{}}: [,"

    def tail(self) -> str:
        return "  " + self.comment() if self.chance(self.comment_rate) else self.rng.choice(("", "", "", " "))

    def above(self, column: int) -> list[str]:
        lines: list[str] = []
        if self.open:
            return ["#0# below" for _ in range(self.chance(self.comment_rate))]
        while self.chance(self.comment_rate):
            lines.append(" " * self.rng.choice((column, column, column, 0, column + 2)) + self.comment())
        if self.chance(self.comment_rate / 2):
            lines.append("")
        return lines

    def scalar(self, *, flow: bool) -> tuple[str, Plain]:
        self.open = False
        pick = self.rng.randrange(7)
        if pick == 0:
            return self.rng.choice((("1", 1), ("true", True), ("-2.5", -2.5), ("yes", True), ("0777", 511)))
        if pick == 1 and not flow:
            return self.rng.choice((("null", None), ("~", None), ("", None)))
        word = self.rng.choice(WORDS)
        if pick in {2, 3} or not re.fullmatch(r"[a-z]+", word) or word in {"true", "on", "null"}:
            if self.chance(0.5):
                return json.dumps(word, ensure_ascii=self.chance(0.5)), word
            return "'" + word.replace("'", "''") + "'", word
        return word, word

    def key(self, used: set[str]) -> tuple[str, str] | None:
        name = f"k{self.rng.randrange(7)}"
        if name in used:
            return None
        used.add(name)
        return self.rng.choice((name, name, name, f'"{name}"', f"'{name}'")), name

    def anchor(self, data: Plain, *, ready: bool = True) -> str:
        if not ready or not self.chance(self.anchor_rate):
            return ""
        name = f"a{len(self.anchors)}"
        self.anchors[name] = data
        return f"&{name} "

    def alias(self) -> tuple[str, Plain] | None:
        if not self.anchors or not self.chance(0.4):
            return None
        name = self.rng.choice(list(self.anchors))
        return f"*{name}", self.anchors[name]

    def flow(self, depth: int, indent: int, *, json_keys: bool = False) -> tuple[str, Plain]:
        """Write a flow collection, on one line or several."""
        self.open = False
        spread = self.chance(0.3)
        pad = self.rng.choice(("", "", " ")) if not spread else ""
        count = self.rng.choice((0, 1, 1, 2, 3)) if depth else self.rng.choice((1, 2))
        is_map = self.chance(0.6)
        parts: list[str] = []
        data: Plain = {} if is_map else []
        used: set[str] = set()
        for _ in range(count):
            if depth and self.chance(0.35):
                text, value = self.flow(depth - 1, indent + 2, json_keys=json_keys)
            else:
                text, value = self.scalar(flow=True)
            if isinstance(data, list):
                parts.append(text)
                data.append(value)
                continue
            key = self.key(used)
            if key is None:
                continue
            name = json.dumps(key[1]) if json_keys else key[0]
            parts.append(f"{name}: {text}")
            data[key[1]] = value
        opening, closing = "{}" if is_map else "[]"
        if not spread:
            comma = self.rng.choice((", ", ",")) if json_keys else ", "
            trailing = "," if parts and self.chance(0.1) else ""
            return opening + pad + comma.join(parts) + trailing + (pad if parts else "") + closing, data
        inner = " " * (indent + 2)
        lines = [opening + self.tail()]
        for index, part in enumerate(parts):
            comma = "," if index + 1 < len(parts) or self.chance(0.3) else ""
            lines.extend(" " * (indent + 2) + self.comment() for _ in range(self.chance(self.comment_rate)))
            lines.append(inner + part + comma + self.tail())
        return "\n".join([*lines, " " * indent + closing]), data

    def literal(self, column: int) -> tuple[list[str], Plain]:
        """Write a block scalar whose content stands at `column`."""
        self.open = True
        chomp = self.rng.choice(("", "-", "+"))
        body = [
            self.rng.choice(("text", "  more", "", "# no comment", "--- x", "k: v"))
            for _ in range(self.rng.randint(1, 4))
        ]
        body[0] = "first"
        blank = self.rng.choice((0, 0, 1, 2))
        content = "\n".join(body)
        stripped = content.rstrip("\n")
        trailing = len(content) - len(stripped) + blank
        value = {"": stripped + "\n", "-": stripped, "+": stripped + "\n" * (trailing + 1)}[chomp]
        lines = [f"|{chomp}" + self.tail()]
        lines.extend(" " * column + line if line else "" for line in body)
        return [*lines, *([""] * blank)], value

    def value(self, depth: int, column: int) -> tuple[list[str], Plain]:
        """Write what stands behind a colon at key column `column`; the first line goes on the key's line."""
        self.open = False
        alias = self.alias()
        if alias is not None:
            return [f" {alias[0]}{self.tail()}"], alias[1]
        pick = self.rng.randrange(10)
        if depth and pick < 5:
            write, inner = (self.block_map, self.step) if pick < 3 else (self.block_seq, self.dash)
            lines, data = write(depth - 1, column + inner)
            return [" " + self.anchor(data).strip() + self.tail() if self.anchor_rate else self.tail(), *lines], data
        if pick == 5:
            first, *rest = (found := self.literal(column + self.rng.choice((1, 2, 4))))[0]
            return [f" {first}", *rest], found[1]
        if pick == 6:
            text, data = self.flow(min(depth, 2), column, json_keys=self.chance(0.3))
            return (f" {self.anchor(data)}{text}" + self.tail()).split("\n"), data
        if pick == 7 and self.chance(0.6):
            quote = self.rng.choice(("'", '"', ""))
            return [f" {quote}one", " " * (column + 2) + f"two{quote}" + self.tail()], "one two"
        text, data = self.scalar(flow=False)
        return [f" {self.anchor(data)}{text}".rstrip(" ") + self.tail()], data

    def block_map(self, depth: int, column: int) -> tuple[list[str], dict[str, Plain]]:
        lines: list[str] = []
        data: dict[str, Plain] = {}
        used: set[str] = set()
        for _ in range(self.rng.randint(1, 4)):
            maps = [name for name, value in self.anchors.items() if isinstance(value, dict)]
            if maps and self.chance(0.3) and "<<" not in used:
                used.add("<<")
                name = self.rng.choice(maps)
                merged = self.anchors[name]
                assert isinstance(merged, dict)
                data.update(merged)
                self.open = False
                lines.append(" " * column + f"<<: *{name}" + self.tail())
                continue
            key = self.key(used)
            if key is None:
                continue
            lines.extend(self.above(column) if lines else [])
            first, *rest = (written := self.value(depth, column))[0]
            if self.chance(0.03):
                lines.append(" " * column + f"? {key[0]}")
                lines.extend([" " * column + f":{first or ' '}", *rest])
            else:
                lines.extend([" " * column + f"{key[0]}:{first}", *rest])
            data[key[1]] = written[1]
        if not lines:
            return [" " * column + "k0: 1"], {"k0": 1}
        return lines, data

    def block_seq(self, depth: int, column: int) -> tuple[list[str], list[Plain]]:
        lines: list[str] = []
        data: list[Plain] = []
        gap = self.rng.choice((1, 1, 1, 3))
        for _ in range(self.rng.randint(1, 3)):
            lines.extend(self.above(column) if lines else [])
            item, value = self.item(depth, column, gap)
            lines.extend(item)
            data.append(value)
        return lines, data

    def item(self, depth: int, column: int, gap: int) -> tuple[list[str], Plain]:
        dash = " " * column + "-"
        inner = column + 1 + gap
        self.open = False
        alias = self.alias()
        if alias is not None:
            return [f"{dash} {alias[0]}{self.tail()}"], alias[1]
        pick = self.rng.randrange(6)
        if depth and pick < 3:
            write = self.block_seq if pick == 0 and self.chance(0.4) else self.block_map
            lines, data = write(depth - 1, inner)
            anchor = self.anchor(data)
            if anchor or self.chance(0.15):
                return [f"{dash} {anchor}".rstrip() + self.tail(), *lines], data
            return [dash + " " * gap + lines[0].lstrip(" "), *lines[1:]], data
        if pick == 3:
            text, data = self.flow(1, inner)
            return (f"{dash} {text}{self.tail()}").split("\n"), data
        if pick == 4 and self.chance(0.5):
            lines, data = self.literal(inner)
            return [f"{dash} {lines[0]}", *lines[1:]], data
        text, data = self.scalar(flow=False)
        return [f"{dash} {text}".rstrip(" ") + self.tail()], data

    def document(self) -> tuple[str, Plain]:
        if self.chance(0.1):
            text, data = self.flow(3, 0)
            return text, data
        lines, data = self.block_map(3, 0)
        return "\n".join([*self.above(0), *lines, *self.above(0)]), data


def node_at(node: Node, path: Path) -> tuple[int, int] | None:
    """Return the span that a removal or replacement at `path` may touch, None where a merge is in between."""
    span = (node.start, node.end)
    for step in path:
        if isinstance(node, Alias):
            return span
        if isinstance(node, Map):
            own = [(key, value) for key, value in node.entries if not is_merge(key) and name_of(key) == step]
            if not own:
                return None
            span = (own[-1][0].start, own[-1][1].end)
            node = own[-1][1]
        elif isinstance(node, Seq) and isinstance(step, int):
            start = node.items[step - 1].end if step else node.start
            node = node.items[step]
            span = (start, node.end)
    return span


def check_comments(text: str, result: str, root: Node, changes: list[Change]) -> None:
    after = set(COMMENT.findall(result))
    spans = [node_at(root, change.path) for change in changes if not isinstance(change, AppendItem)]
    for comment in COMMENT.finditer(text):
        if comment.group() in after:
            continue
        breaks = [text.find(mark, comment.start()) for mark in "\r\n"]
        line_end = min((at for at in breaks if at >= 0), default=len(text))
        line_start = max(text.rfind("\r", 0, comment.start()), text.rfind("\n", 0, comment.start())) + 1
        assert any(
            span is not None and span[0] < comment.start() and span[1] >= line_start and span[0] <= line_end
            for span in spans
        ), f"comment {comment.group()} is lost"


def check_round(text: str, data: Plain, index: int, rng: random.Random) -> None:
    parsed = read(text)
    document = next(document for document in parsed.documents if document.index == index)
    assert document.root is not None
    if data is None:
        data = document.root.value
    assert same(document.root.value, data), "the generator and the parser differ"
    changed = change_at_random(text, parsed, document, rng)
    result = changed.text
    if "\r\n" in text:
        assert result.count("\n") == result.count("\r\n") == result.count("\r")
    elif "\r" in text:
        assert "\n" not in result
    if text.endswith(("\n", "\r")):
        assert result.endswith(("\n", "\r"))
    elif result.endswith(("\n", "\r")):
        literal = re.search(r"[|][+]?[ ]*(#.*)?[\r\n]", text)
        assert literal or re.search(r"(\r|\r?\n){2}.?\Z", text[: changed.edits[-1].start + 2]), (
            "a final line break is new"
        )
    check_comments(text, result, document.root, changed.made)


def compose(rng: random.Random) -> tuple[str, Plain, int]:
    writer = Writer(rng)
    body, data = writer.document()
    index = 0
    if rng.random() < 0.3:
        body = "first: 1\n---\n" + body
        index = 1
    elif rng.random() < 0.2:
        body = "---\n" + body
    if rng.random() < 0.3:
        body += rng.choice(("\n---\nlast: 1", "\n...\n", "\n---\n# end\n"))
    if rng.random() < 0.8:
        body += "\n"
    elif writer.open:
        data = None  # without a last line break, `|` means less than the generator knows
    newline = rng.choice(("\n", "\n", "\n", "\r\n", "\r"))
    if newline == "\r" and re.search(r"^---\s*#", body, re.MULTILINE):
        newline = "\n"  # kubectl drops such a line up to the line feed, so it is refused
    return body.replace("\n", newline), data, index


@pytest.mark.parametrize("part", range(10))
def test_random_yaml_changes_as_asked(part: int) -> None:
    for number in range(150 * ROUNDS):
        seed = SEED + part * 1_000_000 + number
        rng = random.Random(seed)
        text, data, index = compose(rng)
        try:
            check_round(text, data, index, rng)
        except Exception:
            print(f"seed {seed} (HARDEN_SEED={seed}, first test, first round)\n{text!r}")
            raise


@pytest.mark.parametrize("indent", [None, 2, 4, "\t"])
def test_random_json_stays_json(indent: int | str | None) -> None:
    for number in range(150 * ROUNDS):
        seed = SEED + number
        rng = random.Random(seed)
        data: Plain = {f"k{index}": random_value(rng, 4) for index in range(rng.randint(1, 4))}
        compact = (",", ":") if indent is None and rng.random() < 0.5 else None
        text = json.dumps(data, indent=indent, separators=compact, ensure_ascii=rng.random() < 0.5)
        document = read(text).documents[0]
        changes = random_changes(rng, data)
        lowered = lower(document, SourceText("random.json", text), changes, BEFORE, ORDER)
        result = splice(text, lowered.edits)
        refused = {id(change) for change, _ in lowered.refused}
        expected = apply(data, [change for change in changes if id(change) not in refused])
        assert same(json.loads(result), expected), f"seed {seed}\n{text}\n{result}"
