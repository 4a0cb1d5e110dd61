"""Recognises what is not to be edited as it stands: templates of other tools, and what is sealed or signed.

A template is told by the structure of the objects themselves: by placeholders where Kubernetes allows none (a name, an
image, a number), and by comments that are a tool's code. Text for programs (arguments, environment, annotations, data)
may have any of these and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from harden.kube.kinds import BUILT_IN, NEIGHBOURS, Kinds
from harden.kube.workloads import is_directive, objects
from harden.model.kube import Data, Skip, SkipKind, dig
from harden.model.plain import as_word
from harden.model.record import Record
from harden.model.text import SourceText
from harden.model.tree import Document, Scalar
from harden.source.parse import Parsed
from harden.source.split import split
from harden.source.style import walk
from harden.source.templates import VAULT, Template, in_comments, in_value, may_be

#: Fields whose text is for a program or for people: what looks like a placeholder there may be meant to stay.
_OPAQUE = frozenset(
    {
        "annotations", "args", "arguments", "binaryData", "command", "data", "description", "expression", "httpHeaders",
        "message", "params", "parameters", "podSpecPatch", "script", "source", "sources", "stringData", "value",
        "values", "when",
    }
)  # fmt: skip


class Recognised(Record):
    """The documents of a file that may be looked at, and why the others are left alone."""

    parsed: Parsed
    skips: tuple[Skip, ...]


def recognise(
    source: SourceText,
    parsed: Parsed,
    kinds: Kinds = BUILT_IN,
    *,
    signed: Collection[str] = (),
    all_kinds: bool = False,
) -> Recognised:
    """Return what of a file may be looked at.

    `signed` are the names of files with a signature beside them. With `all_kinds` templates of objects beside workloads
    are left alone too: companions are made from them.
    """
    if not parsed.documents and not parsed.templates and _SEALED not in source.text:
        return Recognised(parsed, ())
    skips = [_unreadable(at, template) for at, template in parsed.templates]
    whole = _seal_of_file(source, parsed, signed) or _code(source, parsed)
    if whole is not None:
        named = [skip for each in parsed.documents for skip in _named(each, kinds, whole, all_kinds=all_kinds)]
        return Recognised(parsed._replace(documents=()), (*skips, *named))
    kept: list[Document] = []
    for document in parsed.documents:
        reason = None if document.is_empty else _of_document(source, document, kinds, all_kinds=all_kinds)
        if reason is None:
            kept.append(document)
        else:
            skips.extend(_named(document, kinds, reason, all_kinds=all_kinds))
    skips.extend(_sealed_secrets(source))
    if not skips:
        return Recognised(parsed, ())
    return Recognised(parsed._replace(documents=tuple(kept)), tuple(sorted(skips, key=lambda skip: skip.document)))


class _Reason(Record):
    because: SkipKind
    what: str
    hint: str


def _templated(template: Template) -> _Reason:
    return _Reason(SkipKind.TEMPLATE, template.what, template.command)


def _sealed(what: str, hint: str = "") -> _Reason:
    return _Reason(SkipKind.SEALED, what, hint)


def _unreadable(index: int, template: Template) -> Skip:
    return Skip(index, "", "", SkipKind.TEMPLATE, template.what, hint=template.command)


def _named(document: Document, kinds: Kinds, reason: _Reason, *, all_kinds: bool) -> Iterator[Skip]:
    """Yield a skip for each object of a document that runs pods, or that companions would be made from."""
    for _, data, api_version, kind in objects(document.value):
        if all_kinds or kinds.row(api_version, kind) is not None:
            name = as_word(dig(data, "metadata", "name"))
            yield Skip(document.index, kind, name, reason.because, reason.what, hint=reason.hint)


# -- sealed and signed -------------------------------------------------------------------------------------------------

_SOPS = _sealed("sealed by sops: a change breaks its MAC", "decrypt it, harden it, and encrypt it again")
_SIGNED = _sealed("signed: a change breaks the signature", "harden it before it is signed")
_KUBESEAL = _sealed("sealed by Sealed Secrets")
_SEALED = "SealedSecret"


def _seal_of_file(source: SourceText, parsed: Parsed, signed: Collection[str]) -> _Reason | None:
    """Return what seals a whole file.

    sops counts one MAC over all values of a file, also those in clear, unless `mac_only_encrypted` is set
    (getsops.io, Message Authentication Code).
    """
    if source.name in signed:
        return _SIGNED
    text = source.text
    if "BEGIN PGP SIG" in text and _pattern(r"(?m)^(?:#[ \t]?)?-----BEGIN PGP SIG").search(text) is not None:
        return _SIGNED
    if "sops" not in text:
        return None
    if any(_is_sops(dig(document.value, "sops")) for document in parsed.documents):
        return _SOPS
    unread = (text[piece.start : piece.end] for piece in parsed.unread)
    return _SOPS if any(_is_sops_text(piece) for piece in unread) else None


def _is_sops(value: object) -> bool:
    return isinstance(value, dict) and value.get("mac_only_encrypted") is not True


def _is_sops_text(piece: str) -> bool:
    found = _pattern(r"(?m)^(?:sops:|[ \t]*\"sops\":)").search(piece)
    return found is not None and _pattern(r"mac_only_encrypted\"?:[ \t]*true").search(piece, found.start()) is None


def _seal_of_object(data: Data) -> _Reason | None:
    """Return what seals one object: the annotations of signed manifests (sigstore/k8s-manifest-sigstore)."""
    annotations = dig(data, "metadata", "annotations")
    if isinstance(annotations, dict) and "cosign.sigstore.dev/signature" in annotations:
        return _SIGNED
    return None


def _sealed_secrets(source: SourceText) -> Iterator[Skip]:
    if _SEALED not in source.text:
        return
    for piece in split(source.text):
        text = source.text[piece.start : piece.end]
        if _pattern(r"(?m)^kind:[ \t]*[\"']?SealedSecret[\"']?[ \t]*(?:#.*)?\r?$").search(text) is not None:
            name = _pattern(r"(?m)^metadata:[^\n]*\n(?:[ \t#].*\n)*?[ \t]+name:[ \t]*[\"']?([\w.-]+)").search(text)
            yield Skip(piece.index, "SealedSecret", "" if name is None else name[1], SkipKind.SEALED, _KUBESEAL.what)


# -- templates ---------------------------------------------------------------------------------------------------------


def _code(source: SourceText, parsed: Parsed) -> _Reason | None:
    """Return whose code stands in the comments of a file: such a tool reads the file as a whole."""
    if "#" not in source.text or not may_be(source.text):
        return None
    template = in_comments(source.text, lambda at: _is_comment(parsed, source.text, at))
    return None if template is None else _templated(template)


def _is_comment(parsed: Parsed, text: str, at: int) -> bool:
    """Return whether a comment begins at an offset; in documents that were not read only where no text can stand."""
    if _pattern(r"(?:^|\s)#").search(text[text.rfind("\n", 0, at) + 1 : at]) is not None:
        return False
    for document in parsed.documents:
        if document.start <= at < document.end:
            root = document.root
            nodes = () if root is None else walk(root)
            return not any(isinstance(node, Scalar) and node.start < at < node.end for node in nodes)
    return at == 0 or text[at - 1] == "\n"


def _of_document(source: SourceText, document: Document, kinds: Kinds, *, all_kinds: bool) -> _Reason | None:
    text = source.text[document.start : document.end]
    may_template, may_sign = may_be(text), "cosign.sigstore.dev" in text
    if not may_template and not may_sign:
        return None
    outer = ""
    for _, data, api_version, kind in objects(document.value):
        row = kinds.row(api_version, kind)
        if row is not None and row.embeds:
            # Its placeholders may stand in the objects that it holds, which come behind it.
            outer = row.placeholders
        if row is None and not (all_kinds and kind in NEIGHBOURS):
            continue
        reason = _seal_of_object(data) if may_sign else None
        if reason is None and may_template:
            template = _placeholder(data, outer if row is None else row.placeholders or outer)
            reason = None if template is None else _templated(template)
        if reason is not None:
            return reason
    return None


def _placeholder(data: Data, own: str) -> Template | None:
    """Return whose placeholders an object has where Kubernetes allows none."""
    is_vault = _has_vault_path(data)
    todo: list[tuple[object, bool]] = [(data, False)]
    while todo:
        value, is_opaque = todo.pop()
        if isinstance(value, str):
            found = in_value(value, own=own) if not is_opaque or "<path:" in value else None
            if found is VAULT or (found is not None and not is_opaque):
                return found
            if is_vault and _pattern(r"<[A-Za-z_][\w .|-]*>").search(value) is not None:
                return VAULT
        elif isinstance(value, dict):
            for key, item in value.items():
                if not is_opaque and not is_directive(key):
                    todo.append((key, False))
                todo.append((item, is_opaque or key in _OPAQUE))
        elif isinstance(value, list):
            if not is_opaque and (inner := _bracketed(value)) is not None:
                return in_value(f"[[{inner}]]")
            todo.extend((item, is_opaque) for item in value)
    return None


def _bracketed(value: list[object]) -> str | None:
    """Return the word of `[[WORD]]`, which YAML reads as a list in a list; None for any other list."""
    inner = value[0] if len(value) == 1 else None
    found = inner[0] if isinstance(inner, list) and len(inner) == 1 else None
    return found if isinstance(found, str) and _pattern(r"[A-Za-z_.][\w.]*\Z").match(found) is not None else None


def _has_vault_path(data: Data) -> bool:
    """Return whether an object asks the Argo CD Vault Plugin to fill in `<key>` from the path that it names."""
    annotations = dig(data, "metadata", "annotations")
    return isinstance(annotations, dict) and any(str(key).startswith("avp.kubernetes.io/path") for key in annotations)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)
