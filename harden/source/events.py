"""The events of YAML as tuples, which take much less time to make and to read than the objects of ruamel.yaml.

Each begins with its kind. Places are code points of what the parser was given; a tag is None where there is none.

| kind | what follows |
|---|---|
| SCALAR | content, style (one of '', ', ", |, >), tag, anchor, start, end |
| MAP, SEQ | start, tag, anchor, whether it is in flow style |
| MAP_END, SEQ_END | end |
| ALIAS | anchor, start, end |
| DOCUMENT | start |
| DOCUMENT_END, OTHER | nothing |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Event = tuple[Any, ...]
#: Returns the next event of a text, None at its end.
Next = Callable[[], Event | None]

SCALAR, MAP, SEQ, MAP_END, SEQ_END, ALIAS, DOCUMENT, DOCUMENT_END, OTHER = range(9)

_DOCUMENT_END: Event = (DOCUMENT_END,)
_OTHER: Event = (OTHER,)


def _scalar(anchor: Any, tag: Any, _implicit: Any, value: Any, start: Any, end: Any, style: Any = None) -> Event:  # noqa: PLR0913, PLR0917 - as the parser gives them
    return SCALAR, value, style, tag, anchor, start.index, end.index


def _map(anchor: Any, tag: Any, _implicit: Any, start: Any, _end: Any, flow: Any = None) -> Event:
    return MAP, start.index, tag, anchor, flow


def _seq(anchor: Any, tag: Any, _implicit: Any, start: Any, _end: Any, flow: Any = None) -> Event:
    return SEQ, start.index, tag, anchor, flow


def _map_end(_start: Any, end: Any) -> Event:
    return MAP_END, end.index


def _seq_end(_start: Any, end: Any) -> Event:
    return SEQ_END, end.index


def _alias(anchor: Any, start: Any, end: Any, _style: Any = None) -> Event:
    return ALIAS, anchor, start.index, end.index


def _document(start: Any, *_: Any) -> Event:
    return DOCUMENT, start.index


def _document_end(*_: Any) -> Event:
    return _DOCUMENT_END


def _other(*_: Any) -> Event:
    return _OTHER


#: What makes an event of what libyaml's parser would make an object of ruamel.yaml of, by the name of its class.
MAKERS: Mapping[str, Callable[..., Event]] = {
    "AliasEvent": _alias,
    "DocumentEndEvent": _document_end,
    "DocumentStartEvent": _document,
    "MappingEndEvent": _map_end,
    "MappingStartEvent": _map,
    "ScalarEvent": _scalar,
    "SequenceEndEvent": _seq_end,
    "SequenceStartEvent": _seq,
    "StreamEndEvent": _other,
    "StreamStartEvent": _other,
}


def of_object(event: Any) -> Event:
    """Return the event that an object of ruamel.yaml stands for."""
    name = type(event).__name__
    make, start, end = MAKERS[name], event.start_mark, event.end_mark
    if name == "ScalarEvent":
        return make(event.anchor, event.ctag, None, event.value, start, end, event.style)
    if name in {"MappingStartEvent", "SequenceStartEvent"}:
        return make(event.anchor, event.ctag, None, start, end, event.flow_style)
    return make(event.anchor, start, end) if name == "AliasEvent" else make(start, end)
