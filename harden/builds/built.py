"""Goes through the stages of a Dockerfile: what the image has in the end, as far as the file and its base say."""

from __future__ import annotations

import posixpath
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from harden.builds.accounts import Account, bring_along, take_accounts, take_capabilities, take_passwd
from harden.builds.changed import copied_privately, run
from harden.builds.commands import number
from harden.builds.distributions import Family
from harden.builds.placeholders import placeholder_in
from harden.builds.recipe import Instruction, Recipe, declared, expand, triggers
from harden.images.facts import ImageFacts
from harden.model.plain import is_number

_PORTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class User:
    """A USER that was stated; `text` is None where a variable in it is not known, `raw` is as written."""

    text: str | None
    raw: str
    path: str
    line: int


@dataclass(slots=True)
class Built:
    """What an image has after some instructions; `why` says why its base is not known, where it is not.

    `windows` says what makes it an image for Windows, "" for one that is none as far as its files say.
    """

    path: str
    line: int
    base: str
    facts: ImageFacts | None = None
    is_scratch: bool = False
    why: str = ""
    family: Family | None = None
    user: User | None = None
    environment: dict[str, str] = field(default_factory=dict)
    of_base: frozenset[str] = frozenset()
    accounts: dict[str, Account] = field(default_factory=dict)
    own_accounts: dict[str, Account] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    made: dict[tuple[str, bool], int] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    volumes: list[str] = field(default_factory=list)
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    copied: list[tuple[str, str]] = field(default_factory=list)
    brought: list[tuple[str, str]] = field(default_factory=list)
    file_caps: set[str] = field(default_factory=set)
    capable: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    is_id_open: bool = False
    is_apt_open: bool = False
    is_system_id_open: bool = False
    changed: str = ""
    pending: tuple[Instruction, ...] = ()
    tool: bool = False
    windows: str = ""

    def copy(self) -> Built:
        """Return a copy whose collections are its own."""
        return replace(
            self,
            environment=dict(self.environment),
            accounts=dict(self.accounts),
            own_accounts=dict(self.own_accounts),
            groups=dict(self.groups),
            made=dict(self.made),
            ports=set(self.ports),
            volumes=list(self.volumes),
            copied=list(self.copied),
            brought=list(self.brought),
            file_caps=set(self.file_caps),
            capable=list(self.capable),
        )


#: Says what is known of a base image by its name: facts, another Dockerfile's result, or why it is not known.
BaseOf = Callable[[str], "ImageFacts | Built | str"]
#: Returns the text of a file of the build context.
TextOf = Callable[[str], "str | None"]


class Walk:
    """Goes through a Dockerfile up to one stage; each stage is gone through once."""

    def __init__(self, recipe: Recipe, base_of: BaseOf, text_of: TextOf) -> None:
        self._recipe = recipe
        self._base_of = base_of
        self._text_of = text_of
        self._done: dict[int, Built] = {}
        self._underway: set[int] = set()

    def stage(self, index: int) -> Built:
        """Return what the image of a stage has."""
        if index not in self._done:
            self._underway.add(index)
            self._done[index] = self._go(index)
        return self._done[index]

    def _go(self, index: int) -> Built:
        stage = self._recipe.stages[index]
        built = self._start(index)
        arguments: dict[str, str] = {}
        # People look for what a base's ONBUILD does at the line that names the base.
        inherited = [item._replace(line=stage.line) for item in built.pending]
        built.pending = triggers(stage.instructions)
        # It follows what is added to either.
        known = ChainMap(built.environment, arguments)
        for item in (*inherited, *stage.instructions):
            if item.name == "ARG":
                recipe = self._recipe
                arguments |= declared(item, known, recipe.arguments, recipe.given, recipe.escape)
            elif item.name == "ENV":
                self._env(built, item, known)
            elif item.name == "RUN":
                run(built, item, known, self._text_of)
            elif item.name in {"COPY", "ADD"}:
                self._copy(built, item, known)
            else:
                self._state(built, item, known)
        return built

    def _start(self, index: int) -> Built:
        stage = self._recipe.stages[index]
        earlier = self._earlier(stage.base, index)
        if earlier is not None:
            return self.stage(earlier).copy()
        fresh = Built(self._recipe.path, stage.line, stage.base)
        if stage.platform.startswith("windows"):
            fresh.windows = f"{fresh.path}:{fresh.line} builds for the platform {stage.platform}"
        if stage.base == "scratch":
            fresh.is_scratch = True
            return fresh
        placeholder = placeholder_in(stage.base)
        if "$" in stage.base or not stage.base or placeholder:
            what = "placeholder is filled in with" if placeholder else "variable is"
            fresh.why = f"{fresh.path}:{fresh.line} builds on {stage.base}, and nothing says what that {what}"
            return fresh
        found = self._base_of(stage.base)
        if isinstance(found, Built):
            built = found.copy()
            built.path, built.line = fresh.path, fresh.line
            built.windows = fresh.windows or built.windows
            return built
        if isinstance(found, str):
            fresh.why = found
        else:
            fresh.facts = found
        bring_along(fresh)
        return fresh

    def _earlier(self, name: str, index: int) -> int | None:
        names = [stage.name for stage in self._recipe.stages[:index]]
        # Of two stages with one name BuildKit takes the later.
        return next((at for at in reversed(range(index)) if names[at] == name.lower()), None)

    def _env(self, built: Built, item: Instruction, known: Mapping[str, str]) -> None:
        pairs = zip(item.args[::3], item.args[1::3], strict=False)
        # The words of one instruction do not see what it sets itself.
        for name, value in [(name, expand(word, known, self._recipe.escape)) for name, word in pairs]:
            if value is None:
                built.environment.pop(name, None)
            else:
                built.environment[name] = value
            built.of_base -= {name}

    def _copy(self, built: Built, item: Instruction, known: Mapping[str, str]) -> None:
        words = [expand(word, known, self._recipe.escape) or word for word in item.args]
        if len(words) < 2:
            return
        *sources, target = words
        origin = item.flag("from")
        if origin is None:
            built.copied += [(source, target) for source in sources]
        else:
            built.brought += [(source, target) for source in sources]
            take_capabilities(built, self._from(origin), sources)
        built.changed = built.changed or copied_privately(self._recipe.path, item)
        for source in sources:
            if origin is not None:
                if _brings_passwd(source, target):
                    take_accounts(built, self._from(origin))
                continue
            text = item.heredoc if source.startswith("<<") and target == "/etc/passwd" else self._passwd(source, target)
            if text is not None:
                take_passwd(built, text)

    def _passwd(self, source: str, target: str) -> str | None:
        """Return the passwd file that a copy from the build context brings along, None for none."""
        places = {"/etc/passwd": ("",), "/etc": ("passwd",), "": ("etc/passwd",)}.get(target.rstrip("/"), ())
        found = (self._text_of(posixpath.join(source, place) if place else source) for place in places)
        if target.rstrip("/") == "/etc" and posixpath.basename(source) == "passwd":
            return self._text_of(source)
        return next((text for text in found if text is not None), None)

    def _from(self, origin: str) -> Built | None:
        stages = self._recipe.stages
        index = self._earlier(origin, len(stages))
        if index is None and is_number(origin) and int(origin) < len(stages):
            index = int(origin)
        if index is None or (index in self._underway and index not in self._done):
            return None
        return self.stage(index)

    def _state(self, built: Built, item: Instruction, known: Mapping[str, str]) -> None:
        escape = self._recipe.escape
        if item.name == "USER":
            raw = " ".join(item.args)
            text = expand(raw, known, escape)
            built.user = User(text if text and " " not in text else None, raw, self._recipe.path, item.line)
        elif item.name == "EXPOSE":
            for word in item.args:
                built.ports |= _ports(expand(word, known, escape) or "")
        elif item.name == "VOLUME":
            found = [expand(word, known, escape) for word in item.args]
            built.volumes += [path.rstrip("/") for path in found if path and path not in built.volumes]
        elif item.name == "ENTRYPOINT":
            # A new entry point takes away the command of the base (docs.docker.com, Dockerfile reference, CMD).
            built.entrypoint, built.command = _start_words(item), ()
        elif item.name == "CMD":
            built.command = _start_words(item)


def _brings_passwd(source: str, target: str) -> bool:
    """Return whether a copy from another stage brings its passwd file."""
    where = target.rstrip("/")
    if where == "/etc/passwd" or posixpath.basename(source) == "passwd":
        return where in {"/etc", "/etc/passwd"}
    return (source.rstrip("/"), where) in {("/etc", "/etc"), ("", "")}


def _ports(word: str) -> set[int]:
    span, _, protocol = word.partition("/")
    first, _, last = map(number, span.partition("-"))
    if protocol.lower() not in {"", "tcp"} or first is None:
        return set()
    end = first if last is None else min(last, first + _PORTS_AT_ONCE)
    return {port for port in range(first, end + 1) if 0 < port < 65536}


def _start_words(item: Instruction) -> tuple[str, ...]:
    return item.args if item.is_json or not item.args else ("/bin/sh", "-c", " ".join(item.args))
