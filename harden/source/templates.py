r"""Recognises text that another tool reads first: templates of Helm, Jinja, ytt and others, and unfilled placeholders.

Three signs count, and each is asked for where it can be nothing else: text that does not parse where the template's
own syntax stands, comments that are a tool's code, and placeholders in a value. Where a placeholder is a sign is for
the caller to know: a shell script may have `${VAR}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from harden.model.record import Record


class Template(Record):
    """What a text is (`a Helm template`), and the command that harden is to be put behind."""

    what: str
    command: str


HELM = Template("a Helm template", "helm template CHART | harden apply -")
JINJA = Template("a template of Jinja or Ansible", "harden what it renders to: jinja2 FILE | harden apply -")
GO = Template("a Go template", "harden what it renders to")
KLUCTL = Template("a Kluctl template", "kluctl render --print-all | harden apply -")
YTT = Template("a ytt template", "ytt -f FOLDER | harden apply -")
MAKEJINJA = Template("a makejinja template", "harden what makejinja writes")
ENVSUBST = Template("a template for envsubst", "envsubst < FILE | harden apply -")
FLUX = Template("a template for Flux or envsubst", "flux envsubst < FILE | harden apply -")
JSONNET = Template("text for jsonnet to fill in", "jsonnet FILE | harden apply -")
GENERATED = Template("written by jsonnet", "harden what jsonnet writes, each time: jsonnet FILE | harden apply -")
VAULT = Template("a template for the Argo CD Vault Plugin", "argocd-vault-plugin generate FOLDER | harden apply -")
ERB = Template("an ERB template", "erb FILE | harden apply -")
MARKED = Template("a template with placeholders", "fill in its placeholders first, and harden the result")

#: Without one of these no text has a sign.
_ANY = r"\{[{%#]|\$\{|\$[A-Za-z_]|\[[ \t]*\[|@[A-Za-z_]|%[A-Za-z_(]|<[%A-Za-z]|#[@%{]|#[ \t]*\{[{%]|jsonnet|tanka"

#: Placeholders in a value, and whose they are; the first that is found counts.
_PLACEHOLDERS: tuple[tuple[str, Template], ...] = (
    (r"<path:[^<>\n]*#[^<>\n]*>", VAULT),
    (r"\{\{.*?\}\}|\{%.*?%\}", JINJA),
    (r"\$\{[A-Za-z_]\w*(?::=|:-|=|-|:\?|\?|:\+|/|:\d)[^}\n]*\}", FLUX),
    (r"\$\{\{?[A-Za-z_][\w.]*\}?\}|(?<![\w$])\$[A-Za-z_]\w*", ENVSUBST),
    (r"#\{[^}\n]*\}#", MAKEJINJA),
    (r"<%.*?%>", ERB),
    (r"%\([A-Za-z_]\w*\)[sdif]|std\.extVar\(", JSONNET),
    (r"(?<!\w)@[A-Za-z_][\w.-]*@(?![\w.])", MARKED),
    (r"(?<![\w%])%[A-Za-z_]\w*%(?![\w%])", MARKED),
    (r"\[\[[ \t]*[A-Za-z_.][\w.]*[ \t]*\]\]", MARKED),
)

#: Code in comments. An own line has to be code and nothing else: prose may quote such code.
_YTT_CODE = r"(?:if/end|if|elif|else|for/end|for|while|def/end|def|end|load\(|return|print\(|import)\b|load\("
_YTT = (
    rf"(?m)^[ \t]*#@(?:[ \t]*(?:{_YTT_CODE}|[\w.]+[ \t]*=[^=]|[\w.]+\(.*\)[ \t]*$)|[a-z][\w-]*/[a-z][\w-]*)"
    r"|(?<=[:\w\"'\-][ \t])#@[ \t]+\S"
)
_MAKEJINJA = r"(?m)^[ \t]*#(?:%[-+]?[ \t].*?%#|\{%.*?%\}|%[-+]?[ \t]*(?:if|for|else|elif|end\w*|set|macro)\b)"
_OPENS = r"(?m)^[ \t]*#[ \t]*\{\{-?[ \t]*(?:if|range|with|define|block)\b.*\}\}[ \t]*$"
_ENDS = r"(?m)^[ \t]*#[ \t]*\{\{-?[ \t]*end[ \t]*-?\}\}[ \t]*$"
_JINJA_OPENS = r"(?m)^[ \t]*#[ \t]*\{%[-+]?[ \t]*(?:if|for|block|macro)\b.*%\}[ \t]*$"
_JINJA_ENDS = r"(?m)^[ \t]*#[ \t]*\{%[-+]?[ \t]*end\w+[ \t]*[-+]?%\}[ \t]*$"
_HEADER = r"(?im)\A(?:---[ \t]*\n)?(?:#.*\n)*?#.*\bgenerated\b.*\b(?:jsonnet|tanka)\b"

#: What all of these have.
_CODE = r"#[@%]|\{[{%]"

#: Where a template's own syntax begins a line or a value, so that the text is no YAML.
_BARE = r"(?m)^[ \t]*(?:-[ \t]+)*(?:[\w./-]+:[ \t]+)?\{[{%#]"
_BARE_NEAR = (
    r"(?m)^[ \t]*(?:-[ \t]+)*(?:[\w./-]+:[ \t]+)?"
    r"(?:\{[{%#]|<%|@[A-Za-z_][\w.-]*@|%[A-Za-z_]\w*%|%\(|#@|\$\{[^}\n]*\}[ \t]*$)"
)

#: Whose `{{ }}` it is: words that only one of them knows (helm.sh, Built-in Objects; kluctl.io, Templating).
_HELM_WORDS = (
    r"\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|\b(?:include|toYaml|nindent|tpl)\b|\{\{-?[ \t]*/\*"
)
_KLUCTL_WORDS = r"(?<!\{)\{\{[ \t]+(?:args\.|target\.|get_var\b)"
_JINJA_WORDS = r"\{%|\{#|\|[ \t]*(?:default|d|to_json|to_yaml|to_nice_yaml|b64encode|lower|upper|replace|join|indent)\b"
_GO_WORDS = r"\{\{-?[ \t]*(?:if|range|with|end|define|template|block|\.|\$|-[ \t])|\{\{-?[ \t]*\.[A-Za-z]"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _has(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


def may_be(text: str) -> bool:
    """Return whether a text may have a sign of a template; False is sure."""
    return _has(_ANY, text)


def in_value(value: str, *, own: str = "") -> Template | None:
    """Return whose placeholder stands in a value, None where none does.

    `own` matches placeholders that belong to the manifest itself.
    """
    if not _has(_ANY, value):
        return None
    rest = _compiled(own).sub("", value) if own else value
    for pattern, template in _PLACEHOLDERS:
        if _has(pattern, rest):
            return _whose(rest) if template is JINJA else template
    return None


def in_comments(text: str, is_comment: Callable[[int], bool]) -> Template | None:
    """Return whose code stands in the comments of a text, None where there is none.

    `is_comment` says whether a comment begins at an offset; what stands in a block scalar is none.
    """
    lines = list(_with_code(text))

    def stands(letters: str, pattern: str) -> bool:
        return any(is_comment(text.index("#", found)) for found in _in_lines(letters, pattern, text, lines))

    if stands("#@", _YTT):
        return YTT
    if stands("#%", _MAKEJINJA) or stands("#{%", _MAKEJINJA):
        return MAKEJINJA
    if stands("{{", _OPENS) and stands("{{", _ENDS):
        return _whose(text)
    if stands("{%", _JINJA_OPENS) and stands("{%", _JINJA_ENDS):
        return JINJA
    return GENERATED if _compiled(_HEADER).match(text) is not None else None


def of_unreadable(text: str, offset: int) -> Template | None:
    """Return whose template a text is that does not parse, None where it is simply wrong; it fails at `offset`."""
    start = text.rfind("\n", 0, offset) + 1
    # A parser stumbles over a template up to a line behind it.
    before = text.rfind("\n", 0, max(start - 1, 0)) + 1
    end = text.find("\n", offset)
    near = text[before : end if end >= 0 else None]
    if _has(_BARE_NEAR, near):
        return _whose(text) if "{{" in near or "{%" in near else in_value(near) or _whose(text)
    return _whose(text) if _has(_BARE, text) else None


def _with_code(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the lines begin and end that have a `#` and letters without which no comment is code."""
    # One letter is found ten times as fast as two, and most texts have few comments.
    at = text.find("#")
    while at >= 0:
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at) + 1 or len(text)
        if _compiled(_CODE).search(text, start, end) is not None:
            yield start, end
        at = text.find("#", end)


def _in_lines(letters: str, pattern: str, text: str, lines: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield where a pattern of one line is found in those of these lines that have the letters it cannot do without."""
    for start, end in lines:
        if text.find(letters, start, end) >= 0:
            yield from (found.start() for found in _compiled(pattern).finditer(text, start, end))


def _whose(text: str) -> Template:
    """Return whose template a text is that has the syntax of one."""
    for pattern, template in (
        (_YTT, YTT),
        (_HELM_WORDS, HELM),
        (_MAKEJINJA, MAKEJINJA),
        (_KLUCTL_WORDS, KLUCTL),
        (_JINJA_WORDS, JINJA),
        (_GO_WORDS, GO),
        (r"\{\{", JINJA),
        (r"<%", ERB),
        (r"\$\{", ENVSUBST),
    ):
        if _has(pattern, text):
            return template
    return MARKED
