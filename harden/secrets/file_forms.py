"""Knows how images take a secret from a file: the variable to set, what it holds, and the file's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.images.facts import Confidence, FileMissing, FileReader
from harden.model.finding import Risk
from harden.model.kube import Container, dig
from harden.model.record import Record

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


class Form(Record):
    """How an image takes a variable from a file.

    `variable` is set in its place: to the file, or with `is_folder` to the folder that has it, as `file` (None: the
    key's own name). `by_entrypoint` says that the image's entrypoint reads it, and not the program itself. `mark` is
    what a text names that knows of the form.
    """

    variable: str
    by_entrypoint: bool
    risk: Risk
    reason: str
    file: str | None = None
    is_folder: bool = False
    mark: str = ""


class Unformed(Record):
    """Why an image is not known to take a variable from a file; `is_unknown` says that it may do so."""

    reason: str
    is_unknown: bool


#: A folder's variable: with it the program reads these files, and none of its other variables (argoproj/argo-cd,
#: util/cache/cache.go and docs/faq.md at 37ee0097cf; from 3.3 on).
_ARGOCD = "quay.io/argoproj/argocd"
_ARGOCD_FOLDER = "REDIS_CREDS_DIR_PATH"
_ARGOCD_FILES = {"REDIS_PASSWORD": "auth"}
_ARGOCD_OTHERS = ("REDIS_USERNAME", "REDIS_SENTINEL_PASSWORD", "REDIS_SENTINEL_USERNAME")
#: Built by LinuxServer.io on their base image: its init reads FILE__NAME, as root (linuxserver/docker-baseimage-alpine,
#: root/etc/s6-overlay/s6-rc.d/init-envfile/run at 3d5a8b0).
_LINUXSERVER = "linuxserver/"


def form_of(facts: ImageFacts | None, container: Container, name: str) -> Form | Unformed:
    """Return how the container's image takes the variable `name` from a file, or why that is not known."""
    if facts is None:
        image = container.get("image")
        return Unformed(f"nothing is known of {image if isinstance(image, str) else 'its image'}", is_unknown=True)
    reference = facts.reference
    if reference.name == _ARGOCD and name in _ARGOCD_FILES:
        return _argocd(facts, container, name)
    if reference.repository.startswith(_LINUXSERVER):
        said = f"reads FILE__{name} where its init runs as root, which hardened pods do not"
        return Unformed(f"{reference.name} {said}", is_unknown=False)
    return _stated(facts, name)


def _stated(facts: ImageFacts, name: str) -> Form | Unformed:
    where = facts.reference.name
    if name in facts.file_env_never:
        return Unformed(f"{where} does not start with {name}{facts.file_env_suffix}", is_unknown=False)
    if facts.file_env is None:
        return Unformed(f"how {where} takes secrets from files is not known", is_unknown=True)
    if not any(_matches(pattern, name) for pattern in facts.file_env):
        return Unformed(f"{where} has no file form of {name}", is_unknown=False)
    risk, reason = _risk(facts)
    variable = f"{name}{facts.file_env_suffix}"
    return Form(variable, facts.file_env_in is FileReader.ENTRYPOINT, risk, reason, mark=variable)


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _risk(facts: ImageFacts) -> tuple[Risk, str]:
    name = facts.reference.name
    doubt = facts.reach_doubt if not facts.reaches("file_env") else None
    if facts.file_missing is not FileMissing.EXITS:
        becomes = "its default" if facts.file_missing is FileMissing.DEFAULT else "an empty value"
        return Risk.REVIEW, f"{name} starts with {becomes} if the file is not there"
    if facts.file_env_since is not None:
        return Risk.REVIEW, f"{name} reads the file since {facts.file_env_since}"
    if doubt is not None:
        return Risk.REVIEW, doubt
    if facts.confidence not in {Confidence.READ, Confidence.LEARNED}:
        return Risk.REVIEW, f"that {name} reads the file follows from its base alone"
    return Risk.SAFE, f"{name} reads the file, and does not start without it"


def _argocd(facts: ImageFacts, container: Container, name: str) -> Form | Unformed:
    env = container.get("env")
    given = {dig(each, "name") for each in env} if isinstance(env, list) else set()
    other = next((each for each in _ARGOCD_OTHERS if each in given), None)
    if other is not None:
        return Unformed(f"with {_ARGOCD_FOLDER} Argo CD takes no {other} from a variable", is_unknown=False)
    version = _version(facts.reference.tag)
    if version is not None and version < (3, 3):
        return Unformed(f"Argo CD reads {_ARGOCD_FOLDER} from 3.3 on", is_unknown=False)
    reason = "Argo CD reads the folder from 3.3 on, and does not start without the file auth"
    return Form(
        _ARGOCD_FOLDER, by_entrypoint=False, risk=Risk.REVIEW, reason=reason, file=_ARGOCD_FILES[name], is_folder=True
    )


def _version(tag: str | None) -> tuple[int, int] | None:
    import re  # noqa: PLC0415 - one image needs it

    found = re.match(r"v?(\d{1,9})\.(\d{1,9})", tag or "")
    return None if found is None else (int(found[1]), int(found[2]))
