"""The values that Maven and Gradle give to names, as far as the files of a repository state them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from harden.builds.files import Files

POM = "pom.xml"
#: `${name}` of Maven and Gradle, `$name` of Gradle.
_VARIABLE = re.compile(r"\$(?:\{([^{}]*)\}|(\w+))")
#: A comment of Gradle; `//` in an address is none.
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w/])//[^\n]*", re.DOTALL)
#: The most variables that stand in one another.
_DEPTH = 8

_PROPERTIES = re.compile(r"<properties>(.*?)</properties>", re.DOTALL)
_PROPERTY = re.compile(r"<([\w.-]+)>\s*([^<]*?)\s*</\1>")
_PROFILES = re.compile(r"<profiles>.*?</profiles>", re.DOTALL)
#: Parts of a project that have coordinates of their own.
_OTHERS = re.compile(r"<(parent|dependencies|dependencyManagement|build|modules|reporting)>.*?</\1>", re.DOTALL)
_COORDINATES = ("groupId", "artifactId", "version", "packaging")

_GIVEN = re.compile(
    r"^[ \t]*(?:def|val|ext\.|project\.ext\.|rootProject\.ext\.)[ \t]*(\w+)[ \t]*=[ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)')",
    re.MULTILINE,
)
_VERSION = re.compile(r"^[ \t]*(?:project\.)?(version)[ \t]*=[ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)')", re.MULTILINE)
_ROOT = re.compile(r"^\s*rootProject\.name\s*=\s*['\"]([^'\"$]+)['\"]", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*([\w.]+)[ \t]*[=:][ \t]*(.*?)[ \t]*$", re.MULTILINE)


def script_of(files: Files, path: str) -> str:
    """Return the text of a build file without its comments; "" where it cannot be read."""
    text = files.text(path) or ""
    if posixpath.basename(path) == POM:
        return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return _COMMENT.sub("", text)


def variables_of(files: Files, path: str) -> Mapping[str, str]:
    """Return the values that a build file, and those in the folders above it, give to names.

    What depends on a profile of Maven, or on the command line, is no value.
    """
    found: dict[str, str] = {}
    unsure: set[str] = set()
    for folder in (*reversed(tuple(_above(posixpath.dirname(path)))), posixpath.dirname(path)):
        here = posixpath.join(folder, posixpath.basename(path))
        if posixpath.basename(path) == POM:
            given, open_ = _of_pom(script_of(files, here), own=here == path)
            found |= given
            unsure |= open_
        else:
            found |= _of_gradle(files, folder, script_of(files, here))
    return {name: value for name, value in found.items() if name not in unsure}


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with the values of its variables; those that are not known stay as they are."""
    for _ in range(_DEPTH):
        done = _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], match[0]), text)
        if done == text:
            break
        text = done
    return text


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def _of_pom(text: str, *, own: bool) -> tuple[dict[str, str], set[str]]:
    """Return the properties of a project, and the names of those that a profile may set."""
    open_ = {
        name
        for part in _PROFILES.findall(text)
        for block in _PROPERTIES.findall(part)
        for name, _ in _PROPERTY.findall(block)
    }
    text = _PROFILES.sub("", text)
    found = {name: value for block in _PROPERTIES.findall(text) for name, value in _PROPERTY.findall(block)}
    if own:
        plain = _OTHERS.sub("", _PROPERTIES.sub("", text))
        for name in _COORDINATES:
            match = re.search(rf"<{name}>\s*([^<]*?)\s*</{name}>", plain)
            if match is not None:
                found[f"project.{name}"] = match[1]
    return found, open_


def _of_gradle(files: Files, folder: str, script: str) -> dict[str, str]:
    found = dict(
        _LINE.findall(
            re.sub(
                r"^\s*[#!].*$", "", files.text(posixpath.join(folder, "gradle.properties")) or "", flags=re.MULTILINE
            )
        )
    )
    for name, double, single in (*_GIVEN.findall(script), *_VERSION.findall(script)):
        # Groovy replaces nothing in single quotes; a dollar sign there is one.
        found[name] = double or single
    settings = "".join(files.text(posixpath.join(folder, f"settings.gradle{end}")) or "" for end in ("", ".kts"))
    root = _ROOT.search(settings)
    if root is not None:
        found["rootProject.name"] = root[1]
    name = root[1] if root is not None else posixpath.basename(folder)
    found |= {"project.name": name, "name": name} if name else {}
    if "version" in found:
        found["project.version"] = found["version"]
    return found
