"""Images of ko (`ko://` and an import path): their base is the one of .ko.yaml, or ko's own."""

from __future__ import annotations

from collections.abc import Iterator

from harden.builds.builds import Build, dict_of, documents, place_of, text_of
from harden.builds.files import Files

SCHEME = "ko://"
_FILE = ".ko.yaml"
#: ko's default since 0.14 is cgr.dev/chainguard/static, before that distroless' static:nonroot; both run as 65532.
#: (ko-build/ko, docs/configuration.md; GoogleContainerTools/distroless, common/variables.bzl)
DEFAULT_BASE = "gcr.io/distroless/static:nonroot"


def ko_build(files: Files, import_path: str) -> Build:
    """Return how ko builds an import path; it reads the .ko.yaml of the folder that it is started in."""
    found = dict(_bases(files, import_path))
    if len(set(found.values())) > 1:
        places = " and ".join(sorted(found)[:2])
        return Build(
            import_path, places, why=f"{places} name different bases, and ko reads the one where it is started"
        )
    for place, base in found.items():
        return Build(import_path, place, base=base)
    return Build(import_path, "ko's default base", base=DEFAULT_BASE)


def _bases(files: Files, import_path: str) -> Iterator[tuple[str, str]]:
    """Yield each .ko.yaml, as a place, with the base that it names, or ko's own."""
    for path in dict.fromkeys((_FILE, *files.named(_FILE))):
        for document in documents(files, path):
            overrides = dict_of(document.get("baseImageOverrides"))
            base = text_of(overrides.get(import_path)) or text_of(document.get("defaultBaseImage"))
            yield place_of(files, path, base or _FILE), base or DEFAULT_BASE
