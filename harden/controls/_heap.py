"""How much memory a container says that it will use: heaps and caches of a stated size, volumes in memory.

A memory limit below that kills the container, however little the class of its image needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harden.controls._images import facts_of
from harden.controls._neighbours import config_maps
from harden.controls._pods import environment, names_of
from harden.controls._registry import Context
from harden.controls._scripts import command_line
from harden.controls._volumes import mounted_empty_dirs
from harden.model.kube import Container, Workload
from harden.model.plain import as_word
from harden.model.record import Record

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts, Unit

# Patterns are given to `re` when they are needed, which then keeps them compiled.
#: What each program understands by its units (all binary); the first group is the number, the second the unit.
#: Sources: java(1), -Xmx and -XX:MaxRAM, and JDK-8146115 for what is beside the heap; Node.js command-line options,
#: --max-old-space-size (megabytes); Go runtime, GOMEMLIMIT; redis.conf, maxmemory; memcached(1), -m (megabytes);
#: PostgreSQL, shared_buffers; MySQL, innodb_buffer_pool_size.
_PATTERNS = {
    "its -Xmx": r"(?<![\w-])-Xmx(\d{1,18})([kKmMgGtT]?)(?![\w.])",
    "its Java memory options": r"(?<![\w-])-XX:Max(?:HeapSize|RAM)=(\d{1,18})([kKmMgGtT]?)(?![\w.])",
    "its maxmemory": r"(?<![\w-])--maxmemory[= ](\d{1,18})([kKmMgG]?)[bB]?(?![\w.])",
    "its shared_buffers": r"(?<!\w)shared_buffers ?= ?'?(\d{1,18})([kMGT])B(?!\w)",
    "its buffer pool": r"--innodb[-_]buffer[-_]pool[-_]size[= ](\d{1,18})([kKmMgG]?)(?![\w.])",
}
#: What a JVM takes beside its heap: java(1), -XX:MaxDirectMemorySize.
_DIRECT = r"(?<![\w-])-XX:MaxDirectMemorySize=(\d{1,18})([kKmMgGtT]?)(?![\w.])"
_OLD_SPACE = r"(?<![\w-])--max[-_]old[-_]space[-_]size[= ](\d{1,18})(?![\w.])"
_GO_LIMIT = r"(\d{1,18})(?:([KMGT])i)?B?"
_MEMCACHED = r"(?<!\S)(?:-m ?|--memory-limit=)(\d{1,18})(?!\S)"
#: Variables whose names speak of memory, and values that are an amount with its unit: what a program that nobody knows
#: makes of it is not known, and a limit above it harms nobody.
_NAMED = r"(?i)(?:^|.*_)(?:heap|mem|memory|maxmemory|buffers?|pagecache|cache_size)(?:_.*)?"
_AMOUNT = r"(\d{1,18}(?:\.\d{1,18})?)\s*([kKmMgGtT])i?[bB]?"
_SIZE = r"(\d{1,18}(?:\.\d{1,18})?)\s*([kKmMgGtT]?)(?:i?[bB])?"
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_MEBI = 2**20


class _Size(Record):
    """Memory in bytes that a container names, and by which words; what is `beside` the heap comes on top of it."""

    amount: int
    words: str
    beside: bool = False


def stated(workload: Workload, container: Container, context: Context) -> tuple[int, str] | None:
    """Return how many bytes the container needs at least by its own words, and which words, None where it says none.

    A quarter more than the largest heap or cache, 64 MiB at least (threads, code, buffers), what it says of memory
    beside that, and its volumes in memory.
    """
    found = sorted(_sizes(workload, container, context), key=lambda size: -size.amount)
    volumes = sum(size for size in _in_memory(workload, container) if size is not None)
    if not found:
        return (volumes, "its volumes in memory") if volumes else None
    heap = next((size for size in found if not size.beside), found[0])
    beside = {size.words: size.amount for size in reversed(found) if size.beside and size is not heap}
    total = heap.amount + sum(beside.values())
    return total + max(total // 4, 64 * _MEBI) + volumes, " and ".join((heap.words, *beside))


def memory_volume(workload: Workload, container: Container) -> bool:
    """Return whether the container mounts a volume in memory: its files count towards the limit.

    Source: Kubernetes documentation, Volumes, emptyDir: what is written there counts as the container's memory.
    """
    return bool(list(_in_memory(workload, container)))


def is_open_ended(workload: Workload, container: Container) -> bool:
    """Return whether the container mounts a volume in memory without a size."""
    return None in list(_in_memory(workload, container))


def is_java(container: Container) -> bool:
    """Return whether the container's own words show a Java virtual machine."""
    variables = [each for each in environment(container) if isinstance(each.get("name"), str)]
    texts = [_command(container), *(as_word(each.get("value")) for each in variables)]
    command = container.get("command")
    first = command[0] if isinstance(command, list) and command else None
    program = isinstance(first, str) and first.rpartition("/")[2] == "java"
    if program or not names_of(variables).isdisjoint(_JAVA):
        return True
    return any(re.search(pattern, text) for pattern in _JVM for text in texts)


_JAVA = frozenset({"JAVA_TOOL_OPTIONS", "JAVA_OPTS", "JDK_JAVA_OPTIONS", "JVM_OPTS", "ES_JAVA_OPTS", "KAFKA_HEAP_OPTS"})
_JVM = (_PATTERNS["its -Xmx"], _PATTERNS["its Java memory options"], r"(?<![\w-])-(?:jar\s|XX:[+-]|Xms\d)")


def _sizes(workload: Workload, container: Container, context: Context) -> Iterator[_Size]:
    maps, facts = config_maps(context.bundle), facts_of(container, context)
    variables = {given.key: given.value or "" for given in maps.environment(workload, container)}
    command = _command(container)
    yield from _by_options(command)
    if "memcached" in str(container.get("image")):
        yield from (_Size(int(number) * _MEBI, "its cache size") for number in re.findall(_MEMCACHED, command))
    known = {} if facts is None else facts.size_env
    for name, value in variables.items():
        if name not in known:
            yield from _by_name(name, value)
    if facts is not None and (facts.size_env or facts.size_args or facts.size_config):
        mounted = [given.value or "" for given in maps.mounted_in(workload, container)]
        yield from _by_facts(facts, variables, command, mounted)


def _by_name(name: str, value: str) -> Iterator[_Size]:
    """Yield what a variable says that no facts speak of: options of a JVM, or an amount under a name that tells."""
    yield from _by_options(value)
    go = re.fullmatch(_GO_LIMIT, value) if name == "GOMEMLIMIT" else None
    named = re.fullmatch(_AMOUNT, value.strip()) if go is None and re.fullmatch(_NAMED, name) else None
    if go is not None:
        yield _Size(int(go[1]) * 1024 ** _UNITS[(go[2] or "").lower()], "its GOMEMLIMIT")
    elif named is not None:
        yield _Size(_bytes(named), f"its {name}")


def _by_options(text: str) -> Iterator[_Size]:
    for words, pattern in _PATTERNS.items():
        for number, unit in re.findall(pattern, text):
            yield _Size(int(number) * 1024 ** _UNITS[unit.lower()], words)
    yield from (_Size(int(number) * _MEBI, "its --max-old-space-size") for number in re.findall(_OLD_SPACE, text))
    for number, unit in re.findall(_DIRECT, text):
        yield _Size(int(number) * 1024 ** _UNITS[unit.lower()], "its direct memory", beside=True)


def _by_facts(facts: ImageFacts, variables: Mapping[str, str], command: str, mounted: list[str]) -> Iterator[_Size]:
    """Yield the sizes that facts know where to find: each program has its own variables, options and directives."""
    for name, unit in facts.size_env.items():
        if name in variables:
            yield from _in_unit(variables[name], unit, f"its {name}", beside=True)
    for pattern, unit in facts.size_args.items():
        for value in re.findall(pattern, command, re.MULTILINE):
            yield from _in_unit(value, unit, "the size in its arguments", beside=False)
    for pattern, unit in facts.size_config.items():
        for value in (value for text in mounted for value in re.findall(pattern, text, re.MULTILINE)):
            yield from _in_unit(value, unit, "the size in its mounted configuration", beside=False)


def _in_unit(value: str, unit: Unit, words: str, *, beside: bool) -> Iterator[_Size]:
    if unit.value == "jvm_options":
        yield from (size._replace(words=words, beside=beside) for size in _by_options(value))
        return
    found = re.fullmatch(_SIZE, value.strip().strip("\"'"))
    if found is None:
        return
    if found[2] or unit.value == "size":
        yield _Size(_bytes(found), words, beside)
    else:
        yield _Size(int(float(found[1]) * {"mib": 2**20, "gib": 2**30}[unit.value]), words, beside)


def _bytes(found: re.Match[str]) -> int:
    return int(float(found[1]) * 1024 ** _UNITS[found[2].lower()])


def _command(container: Container) -> str:
    """Return command and arguments as one text: an option and its value may be two words."""
    return " ".join(command_line(container))


def _in_memory(workload: Workload, container: Container) -> Iterator[int | None]:
    """Yield the size in bytes of each memory volume that the container mounts, None for one without a size."""
    from harden.kube.quantity import NANO, parse  # noqa: PLC0415 - slow to import; only profiles with sizes need it

    for folder in mounted_empty_dirs(workload, container):
        if folder.get("medium") == "Memory":
            size = parse(folder.get("sizeLimit"))
            yield None if size is None else size.nano // NANO
