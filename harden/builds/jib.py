"""Which images Jib builds, as pom.xml and build.gradle say (GoogleContainerTools/jib, its plugins' README.md)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from harden.builds.builds import Build, below, place_of
from harden.builds.files import Files
from harden.builds.variables import POM, expand, script_of, variables_of
from harden.model.plain import is_number
from harden.model.record import Record

_GRADLE = ("build.gradle", "build.gradle.kts")
_PLUGIN = "jib-maven-plugin"
#: Jib's own bases (docs/default_base_image.md), since 3.0 and before; the version of Java does not change the user.
_BASE, _FIRST_BASE, _BASE_OF_WAR = "eclipse-temurin:17-jre", "gcr.io/distroless/java", "jetty"
#: A value in Gradle: texts, names, and both joined.
_VALUE = r"((?:\"[^\"\n]*\"|'[^'\n]*'|[^\n;}\"'])+)"


class _Settings(Record):
    """What a build file, or one above it, says of Jib: `text` of its settings, and the values of variables.

    `version` is that of the plugin, "" where the file does not say it; `is_war` says that the project makes a WAR.
    """

    path: str
    text: str
    variables: Mapping[str, str]
    version: str
    is_war: bool

    def raw(self, section: str, key: str) -> str:
        """Return a setting as it is written; a property of Maven counts more (MavenProjectProperties.getProperty)."""
        name = f"jib.{section}.{key}"
        if name in self.variables and posixpath.basename(self.path) == POM:
            return f"${{{name}}}"
        return _value(self.text, section, key)

    def value(self, section: str, key: str) -> str:
        """Return a setting with its variables replaced, as far as files say what they are."""
        raw = self.raw(section, key)
        return expand(raw if posixpath.basename(self.path) == POM else _joined(raw), self.variables)


def jib_builds(files: Files) -> Iterator[Build]:
    """Yield the builds whose build file names the image that Jib writes."""
    for path in files.named(POM, *_GRADLE):
        settings = _settings(files, path)
        image = "" if settings is None else _named(settings.value("to", "image"))
        if settings is not None and image:
            yield _build(files, settings, image, _place(files, settings, "to", "image"))


def jib_build(files: Files, image: str, place: str, context: str, project: str) -> Build:
    """Return the build of an image that another file declares and Jib builds; `project` is a module below `context`."""
    folders = [
        folder for folder in (below(context, project.strip(":").replace(":", "/")), context) if folder is not None
    ]
    for folder in folders:
        for name in (POM, *_GRADLE):
            path = posixpath.join(folder, name)
            if path in files.known:
                return _build(files, _settings(files, path) or _inherited(files, path), image, place)
    return Build(image, place, context=context, why=f"{place} builds it with Jib, whose build file was not found")


def _named(image: str) -> str:
    """Return the image without a tag that nobody knows; "" where its name is not known."""
    known, dollar, _ = image.partition("$")
    if not dollar:
        return image
    name, colon, tag = known.rpartition(":")
    return name if colon and "/" not in tag else ""


def _build(files: Files, settings: _Settings, image: str, place: str) -> Build:
    base, user = settings.value("from", "image"), settings.value("container", "user")
    key = ("container", "user") if user else ("from", "image")
    shown = _place(files, settings, *key)
    context = posixpath.dirname(settings.path)
    for section, name in (("from", "image"), ("container", "user")):
        if "$" in settings.value(section, name):
            raw = settings.raw(section, name).strip("'\"")
            why = f"{_place(files, settings, section, name)} says {raw}, which no file here sets"
            return Build(image, place, context=context, why=why)
    if not base and settings.is_war and _is_before_3(settings.version):
        return Build(image, place, context=context, why=f"{shown} builds a WAR with a Jib before 3.0 and names no base")
    return Build(image, place, context=context, base=base or _default(settings), user=user or None, shown=shown)


def _default(settings: _Settings) -> str:
    if settings.is_war:
        return _BASE_OF_WAR
    return _FIRST_BASE if _is_before_3(settings.version) else _BASE


def _is_before_3(version: str) -> bool:
    major = version.partition(".")[0]
    return is_number(major) and int(major) < 3


def _place(files: Files, settings: _Settings, section: str, key: str) -> str:
    """Return the place of a setting; that of Jib where the file leaves it out."""
    raw, name = settings.raw(section, key), f"jib.{section}.{key}"
    return place_of(files, settings.path, name if raw == f"${{{name}}}" else raw.strip("'\"") or "jib")


def _settings(files: Files, path: str) -> _Settings | None:
    script = script_of(files, path)
    if posixpath.basename(path) == POM:
        at = script.find(_PLUGIN)
        text = script[at : script.find("</plugin>", at)] if at >= 0 else ""
        version = re.search(r"<version>\s*([^<]*?)\s*</version>", text)
        war = re.search(r"<packaging>\s*war\s*</packaging>", script) is not None
    else:
        block = re.search(r"^\s*(?:configure<.*>|jib)\s*\{", script, re.MULTILINE)
        dotted = re.findall(r"^[ \t]*jib\.(\w+\.\w+.*)$", script, re.MULTILINE)
        text = "\n".join([*dotted, _braces(script, block.end()) if block is not None else ""]).strip()
        version = re.search(r"com\.google\.cloud\.tools\.jib['\"]\)?\s+version\s+['\"]([^'\"]+)", script)
        war = (
            re.search(r"\bid[ (]+['\"]war['\"]|\bplugin:\s*['\"]war['\"]|^\s*war\s*$", script, re.MULTILINE) is not None
        )
    if not text:
        return None
    variables = variables_of(files, path)
    return _Settings(path, text, variables, expand(version[1], variables) if version is not None else "", war)


def _inherited(files: Files, path: str) -> _Settings:
    """Return the settings that a parent project gives to its modules; none where no file above has any."""
    folder, name = posixpath.split(path)
    while folder:
        folder = posixpath.dirname(folder)
        settings = _settings(files, posixpath.join(folder, name))
        if settings is not None:
            return settings._replace(path=path)
    return _Settings(path, "", variables_of(files, path), "", is_war=False)


def _value(settings: str, section: str, key: str) -> str:
    """Return a setting of a section as it is written, in XML or in the notations of Gradle."""
    inner = re.search(rf"<{section}>(.*?)</{section}>", settings, re.DOTALL)
    if inner is not None:
        found = re.search(rf"<{key}>\s*([^<]*?)\s*</{key}>", inner[1])
        return found[1] if found is not None else ""
    block = re.search(rf"(?<![\w.]){section}\s*\{{", settings)
    text = _braces(settings, block.end()) if block is not None else ""
    given = rf"{key}(?:\s*=[ \t]*|[ \t]+|\.set\(){_VALUE}"
    found = re.search(rf"(?<![\w.]){given}", text) or re.search(rf"(?<![\w.]){section}\.{given}", settings)
    if found is None:
        return ""
    return (found[1].rstrip().removesuffix(")") if ".set(" in found[0] else found[1]).strip()


def _joined(value: str) -> str:
    """Return a value of Gradle as one text: `"a:" + version` as `a:${version}`."""
    parts = (part.strip() for part in value.split("+"))
    return "".join(part[1:-1] if part[:1] in {"'", '"'} else part and f"${{{part}}}" for part in parts)


def _braces(text: str, start: int) -> str:
    """Return what stands between an opening brace, just before `start`, and its closing one."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]
