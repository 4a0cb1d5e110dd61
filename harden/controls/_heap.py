"""How much memory a container says that it will use: heaps and caches of a stated size, volumes in memory.

A memory limit below that kills the container, however little the class of its image needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.controls._pods import names_of
from harden.model.kube import Container, Workload, dig

# Patterns are given to `re` when they are needed, which then keeps them compiled.
#: What each program understands by its units (all binary); the first group is the number, the second the unit.
#: Sources: java(1), -Xmx and -XX:MaxRAM, and JDK-8146115 for what is beside the heap; Node.js command-line options,
#: --max-old-space-size (megabytes); Go runtime, GOMEMLIMIT; redis.conf, maxmemory; memcached(1), -m (megabytes);
#: PostgreSQL, shared_buffers; MySQL, innodb_buffer_pool_size.
_PATTERNS = {
    "its -Xmx": r"(?<![\w-])-Xmx(\d+)([kKmMgGtT]?)(?![\w.])",
    "its Java memory options": r"(?<![\w-])-XX:Max(?:HeapSize|RAM)=(\d+)([kKmMgGtT]?)(?![\w.])",
    "its maxmemory": r"(?<![\w-])--maxmemory[= ](\d+)([kKmMgG]?)[bB]?(?![\w.])",
    "its shared_buffers": r"(?<!\w)shared_buffers=(\d+)([kMGT])B(?!\w)",
    "its buffer pool": r"--innodb[-_]buffer[-_]pool[-_]size[= ](\d+)([kKmMgG]?)(?![\w.])",
}
_OLD_SPACE = r"(?<![\w-])--max[-_]old[-_]space[-_]size[= ](\d+)(?![\w.])"
_GO_LIMIT = r"(\d+)(?:([KMGT])i)?B?"
_MEMCACHED = r"(?<!\S)(?:-m ?|--memory-limit=)(\d+)(?!\S)"
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_MEBI = 2**20


def stated(workload: Workload, container: Container) -> tuple[int, str] | None:
    """Return how many bytes the container needs at least by its own words, and which words, None where it says none.

    A quarter more than the largest heap or cache, 64 MiB at least (threads, code, buffers), and its volumes in memory.
    """
    heaps = sorted(_heaps(container), reverse=True)
    volumes = sum(size for size in _in_memory(workload, container) if size is not None)
    if not heaps:
        return (volumes, "its volumes in memory") if volumes else None
    heap, words = heaps[0]
    return heap + max(heap // 4, 64 * _MEBI) + volumes, words


def is_open_ended(workload: Workload, container: Container) -> bool:
    """Return whether the container mounts a volume in memory without a size: its files count towards the limit.

    Source: Kubernetes documentation, Volumes, emptyDir: what is written there counts as the container's memory.
    """
    return None in list(_in_memory(workload, container))


def is_java(container: Container) -> bool:
    """Return whether the container's own words show a Java virtual machine."""
    texts = list(_texts(container))
    command = container.get("command")
    first = command[0] if isinstance(command, list) and command else None
    program = isinstance(first, str) and first.rpartition("/")[2] == "java"
    names = {name for name, _ in _variables(container)}
    return program or not names.isdisjoint(_JAVA) or any(re.search(pattern, text) for pattern in _JVM for text in texts)


_JAVA = frozenset({"JAVA_TOOL_OPTIONS", "JAVA_OPTS", "JDK_JAVA_OPTIONS", "JVM_OPTS", "ES_JAVA_OPTS", "KAFKA_HEAP_OPTS"})
_JVM = (_PATTERNS["its -Xmx"], _PATTERNS["its Java memory options"], r"(?<![\w-])-(?:jar\s|XX:[+-]|Xms\d)")


def _heaps(container: Container) -> Iterator[tuple[int, str]]:
    is_memcached = "memcached" in str(container.get("image"))
    for text in _texts(container):
        for words, pattern in _PATTERNS.items():
            for number, unit in re.findall(pattern, text):
                yield int(number) * 1024 ** _UNITS[unit.lower()], words
        yield from ((int(number) * _MEBI, "its --max-old-space-size") for number in re.findall(_OLD_SPACE, text))
        if is_memcached:
            yield from ((int(number) * _MEBI, "its cache size") for number in re.findall(_MEMCACHED, text))
    for name, value in _variables(container):
        found = re.fullmatch(_GO_LIMIT, value) if name == "GOMEMLIMIT" else None
        if found is not None:
            yield int(found[1]) * 1024 ** _UNITS[(found[2] or "").lower()], "its GOMEMLIMIT"


def _texts(container: Container) -> Iterator[str]:
    """Yield command and arguments as one text (an option and its value may be two words), and values of variables."""
    words: list[str] = []
    for field in ("command", "args"):
        items = container.get(field)
        words += [item for item in items if isinstance(item, str)] if isinstance(items, list) else []
    if words:
        yield " ".join(words)
    yield from (value for _, value in _variables(container))


def _variables(container: Container) -> Iterator[tuple[str, str]]:
    items = container.get("env")
    for item in items if isinstance(items, list) else ():
        name, value = dig(item, "name"), dig(item, "value")
        if isinstance(name, str):
            yield name, value if isinstance(value, str) else ""


def _in_memory(workload: Workload, container: Container) -> Iterator[int | None]:
    """Yield the size in bytes of each memory volume that the container mounts, None for one without a size."""
    from harden.kube.quantity import NANO, parse  # noqa: PLC0415 - slow to import; only profiles with sizes need it

    volumes, mounts = workload.get("volumes"), container.get("volumeMounts")
    names = names_of(mounts)
    for volume in volumes if isinstance(volumes, list) else ():
        if not names_of([volume]).isdisjoint(names) and dig(volume, "emptyDir", "medium") == "Memory":
            size = parse(dig(volume, "emptyDir", "sizeLimit"))
            yield None if size is None else size.nano // NANO
