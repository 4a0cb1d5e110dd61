"""Which images compose files build (docs.docker.com, Compose file reference, services and build)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from harden.builds.builds import Build, arguments_of, below, dict_of, documents, place_of, text_of
from harden.builds.files import Files
from harden.model.text import Plain

_NAME = re.compile(r"(?:docker-)?compose[\w.-]*\.ya?ml")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-?+])([^}]*))?\}|(\w+))")


def compose_builds(files: Files) -> Iterator[Build]:
    """Yield the builds of all compose files; a service without `image` is named by itself."""
    for path in files.paths:
        if _NAME.fullmatch(posixpath.basename(path)) is None:
            continue
        environment = _environment(files, posixpath.dirname(path))
        for document in documents(files, path):
            for name, service in dict_of(document.get("services")).items():
                build = dict_of(service).get("build")
                if build is not None:
                    yield _build(files, path, environment, (name, dict_of(service), build))


def _build(
    files: Files, path: str, environment: Mapping[str, str], service: tuple[str, Mapping[str, Plain], Plain]
) -> Build:
    name, fields, build = service
    written = text_of(fields.get("image"))
    image = _interpolate(written, environment) if written else name
    place = place_of(files, path, written) if written else place_of(files, path, f"{name}:")
    settings = dict_of(build)
    where = _interpolate(build if isinstance(build, str) else text_of(settings.get("context"), "."), environment)
    context = below(posixpath.dirname(path), where)
    if context is None:
        return Build(image, place, why=f"{place} builds it from {where}, outside the repository")
    if "dockerfile_inline" in settings:
        return Build(image, place, context=context, why=f"{place} holds its Dockerfile, which is not read")
    dockerfile = below(context, _interpolate(text_of(settings.get("dockerfile"), "Dockerfile"), environment))
    target = _interpolate(text_of(settings.get("target")), environment) or None
    arguments = arguments_of(settings.get("args"))
    given = {key: _interpolate(value, environment) for key, value in arguments.items()}
    return Build(image, place, dockerfile, context, target, given)


def _environment(files: Files, folder: str) -> dict[str, str]:
    """Return the variables of the .env beside a compose file; they are only put into names of images and files."""
    lines = (files.text(posixpath.join(folder, ".env")) or "").splitlines()
    pairs = [line.removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#")]
    values = {name.strip(): value.strip().strip("'\"") for name, equals, value in pairs if equals}
    return {name: _interpolate(value, values) for name, value in values.items()}


def _interpolate(text: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        known = environment.get(match[1] or match[4])
        if known:
            return known
        return match[3] if match[2] in {":-", "-"} else match[0]

    return _VARIABLE.sub(value, text)
