"""Collects the texts that tell a pod of its peers, with the place where each was seen: env, arguments, mounted files.

Values go no further than the search for names of Services: a place names variables and keys, never what they hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from harden.kube.bundle import Bundle
from harden.kube.containers import brought
from harden.model.kube import Container, Resource, Workload, dig
from harden.model.plain import as_list, as_mapping, as_word
from harden.model.record import Record
from harden.model.text import Path
from harden.network.hosts import Form
from harden.network.pods import Pods
from harden.network.references import environment, filled_in

_HOOKS = (
    ("startupProbe",),
    ("livenessProbe",),
    ("readinessProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


#: Programs whose arguments are files and words, never hosts.
_LOCAL_PROGRAMS = frozenset(
    {
        "awk", "basename", "cat", "cd", "chmod", "chown", "cp", "du", "echo", "find", "git", "grep", "gzip", "head",
        "helm", "install", "kubectl", "ln", "ls", "mkdir", "mv", "printf", "rm", "rmdir", "sed", "stat", "tail", "tar",
        "tee", "test", "touch", "unzip",
    }
)  # fmt: skip

#: Programs whose arguments without an option are names of tasks, scripts and modules.
_RUNNERS = frozenset(
    {
        "bundle", "celery", "gunicorn", "java", "make", "node", "npm", "npx", "php", "pnpm", "python", "rake", "ruby",
        "uvicorn", "yarn",
    }
)  # fmt: skip


class Place:
    """Where a piece of evidence was seen: the object, and the path from the root of its document."""

    __slots__ = ("path", "resource")

    def __init__(self, resource: Resource, path: Path) -> None:
        self.resource: Final = resource
        self.path: Final = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, int, Path]:
        # The object itself holds plain data, which has no hash.
        return (self.resource.source, self.resource.document, self.path)


class Text(Record):
    """A text that a pod is given; `key` is what it is called, `said` names it for people without its content."""

    value: str
    key: str
    form: Form
    said: str
    place: Place


def stores_of(bundle: Bundle, fallback: str) -> dict[tuple[str, str, str], list[Resource]]:
    """Return the ConfigMaps and Secrets by kind, namespace and name; those that kustomizations generate come last."""
    found: dict[tuple[str, str, str], list[Resource]] = {}
    own = (each for each in bundle.of_kind("ConfigMap", "Secret") if each.api_version == "v1")
    for each in (*own, *bundle.generated):
        found.setdefault((each.kind, each.namespace or fallback, each.name), []).append(each)
    return found


class Texts:
    """The texts of every workload of a bundle."""

    def __init__(self, bundle: Bundle, fallback: str = "default") -> None:
        self._stores = stores_of(bundle, fallback)
        self._generated = set(map(id, bundle.generated))
        self._written = [each for each in bundle.written if each.text is not None]
        self._used: set[tuple[str, str, str]] = set()

    def of(self, pods: Pods) -> Iterator[Text]:
        """Yield what the containers of these pods are told, in the order of the manifest."""
        for text in self._of(pods):
            yield text
            if self._written and "$(" in text.value:
                yield from self._filled_in(text)

    def _of(self, pods: Pods) -> Iterator[Text]:
        if pods.member is None:
            return
        resource, workload = pods.member.resource, pods.member.workload
        every: dict[str, str] = {}
        for container in workload.containers:
            set_one_by_one = list(self._env(pods, resource, container))
            set_at_once = list(self._env_from(pods, container))
            variables = _variables((*set_at_once, *set_one_by_one), container, pods)
            every |= variables
            yield from _with_variables((*_arguments(resource, container), *set_at_once), variables)
            for text in set_one_by_one:
                # Each knows those before it only.
                yield text if _is_secret(text) else text._replace(value=variables.get(text.key, text.value))
        for volume in as_list(workload.spec.get("volumes")):
            for each in brought(volume):
                stored = self._stored(each.kind, pods.namespace, each.name or "", each.keys)
                yield from _with_variables(stored, every)
        yield from self._replaced(workload)
        annotations = as_mapping(workload.metadata.get("annotations"))
        path = (*workload.template, "metadata", "annotations")
        for key, value in annotations.items():
            if isinstance(value, str):
                yield Text(value, key, Form.STRICT, f"annotation {key}", Place(resource, (*path, key)))

    def _replaced(self, workload: Workload) -> Iterator[Text]:
        """Yield what the `replacements` of kustomizations write into a workload."""
        for each in self._written:
            if not each.variable and each.text is not None and each.reaches(workload):
                yield Text(
                    each.text, each.key, Form.VALUE, f"replacements, {each.key}", Place(each.where, each.where.path)
                )

    def _filled_in(self, text: Text) -> Iterator[Text]:
        """Yield a text with the `vars` of kustomizations filled in, where it has any."""
        value = text.value
        for each in self._written:
            if each.variable and each.text is not None:
                value = value.replace(f"$({each.variable})", each.text)
        if value != text.value:
            yield text._replace(value=value)

    def unused(self) -> Iterator[tuple[str, Text]]:
        """Yield (namespace, text) of ConfigMaps and Secrets that no workload took: call it after `of` for all pods.

        Somebody whom the bundle does not show may read them.
        """
        for kind, namespace, name in self._stores:
            if (kind, namespace, name) not in self._used:
                yield from ((namespace, text) for text in self._stored(kind, namespace, name, None))

    def _env(self, pods: Pods, resource: Resource, container: Container) -> Iterator[Text]:
        for at, each in enumerate(as_list(container.data.get("env"))):
            name, value = as_word(dig(each, "name")), dig(each, "value")
            place = Place(resource, (*container.path, "env", at))
            if isinstance(value, str):
                yield Text(value, name, Form.VALUE, f"env {name}", place)
            for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                reference = dig(each, "valueFrom", field)
                keys = (as_word(dig(reference, "key")),)
                for text in self._stored(kind, pods.namespace, as_word(dig(reference, "name")), keys):
                    yield Text(text.value, name, Form.VALUE, f"env {name}, {text.said}", text.place)

    def _env_from(self, pods: Pods, container: Container) -> Iterator[Text]:
        for source in as_list(container.data.get("envFrom")):
            for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                for text in self._stored(kind, pods.namespace, as_word(dig(source, field, "name")), None):
                    yield Text(text.value, text.key, Form.VALUE, text.said, text.place)

    def _stored(self, kind: str, namespace: str, name: str, keys: Iterable[str] | None) -> Iterator[Text]:
        wanted = None if keys is None else set(keys)
        self._used.add((kind, namespace, name))
        for resource in self._stores.get((kind, namespace, name), ()):
            for field, key, value in _entries(resource):
                if wanted is None or key in wanted:
                    # What a kustomization generates has no place of its own in the text.
                    inside = () if id(resource) in self._generated else (field, key)
                    place = Place(resource, (*resource.path, *inside))
                    form = Form.FILE if "\n" in value else Form.VALUE
                    yield Text(value, key, form, f"{kind} {name}, {key}", place)


def _variables(texts: Iterable[Text], container: Container, pods: Pods) -> dict[str, str]:
    """Return the variables of a container that the files show; those of Secrets are filled in nowhere else."""
    own = [
        (as_word(dig(each, "name")), pods.namespace)
        for each in as_list(container.data.get("env"))
        if dig(each, "valueFrom", "fieldRef", "fieldPath") == "metadata.namespace"
    ]
    shown = [(text.key, text.value) for text in texts if not _is_secret(text)]
    return environment((*own, *shown))


def _with_variables(texts: Iterable[Text], variables: Mapping[str, str]) -> Iterator[Text]:
    """Yield texts as they come to with variables filled in."""
    for text in texts:
        yield text._replace(value=filled_in(text.value, variables, is_script=text.form is Form.SCRIPT))


def _is_secret(text: Text) -> bool:
    return text.place.resource.kind == "Secret"


def _entries(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Yield (field, key, text) of a ConfigMap or Secret; what is no text is left out."""
    for field in ("data", "stringData"):
        for key, value in as_mapping(resource.data.get(field)).items():
            text = _decoded(value) if (resource.kind, field) == ("Secret", "data") else value
            if isinstance(text, str):
                yield field, key, text


def _decoded(value: object) -> str | None:
    # Few bundles carry Secrets.
    from base64 import b64decode  # noqa: PLC0415  # only where there is a Secret

    if not isinstance(value, str):
        return None
    try:
        return b64decode(value, validate=False).decode("utf-8")
    except ValueError:
        # Broken base64 or binary content: nothing that names a host.
        return None


def _arguments(resource: Resource, container: Container) -> Iterator[Text]:
    line: list[str] = []
    for field in ("command", "args"):
        words = [word if isinstance(word, str) else "" for word in as_list(container.data.get(field))]
        program = line[0] if line else words[0] if words and field == "command" else ""
        called = program.rpartition("/")[2]
        is_local, is_runner = called in _LOCAL_PROGRAMS, called.rstrip("0123456789.") in _RUNNERS
        for at, (option, value) in enumerate(_options(words)):
            if is_local or (is_runner and not option) or (field, at) == ("command", 0):
                continue
            said = f"{field} {option}" if option else field
            yield Text(value, option.lstrip("-"), Form.VALUE, said, Place(resource, (*container.path, field, at)))
        line += words
    # Some hosts show only in the whole line: nc -z db 5432.
    yield Text(" ".join(line), "", Form.SCRIPT, "command line", Place(resource, container.path))
    for path in _HOOKS:
        words = [word for word in as_list(dig(container.data, *path, "exec", "command")) if isinstance(word, str)]
        place = Place(resource, (*container.path, *path, "exec", "command"))
        yield Text(" ".join(words), "", Form.SCRIPT, path[-1], place)


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (option, value) of each word: `--a=b`, or the word behind `--a`; the option is "" where there is none."""
    option = ""
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("-") and equals:
            option = ""
            # -Dkey=value sets a property of a JVM.
            yield name.removeprefix("-D"), value
        else:
            yield option, word
            option = word if word.startswith("-") else ""
