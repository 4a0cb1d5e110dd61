"""What is loaded with libyaml's parser, and that the rest of its package is there for those who ask."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cli_session import ROOT

from harden.source.events import ALIAS, DOCUMENT, DOCUMENT_END, MAP, MAP_END, SCALAR, SEQ, SEQ_END, Event, Next
from harden.source.libyaml import CParser, read
from harden.source.pure import pure_events

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


TEXT = """\
# a stream
a: &x [1, 'b', !!str 2, "c"]
b: {c: *x, d: }
--- |
  text
...
"""


def test_the_parser_in_c_and_the_one_in_python_give_the_same_events() -> None:
    def taken(next_event: Next) -> list[Event]:
        return list(iter(next_event, None))

    fast, slow = read(TEXT, taken), taken(pure_events(TEXT))
    kinds = [event[0] for event in fast]
    assert kinds == [event[0] for event in slow]
    assert {SCALAR, MAP, SEQ, MAP_END, SEQ_END, ALIAS, DOCUMENT, DOCUMENT_END} <= set(kinds)
    # Places of what ends, and of absent values, differ: `build` knows.
    scalars = [[event[:2] + event[4:6] for event in each if event[0] == SCALAR and event[1]] for each in (fast, slow)]
    assert scalars[0] == scalars[1]
    assert [event[2] for event in fast if event[0] == SCALAR and event[1] == "b"] == ["'", ""]
    starts = [event[1] for event in fast if event[0] in {MAP, SEQ}]
    assert starts == [TEXT.index("a:"), TEXT.index("&x"), TEXT.index("{")]


def test_several_threads_read_at_once() -> None:
    def values(next_event: Next) -> list[str]:
        found = []
        for event in iter(next_event, None):
            time.sleep(0)  # another thread may go on here
            found += [event[1]] if event[0] == SCALAR else []
        return found

    texts = [f"a: [{', '.join(f'{at}-{n}' for n in range(200))}]" for at in range(8)]
    with ThreadPoolExecutor(8) as pool:
        read_values = list(pool.map(lambda text: read(text, values), texts * 4))
    assert read_values == [["a", *(f"{at}-{n}" for n in range(200))] for at in range(8)] * 4
    assert type(CParser("a").get_event()).__name__ == "StreamStartEvent"


def test_others_get_the_objects_of_the_package_after_harden_reads() -> None:
    class Stopped(Exception):  # noqa: N818 - nothing else ends so
        pass

    def stop(next_event: Next) -> None:
        next_event()
        raise Stopped

    with pytest.raises(Stopped):
        read("a: b", stop)
    parser = CParser("a: b")
    kinds = [type(event).__name__ for event in iter(parser.get_event, None)]
    assert kinds[2:5] == ["MappingStartEvent", "ScalarEvent", "ScalarEvent"]
