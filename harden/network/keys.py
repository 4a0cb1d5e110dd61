"""Judges a word by what it stands behind: keys, options, commands and calls that take a host, or something else.

The patterns take long to compile, so this is imported where a text may name a Service.
"""

from __future__ import annotations

import re

from harden.model.record import Record

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Words of keys that hosts alone stand behind, and of those that a host may stand behind.
_HOST_WORD = re.compile(
    r"(host|addr|address|server|uri|url|endpoint|broker|peer|seed|upstream|sentinel|resolver|nameserver)(s|es|name)?"
    r"|hostnames|targets|proxy|master|leader|dsn|bootstrap|datasource|join|fqdn|slaveof|replicaof"
)
#: The last word of a key whose value is no host, however it looks: POSTGRES_USER=postgres.
_OTHER_WORD = re.compile(
    r"user(name)?|login|role|owner|pass(word|wd)?|secret|db(name)?|database|schema|namespace|topic|queue|bucket|prefix"
    r"|path|label|type|mode|driver|engine|kind|level|app|index|table|collection|realm|tag|dir(ectory)?|folder|files?"
    r"|root|home|mount|volume|image|repository|repo|chart|release|cookie|policy|class|profile|module|package|component"
    r"|group|id|uid|key|token|title|description|message|comment|text|locale|lang(uage)?|theme|format|version|env"
    r"|environment|stage|tier|team|job|scope|audience|aud|client|alias|plugin|feature|flag|workdir|project|filter"
    r"|cmd|command|method|action|event|metric|measurement|keyspace|vhost|exchange|stream|channel|subject|logger"
    r"|categor(y|ies)|icon|colou?r|menu|page|route|company|brand|product|container|pod|enabled|includes?|currency|country"
    r"|region|zone|city|font|style|layout|widget|button|field|column|task|step|function|handler|controller|view|model"
    r"|entity|bean|site|cp|classpath|template"
)
#: Programs whose first words are the host that they connect to.
_PROGRAMS = (
    r"curl|wget|ping6?|nc|ncat|netcat|telnet|nslookup|dig|host|getent\s+(?:hosts|ahosts\w*)|ssh|traceroute|httpie|http"
    r"|pg_isready\s+-h|wait-for(?:-it)?(?:\.sh)?|wait_for|dockerize\s+-wait|mysqladmin\s+-h|redis-cli\s+-h|grpcurl|mongo|mongosh|ab|hey|wrk"
)
#: Options of programs that take a file or text, so that the word behind them is no host.
_TAKES_MORE = r"(?!\w*[AFHKOPTXbcdeou]\s)"
_COMMAND = re.compile(
    rf"(?:^|[\s;&|(`\"'/])(?:{_PROGRAMS})(?:\s+-{_TAKES_MORE}[\w-]+(?:[= ]\d[\w.]*)?|\s+-[cm]\s\d+)*\s+[\"']?$"
)
_ASSIGNED = re.compile(
    r"(?:^|[\s;,&|({\[<?\"'])-{0,2}[$.]?((?:data |network )?[A-Za-z_][\w.\-/]*)[\"']?\]?"
    r"[ \t]*(?:=>|:=|=|:)[ \t]*(?:tcp:|(?:[&!][\w!]+[ \t]+)+)?[\"'(]*$",
    re.IGNORECASE,
)
#: What _ASSIGNED ends with, which takes less time to look for.
_SEPARATED = re.compile(r"[:=>][ \t]*(?:[&!][\w!]+[ \t]+)*[\"'(]*$")
_IN_LIST = re.compile(r"([A-Za-z_][\w.\-]*)[\"']?[ \t]*(?:=>|[:=])[ \t]*[\[({][^\[\]{}]*$")
_BLOCK_LIST = re.compile(
    r"([A-Za-z_][\w.\-]*)[\"']?:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*-[ \t]+[^\n]*\n)*[ \t]*-[ \t]+[\"']?$"
)
_OPTION = re.compile(r"(?:^|[\s\"'])--?([A-Za-z][\w.\-]*)(?:[ \t]+|=)[\"']?$")
_SHORT_OPTION = re.compile(r"(?:^|\s)(?:-h|-H)[ \t]*[\"']?$")
IS_DEFAULT = re.compile(r"\$\{(\w+):?[-=][\"']?$")
_TAG = re.compile(r"<([\w.\-:]+)[^<>]*>\s*$")
_DIRECTIVE = re.compile(r"(?:^|[;{])[ \t]*(?:set[ \t]+)?\$?([A-Za-z_][\w.\-]*)[ \t]+[\"']?$")
#: Sources: docs.haproxy.org, `server <name> <address>[:[port]]`; nginx.org, `server address [parameters]`; redis.io,
#: `sentinel monitor <name> <ip> <port> <quorum>`.
_NAMED_FIRST = re.compile(r"^[ \t]*(?:server|sentinel[ \t]+monitor)[ \t]+[\w.\-]+[ \t]+$")
_SETS = re.compile(r"set[ \t]+\$")
_PARAMETERS = re.compile(r"[ \t]+(?:\w+=|\d+[ \t]*(?:\r?\n|$))")
_CALL = re.compile(r"([A-Za-z_]\w*)\(\s*[\"']$")
_TUPLE = re.compile(r"[{(\[]\s*[\"':]?([A-Za-z_]\w*)[\"']?\s*,\s*[\"']$")
_CALLS = re.compile(r"connect|dial|sockopen|host|resolve|lookup|ping|socket", re.IGNORECASE)
#: Classes that are mostly made with the host that they connect to.
_CLIENTS = re.compile(r"\w*(?:redis|memcached?|mongo|mongoclient|kafka|amqp|mysqli?|cassandra|etcd)", re.IGNORECASE)
#: Directives that take a host in place of the URL of others (nginx.org, stream and upstream modules).
_PASSES = frozenset({"fastcgi_pass", "grpc_pass", "memcached_pass", "proxy_pass", "scgi_pass", "uwsgi_pass"})
#: Words of _HOST_WORD that name a part of a file as often as a host: `upstream x {`.
_SECTIONS = frozenset({"upstream", "master", "leader", "proxy", "server_name", "host_name"})
_IN_REQUEST = re.compile(r"(?:^|[\s;&|(`\"'])(?:curl|wget)\s[^;&|\n]*(?<!-o)(?<!-O)\s[\"']?$")
_LOOP = re.compile(r"\bfor\s+\w+\s+in\s[^;\n]*$")
#: Of bash (gnu.org, Redirections).
IS_DEVICE = re.compile(r"/dev/(?:tcp|udp)/$")
#: Keys that say the same as "the database server": an option's value may be its name, or its host.
_EITHER = frozenset({"db", "database"})
#: Letters of options that rarely stand for a host: user, database, namespace, file and the like.
_LETTERS_AT_MOST = 3
_LETTERS = frozenset("CDLOPRUcdefiklmnopqrtuvwx")

_VALUE_END = re.compile(r"[\"')]*[ \t]*(?:[,;}\])>|]|</|#|\r?\n|$)|[\"')]*/(?!/)")
_WORD_END = re.compile(r"[\"']?(?:[\s,;)&|}`\"'/]|$)")


class Position(Record):
    """How a word stands behind its key: `certain` as a host, perhaps (False), or as something else (None)."""

    certain: bool | None


def position(before: str, after: str, *, is_file: bool) -> Position | None:
    """Return how a word stands between two texts, or None where it stands behind nothing that would tell."""
    line = before[before.rfind("\n") + 1 :]
    for find in (_by_command, _by_option, _by_default, _by_assignment, _by_tag, _by_call):
        found = find(line, after)
        if found is not None:
            return found
    found = _by_list(before, after)
    return _by_directive(line, after) if found is None and is_file else found


def _by_directive(before: str, after: str) -> Position | None:
    if _NAMED_FIRST.search(before):
        return Position(certain=True)
    found = _DIRECTIVE.search(before)
    if found is not None and found[1] in _SECTIONS and "$" not in found[0]:
        return Position(None)
    if found is not None and found[1] in _PASSES:
        return Position(certain=True)
    if found is None or not (_VALUE_END.match(after) or _PARAMETERS.match(after)):
        return None
    certain = is_host_key(found[1])
    # Two words of a sentence look the same, so only a key that speaks of hosts counts, or a variable of nginx.
    return Position(certain if certain or (_SETS.search(found[0]) and certain is not None) else None)


def is_host_key(key: str) -> bool | None:
    """Return whether a key says that its value is a host: True, False (it may be), or None (it is something else)."""
    words = [word.lower() for word in _WORDS.findall(key)]
    is_name = words[-1:] in (["name"], ["names"])
    last = words[-2:-1] if is_name else words[-1:]
    if any(_OTHER_WORD.fullmatch(word) or _OTHER_WORD.fullmatch(word.removesuffix("s")) for word in last):
        return None
    if len(key) == 1 and key in _LETTERS:
        return None
    # A host's own name is called so too.
    is_own = words == ["hostname"] or is_name
    return not is_own and any(_HOST_WORD.fullmatch(word) for word in words)


def _by_command(before: str, after: str) -> Position | None:
    if not _WORD_END.match(after):
        return None
    if _COMMAND.search(before) or _SHORT_OPTION.search(before):
        return Position(certain=True)
    is_hint = (after.startswith("/") and _IN_REQUEST.search(before)) or _LOOP.search(before)
    return Position(certain=False) if is_hint else None


def _by_option(before: str, after: str) -> Position | None:
    found = _OPTION.search(before)
    if found is None or not _WORD_END.match(after):
        return None
    if found[1].lower() in _EITHER:
        return Position(certain=False)
    certain = is_host_key(found[1])
    # Letters may be switches, and the word behind them anything.
    are_letters = len(found[1]) <= _LETTERS_AT_MOST and f"--{found[1]}" not in before
    return Position(None if are_letters and not certain else certain)


def _by_default(before: str, after: str) -> Position | None:
    found = IS_DEFAULT.search(before)
    return Position(is_host_key(found[1])) if found is not None and _WORD_END.match(after) else None


def _by_assignment(before: str, after: str) -> Position | None:
    found = _ASSIGNED.search(before) if _SEPARATED.search(before) else None
    if found is None:
        return None
    certain = is_host_key(found[1])
    if _VALUE_END.match(after):
        return Position(certain)
    # Behind `=` and without spaces a word may end where the next one begins: host=db port=5432.
    is_word = before.rstrip("\"'").endswith("=") and _WORD_END.match(after)
    return Position(certain if is_word else None)


def _by_list(before: str, after: str) -> Position | None:
    if not _VALUE_END.match(after):
        return None
    line = before[before.rfind("\n") + 1 :]
    # Both patterns look far back, so that they are tried only where there is a list.
    found = _BLOCK_LIST.search(before) if line.strip(" \t\"'") == "-" else None
    if found is None and any(bracket in before for bracket in "[{("):
        found = _IN_LIST.search(before)
    if found is None:
        return None
    if found[1] == "names":
        return Position("dns_sd_configs" in before)
    return Position(is_host_key(found[1]))


def _by_tag(before: str, after: str) -> Position | None:
    found = _TAG.search(before)
    return Position(is_host_key(found[1])) if found is not None and after.lstrip().startswith("</") else None


def _by_call(before: str, after: str) -> Position | None:
    if not after.startswith(('"', "'")):
        return None
    call = _CALL.search(before)
    if call is not None:
        is_client = _CLIENTS.fullmatch(call[1]) is not None
        return Position(True if _CALLS.search(call[1]) else False if is_client else None)
    pair = _TUPLE.search(before)
    if pair is not None:
        return Position(is_host_key(pair[1]))
    return None
