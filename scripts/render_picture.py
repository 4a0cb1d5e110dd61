# ruff: noqa: INP001 - a script that is run by its path, no package
"""Writes docs/terminal.svg: what `harden apply` prints on a terminal, run for real on a copy of the example shop.

python scripts/render_picture.py [--output FILE]
"""

from __future__ import annotations

import argparse
import fcntl
import html
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 150
FILES = ("catalogue.yaml", "proxy.yaml")
COMMAND = ("harden", "apply", "shop")

THEME = TerminalTheme(
    background=(27, 31, 40),
    foreground=(213, 218, 227),
    normal=[
        (27, 31, 40),
        (240, 113, 120),
        (145, 205, 110),
        (240, 190, 100),
        (110, 170, 250),
        (200, 150, 240),
        (100, 200, 205),
        (213, 218, 227),
    ],
)

# What rich writes for a piece of text, and the width that it gives to a character.
_TEXT = re.compile(r'<text class="(harden-r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+">([^<]*)</text>')
_CHARACTER = 12.2

# rich's own template loads its font from another host; a picture in a README must not, so it takes the reader's.
TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}" role="img">
<title>What harden prints</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
  white-space: pre;
}}
.{unique_id}-title {{ font-size: 18px; font-family: ui-sans-serif, "Segoe UI", Arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def printed() -> str:
    """Return what COMMAND writes to a terminal of COLUMNS columns, with its escape sequences."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder, "shop")
        shop.mkdir()
        for name in FILES:
            shutil.copy(ROOT / "examples" / "shop" / "base" / name, shop)
        return _on_terminal((sys.executable, "-m", *COMMAND), folder)


def _on_terminal(command: tuple[str, ...], folder: str) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR", "CI"}}
    with subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env={**kept, "TERM": "xterm-256color"}
    ):
        os.close(theirs)
        said = b"".join(_chunks(ours))
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def _chunks(terminal: int) -> list[bytes]:
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            # Linux says so when the other end of a terminal is closed; others return nothing.
            return chunks
        if not chunk:
            return chunks
        chunks.append(chunk)


def picture(said: str) -> str:
    """Return terminal output as an SVG that needs nothing from outside."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {' '.join(COMMAND)}", style="bold"))
    console.print(Text.from_ansi(said.rstrip("\n")))
    svg = console.export_svg(title=" ".join(COMMAND), theme=THEME, code_format=TEMPLATE, unique_id="harden")
    svg = re.sub(r"(<text[^>]*) clip-path=\"[^\"]*\"", r"\1", svg)
    svg = _TEXT.sub(_trimmed, svg)
    return re.sub(r"\s*\n\s*", "\n", svg)


def _trimmed(found: re.Match[str]) -> str:
    """Return a piece of text without the spaces around it: some viewers drop them and do not move the rest."""
    style, x, y, said = found.groups()
    plain = html.unescape(said).replace("\N{NO-BREAK SPACE}", " ").strip("\n")
    core = plain.strip()
    if not core:
        return ""
    start = float(x) + _CHARACTER * (len(plain) - len(plain.lstrip()))
    shown = html.escape(core, quote=False).replace(" ", "&#160;")
    return f'<text class="{style}" x="{start:g}" y="{y}" textLength="{_CHARACTER * len(core):g}">{shown}</text>\n'


def words(svg: str) -> list[str]:
    """Return the pieces of text in a picture, in their order: what stays the same between versions of rich."""
    return [html.unescape(said).replace("\N{NO-BREAK SPACE}", " ") for said in re.findall(r"<text[^>]*>([^<]*)<", svg)]


def main() -> None:
    """Write the picture to the file that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "terminal.svg")
    output: Path = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(picture(printed()), "utf-8")


if __name__ == "__main__":
    main()
