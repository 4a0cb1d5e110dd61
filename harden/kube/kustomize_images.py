"""What the `images:` of a kustomization make of an image (kubectl.docs.kubernetes.io, kustomization, images)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harden.model.plain import as_list
from harden.model.record import Record


class ImageChange(Record):
    """An entry of `images:`; None where it leaves a part."""

    name: str
    new_name: str | None
    tag: str | None
    digest: str | None


def image_changes(value: object) -> Iterator[ImageChange]:
    """Yield the entries of `images:` that have a name."""
    for entry in as_list(value):
        name = entry.get("name") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or not isinstance(name, str):
            continue
        new, tag, digest = entry.get("newName"), entry.get("newTag"), entry.get("digest")
        is_tag = isinstance(tag, str | int | float) and not isinstance(tag, bool)
        yield ImageChange(
            name,
            new if isinstance(new, str) else None,
            str(tag) if is_tag else None,
            digest if isinstance(digest, str) else None,
        )


def renamed(image: str, changes: Iterable[ImageChange]) -> str:
    """Return an image after the first entry that speaks of it; kustomize compares names without tag and digest."""
    name, mark, rest = _split(image)
    for change in changes:
        if change.name != name:
            continue
        if change.digest is not None:
            mark, rest = "@", change.digest
        elif change.tag is not None:
            mark, rest = ":", change.tag
        return f"{name if change.new_name is None else change.new_name}{mark}{rest}"
    return image


def _split(image: str) -> tuple[str, str, str]:
    name, at, digest = image.partition("@")
    if at:
        return name, at, digest
    head, colon, tag = image.rpartition(":")
    return (head, colon, tag) if colon and "/" not in tag else (image, "", "")
