"""What an image needs only in some settings: conditions on what a container shows, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harden.images.pattern import is_tag
from harden.model.record import Record

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

_NO_ENV: Mapping[str, str | None] = MappingProxyType({})
#: Fields that are complete lists: what is not established stays so, whatever a condition adds.
_COMPLETE = frozenset({"ports", "volumes", "writable"})


class Condition(Record):
    """What holds in addition where all of the matchers do; a matcher that is empty or None says nothing.

    `env` maps names of variables (globs) to globs of values, None for "not set". `args`, `command` and `config` hold
    regular expressions, of which one has to be found: in the arguments, or the command, joined by spaces ("" where the
    manifest gives none), or in one of the mounted texts, where ^ and $ are the ends of a line. A volume is mounted at,
    above or below one of `mount`, and at, above or below none of `unmounted`. `tags` holds globs of tags.
    `fields` maps fields of ImageFacts to what is added to a list or mapping, or takes the place of anything else.
    """

    because: str
    place: str
    fields: Mapping[str, object]
    env: Mapping[str, str | None] = _NO_ENV
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    mount: tuple[str, ...] = ()
    unmounted: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Shown(Record):
    """What a manifest shows of a container, as plain data.

    `env` maps the name of each variable to its value, None where that is not to be seen; `env_open` says that more may
    be set (envFrom of what is not there). `args` and `command` are None where the manifest has none. `configs` holds
    the text of each mounted configuration file, None for each that is not to be seen. `mounts` are absolute paths.
    """

    env: Mapping[str, str | None] = _NO_ENV
    env_open: bool = False
    args: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    configs: tuple[str | None, ...] = ()
    mounts: tuple[str, ...] = ()


class Follows(Record):
    """That a condition holds, or may hold: why, where that is stated, and the fields of ImageFacts it is about."""

    because: str
    place: str
    fields: tuple[str, ...]


class Applied(Record):
    """Facts with what follows from a container's settings: `reasons` are in them, `doubts` may hold and are not."""

    facts: ImageFacts
    reasons: tuple[Follows, ...] = ()
    doubts: tuple[Follows, ...] = ()


class _Answer(Enum):
    NO = 0
    PERHAPS = 1
    YES = 2


def given(facts: ImageFacts, shown: Shown) -> Applied:
    """Return facts with what follows from the settings of a container."""
    reasons: list[Follows] = []
    doubts: list[Follows] = []
    for condition in facts.when:
        answer = _ask(condition, shown, facts.reference.tag)
        if answer is _Answer.NO:
            continue
        follows = Follows(condition.because, condition.place, tuple(condition.fields))
        if answer is _Answer.YES:
            facts = _with(facts, condition)
            reasons.append(follows)
        else:
            doubts.append(follows)
    return Applied(facts, tuple(reasons), tuple(doubts))


def config_writes(facts: ImageFacts, shown: Shown) -> tuple[str, ...]:
    """Return the absolute paths that configuration and arguments tell the program to write to."""
    texts = [text for text in (*shown.configs, _line(shown.args), _line(shown.command)) if text]
    found = (match for text in texts for each in facts.config_writes for match in re.finditer(each, text, re.MULTILINE))
    return tuple(dict.fromkeys(match[1] for match in found if match[1] and match[1].startswith("/")))


def _with(facts: ImageFacts, condition: Condition) -> ImageFacts:
    changes: dict[str, Any] = {}  # typed by fields.FIELDS, checked by the readers there
    for name, value in condition.fields.items():
        before = getattr(facts, name)
        if before is None and name in _COMPLETE:
            continue
        if isinstance(value, tuple):
            value = tuple(dict.fromkeys((*(before or ()), *value)))  # noqa: PLW2901 - joined with what holds anyway
        elif isinstance(value, Mapping):
            value = {**(before or {}), **value}  # noqa: PLW2901 - as above
        changes[name] = value
    return facts._replace(**changes, origins={**facts.origins, **dict.fromkeys(changes, condition.place)})


def _ask(condition: Condition, shown: Shown, tag: str | None) -> _Answer:
    answers = [_ask_env(name, value, shown) for name, value in condition.env.items()]
    if condition.args:
        answers.append(_found(condition.args, (_line(shown.args),)))
    if condition.command:
        answers.append(_found(condition.command, (_line(shown.command),)))
    if condition.config:
        answers.append(_found(condition.config, shown.configs))
    if condition.mount:
        answers.append(_Answer.YES if _mounted(condition.mount, shown) else _Answer.NO)
    if condition.unmounted:
        answers.append(_Answer.NO if _mounted(condition.unmounted, shown) else _Answer.YES)
    if condition.tags:
        answers.append(_ask_tag(condition.tags, tag))
    return min(answers, key=lambda answer: answer.value, default=_Answer.YES)


def _ask_env(name: str, value: str | None, shown: Shown) -> _Answer:
    held = [content for variable, content in shown.env.items() if fnmatchcase(variable, name)]
    unseen = _Answer.PERHAPS if shown.env_open else None
    if value is None:
        return _Answer.NO if held else unseen or _Answer.YES
    if value == "*" and held:
        return _Answer.YES
    if any(content is not None and fnmatchcase(content, value) for content in held):
        return _Answer.YES
    return _Answer.PERHAPS if None in held else unseen or _Answer.NO


def _ask_tag(tags: tuple[str, ...], tag: str | None) -> _Answer:
    if tag is None:
        return _Answer.PERHAPS
    return _Answer.YES if any(is_tag(each, tag) for each in tags) else _Answer.NO


def _found(patterns: Iterable[str], texts: tuple[str | None, ...]) -> _Answer:
    seen = [text for text in texts if text is not None]
    if any(re.search(pattern, text, re.MULTILINE) for pattern in patterns for text in seen):
        return _Answer.YES
    return _Answer.PERHAPS if len(seen) < len(texts) else _Answer.NO


def _mounted(paths: Iterable[str], shown: Shown) -> bool:
    return any(_covers(mount, path) or _covers(path, mount) for path in paths for mount in shown.mounts)


def _covers(folder: str, path: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")


def _line(words: tuple[str, ...] | None) -> str:
    return " ".join(words or ())
