"""What runs keep for the next one: a run that finds it again says, writes and returns what one without it does."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import stat
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_session import FINE, POD, Done, Session, put, tree
from golden_case import cases
from test_work import calls

from harden.cache import packing
from harden.cache.digest import of_bytes, of_value
from harden.cache.file import CacheFolder
from harden.cache.packing import Packing, UnpackableError, unpacked
from harden.cache.splices import spliced, splices
from harden.images import store
from harden.pss import evaluate
from harden.settings import load
from harden.source.build import build

FOUND = re.compile(r"^  ([\d,]+) of ([\d,]+) files found again in .*\n", re.MULTILINE)
UNKEPT = re.compile(r"^harden: nothing is kept in .*\n", re.MULTILINE)
TIMED = re.compile(r"^timings, without.*\n|^  [\w ]+? +[\d,]+ ms.*\n", re.MULTILINE)

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
spec:
  selector:
    matchLabels: {app: NAME}
  template:
    metadata:
      labels: {app: NAME}
    spec:
      containers:
      - name: main
        image: IMAGE
"""
#: Which of its containers start hangs on a ConfigMap and on a claim.
ASKING = """\
apiVersion: v1
kind: Pod
metadata:
  name: asking
spec:
  securityContext: {fsGroup: 472}
  containers:
  - name: proxy
    image: haproxy:2.9
    volumeMounts:
    - {name: settings, mountPath: /usr/local/etc/haproxy}
  - name: grafana
    image: grafana/grafana:11.0.0
    volumeMounts:
    - {name: data, mountPath: /var/lib/grafana}
  volumes:
  - name: settings
    configMap: {name: settings}
  - name: data
    persistentVolumeClaim: {claimName: data}
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  haproxy.cfg: 'bind :8080'\n"
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """Runs harden in a tree, with what it keeps beside the tree."""

    harden: Session
    folder: Path

    def plain(self, *words: str) -> Done:
        """Run without a cache, as in a process of its own."""
        for cached in (store._store, store._lookup, store._of_repository):
            cached.cache_clear()
        return self.harden(*words)

    def __call__(self, *words: str) -> Done:
        """Run with the cache; `last` of what it says is whether files were found again."""
        return self.plain(*words, "--cache-dir", str(self.folder), "--timings")

    def found(self, *words: str) -> int:
        """Run with the cache, hold that to a run without, and return how many files were found again."""
        before = tree()
        known = self.plain(*words)
        after = tree()
        if after != before:
            restore(before)
        done = self(*words)
        assert (done.code, done.text, said(done)) == (known.code, known.text, said(known))
        assert tree() == after
        match = FOUND.search(done.err)
        assert match is not None, done.err
        return int(match[1].replace(",", ""))

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.harden"))


def said(done: Done) -> str:
    return UNKEPT.sub("", TIMED.sub("", FOUND.sub("", done.err)))


def restore(files: Mapping[str, bytes]) -> None:
    for name in tree().keys() - files.keys():
        Path(name).unlink()
    for name, data in files.items():
        Path(name).write_bytes(data)


@pytest.fixture
def kept(harden: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    return Kept(harden, tmp_path / "kept")


def test_a_second_run_parses_nothing(kept: Kept) -> None:
    pod = POD.replace("nginx", "registry.example.com/web")
    put(a_yaml=pod, b_yaml=FINE, c_yaml=pod.replace("web", "other"))
    steps: dict[str, Callable[..., object]] = {"parse": build, "judge": evaluate}
    profile = calls(steps, lambda: load("restricted"))
    assert calls(steps, lambda: kept("check"))["judge"] == 3
    assert calls(steps, lambda: kept("check")) == profile
    put(b_yaml=FINE.replace("fine", "finer"))
    assert calls(steps, lambda: kept("check")) - profile == {"parse": 1, "judge": 1}


@pytest.mark.parametrize(
    "words", [("check",), ("diff",), ("check", "--format", "json"), ("check", "--format", "sarif")]
)
def test_runs_with_the_cache_say_what_runs_without_say(kept: Kept, words: tuple[str, ...]) -> None:
    put(a_yaml=POD, b_yaml=FINE, c_yaml="a: [", d_yaml="kind: ConfigMap\napiVersion: v1\n", e_yaml=ASKING)
    assert kept.found(*words) == 0
    assert kept.found(*words) == 5


def test_nothing_is_kept_where_nobody_asks(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    put(a_yaml=POD)
    kept.plain("check")
    assert not kept.folder.exists()
    monkeypatch.setenv("HARDEN_CACHE_DIR", str(kept.folder))
    kept.plain("check", "--no-cache")
    kept.plain("check", "--gate")
    assert not kept.folder.exists()
    kept.plain("check")
    assert len(kept.files) == 1


def test_apply_writes_what_it_has_proved_itself(kept: Kept) -> None:
    put(a_yaml=POD, b_yaml=FINE)
    assert kept.found("apply") == 0
    # b.yaml was kept; a.yaml was written, and is another file now.
    assert kept.found("apply") == 1
    assert kept.found("apply") == 2
    put(a_yaml=POD)
    assert kept.found("diff") == 0
    assert kept.found("diff") == 2
    assert kept.found("apply") == 1, "a diff is no proof"


def test_apply_writes_nothing_that_stands_in_the_cache(kept: Kept) -> None:
    put(a_yaml=FINE)
    kept("apply")
    (path,) = kept.files
    body = path.read_bytes().partition(b"\n")[2]
    header, line = body.split(b"\n")
    found = json.loads(line)
    # What is written is the fourth part of a report; none is the empty tuple.
    numbers = next(row for row in found["rows"] if len(row) == 6 and row[0] == 2)
    found["rows"] += [[0, 0], "planted: true\n"]
    at = len(found["rows"])
    found["rows"] += [[2, at - 2, at - 2, at - 1], [2, at], [2, *numbers[1:4], at + 1, numbers[5]]]
    found["rows"] += [[2, at + 2, *found["rows"][found["files"][0]][2:]]]
    found["files"] = [at + 3]
    path.write_bytes(sealed(header + b"\n" + json.dumps(found).encode()))
    kept("apply")
    assert Path("a.yaml").read_text() == FINE


def test_what_is_kept_in_a_folder_of_the_tree_would_come_with_a_commit(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(k8s__a_yaml=POD)
    for inside in (".", ".cache", "k8s/cache"):
        done = kept.plain("check", "--cache-dir", inside)
        assert done.code == 2
        assert f"--cache-dir: {inside} lies in {Path.cwd()}, so that a commit could bring findings along" in done.err
    monkeypatch.setenv("HARDEN_CACHE_DIR", "cache")
    assert "HARDEN_CACHE_DIR: cache lies in" in kept.plain("check").err
    # Where a folder alone is looked at, the rest of its work tree is as much of a commit.
    Path(".git").mkdir()
    assert kept.plain("check", "k8s").code == 2
    link = kept.folder.parent / "link"
    link.symlink_to(Path.cwd() / "cache")
    assert kept.plain("check", "--cache-dir", str(link)).code == 2


def test_the_repository_chooses_no_cache(kept: Kept) -> None:
    put(a_yaml=POD, harden_yaml=f"cache-dir: {kept.folder}\n")
    assert kept.plain("check").code == 2
    assert not kept.folder.exists()


# What a report hangs on beside its file: each change makes a difference that a run with the cache tells, too.
BUILT = 'FROM alpine:3.20\nUSER 1000\nENTRYPOINT ["/cart"]\n'
CART = DEPLOYMENT.replace("NAME", "cart").replace("IMAGE", "ghcr.io/acme/cart:1.0")
NGINX = DEPLOYMENT.replace("NAME", "shop").replace("IMAGE", "nginx:1.27")
REMOTE = '[remote "origin"]\n\turl = git@github.com:acme/shop.git\n'
KUSTOMIZED = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
FACTS = "- match: [ghcr.io/acme/cart]\n  uid: 1000\n"
ROOT = FACTS + "  runs_as_nonroot: false\n  root_reason: it mounts\n"
CHANGES: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    "the file": ({"a_yaml": POD}, {"a_yaml": FINE}),
    "a profile": (
        {"a_yaml": POD, "p_yaml": "extends: restricted\n", "harden_yaml": "profile: ./p.yaml\nexclude: [p.yaml]\n"},
        {"p_yaml": "extends: baseline\n"},
    ),
    "harden.yaml": ({"a_yaml": POD, "harden_yaml": "risk: safe\n"}, {"harden_yaml": "risk: review\n"}),
    "an exemption": (
        {"a_yaml": POD},
        {"harden_yaml": "exemptions:\n- control: [seccomp-profile]\n  kind: Pod\n  reason: a test\n"},
    ),
    ".gitignore": ({"a_yaml": POD, "b_yaml": POD.replace("web", "b")}, {"_gitignore": "b.yaml\n"}),
    "facts": ({"a_yaml": CART}, {"harden-images_yaml": FACTS}),
    "other facts": (
        {"a_yaml": CART, "harden-images_yaml": FACTS},
        {"harden-images_yaml": ROOT},
    ),
    "a Dockerfile": ({"a_yaml": CART, "_git__config": REMOTE}, {"cart__Dockerfile": BUILT}),
    "a Dockerfile that changes": (
        {"a_yaml": CART, "_git__config": REMOTE, "cart__Dockerfile": BUILT},
        {"cart__Dockerfile": BUILT.replace("1000", "0")},
    ),
    "a file that a Dockerfile copies": (
        {
            "a_yaml": CART,
            "_git__config": REMOTE,
            "cart__Dockerfile": "FROM alpine:3.20\nCOPY make.sh /\nRUN /make.sh\nUSER cart\n",
            "cart__make_sh": "adduser -D -u 1000 cart\n",
        },
        {"cart__make_sh": "adduser -D -u 0 cart\n"},
    ),
    "a file that was not there": (
        {
            "a_yaml": CART,
            "_git__config": REMOTE,
            "cart__Dockerfile": "FROM alpine:3.20\nCOPY make.sh /\nRUN /make.sh\nUSER cart\n",
        },
        {"cart__make_sh": "adduser -D -u 70 cart\n"},
    ),
    "the Git remote": (
        {"a_yaml": CART, "_git__config": REMOTE.replace("acme", "other"), "cart__Dockerfile": BUILT},
        {"_git__config": REMOTE},
    ),
    "a Go module": (
        {"a_yaml": CART, "_git__config": "", "cart__Dockerfile": BUILT},
        {"go_mod": "module github.com/acme/shop\n"},
    ),
    "a kustomization's namespace": (
        {"a_yaml": POD, "kustomization_yaml": KUSTOMIZED},
        {"kustomization_yaml": f"{KUSTOMIZED}namespace: shop\n"},
    ),
    "a kustomization's images": (
        {"a_yaml": NGINX, "kustomization_yaml": KUSTOMIZED},
        {"kustomization_yaml": f"{KUSTOMIZED}images: [{{name: nginx, newName: nginxinc/nginx-unprivileged}}]\n"},
    ),
    "a kustomization's patches": (
        {"a_yaml": CART.replace("  selector:\n    matchLabels: {app: cart}\n", ""), "kustomization_yaml": KUSTOMIZED},
        {"kustomization_yaml": "patches: [{path: a.yaml}]\n"},
    ),
    "a ConfigMap": ({"a_yaml": ASKING, "b_yaml": SETTINGS}, {"b_yaml": SETTINGS.replace(":8080", ":80")}),
    "a claim": ({"a_yaml": ASKING, "c_yaml": CLAIM}, {"c_yaml": CLAIM.replace("ReadWriteOnce", "ReadWriteMany")}),
    "a namespace of a ConfigMap": (
        {"a_yaml": ASKING, "b_yaml": SETTINGS.replace(":8080", ":80")},
        {"b_yaml": SETTINGS.replace(":8080", ":80").replace("name: settings", "name: settings\n  namespace: other")},
    ),
    "a signature": ({"a_yaml": POD}, {"a_yaml_asc": "-----BEGIN PGP SIGNATURE-----\n"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_report_hangs_on_is_seen(kept: Kept, change: str) -> None:
    before, after = CHANGES[change]
    words = ("check", "--risk", "review", "--format", "json") if change != "harden.yaml" else ("check",)
    put(**before)
    kept.found(*words)
    first = kept.plain(*words).text
    assert kept.found(*words) > 0
    put(**after)
    kept.found(*words)
    assert kept.plain(*words).text != first, "the change makes no difference"
    put(**before)
    kept.found(*words)


@pytest.mark.parametrize(
    "option",
    ["--profile=baseline", "--pss-version=v1.20", "--risk=review", "--strict", "--ignore=seccomp-profile",
     "--select=capabilities", "--namespace=shop", "--assume-non-root=ghcr.io/*", "--no-build-files",
     "--build-files=cart", "--exclude=b.yaml"],
)  # fmt: skip
def test_options_are_part_of_the_key(kept: Kept, option: str) -> None:
    marked = POD.replace("spec:\n", "  annotations:\n    harden.io/ignore.seccomp-profile: none\nspec:\n", 1)
    put(a_yaml=CART, b_yaml=marked, _git__config=REMOTE, cart__Dockerfile=BUILT)
    for words in (("check",), ("check", option), ("check",), ("check", option)):
        kept.found(*words, "--format", "json")


def test_another_version_of_harden_finds_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    put(a_yaml=POD)
    kept("check")
    monkeypatch.setattr("harden.cli.run.cache.__version__", "9.9")
    assert kept.found("check") == 0


def test_another_folder_finds_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    put(a_yaml=POD)
    kept("check")
    shutil.copytree(".", "../other")
    monkeypatch.chdir("../other")
    assert kept.found("check") == 0
    assert len(kept.files) == 2


def test_a_change_of_one_file_leaves_the_others(kept: Kept) -> None:
    put(**{f"a{n}_yaml": POD.replace("web", f"web-{n}") for n in range(20)}, e_yaml=ASKING, s_yaml=SETTINGS)
    kept("check")
    put(a3_yaml=FINE)
    assert kept.found("check") == 21
    put(s_yaml=f"# the same objects\n{SETTINGS}")
    assert kept.found("check") == 21
    put(s_yaml=SETTINGS.replace(":8080", ":80"))
    assert kept.found("check") == 20, "the ConfigMap, and who asks for it"
    Path("a3.yaml").unlink()
    put(new_yaml=POD.replace("web", "new"))
    assert kept.found("check") == 21


def test_processes_tell_what_their_reports_hang_on(kept: Kept) -> None:
    put(**{f"a{n}_yaml": POD.replace("web", f"web-{n}") for n in range(110)}, b_yaml=ASKING, s_yaml=SETTINGS)
    put(cart_yaml=CART, _git__config=REMOTE, cart__Dockerfile=BUILT)
    words = ("check", "--jobs", "2", "--risk", "review")
    assert kept.found(*words) == 0
    assert kept.found(*words) == 113
    put(s_yaml=SETTINGS.replace(":8080", ":80"))
    assert kept.found(*words) == 111
    put(cart__Dockerfile=BUILT.replace("1000", "70"))
    assert kept.found(*words) == 0


# The files of the cache.


def sealed(body: bytes) -> bytes:
    return of_bytes(body).encode() + b"\n" + body


def become(path: Path, make: Callable[[Path], object]) -> None:
    path.rename(path.with_suffix(".real"))
    make(path)


SPOILT: Mapping[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "a byte": lambda path: path.write_bytes(path.read_bytes().replace(b"web", b"wet", 1)),
    "sealed nonsense": lambda path: path.write_bytes(sealed(b"nonsense")),
    "sealed rows": lambda path: path.write_bytes(
        sealed(re.sub(rb'"files":\[[0-9,]+\]', b'"files":[99999]', path.read_bytes().partition(b"\n")[2]))
    ),
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "a folder": lambda path: become(path, Path.mkdir),
    "a pipe": lambda path: become(path, os.mkfifo),
    "a link": lambda path: become(path, lambda at: at.symlink_to(path.with_suffix(".real"))),
    "others write": lambda path: path.chmod(0o666),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_cannot_be_trusted_is_not_there(kept: Kept, how: str) -> None:
    put(a_yaml=POD, b_yaml=FINE)
    kept("check")
    (path,) = kept.files
    SPOILT[how](path)
    assert kept.found("check") == 0
    if how != "a folder":
        assert kept.found("check") == 2


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_write_is_not_used(kept: Kept, mode: int) -> None:
    put(a_yaml=POD)
    kept("check")
    kept.folder.chmod(mode)
    done = kept("check")
    assert f"harden: nothing is kept in {kept.folder}: others may write there" in done.err


def test_what_is_kept_is_for_the_user_alone(kept: Kept) -> None:
    put(a_yaml=POD)
    kept("check")
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept.files] == [0o600]
    assert (kept.folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_folder_that_cannot_be_made_is_said(kept: Kept) -> None:
    put(a_yaml=POD)
    kept.folder.write_text("a file")
    known = kept.plain("check")
    done = kept("check")
    assert (done.code, done.text) == (known.code, known.text)
    assert f"harden: nothing is kept in {kept.folder}: it is no folder" in done.err


def test_runs_at_the_same_time_leave_a_whole_file(kept: Kept) -> None:
    lines = [[b"%d" % n * 10_000 for _ in range(5)] for n in range(4)]
    key = "0" * 40

    def write_often(mine: list[bytes]) -> None:
        for _ in range(50):
            CacheFolder(kept.folder).write(key, mine)

    writers = [threading.Thread(target=write_often, args=(mine,)) for mine in lines]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert CacheFolder(kept.folder).read(key) in [[], *lines]
    assert CacheFolder(kept.folder).read(key) in lines
    assert {path.name for path in kept.folder.iterdir()} == {f"{key}.harden", "CACHEDIR.TAG"}


def test_old_files_go(kept: Kept) -> None:
    put(a_yaml=POD)
    kept("check")
    for at in range(30):
        path = kept.folder / f"{at:040x}.harden"
        path.write_text("old")
        os.utime(path, (at, at))
    (kept.folder / "of-the-user.txt").write_text("stays")
    begun = kept.folder / ".begun-abc"
    begun.write_text("killed")
    os.utime(begun, (1, 1))
    put(a_yaml=FINE)
    kept("check")
    assert len(kept.files) == 20
    assert not begun.exists()
    assert (kept.folder / "of-the-user.txt").exists()


# Secrets.

SECRETS = """\
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData:
  password: planted-in-a-secret
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  api-token: planted-in-a-config-map
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx
    args: ["--token=planted-in-an-argument"]
    env:
    - {name: DB_PASSWORD, value: planted-in-a-variable}
"""


@pytest.mark.parametrize("mode", ["check", "diff", "apply"])
@pytest.mark.parametrize("profile", ["restricted", "baseline"])
def test_no_secret_is_kept(kept: Kept, mode: str, profile: str) -> None:
    # In one line stand what is hidden and what is written: nothing is kept of a result that would show it.
    flow = "{name: web, image: nginx, env: [{name: DB_PASSWORD, value: planted-in-a-line}]}"
    put(a_yaml=SECRETS, b_yaml=f"apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec: {{containers: [{flow}]}}\n")
    for words in ((mode, "--profile", profile, "--risk", "review"), (mode, "--report-file", "../r.json")):
        kept(*words)
    data = b"".join(path.read_bytes() for path in kept.files)
    assert b"web" in data or mode == "apply"
    assert b"planted" not in data


def test_a_result_that_shows_a_secret_is_made_anew(kept: Kept) -> None:
    flow = "{name: web, image: nginx, env: [{name: DB_PASSWORD, value: planted-in-a-line}]}"
    put(b_yaml=f"apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec: {{containers: [{flow}]}}\n", c_yaml=POD)
    kept("diff")
    assert kept.found("diff") == 1


# The form.


def same(a: object, b: object) -> bool:
    """Return whether two values are the same, types and order included."""
    return type(a) is type(b) and of_value(a) == of_value(b) and repr(a) == repr(b)


def test_reports_come_out_as_they_went_in() -> None:
    reports = [case.run(case.source.read_bytes()) for case in cases()]
    packing_ = Packing()
    numbers = [packing_.add(report) for report in reports]
    assert all(map(same, unpacked(packing_.rows, numbers), reports))


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 0, False, 1.0, -0.0, float("inf"), "", "é\n", (), [], {}, (True, 1, 1.0), {"b": 1, "a": [()]},
     frozenset({1, "a"}), 10**30],
)  # fmt: skip
def test_plain_values_come_out_as_they_went_in(value: object) -> None:
    packing_ = Packing()
    others = [packing_.add(each) for each in (1, True, 1.0, "1", (1,), [1])]
    (found,) = unpacked(packing_.rows, [packing_.add(value)][:1]) if others else ()
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_what_cannot_be_packed_is_refused() -> None:
    for value in (object(), "\ud800", (1, "\udc00"), b"bytes", {1, 2}):
        with pytest.raises(UnpackableError):
            Packing().add(value)
    for rows in ([[6, "x"]], [[1, "x"]], [[99, 0]], [7], [{}], [[2, 5]], [[len(packing._numbers()) + 9, 0]]):
        with pytest.raises(UnpackableError):
            unpacked(rows, [0])


def test_digests_tell_types_and_order_apart() -> None:
    values = [1, True, 1.0, "1", ("1",), ["1"], (), [], {}, None, "", {"a": 1, "b": 2}, {"b": 2, "a": 1}, ("ab",),
              ("a", "b"), (("a",), "b"), frozenset(), frozenset({"a"}), Path("a"), "a", b"a"]  # fmt: skip
    assert len({of_value(value) for value in values}) == len(values)
    with pytest.raises(TypeError):
        of_value(object())


@pytest.mark.parametrize("seed", range(20))
def test_splices_make_the_result(seed: int) -> None:
    rng = random.Random(seed)
    old = [rng.choice(["a\n", "b\n", "c\n", "\r\n", "d"]) for _ in range(rng.randrange(40))]
    new = list(old)
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(new) + 1)
        new[at : at + rng.randrange(3)] = [rng.choice(["x\n", "a\n", "y"]) for _ in range(rng.randrange(3))]
    before, after = "".join(old), "".join(new)
    made = splices(before, after)
    assert spliced(before, made) == after, seed
    assert (made == ()) == (before == after)


def test_what_harden_inserts_is_all_that_a_splice_has() -> None:
    assert splices("a\nb\nc\n", "a\nnew\nb\nc\n") == ((1, 1, "new\n"),)
    assert splices("a\nb\nc\n", "a\nB\nc\n") == ((1, 2, "B\n"),)
    assert splices("a\nb\nc\n", "a\nc\n") == ((1, 2, ""),)


# Random edits.

IMAGES = ("nginx:1.27", "redis:7", "ghcr.io/acme/cart:1.0", "ghcr.io/acme/other:2", "postgres:16")


def random_files(rng: random.Random) -> dict[str, str]:
    """Return files to write: some change what is there, some are new."""
    name = rng.choice("abcdefgh")
    image, namespace = rng.choice(IMAGES), rng.choice(["", "\n  namespace: shop"])
    workload = DEPLOYMENT.replace("NAME", name + namespace, 1).replace("NAME", name).replace("IMAGE", image)
    kustomization = KUSTOMIZED + rng.choice(["", "namespace: shop\n", "images: [{name: nginx, newTag: '1.20'}]\n"])
    choices: list[dict[str, str]] = [
        {f"{name}_yaml": workload},
        {f"d__{name}_yaml": workload},
        {f"{name}_yaml": rng.choice([POD, FINE, ASKING, "a: [", SETTINGS, CLAIM, SECRETS])},
        {f"{name}_yaml": POD.replace("# kept", "# harden: ignore[seccomp-profile] for a test")},
        {"s_yaml": SETTINGS.replace("8080", rng.choice(["80", "8080"]))},
        {"c_yaml": CLAIM.replace("ReadWriteOnce", rng.choice(["ReadWriteOnce", "ReadWriteMany"]))},
        {"harden_yaml": rng.choice(["risk: review\n", "risk: safe\n", "profile: ./p.yaml\nexclude: [p.yaml]\n"])},
        {"p_yaml": f"extends: {rng.choice(['restricted', 'baseline'])}\n"},
        {"harden-images_yaml": FACTS.replace("1000", rng.choice(["70", "1000"]))},
        {"cart__Dockerfile": BUILT.replace("1000", rng.choice(["0", "70", "1000", "cart"]))},
        {"cart__make_sh": "adduser -D -u 70 cart\n"},
        {"_git__config": rng.choice([REMOTE, ""])},
        {"_gitignore": rng.choice(["", "d/\n", "a.yaml\n"])},
        {"kustomization_yaml": kustomization},
        {"d__kustomization_yaml": kustomization},
        {f"{name}_yaml_asc": "signature"},
        {"n_yaml": f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{x: y{rng.random()}}}}}\n"},
    ]
    return rng.choice(choices)


def random_words(rng: random.Random) -> list[str]:
    words = [rng.choice(["check", "check", "diff", "apply"])]
    for option in (
        ["--risk", "review"],
        ["--strict"],
        ["--jobs", "2"],
        ["--profile", "baseline"],
        ["--no-build-files"],
    ):
        words += option if rng.random() < 0.15 else []
    return words


@pytest.mark.parametrize("seed", range(int(os.environ.get("HARDEN_RANDOM_EDITS", "3"))))
def test_whatever_is_edited_runs_say_what_they_say_without_a_cache(kept: Kept, seed: int) -> None:
    rng = random.Random(seed)
    put(a_yaml=POD, p_yaml="extends: restricted\n")
    found = 0
    for _ in range(40):
        if rng.random() < 0.2 and (names := sorted(tree().keys() - {"p.yaml"})):
            Path(rng.choice(names)).unlink()
        elif rng.random() < 0.8:
            put(**random_files(rng))
        found += kept.found(*random_words(rng))
    assert found > 10, "a cache that never finds anything says the same, too"
