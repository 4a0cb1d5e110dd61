"""`harden check --gate` fails on a privileged pod, whatever else a change brings: each vector hides it in another way.

The table of SECURITY.md is checked against the vectors of this module.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_session import ROOT, Session
from repository import git

BAD = """apiVersion: v1
kind: Pod
metadata: {name: bad}
spec:
  containers:
  - {name: c, image: x, securityContext: {privileged: true}}
"""
GOOD = """apiVersion: v1
kind: Pod
metadata: {name: good}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: c
    image: registry.example.com/x@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    resources: {requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 1Mi}}
"""
DATA = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bad"},
        "spec": {"containers": [{"name": "c", "image": "x", "securityContext": {"privileged": True}}]},
    }
)
REASONED = 'reason: "because, until 2099-01-01"'

Vector = Callable[[], None]
VECTORS: dict[str, Vector] = {}


def put(name: str, text: str | bytes = BAD) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def vector(name: str) -> Callable[[Vector], Vector]:
    def keep(plant: Vector) -> Vector:
        VECTORS[name] = plant
        return plant

    return keep


def files_vector(name: str, texts: dict[str, str | bytes]) -> None:
    assert name not in VECTORS

    def plant() -> None:
        for file, text in texts.items():
            put(file, text)

    VECTORS[name] = plant


def spelled(name: str, text: str | bytes, file: str = "bad.yaml") -> None:
    files_vector(name, {file: text})


# The project's own settings.
for key, said in {
    "exclude a file": "exclude: [bad.yaml]",
    "exclude everything": 'exclude: ["*", "**"]',
    "include nothing": "include: [nothing.yaml]",
    "profile baseline": "profile: baseline",
    "a profile that is privileged": "profile: ./weak.yaml",
    "an old version": 'pss-version: "1.0"',
    "an exemption": f'exemptions: [{{control: "*", {REASONED}}}]',
    "an exemption of one control": f"exemptions: [{{control: privileged, {REASONED}}}]",
    "facts that are broken": "images: {facts: [nothing.yaml]}",
    "nonsense": "a: [",
}.items():
    weak = "name: weak\nlevel: privileged\n"
    files_vector(f"harden.yaml: {key}", {"harden.yaml": f"{said}\n", "weak.yaml": weak, "bad.yaml": BAD})
files_vector("harden.yaml in the folder of the pod", {"a/harden.yaml": "exclude: ['*']\n", "a/bad.yaml": BAD})

# What Git, harden's walk and editors leave out.
files_vector(".gitignore names it", {".gitignore": "bad.yaml\n", "bad.yaml": BAD})
files_vector(".gitignore ignores everything", {".gitignore": "*\n", "bad.yaml": BAD})
files_vector(".git/info/exclude names it", {".git/info/exclude": "bad.yaml\n", "bad.yaml": BAD})
files_vector("a .gitignore in a folder", {"a/.gitignore": "*\n", "a/bad.yaml": BAD})
for folder in (".hidden", "node_modules", "venv", ".venv", "__pycache__", ".hg", ".svn", ".github"):
    files_vector(f"in {folder}/", {f"{folder}/bad.yaml": BAD})
files_vector("a hidden file", {".bad.yaml": BAD})
for ending in ("YAML", "Yml", "txt", "yaml.bak", "conf", "k8s", "JSON"):
    files_vector(f"ending .{ending}", {f"bad.{ending}": DATA if ending == "JSON" else BAD})
files_vector("no ending", {"bad": BAD})
files_vector("called kustomization.yaml", {"kustomization.yaml": BAD})
files_vector("called harden.yaml", {"harden.yaml": BAD})
files_vector("called .gitignore", {".gitignore": BAD})
files_vector("called Chart.yaml", {"Chart.yaml": BAD})
files_vector("called README.md", {"README.md": BAD})
files_vector("a name with blanks and quotes", {'a "b" c.yaml': BAD})
files_vector("deep in folders", {f"{'a/' * 100}bad.yaml": BAD})


@vector("a link to a folder outside")
def _linked_folder() -> None:
    Path("../outside").mkdir()
    Path("../outside/bad.yaml").write_text(BAD)
    Path("link").symlink_to("../outside")


@vector("a link to a file outside")
def _linked_file() -> None:
    Path("../bad-outside.yaml").write_text(BAD)
    Path("link.yaml").symlink_to("../bad-outside.yaml")


@vector("a link to the file of another ending")
def _linked_ending() -> None:
    put("bad.bin")
    Path("link.yaml").symlink_to("bad.bin")


def linked_vector(name: str, link: str, text: str) -> None:
    def plant() -> None:
        put("words.txt", text)
        Path(link).symlink_to("words.txt")

    VECTORS[name] = plant


linked_vector(
    "a link that makes a kustomization of a text", "kustomization.yaml", "resources: ['https://example.com/x']\n"
)
linked_vector("a link that makes a chart of a text", "Chart.yaml", "name: c\n")
linked_vector("a link that makes a program of a text", "bad.jsonnet", "{apiVersion: 'v1', kind: 'Po' + 'd'}\n")
linked_vector(
    "a link that makes a manifest of a pointer",
    "bad.yaml",
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d\n",
)


@vector("a pipe in its place")
def _pipe() -> None:
    os.mkfifo("bad.yaml")


# Charts, patches and what only a tool puts together.
files_vector("a chart's templates", {"c/Chart.yaml": "name: c\n", "c/templates/bad.yaml": BAD})
files_vector("a chart's template of Go", {"c/Chart.yaml": "name: c\n", "c/templates/x.yaml": "{{ .Values.pod }}\n"})
files_vector("a chart with its pod in values", {"c/Chart.yaml": "name: c\n", "c/values.yaml": "pod: {}\n"})
files_vector("a packed chart", {"charts/c-1.0.0.tgz": b"\x1f\x8b\x08\x00"})
tar = b"c/Chart.yaml".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0")
files_vector("a packed chart under another name", {"c.bin": gzip.compress(tar)})
K = "kustomization.yaml"
files_vector("a file that is called a patch", {K: "patches: [{path: bad.yaml}]\n", "bad.yaml": BAD})
files_vector("a patch of another folder", {"o/" + K: "patches: [{path: ../bad.yaml}]\n", "bad.yaml": BAD})
both = "resources: [bad.yaml]\npatchesStrategicMerge: [bad.yaml]\n"
files_vector("a patch that is a resource, too", {K: both, "bad.yaml": BAD})
patch = "patches: [{patch: '[{op: add, path: /spec/containers/0/securityContext/privileged, value: true}]'}]\n"
files_vector("an inline patch", {K: f"resources: [good.yaml]\n{patch}"})
files_vector("a patch file", {K: "resources: [good.yaml]\npatches: [{path: p.json}]\n", "p.json": "[]"})
files_vector("a remote resource", {K: "resources: ['https://example.com/bad.yaml']\n"})
files_vector("a resource outside of the tree", {K: "resources: [../../bad.yaml]\n"})
files_vector("a resource of another ending", {K: "resources: [bad.conf]\n", "bad.conf": BAD})
files_vector("a chart that kustomize inflates", {K: "helmCharts: [{name: c, repo: 'https://example.com'}]\n"})
files_vector("a generator", {K: "generators: [g.yaml]\n"})
files_vector("a transformer", {K: "resources: [good.yaml]\ntransformers: [t.yaml]\n"})
files_vector("replacements", {K: "resources: [good.yaml]\nreplacements: [{path: r.yaml}]\n"})
files_vector("a kustomization with a key given twice", {K: "resources: []\nresources: ['https://example.com/x']\n"})
files_vector("a kustomization's field in another case", {K: "RESOURCES: ['https://example.com/x']\n"})
cased = "Patches: [{patch: '[{op: add, path: /spec/hostPID, value: true}]', target: {kind: Pod}}]\n"
files_vector("patches in another case", {K: f"resources: [good.yaml]\n{cased}"})
folded = cased.replace("es:", "e\u017f:")
files_vector("patches with a letter that folds", {K: f"resources: [good.yaml]\n{folded}"})
unconfined = "commonAnnotations: {container.apparmor.security.beta.kubernetes.io/c: unconfined}\n"
files_vector("an annotation by kustomize", {K: f"resources: [good.yaml]\n{unconfined}"})
enforcing = "pod-security.kubernetes.io/enforce: privileged"
files_vector(
    "a label by kustomize that has namespaces admit", {K: f"resources: [good.yaml]\ncommonLabels: {{{enforcing}}}\n"}
)
pairs = f"labels: [{{Pairs: {{{enforcing}}}}}]\n"
files_vector("a label of its own pairs that has namespaces admit", {K: f"resources: [good.yaml]\n{pairs}"})
unmasked = (
    "labels: [{pairs: {procMount: Unmasked}, fields: [{path: 'spec/containers[]/securityContext', create: true}]}]\n"
)
files_vector("a label that kustomize writes to a field", {K: f"resources: [good.yaml]\n{unmasked}"})
files_vector("a kustomization with an empty version", {K: "apiVersion: ''\nresources: ['https://example.com/x']\n"})
remote = "resources: ['https://example.com/x']\n"
files_vector("a kustomization of two documents", {K: f"{remote}---\x85a: 1\n"})
files_vector("a kustomization in front of what cannot be read", {K: f"{remote}---\na: [\n---\nresources: []\n"})
deep = f"helmCharts: [{{name: c, valuesInline: {'{a: ' * 250}1{'}' * 250}}}]\n"
files_vector("a kustomization that is nested deeply", {K: f"{remote}{deep}"})
for address in ("HTTPS://example.com/a", "git@example.com/a/b", "GitHub.com/a/b", "www.github.com/a/b", "gh:a/b"):
    decoy = {f"{address.replace('//', '/')}/{K}": "resources: [good.yaml]\n"}
    files_vector(f"a folder that is called like {address}", {K: f"resources: ['{address}']\n", **decoy})
files_vector("a kustomization by another of its names", {"Kustomization": "resources: ['https://example.com/x']\n"})
spelled("a patch by its shape: no image", BAD.replace("image: x, ", ""))
spelled("a patch directive", BAD.replace("spec:\n", "spec:\n  $patch: merge\n"))

# Exemptions in the file.
spelled("an annotation", BAD.replace("{name: bad}", '{name: bad, annotations: {kube-harden.io/exempt: "*"}}'))
annotation = '{name: bad, annotations: {kube-harden.io/exempt.privileged: "because, until 2099-01-01"}}'
spelled("an annotation of one control", BAD.replace("{name: bad}", annotation))
spelled("a comment", BAD.replace("  - {name: c", "  # harden: exempt[privileged] because\n  - {name: c"))
spelled("a comment for the file", f"# harden: exempt because\n{BAD}")
# Spellings that hide the kind or the field.
spelled("a comment behind kind", BAD.replace("kind: Pod", "kind: # note\n  Pod"))
spelled("an escape in the kind", BAD.replace("kind: Pod", 'kind: "P\\x6fd"'))
spelled("an escape in the key", BAD.replace("kind: Pod", '"k\\u0069nd": Pod'))
spelled("a folded kind", BAD.replace("kind: Pod", "kind: >-\n  Pod"))
spelled("a tagged kind", BAD.replace("kind: Pod", "kind: !!str Pod"))
spelled("a base64 kind", BAD.replace("kind: Pod", f"kind: !!binary {base64.b64encode(b'Pod').decode()}"))
spelled("a kind across lines", BAD.replace("kind: Pod", 'kind: "Po\\\n  d"'))
spelled("an anchored kind", BAD.replace("kind: Pod", "kind: &k Pod"))
spelled(
    "an aliased kind", BAD.replace("{name: bad}", "{name: bad, labels: {a: &k Pod}}").replace("kind: Pod", "kind: *k")
)
spelled("a key given twice", BAD.replace("privileged: true", "privileged: false, privileged: true"))
spelled(
    "a spec given twice", f"{BAD}spec: {{containers: [{{name: c, image: x, securityContext: {{privileged: true}}}}]}}\n"
)
spelled("a JSON escape", DATA.replace('"Pod"', '"\\u0050od"'), "bad.json")
spelled("a List", f'{{"apiVersion": "v1", "kind": "List", "items": [{DATA}]}}', "bad.json")
spelled("a List in a List", f'{{"kind": "List", "items": [{{"kind": "List", "items": [{DATA}]}}]}}', "bad.json")
spelled("items under any kind", f'{{"apiVersion": "a/v1", "kind": "Anything", "items": [{DATA}]}}', "bad.json")
spelled("items under kind Pod", DATA.replace('"spec"', '"items":[{"spec"')[:-1] + "}]}", "bad.json")
spelled("a PodList", DATA.replace('"Pod"', '"PodList"').replace('"spec"', '"items":[{"spec"')[:-1] + "}]}", "bad.json")
spelled("behind a document end", f"a: 1\n...\n{BAD}")
spelled("behind a broken document", f"a: [\n---\n{BAD}")
spelled("before a broken document", f"{BAD}---\na: [\n")
# Lines that end a document for kubectl, and do not for YAML, or not as far.
spelled("a document end with a comment that is none", f"{BAD}---#: x\n{GOOD}")
spelled("a document end with a blank that is none", f"{BAD}---\u00a0#: x\n{GOOD}")
spelled("a document end that is a text", f"apiVersion: v1\nkind: ConfigMap\n--- \u00a0#x\n{DATA}\n")
spelled("a document end whose comment ends earlier", f"apiVersion: v1\nkind: ConfigMap\n--- # c\r{{a:\n{DATA}\n}}\n")
spelled(
    "a document end whose comment ends at a Unicode break",
    f"apiVersion: v1\nkind: ConfigMap\n--- # c\u2028{{a:\n{DATA}\n}}\n",
)
spelled("a byte order mark", b"\xef\xbb\xbf" + BAD.encode())
spelled("a byte order mark later", b"a: 1\n---\n\xef\xbb\xbf" + BAD.encode())
spelled("a byte order mark within", f"{GOOD}  hostPID: true\n\ufeff hostPID: false\n")
spelled("UTF-16", BAD.encode("utf-16"))
spelled("UTF-16 under another ending", BAD.encode("utf-16"), "bad.txt")
spelled("UTF-32", BAD.encode("utf-32"))
spelled("carriage returns", BAD.replace("\n", "\r"))
spelled("CRLF", BAD.replace("\n", "\r\n"))
spelled("%YAML 1.3", f"%YAML 1.3\n---\n{BAD}")
spelled("a merge", "x: &x {privileged: true}\n---\n" + BAD)
spelled("a merge with a tag", GOOD.replace("automount", "! <<: {hostPID: true}\n  automount"))
spelled("many documents", "a: 1\n---\n" * 2000 + BAD)
spelled("a definition beside it", f"# kind: CustomResourceDefinition\n{BAD}")
spelled(
    "a definition in an annotation",
    BAD.replace("{name: bad}", "\n  name: bad\n  annotations:\n    x: |\n      kind: CustomResourceDefinition"),
)


# A merge that kubectl and kustomize read differently.
merging = "  hostPID: true\n  <<: {hostPID: false}\n"
spelled("a merge below what it overrides", f"{GOOD}{merging}")
spelled("a merge by a tag alone", f"{GOOD}  x: {{!!merge a: {{hostPID: true}}}}\n")

# Files of other names that are not all text, or not all YAML: kubectl takes what stands in front.
spelled("binary data behind it", f"{BAD}---\n\x00", "bad.txt")
spelled("no UTF-8 behind it", BAD.encode() + b"---\n\xff", "bad.txt")
spelled("JSON that is no UTF-8", DATA.encode().replace(b'"bad"', b'"b\xff"'), "bad.txt")
spelled("JSON with something behind it", f"{DATA}\n{{oops", "bad.txt")
spelled("another document without a line between", f"{BAD}---\x85[[[", "bad.txt")
spelled("behind two ends under another name", f"---\n---\n{BAD}", "bad.txt")
spelled("an end for kubectl alone under another name", f"{BAD}---#: x\n[[[", "bad.txt")
spelled("something nested deeply under another name", f"{BAD}x: {'{a: ' * 250}1{'}' * 250}\n", "bad.txt")
# What other tools put together.
files_vector("a program of jsonnet", {"bad.jsonnet": "{apiVersion: 'v1', kind: 'Po' + 'd'}\n"})
files_vector("settings for Argo CD", {".argocd-source.yaml": "kustomize: {patches: [{patch: x}]}\n"})
files_vector("settings for one application of Argo CD", {".argocd-source-shop.yaml": "helm: {values: x}\n"})
files_vector("a helmfile", {"helmfile.yaml": "releases: [{name: a, chart: b/c}]\n"})
files_vector("a bundle of Fleet", {"fleet.yaml": "helm: {chart: 'https://example.com/c.tgz'}\n"})
files_vector("a submodule", {".gitmodules": '[submodule "x"]\n\tpath = "x"\n\turl = https://example.com/x\n'})
pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
files_vector("a pointer of Git LFS", {"bad.yaml": pointer})
files_vector("a pointer of Git LFS that kustomize lists", {K: "resources: [bad.conf]\n", "bad.conf": pointer})
files_vector(
    "a pipeline of kpt", {"Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\npipeline: {mutators: [{image: x}]}\n"}
)
files_vector("a project of kluctl", {".kluctl.yaml": "targets: [{name: a}]\n"})
files_vector("a release of Skaffold", {"skaffold.yaml": "manifests: {helm: {releases: [{remoteChart: x}]}}\n"})
files_vector("a project of werf", {"werf.yaml": "project: a\nconfigVersion: 1\n"})
files_vector("a module of Timoni", {"timoni.cue": "package main\n"})
# What Git alone writes otherwise than a commit has it.
dollar = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "$Id: 1f3a $"}}\n'
files_vector("an identifier that Git fills in", {".gitattributes": "*.json ident\n", "bad.json": dollar})
files_vector(
    "another encoding of the work tree",
    {"a b.yaml": "a: 1\n", "a/.gitattributes": '"a b.yaml" -text working-tree-encoding=UTF-7\n'},
)
files_vector("an archive that Git fills in", {".gitattributes": "[attr]x export-subst\r\n* text=auto export-subst\n"})


# Kinds.
def template(kind: str, api: str) -> str:
    pod = "".join(f"    {line}\n" for line in BAD.split("\n")[3:] if line)
    return (
        f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: bad}}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n"
        f"  template:\n    metadata: {{labels: {{a: b}}}}\n{pod}"
    )


spelled("a Deployment", template("Deployment", "apps/v1"))
spelled("an old Deployment", template("Deployment", "extensions/v1beta1"))
spelled("a misspelt kind", template("Deploymnt", "apps/v1"))
spelled("a wrong version", template("Deployment", "apps/v9"))
spelled("a workload of another group", template("CloneSet", "apps.kruise.io/v1alpha1"))
spelled("an unknown kind with a pod in it", template("Thing", "example.com/v1"))
spelled("no apiVersion", BAD.replace("apiVersion: v1\n", ""))
release = (
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {chart: {spec: {chart: c}}}\n"
)
spelled("a release from elsewhere", release)
application = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: 'https://x'}}\n"
)
spelled("an application from elsewhere", application)
for group, kind in (
    ("kappctrl.k14s.io/v1alpha1", "App"),
    ("packaging.carvel.dev/v1alpha1", "PackageInstall"),
    ("fleet.cattle.io/v1alpha1", "GitRepo"),
    ("addons.cluster.x-k8s.io/v1beta1", "ClusterResourceSet"),
    ("operators.coreos.com/v1alpha1", "Subscription"),
    ("helm.crossplane.io/v1beta1", "Release"),
    ("configsync.gke.io/v1beta1", "RootSync"),
    ("core.oam.dev/v1beta1", "Application"),
):
    spelled(f"what {group.partition('/')[0]} applies", f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: a}}\n")
text = json.dumps(DATA)
within = f"apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec: {{manifest: {text}}}\n"
spelled("a manifest as text in a custom resource", within)
templated = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: a}\nspec:\n  templates:\n  - name: a\n"
block = "".join(f"        {line}\n" for line in BAD.splitlines())
spelled("a manifest as text in a workflow", f"{templated}    resource:\n      manifest: |\n{block}")
# What Flux and other tools fill in.
spelled("the name of a field filled in", GOOD.replace("  automount", "  ${a:=hostPID}: true\n  automount"))
kept = '{name: good, annotations: {"${a:=container.apparmor.security.beta.kubernetes.io/c}": unconfined}}'
spelled("the name of an annotation filled in", GOOD.replace("{name: good}", kept))
spelled("a kind filled in", BAD.replace("kind: Pod", "kind: ${a:=Pod}").replace("containers:", "${b:=containers}:"))
spelled("the key of the kind filled in", BAD.replace("kind: Pod", "kind: ConfigMap\n${a:=kind}: Pod"))
spelled("a second spec filled in", f"{GOOD}${{a:=spec}}: {{containers: [{{name: c, image: x}}]}}\n")
# What lets in pods that others bring.
LABEL = "pod-security.kubernetes.io/enforce"
for name, labels in {
    "a namespace that enforces privileged": f"{LABEL}: privileged",
    "a namespace that enforces baseline": f"{LABEL}: baseline",
    "a namespace that enforces an old version": f"{LABEL}: restricted, {LABEL}-version: v1.0",
    "a namespace that enforces a version before the last check": f"{LABEL}: restricted, {LABEL}-version: v1.33",
    "a namespace with an empty level": f"{LABEL}: ''",
    "a namespace with a level filled in": f"{LABEL}: '${{level:=privileged}}'",
    "a namespace with a label filled in": f"{LABEL}: restricted, '${{a:={LABEL}}}': privileged",
    "a namespace with a label given twice": f"{LABEL}: restricted, {LABEL}: privileged",
    "a namespace with a label merged": f"{LABEL}: restricted, <<: {{{LABEL}: privileged}}",
}.items():
    spelled(name, f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n")
lower = f"{{name: shop, labels: {{{LABEL}: privileged}}}}"
spelled("a namespace spelled otherwise", f'apiVersion: v1\nkind: "N\\x61mespace"\nmetadata: {lower}\n')
spelled("a namespace in a list", f"apiVersion: v1\nkind: NamespaceList\nitems: [{{metadata: {lower}}}]\n")
spelled("a namespace under another name", f"apiVersion: v1\nkind: Namespace\nmetadata: {lower}\n", "bad.txt")
tenant = "apiVersion: capsule.clastix.io/v1beta2\nkind: Tenant\nmetadata: {name: a}\nspec: {labels: "
spelled("a label that an operator gives to namespaces", f"{tenant}{{{LABEL}: privileged}}}}\n")
spelled("a label as key and value", f"{tenant}[{{key: {LABEL}, value: privileged}}]}}\n")
admission = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: []\n"
spelled("the settings of admission", admission)
spelled("a value of a wrong type", BAD.replace("privileged: true", 'privileged: "true"'))
spelled("a template of Go", BAD.replace("privileged: true", "privileged: {{ .Values.privileged }}"))


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    """Return a session in a repository with a pod that passes."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q")
    put("good.yaml", GOOD)
    return Session(monkeypatch, capfdbinary)


def test_there_are_enough_vectors() -> None:
    assert len(VECTORS) >= 50


def test_each_vector_is_in_the_table() -> None:
    said = (ROOT / "SECURITY.md").read_text().partition("<!-- vectors -->\n")[2]
    assert said.splitlines() == [f"- {name}" for name in VECTORS]


@pytest.mark.parametrize("name", VECTORS)
def test_each_vector_fails_the_gate(harden: Session, name: str) -> None:
    VECTORS[name]()
    done = harden("check", "--gate", ".")
    assert done.code in {1, 3}, done.text + done.err


def test_what_is_good_passes(harden: Session) -> None:
    put("README.md", "# Shop\n\n```yaml\napiVersion: v1\nkind: Pod\n```\n\nkind: of good\n")
    put("src/app.py", 'KIND = "kind: Pod"\nimport os\n')
    put("image.png", b"\x89PNG\r\n\x1a\n\x00\x00")
    put(".github/workflows/ci.yaml", "name: ci\non: [push]\njobs: {a: {steps: [{run: make}]}}\n")
    put("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n")
    put("kustomization.yaml", "resources: [good.yaml, service.yaml, sub]\nnamespace: shop\n")
    put("sub/kustomization.yaml", "resources: [config.yaml]\nconfigMapGenerator: [{name: a, literals: [b=c]}]\n")
    put("sub/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 'kind: Pod'}\n")
    Path("latest.yaml").symlink_to("good.yaml")
    put("over.yaml", f"{GOOD}  x: &x {{a: 1, b: 2}}\n  y: {{<<: *x, a: 3}}\n  z: {{b: 2, <<: *x}}\n")
    put(".gitmodules", '[submodule "sub"]\n\tpath = sub\n\turl = https://example.com/sub\n')
    put(
        "namespace.yaml",
        f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{LABEL}: restricted}}}}\n",
    )
    pinned = f"{LABEL}: restricted, {LABEL}-version: v1.37"
    put("pinned.yaml", f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: pinned, labels: {{{pinned}}}}}\n")
    put(".gitattributes", "*.sh eol=lf\n*.ps1 working-tree-encoding=UTF-16\n*.yaml -ident text\n#*.yaml ident\n")
    put("tenant.yaml", f"apiVersion: example.com/v1\nkind: Tenant\nspec: {{labels: {{{LABEL}: restricted}}}}\n")
    put("data.gz", gzip.compress(b"words"))
    put("skaffold.yaml", "apiVersion: skaffold/v4beta1\nkind: Config\nmanifests: {rawYaml: [good.yaml]}\n")
    put(
        "rule.yaml", "apiVersion: example.com/v1\nkind: Rule\nmetadata: {name: a}\nspec: {said: 'of kind: Pod, ${x}'}\n"
    )
    put(
        "script.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {run.sh: 'echo ${a:=b}', '{{a}}': b}\n",
    )
    put("src/kind.bin", b"kind: \x00Pod\n---\nkind\n")
    done = harden("check", "--gate", ".")
    assert done.code == 0, done.text + done.err


def test_the_user_may_leave_things_out_and_exempt(harden: Session) -> None:
    put("third/bad.yaml")
    assert harden("check", "--gate", "--exclude", "third", ".").code == 0
    Path("../trusted.yaml").write_text("exclude: [third]\n")
    assert harden("check", "--gate", "--config", "../trusted.yaml", ".").code == 0


def test_who_does_not_care_for_labels_of_namespaces_says_so(harden: Session) -> None:
    put("namespace.yaml", f"apiVersion: v1\nkind: Namespace\nmetadata: {lower}\n")
    done = harden("check", "--gate", ".")
    assert done.code == 3
    assert "namespace.yaml:1: error: Namespace shop enforces privileged, and not restricted" in done.text
    assert harden("check", "--gate", "--ignore", "namespace", ".").code == 0


@pytest.mark.parametrize("labels", ["", "pod-security.kubernetes.io/warn: restricted", f"{LABEL}: restricted"])
def test_a_namespace_that_lowers_nothing_passes(harden: Session, labels: str) -> None:
    put("namespace.yaml", f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n")
    assert harden("check", "--gate", ".").code == 0


@pytest.mark.parametrize(
    ("words", "code"), [(("baseline",), 0), (("baseline", "--pss-version", "1.33"), 0), (("restricted",), 3)]
)
def test_a_namespace_has_to_enforce_what_pods_are_judged_by(harden: Session, words: tuple[str, ...], code: int) -> None:
    labels = f"{LABEL}: baseline, {LABEL}-version: v1.{35 if len(words) == 1 else 33}"
    put("namespace.yaml", f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n")
    assert harden("check", "--gate", "--profile", *words, ".").code == code


def test_a_broken_namespace_is_named_once(harden: Session) -> None:
    put("namespace.yaml", "kind: Namespace\nmetadata: [\n---\nkind: Pod\nmetadata: [Namespace\n")
    done = harden("check", "--gate", ".")
    assert done.code == 3
    errors = [line for line in done.text.splitlines() if ": error: " in line]
    assert len(errors) == len(set(errors)) == 2


def test_what_was_not_judged_is_listed(harden: Session) -> None:
    put("c/Chart.yaml", "name: c\n")
    put("kustomization.yaml", "resources: ['https://example.com/x']\n")
    Path("out").symlink_to("/etc")
    done = harden("check", "--gate", ".")
    assert done.code == 3
    for name in ("c/Chart.yaml", "kustomization.yaml", "out"):
        assert name in done.text


@pytest.mark.parametrize("option", ["--report-file", "--output"])
def test_a_result_takes_no_place_of_what_is_judged(harden: Session, option: str) -> None:
    done = harden("check", "--gate", option, "good.yaml", ".")
    assert done.code == 2
    assert "good.yaml: is good.yaml, which is read: a result needs a file of its own" in done.err
    assert Path("good.yaml").read_text() == GOOD


def test_the_result_of_the_last_run_may_lie_in_the_tree(harden: Session) -> None:
    for _ in range(2):
        done = harden("check", "--gate", "--output", "result.txt", ".")
        assert done.code == 0, done.text + done.err


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_a_pipe_that_brings_nothing_is_not_judged(harden: Session, data: bytes) -> None:
    done = harden("check", "--gate", "-", stdin=data)
    assert done.code == 3
    assert "nothing came in" in done.text
    assert harden("check", "--gate", "-", stdin=b"# nothing to deploy\n").code == 0


@pytest.mark.parametrize(
    ("paths", "named"), [((".",), "."), (("full", "empty"), "empty"), (("words.yaml",), "words.yaml")]
)
def test_a_path_without_an_object_is_not_judged(harden: Session, paths: tuple[str, ...], named: str) -> None:
    Path("good.yaml").unlink()
    Path("empty").mkdir()
    put("words.yaml", "just: words\n")
    if named != ".":
        put("full/good.yaml", GOOD)
    done = harden("check", "--gate", *paths)
    assert done.code == 3
    assert [line for line in done.text.splitlines() if "nothing was judged" in line] == [
        f"{named}: error: nothing was judged: no object stands in it (apiVersion, kind)"
    ]


def test_a_path_with_an_object_that_runs_no_pods_passes(harden: Session) -> None:
    Path("good.yaml").unlink()
    put("a/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert harden("check", "--gate", "a").code == 0
    assert harden("check", "--gate", Path("a").resolve().as_posix()).code == 0


def test_broken_yaml_that_is_named_is_not_judged(harden: Session) -> None:
    put("broken.yaml", "metadata: [\n")
    done = harden("check", "--gate", "good.yaml", "broken.yaml")
    assert done.code == 3
    assert "broken.yaml:" in done.text
