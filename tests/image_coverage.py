"""Counts which images are known: the share of containers, and the images of which nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harden.images.store import lookup


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of `total` containers have an image whose user is known; `unknown` has the other images, frequent first.

    Containers without an image count as unknown, and are not among `unknown`.
    """

    total: int
    known: int
    unknown: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        """Return the known share in percent; 100 where there are no containers."""
        return 100 * self.known / self.total if self.total else 100.0


def measure(
    images: Iterable[object], *, extra: Sequence[Path] = (), mirrors: Mapping[str, str] | None = None
) -> Coverage:
    """Return the coverage of containers; `images` holds the `image` of each, as read, and None where it has none."""
    total = known = 0
    unknown: Counter[str] = Counter()
    for image in images:
        total += 1
        if not isinstance(image, str):
            continue
        facts = lookup(image, extra=extra, mirrors=mirrors or {})
        if facts is not None and facts.user_known:
            known += 1
        else:
            unknown[image] += 1
    ordered = sorted(unknown.items(), key=lambda pair: (-pair[1], pair[0]))
    return Coverage(total, known, tuple(ordered))
