"""What files call things is shown as text: no output has an escape for terminals, a command for CI, or a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_session import Session, put

OBJECTS = r"""apiVersion: v1
kind: Pod
metadata: {name: "a\e[31mred\n::error::x", namespace: "n\n::error file=x::y", labels: {a: b}}
spec:
  containers:
  - name: "c\r\n##[error]z"
    image: "i\e]0;x\n::warning::w"
    ports: [{containerPort: 80, protocol: "TCP\"><script>alert(1)</script>"}]
---
apiVersion: v1
kind: Service
metadata: {name: "s<script>\e[1m", namespace: "n\n::error file=x::y"}
spec: {selector: {a: b}, ports: [{port: 80, protocol: "TCP\n::error::p<script>alert(1)</script>"}]}
"""
#: What GitHub and Azure take for commands, and the character that begins a terminal's.
COMMAND = re.compile(r"^\s*(?:::|##\[)|\x1b", re.MULTILINE)
FORMS = [("graph", "--format", form) for form in ("text", "mermaid", "dot", "svg", "html")]
RUNS = [("check",), ("check", "--format", "json"), ("check", "--gate"), ("diff",), ("check", "--companions"), *FORMS]
SETTINGS = [
    r'"a\e[31m\n::error::x": 1',
    r'profile: "x\e[31m\n::error::y"',
    r'profile: "./\n::error::y.yaml"',
    r'images: {facts: ["\n::error::\e[1m"]}',
    r'exemptions: [{control: "\n::error::x", reason: "a\e[1m\n::error::"}]',
]


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_names_are_no_commands(harden: Session, words: tuple[str, ...]) -> None:
    Path("x\n::error::f\x1b[31m.yaml").write_text(OBJECTS)
    done = harden(*words, ".")
    assert COMMAND.search(done.text + done.err) is None
    assert words[0] != "graph" or "<script>alert" not in done.text


@pytest.mark.parametrize("settings", SETTINGS)
def test_errors_about_settings_are_no_commands(harden: Session, settings: str) -> None:
    put(a_yaml=OBJECTS)
    Path("harden.yaml").write_text(settings)
    done = harden("check", ".")
    assert done.code == 2
    assert COMMAND.search(done.err) is None
    assert done.err.count("\n") == 1
