"""Reads YAML with the parser in Python, which knows YAML 1.2 and reads the rare text that the C parser refuses."""

from __future__ import annotations

import io
import re

from harden.source.events import Event, Next, of_object


def pure_events(text: str) -> Next:
    """Return what gives the events of a text one by one, None at its end, as the C parser does."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import
    from ruamel.yaml.events import ScalarEvent  # noqa: PLC0415 - slow to import

    from harden.source.libyaml import YAMLError  # noqa: PLC0415 - slow to import

    surrogate = re.compile(r"[\ud800-\udfff]")
    events = YAML(typ="safe", pure=True).parse(io.StringIO(text))

    def next_event() -> Event | None:
        try:
            event = next(events, None)
        except (YAMLError, RecursionError):
            raise
        except Exception as fault:
            # The library asserts what only its input can break (`%YAML 1.3`): this file is at fault, not the run.
            raise YAMLError from fault
        if isinstance(event, ScalarEvent):
            event.style = event.style or ""
            if surrogate.search(event.value) is not None:
                # JSON writes characters beyond U+FFFF as two escapes, which this parser leaves apart.
                event.value = event.value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return None if event is None else of_object(event)

    return next_event
