"""What `harden check --gate` says of objects that run no pods themselves: what they let in, hold as text, or hide."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harden.engine.admitting import KINDS, LABEL, admitting
from harden.kube.kinds import BUILT_IN
from harden.kube.relevance import is_no_definition, is_relevant, may_name
from harden.kube.unseen import is_custom
from harden.kube.workloads import is_directive, objects
from harden.model.kube import Data, dig
from harden.model.plain import as_word
from harden.model.profile import Profile
from harden.model.report import SAID, Problem, Stage
from harden.model.text import LineIndex, Path, SourceText, dotted
from harden.model.tree import Document
from harden.source.locate import locate
from harden.source.merges import contested
from harden.source.parse import parse
from harden.source.templates import in_value, may_be

#: Says something of a file at an offset: what, and what to do about it.
Say = Callable[[int, str, str], Problem]
_RENDERED = "judge what the tool makes of it"


def beside_pods(source: SourceText, profile: Profile) -> Iterator[Problem]:
    """Yield what nobody can judge of the objects of a file, beside the pods in it."""
    lines = LineIndex(source.text)

    def say(at: int, said: str, hint: str) -> Problem:
        return Problem(source.name, Stage.READ, said, lines.line(at), hint)

    for document in parse(source, _may_differ, sketch="<<" not in source.text and "!" not in source.text).documents:
        yield from _contested(document, say)
        if isinstance(document.value, dict):
            yield from _filled_in(document, document.value, say)
            yield from _held_as_text(document, say)
    if _may_admit(source.text):
        yield from _admitting(source, profile, say)


def _may_differ(text: str) -> bool:
    """Return whether the text of a document may hold anything that is looked for here, but for `KINDS`."""
    if not is_no_definition(text):
        return False
    return _has_placeholder(text) or _may_hold_text(text) or (("<<" in text or "!" in text) and is_relevant(text))


def _contested(document: Document, say: Say) -> Iterator[Problem]:
    """Yield the keys of a document that mean one thing to kubectl, and another one to kustomize."""
    for at, key in () if document.root is None else contested(document.root):
        said = f"was not judged: kubectl and kustomize take different values for {key!r}, because of a merge"
        yield say(at, said, "write the `<<` above the keys that it must not change")


# -- what another tool fills in ----------------------------------------------------------------------------------------


def _has_placeholder(text: str) -> bool:
    return ("{" in text or "%" in text or "@" in text or "[" in text) and may_be(text)


def _filled_in(document: Document, value: Data, say: Say) -> Iterator[Problem]:
    """Yield the names of fields, and the kinds, of which another tool makes something else (Flux: `${a:=hostPID}`)."""
    if not {"kind", "apiVersion", "items"} & value.keys() and not any(map(_is_filled_in, value)):
        return
    for field in ("kind", "apiVersion"):
        if _is_filled_in(value.get(field)):
            yield say(locate(document, (field,)), f"was not judged: another tool fills in its {field}", _RENDERED)
    # One will do: to find a place takes as long as what stands in front of it.
    found = next(_keys_filled_in(value), None)
    if found is not None:
        yield say(locate(document, found), "was not judged: another tool fills in the name of a field", _RENDERED)


def _keys_filled_in(value: Data) -> Iterator[Path]:
    todo: list[tuple[Path, object]] = [((), value)]
    while todo:
        path, item = todo.pop()
        if isinstance(item, dict):
            yield from ((*path, key) for key in item if _is_filled_in(key))
            todo += [((*path, key), inner) for key, inner in item.items() if key not in _DATA]
        elif isinstance(item, list):
            todo += [((*path, at), inner) for at, inner in enumerate(item)]


#: What is in these is for programs, and no field of an object. Pod Security reads annotations by their keys.
_DATA = frozenset({"binaryData", "data", "stringData"})


def _is_filled_in(word: object) -> bool:
    # Such as `$ref` and `$patch` are words of their own.
    is_plain = isinstance(word, str) and word.startswith("$") and word[1:2].isalpha()
    return isinstance(word, str) and not is_plain and not is_directive(word) and in_value(word) is not None


# -- objects within text -----------------------------------------------------------------------------------------------


def _may_hold_text(text: str) -> bool:
    """Return whether a text may hold a manifest as text: then it has the word twice, or spells it otherwise."""
    is_twice = text.count("apiVersion") > 1 or "\\" in text or "!" in text
    return is_twice and any(kind in text for kind in BUILT_IN.own)


def _held_as_text(document: Document, say: Say) -> Iterator[Problem]:
    """Yield the texts in custom resources that hold the manifest of a workload: an operator may apply it."""
    for path, data, api_version, kind in objects(document.value):
        if not is_custom(api_version):
            continue
        name = as_word(dig(data, "metadata", "name"))
        held = (where for where, text in _texts(path, data) if "apiVersion" in text and may_name(text, BUILT_IN.own))
        where = next(held, None)
        if where is not None:
            said = f"was not judged: {kind} {name} holds the text of a manifest at {dotted(where)}"
            yield say(locate(document, where), said, "judge that text as a file of its own")


def _texts(path: Path, data: object) -> Iterator[tuple[Path, str]]:
    todo: list[tuple[Path, object]] = [(path, data)]
    while todo:
        where, item = todo.pop()
        if isinstance(item, str):
            yield where, item
        elif isinstance(item, dict):
            todo += [((*where, key), inner) for key, inner in item.items() if key not in {"annotations", "items"}]
        elif isinstance(item, list):
            todo += [((*where, at), inner) for at, inner in enumerate(item)]


# -- what decides which pods are let in --------------------------------------------------------------------------------


def _may_admit(text: str) -> bool:
    return may_name(text, KINDS) or (LABEL in text and is_no_definition(text))


def _admitting(source: SourceText, profile: Profile, say: Say) -> Iterator[Problem]:
    parsed = parse(source, _may_admit, sketch=True)
    yield from (problem for problem in parsed.problems if problem.stage not in SAID)
    for at, template in parsed.templates:
        yield Problem(source.name, Stage.READ, f"document {at + 1} was not judged: {template.what}", hint=_RENDERED)
    for document in parsed.documents:
        for path, data, api_version, kind in objects(document.value):
            for said, hint in admitting(api_version, kind, data, profile):
                yield say(locate(document, path), said, hint)
