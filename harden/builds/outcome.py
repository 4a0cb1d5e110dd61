"""What a look into the build files ends with: facts, or the reason why there are none."""

from __future__ import annotations

from harden.images.facts import ImageFacts
from harden.model.record import Record


class RootFinding(Record):
    """A Dockerfile that ends as root: `line` (1-based) is that of its last USER, or else of its FROM.

    `suggestion` is the line to add, None where nothing shows which user would do.
    """

    path: str
    line: int
    message: str
    suggestion: str | None


class Resolved(Record):
    """What a build file says of an image; the facts' `evidence` names the file and the line that says who it starts as.

    The facts do not reach the image's tag where the build file may be newer than what that holds. `owner` says what
    shows that the image is the repository's own.
    """

    facts: ImageFacts
    owner: str
    finding: RootFinding | None = None


class Refused(Record):
    """Why the build files do not decide, although the image is the repository's own; `candidates` are their paths.

    `base` is the image that it is built on, where nothing is known of that and knowing it would decide.
    """

    reason: str
    candidates: tuple[str, ...] = ()
    base: str | None = None


Outcome = Resolved | Refused | None
