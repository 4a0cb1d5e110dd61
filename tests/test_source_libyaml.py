"""What is loaded with libyaml's parser, and that the rest of its package is there for those who ask."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from cli_session import ROOT

PROBE = """
import sys
from harden.source.libyaml import CParser, YAMLError
parser = CParser(sys.argv[1])
before = sorted(name for name in sys.modules if name.startswith("ruamel.yaml."))
try:
    while parser.get_event() is not None:
        pass
except YAMLError as error:
    found = error
import ruamel.yaml
print(type(found) is getattr(sys.modules[f"ruamel.yaml.{sys.argv[2]}"], sys.argv[3]), found.__class__.__module__)
print(ruamel.yaml.YAML(typ="safe", pure=True).load("{a: [1]}"))
print(*before)
"""


@pytest.mark.parametrize(
    ("text", "module", "error"),
    [
        ("a: [", "parser", "ParserError"),
        ("a: 'b", "scanner", "ScannerError"),
        ("a\tb: \x01", "reader", "ReaderError"),
    ],
)
def test_an_error_is_that_of_the_package_and_loaded_when_it_is_raised(text: str, module: str, error: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, text, module, error],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    kind, loaded, before = done.stdout.splitlines()
    assert kind == f"True ruamel.yaml.{module}"
    assert loaded == "{'a': [1]}"
    assert f"ruamel.yaml.{module}" not in before.split()
    assert "ruamel.yaml.events" in before.split()
