"""The error of learning about an image."""

from __future__ import annotations

from harden.errors import HardenError


class LearnError(HardenError):
    """An image, archive or registry from which nothing can be learned; the text says why, and what to do."""
