"""Finds configuration that a workload takes and that no file shows: whatever it holds, it may name any peer.

Passwords, keys and certificates name nobody; they are told by the names of Secrets, keys and variables.

Sources: core/v1 API reference (envFrom, valueFrom, volumes, binaryData); secrets-store-csi-driver.sigs.k8s.io;
developer.hashicorp.com, Vault Agent Injector annotations; getsops.io (encrypted values start with `ENC[`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from harden.kube.bundle import Bundle
from harden.kube.containers import brought
from harden.kube.generated import ENVS, HIDDEN
from harden.model.kube import Container, Resource, Workload, dig
from harden.model.plain import as_list, as_mapping, as_texts, as_word
from harden.model.record import Record
from harden.model.text import Path
from harden.network.pods import Pods
from harden.network.selectors import labels_of, matches
from harden.network.texts import Place, stores_of

#: Last words of names of variables, keys and Secrets that hold keys or certificates.
_KEYS = frozenset(
    {
        "ca", "cacert", "cacerts", "cert", "certificate", "certificates", "certs", "crt", "htpasswd", "jks", "jwk",
        "jwks", "key", "keys", "keystore", "pem", "rsa", "ssh", "tls", "truststore",
    }
)  # fmt: skip
#: Last words of names of variables and keys whose values can be no address either.
_NO_ADDRESS = _KEYS | {
    "jwt", "passphrase", "passwd", "password", "passwords", "pwd", "salt", "token", "tokens", "user", "username",
}  # fmt: skip
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRETS_DRIVER = "secrets-store.csi.k8s.io"
#: Annotations of a pod by which a webhook brings Secrets in, and words that a value starts with for the same.
_INJECTING = ("vault.hashicorp.com/agent-inject", "vault.security.banzaicloud.io/vault-addr")
_REFERENCES = ("vault:", ">>vault:", "ENC[", "op://")

#: A container that mounts a volume, and the folder.
_Mount = tuple[Container, str]

#: Variables that lead a program to its configuration, or to a register of its peers (consul.io, HTTP_ADDR; spring.io,
#: Spring Cloud Config, Eureka, SPRING_CONFIG_IMPORT; nacos.io; apolloconfig.com; developer.hashicorp.com/vault,
#: VAULT_ADDR; doppler.com; infisical.com; developer.1password.com, Connect; learn.microsoft.com, App Configuration).
_LEADING = re.compile(
    r"CONSUL_(?:HTTP_ADDR|ADDR|HOST|URL)|EUREKA_\w+|SPRING_CLOUD_(?:CONFIG|CONSUL|NACOS|VAULT|ZOOKEEPER)\w*"
    r"|SPRING_CONFIG_IMPORT|NACOS_\w+|APOLLO_(?:META|CONFIG_SERVICE)\w*|VAULT_ADDR|DOPPLER_TOKEN|INFISICAL_\w+"
    r"|OP_CONNECT_HOST|AZURE_APP_?CONFIG\w*|(?:APP_|REMOTE_)?CONFIG_(?:SERVER_)?UR[IL]"
)
#: Objects that bring configuration into workloads, and the field that says into which (knative.dev, SinkBinding;
#: servicebinding.io, Specification; redhat-developer/service-binding-operator).
_BINDING = {
    ("sources.knative.dev", "SinkBinding"): "subject",
    ("servicebinding.io", "ServiceBinding"): "workload",
    ("binding.operators.coreos.com", "ServiceBinding"): "application",
}
_FETCHED = re.compile(r"--?[\w.-]*config[\w.-]*[= ]https?://")
#: Commands that bring files from elsewhere: what only asks (`curl -s`, `wget --spider`, `-O -`) brings none. Sources:
#: git-scm.com, git-clone; curl.se and gnu.org/software/wget, manuals; each cloud's manual of its object storage.
_NO_FILE = r"(?:-(?:\s|$)|/dev/(?:null|stdout))"
_FETCHING = re.compile(
    r"(?:^|[\s;&|(`\"'/])(?:git\s+(?:-\S+\s+(?:[^-\s]\S*\s+)?)*(?:clone|pull|fetch)|aws\s+s3\s+(?:cp|sync)|gsutil\s+(?:-\w+\s+)*(?:cp|rsync)"
    r"|gcloud\s+storage\s+(?:cp|rsync)|azcopy|rclone|mc\s+(?:cp|mirror)|helm\s+pull|oras\s+pull)(?:\s|$)"
    rf"|\bcurl\b[^;&\n]{{0,300}}?\s(?:-\w*[oO]\b\s*+(?!{_NO_FILE})|--output[= ]\s*+(?!{_NO_FILE})|--remote-name|[|>])"
    rf"|\bwget\b(?![^;&\n]{{0,300}}(?:--spider|-\w*O\s*{_NO_FILE}))"
)
#: The image of a container beside the program that brings a repository again and again (kubernetes/git-sync).
_SYNC = re.compile(r"(?:.*/)?git-sync(?:[:@].*)?")
#: Folders of settings, and what of `/etc` names no peer.
_SETTINGS = re.compile(r"(?:^|.*/)(?:etc|conf|configs?|configuration|settings|conf\.d)(?:/.*)?")
_APART = re.compile(
    r"/etc/(?:ca-certificates|group|hosts|localtime|machine-id|nsswitch\.conf|os-release|passwd|pki|resolv\.conf|shadow"
    r"|ssl|timezone)(?:/.*)?"
)


class Missing(Record):
    """Configuration that nobody sees; `said` names it without its content."""

    said: str
    place: Place


class Configuration:
    """The ConfigMaps and Secrets of a bundle, against which references are held."""

    def __init__(self, bundle: Bundle, fallback: str) -> None:
        """Index what the bundle holds; `fallback` is the namespace of objects that name none."""
        self._stores = stores_of(bundle, fallback)
        self._certificates: set[tuple[str, str]] = set()
        for resource in bundle.resources:
            namespace = resource.namespace or fallback
            if resource.kind == "Certificate":
                self._certificates.add((namespace, as_word(dig(resource.data, "spec", "secretName"))))
            elif resource.kind == "Ingress":
                tls = as_list(dig(resource.data, "spec", "tls"))
                self._certificates.update((namespace, as_word(dig(entry, "secretName"))) for entry in tls)
        self._unseen = [each for each in bundle.written if each.text is None]
        self._bindings = [each for each in bundle.resources if _subject_of(each) is not None]

    def missing(self, pods: Pods) -> Iterator[Missing]:
        """Yield what these pods take and no file shows, in the order of the manifest."""
        if pods.member is None:
            return
        resource, workload = pods.member.resource, pods.member.workload
        for container in workload.containers:
            yield from self._in_env(pods.namespace, resource, container)
            yield from _leading(resource, container)
        mounted = _mounted(workload.containers)
        fetching = {each.path for each in workload.containers if _fetches(each)} if mounted else set()
        for at, volume in enumerate(as_list(workload.spec.get("volumes"))):
            place = Place(resource, (*workload.pod, "volumes", at))
            yield from self._in_volume(pods.namespace, volume, place)
            name = as_word(dig(volume, "name"))
            mounts = mounted.get(name, [])
            folder = _settings_on(volume, mounts)
            by = _brought_by(mounts, fetching)
            if folder or by:
                how = f"mounted at {folder}" if folder else f"which container {by} fetches from elsewhere"
                yield Missing(f"volume {name}, {how}", place)
        for each in self._unseen:
            if each.reaches(workload):
                what = f"$({each.variable})" if each.variable else "a replacement"
                yield Missing(
                    f"{what} of {each.where.source}, whose source no file shows", Place(resource, workload.path)
                )
        for binding in self._bindings:
            if _binds(binding, pods, resource):
                yield Missing(f"what {binding.kind} {binding.name} brings into it", Place(binding, binding.path))
        yield from _injected(resource, workload)

    def _in_env(self, namespace: str, resource: Resource, container: Container) -> Iterator[Missing]:
        for at, entry in enumerate(as_list(container.data.get("env"))):
            name, value = as_word(dig(entry, "name")), dig(entry, "value")
            place = Place(resource, (*container.path, "env", at))
            if isinstance(value, str) and value.startswith(_REFERENCES):
                yield Missing(f"env {name}, which is filled in elsewhere", place)
            for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                reference = dig(entry, "valueFrom", field)
                store, key = as_word(dig(reference, "name")), as_word(dig(reference, "key"))
                if isinstance(reference, Mapping) and not (names_no_peer(name) or names_no_peer(key)):
                    optional = reference.get("optional") is True
                    yield from self._lacking(kind, namespace, store, place, (key,), optional=optional)
        for at, source in enumerate(as_list(container.data.get("envFrom"))):
            for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                if isinstance(dig(source, field), Mapping):
                    store = as_word(dig(source, field, "name"))
                    yield from self._lacking(kind, namespace, store, _at(resource, container, "envFrom", at))

    def _in_volume(self, namespace: str, volume: object, place: Place) -> Iterator[Missing]:
        if dig(volume, "csi", "driver") == _SECRETS_DRIVER:
            yield Missing(f"volume {as_word(dig(volume, 'name'))} of the secrets store driver", place)
        for each in brought(volume):
            yield from self._lacking(each.kind, namespace, each.name or "", place, each.keys, optional=each.optional)

    def _lacking(  # noqa: PLR0913 -- all that a reference says
        self,
        kind: str,
        namespace: str,
        name: str,
        place: Place,
        keys: Iterable[str] | None = None,
        *,
        optional: bool = False,
    ) -> Iterator[Missing]:
        """Yield a ConfigMap or Secret where it, or one of the wanted keys, is in no file or cannot be read."""
        wanted = None if keys is None else {key for key in keys if not names_no_peer(key)}
        if (
            _last_word(name) in _KEYS
            or wanted == set()
            or (kind == "Secret" and (namespace, name) in self._certificates)
        ):
            return
        stores = self._stores.get((kind, namespace, name), [])
        if not stores:
            yield Missing(f"{kind} {name}, which is not among the files", place)
            return
        shown = {key: value for store in stores for key, value in _entries(store.data)}
        hidden = sorted(key for key in shown if (wanted is None or key in wanted) and _is_hidden(key, shown[key]))
        # What may be absent is absent, where the files show its ConfigMap without it.
        may_be_absent = optional and ENVS not in shown
        absent = sorted((wanted or set()) - set(shown)) if not may_be_absent else []
        if hidden or absent:
            yield Missing(f"{kind} {name}, {(hidden or absent)[0]}, which no file shows in plain text", place)


def _injected(resource: Resource, workload: Workload) -> Iterator[Missing]:
    """Yield the annotations by which a webhook brings Secrets in."""
    annotations = as_mapping(workload.metadata.get("annotations"))
    for key in _INJECTING:
        if as_word(annotations.get(key)) not in {"", "false"}:
            path = (*workload.template, "metadata", "annotations", key)
            yield Missing(f"annotation {key}", Place(resource, path))


def _subject_of(resource: Resource) -> Mapping[str, object] | None:
    """Return which workloads an object is for whose controller sets variables or mounts Secrets in them."""
    field = _BINDING.get((resource.api_version.rpartition("/")[0], resource.kind))
    subject = None if field is None else dig(resource.data, "spec", field)
    return subject if isinstance(subject, Mapping) else None


def _binds(binding: Resource, pods: Pods, resource: Resource) -> bool:
    subject = _subject_of(binding) or {}
    if binding.effective_namespace != resource.effective_namespace or subject.get("kind") not in (None, pods.kind):
        return False
    if subject.get("selector") is not None:
        return matches(as_mapping(subject.get("selector")), labels_of(dig(resource.data, "metadata", "labels")))
    return as_word(subject.get("name")) == pods.name


def _leading(resource: Resource, container: Container) -> Iterator[Missing]:
    """Yield the variables and arguments that lead to configuration elsewhere."""
    for at, entry in enumerate(as_list(container.data.get("env"))):
        name = as_word(dig(entry, "name"))
        if dig(entry, "value") != "" and _LEADING.fullmatch(name) is not None:
            yield Missing(f"env {name}, which leads to it", _at(resource, container, "env", at))
    for field in ("command", "args"):
        if _FETCHED.search(" ".join(as_texts(container.data.get(field)))) is not None:
            yield Missing(f"{field} of {container.name}, which fetch it", _at(resource, container, field))


def _mounted(containers: Iterable[Container]) -> dict[str, list[_Mount]]:
    """Return where each volume is mounted, by its name: the container, the folder."""
    found: dict[str, list[_Mount]] = {}
    for container in containers:
        for mount in as_list(container.data.get("volumeMounts")):
            found.setdefault(as_word(dig(mount, "name")), []).append((container, as_word(dig(mount, "mountPath"))))
    return found


def _settings_on(volume: object, mounted: Sequence[_Mount]) -> str:
    """Return the folder of settings at which a volume is mounted whose files no manifest shows; "" for none.

    `mounted`: see `_mounted`. An empty volume holds what an init container of the pod writes there.
    """
    is_filled = dig(volume, "emptyDir") is not None and any(
        container.field == "initContainers" for container, _ in mounted
    )
    if not is_filled and all(dig(volume, kind) is None for kind in ("hostPath", "nfs", "persistentVolumeClaim")):
        return ""
    folders = (folder for each, folder in mounted if each.field == "containers")
    return next((each for each in folders if _SETTINGS.fullmatch(each) and not _APART.fullmatch(each)), "")


def _brought_by(mounted: Sequence[_Mount], fetching: Collection[Path]) -> str:
    """Return the container that fetches what is in a volume which another one runs with; "" for none."""
    bringing = next((each for each, _ in mounted if each.path in fetching), None) if fetching else None
    if bringing is None or not any(each is not bringing and each.field == "containers" for each, _ in mounted):
        return ""
    return bringing.name


def _fetches(container: Container) -> bool:
    if _SYNC.fullmatch(as_word(container.data.get("image"))) is not None:
        return True
    words = (*as_texts(container.data.get("command")), *as_texts(container.data.get("args")))
    return container.field == "initContainers" and _FETCHING.search(" ".join(words)) is not None


def _entries(data: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for field in ("data", "stringData"):
        yield from as_mapping(data.get(field)).items()
    for key in as_mapping(data.get("binaryData")):
        yield key, None


def _is_hidden(key: str, value: object) -> bool:
    if names_no_peer(key):
        return False
    return not isinstance(value, str) or value == HIDDEN or value.startswith(_REFERENCES)


def names_no_peer(name: str) -> bool:
    """Return whether a value with this name is a password, a key, a certificate or a user: `DB_PASSWORD`, `tls.crt`."""
    return _last_word(name) in _NO_ADDRESS


def _last_word(name: str) -> str:
    words = _PARTS.findall(name)
    return words[-1].lower() if words else ""


def _at(resource: Resource, container: Container, *path: str | int) -> Place:
    joined: Path = (*container.path, *path)
    return Place(resource, joined)
