"""Which images Jib builds, as pom.xml and build.gradle say (GoogleContainerTools/jib, its plugins' README.md)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from harden.builds.builds import Build, below, place_of
from harden.builds.files import Files

_POM = "pom.xml"
_GRADLE = ("build.gradle", "build.gradle.kts")
#: A comment of Gradle; `//` in an address is none.
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w/])//[^\n]*", re.DOTALL)
_PLUGIN = "jib-maven-plugin"
#: Jib's own base since 3.0 (docs/default_base_image.md); the version of Java does not change the user.
_BASE = "eclipse-temurin:17-jre"


def jib_builds(files: Files) -> Iterator[Build]:
    """Yield the builds whose build file names the image that Jib writes."""
    for path in files.named(_POM, *_GRADLE):
        settings = _settings(files, path)
        image = _value(settings, "to", "image")
        if image and "$" not in image:
            yield _build(files, path, image, place_of(files, path, image))


def jib_build(files: Files, image: str, place: str, context: str, project: str) -> Build:
    """Return the build of an image that another file declares and Jib builds; `project` is a module below `context`."""
    folders = [
        folder for folder in (below(context, project.strip(":").replace(":", "/")), context) if folder is not None
    ]
    for folder in folders:
        for name in (_POM, *_GRADLE):
            path = posixpath.join(folder, name)
            if path in files.known:
                return _build(files, path, image, place)
    return Build(image, place, context=context, why=f"{place} builds it with Jib, whose build file was not found")


def _build(files: Files, path: str, image: str, place: str) -> Build:
    settings = _settings(files, path) or _settings_above(files, path)
    base = _value(settings, "from", "image") or _BASE
    user = _value(settings, "container", "user")
    shown = place_of(files, path, user or _value(settings, "from", "image") or "jib")
    folder = posixpath.dirname(path)
    if "$" in base or "$" in user:
        return Build(image, place, context=folder, why=f"{shown} says {base if '$' in base else user}, a variable")
    return Build(image, place, context=folder, base=base, user=user or None, shown=shown)


def _settings_above(files: Files, path: str) -> str:
    """Return the settings that a parent project gives to its modules."""
    folder, name = posixpath.split(path)
    while folder:
        folder = posixpath.dirname(folder)
        settings = _settings(files, posixpath.join(folder, name))
        if settings:
            return settings
    return ""


def _settings(files: Files, path: str) -> str:
    text = files.text(path) or ""
    if posixpath.basename(path) == _POM:
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        at = text.find(_PLUGIN)
        return text[at : text.find("</plugin>", at)] if at >= 0 else ""
    text = _COMMENT.sub("", text)
    found = re.search(r"^\s*(?:configure<.*>|jib)\s*\{", text, re.MULTILINE)
    return "" if found is None else _braces(text, found.end())


def _value(settings: str, section: str, key: str) -> str:
    """Return a setting of a section, in XML or in the notations of Gradle."""
    inner = re.search(rf"<{section}>(.*?)</{section}>", settings, re.DOTALL)
    if inner is not None:
        found = re.search(rf"<{key}>\s*([^<]*?)\s*</{key}>", inner[1])
        return found[1] if found is not None else ""
    block = re.search(rf"(?<![\w.]){section}\s*\{{", settings)
    text = _braces(settings, block.end()) if block is not None else ""
    assigned = re.search(rf"(?<![\w.]){key}(?:\s*=\s*|\s+|\.set\()\s*['\"]([^'\"]*)['\"]", text)
    dotted = re.search(rf"(?<![\w.]){section}\.{key}\s*=\s*['\"]([^'\"]*)['\"]", settings)
    found = assigned or dotted
    return found[1] if found is not None else ""


def _braces(text: str, start: int) -> str:
    """Return what stands between an opening brace, just before `start`, and its closing one."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]
