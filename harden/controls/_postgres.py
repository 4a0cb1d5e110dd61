"""What PostgreSQL asks of the folder that holds its data: that it owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.controls._pods import environment
from harden.controls._volumes import clean, covers
from harden.model.kube import Container

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


def strict_folder(container: Container, facts: ImageFacts) -> str | None:
    """Return the folder that PostgreSQL's initdb must own, because it changes its mode; None for other images.

    Source: postgres, src/bin/initdb/initdb.c, create_data_directory (REL_17_0); docker-library/postgres, Dockerfile:
    PGDATA is /var/lib/postgresql/data up to 17, and a folder below the volume from 18 on.
    """
    default = "/var/lib/postgresql/data"
    if facts.user_name != "postgres" or not any(covers("/var/lib/postgresql", path) for path in facts.volumes or ()):
        return None
    own = next((item for item in environment(container) if item.get("name") == "PGDATA"), None)
    if own is None:
        return default if default in (facts.volumes or ()) else None
    value = own.get("value")
    return clean(value) if isinstance(value, str) else None
