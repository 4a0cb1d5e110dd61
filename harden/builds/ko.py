"""Images of ko (`ko://` and an import path): their base is the one of .ko.yaml, or ko's own."""

from __future__ import annotations

from harden.builds.builds import Build, dict_of, documents, place_of, text_of
from harden.builds.files import Files

SCHEME = "ko://"
_FILE = ".ko.yaml"
#: ko's default since 0.14 is cgr.dev/chainguard/static, before that distroless' static:nonroot; both run as 65532.
#: (ko-build/ko, docs/configuration.md; GoogleContainerTools/distroless, common/variables.bzl)
DEFAULT_BASE = "gcr.io/distroless/static:nonroot"


def ko_build(files: Files, import_path: str) -> Build:
    """Return how ko builds an import path."""
    for document in documents(files, _FILE):
        overrides = dict_of(document.get("baseImageOverrides"))
        base = text_of(overrides.get(import_path)) or text_of(document.get("defaultBaseImage"))
        if base:
            return Build(import_path, place_of(files, _FILE, base), base=base)
    return Build(import_path, "ko's default base", base=DEFAULT_BASE)
