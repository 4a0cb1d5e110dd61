"""Asks a real API server about custom resources before and after harden: `make test-api-server`.

Builds etcd and kube-apiserver from their Go modules (some ten minutes of a processor, once), starts both on the
loopback address, makes the CRDs of tests/data/crds.json, or those of the files that are named, and creates each custom
resource of the golden cases and some random ones in a dry run with strict field validation. Exit code 1: something is
refused after harden that was not before. The codes of the answers on golden cases are written to the file that
--answers names; tests/test_crd_schemas.py compares them with the code that the CI judges by.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent)]

import yaml  # noqa: E402 - the tests' own modules are beside
from crd_facts import Crd, crds  # noqa: E402
from custom_resources import resource  # noqa: E402
from golden_case import cases, result  # noqa: E402

from harden.engine.run import harden  # noqa: E402
from harden.kube.rows import CUSTOM  # noqa: E402
from harden.model.report import Mode  # noqa: E402
from harden.settings import load  # noqa: E402

_TOKEN = "local"  # noqa: S105 - of a server that only this program reaches, and that ends with it
#: How a fault begins (k8s.io/apimachinery, field.ErrorType).
_TYPES = "Required|Invalid|Unsupported|Duplicate|Too (?:long|many|few)|Forbidden|Not found|Internal"
_FINE, _CREATED, _UNKNOWN = 200, 201, 400
_PROFILES = [(profile, risk) for profile in ("restricted", "hardened") for risk in ("review", "breaking")]


class Answer(NamedTuple):
    """The code of an answer, and what was said."""

    code: int
    message: str


class Server:
    """An API server on the loopback address."""

    def __init__(self, port: int) -> None:
        self._base = f"https://127.0.0.1:{port}"
        self._context = ssl._create_unverified_context()  # noqa: S323 - its certificate is made anew at each start

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Return the answer to one request; code 0 where nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._base}{path}", data, headers, method=method)  # noqa: S310 - see above
        try:
            with urllib.request.urlopen(request, context=self._context) as answer:  # noqa: S310 - see above
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            with contextlib.suppress(ValueError, KeyError):
                text = json.loads(text)["message"]
            return Answer(error.code, text)
        except OSError as error:
            return Answer(0, str(error))

    def wait(self, path: str, seconds: int) -> None:
        """Wait until a path is served."""
        end = time.monotonic() + seconds
        while (answer := self.ask("GET", path)).code != _FINE:
            if time.monotonic() > end:
                raise SystemExit(f"{path} is not served after {seconds} seconds: {answer}")
            time.sleep(0.5)


def programs(folder: Path) -> None:
    """Build etcd and kube-apiserver, if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, package in (("etcd", "."), ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver")):
        if not (folder / name).is_file():
            print(f"building {name}", file=sys.stderr)
            subprocess.run(["go", "build", "-o", folder / name, package], cwd=HERE, check=True)


def free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


@contextlib.contextmanager
def started(binaries: Path, folder: Path) -> Iterator[Server]:
    """Start etcd and the API server, and end both."""
    ports = [free_port() for _ in range(3)]
    client, peer = (f"http://127.0.0.1:{port}" for port in ports[:2])
    (folder / "tokens.csv").write_text(f"{_TOKEN},admin,admin,system:masters\n", "utf-8")
    key = folder / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    etcd = [
        *("--data-dir", folder / "etcd", "--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"),
    ]
    api = [
        *(f"--etcd-servers={client}", f"--secure-port={ports[2]}", "--bind-address=127.0.0.1"),
        *(f"--cert-dir={folder}/certs", f"--token-auth-file={folder}/tokens.csv", "--authorization-mode=AlwaysAllow"),
        *("--service-account-issuer=https://localhost", f"--service-account-key-file={key}"),
        *(f"--service-account-signing-key-file={key}", "--service-cluster-ip-range=10.0.0.0/24"),
        *("--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none"),
    ]
    with contextlib.ExitStack() as stack:
        for name, words in (("etcd", etcd), ("kube-apiserver", api)):
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            process = subprocess.Popen([binaries / name, *words], stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        server = Server(ports[2])
        try:
            server.wait("/readyz", 180)
        except SystemExit:
            for log in sorted(folder.glob("*.log")):
                print(log.name, *log.read_text("utf-8", "replace").splitlines()[-20:], sep="\n", file=sys.stderr)
            raise
        yield server


def definition(group: str, kind: str, versions: list[Crd]) -> dict[str, object]:
    """Return the CRD of a kind, made of its facts."""
    plural = versions[0].plural
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": versions[0].scope,
            "versions": [
                {
                    "name": each.api_version.rpartition("/")[2],
                    "served": True,
                    "storage": at == 0,
                    "schema": {"openAPIV3Schema": each.schema},
                }
                for at, each in enumerate(versions)
            ],
        },
    }


def definitions(files: list[Path]) -> list[dict[str, object]]:
    """Return the CRDs of these files as their projects publish them, else those made of facts."""
    if files:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = [each for path in files for each in yaml.load_all(path.read_bytes(), loader)]
        return [each for each in found if isinstance(each, dict) and each.get("kind") == "CustomResourceDefinition"]
    kinds: dict[tuple[str, str], list[Crd]] = {}
    for each in crds().values():
        kinds.setdefault((each.api_version.partition("/")[0], each.kind), []).append(each)
    return [definition(*key, versions) for key, versions in kinds.items()]


def install(server: Server, found: list[dict[str, object]]) -> dict[tuple[str, str], str]:
    """Make the CRDs, and return by API version and kind where their objects are created."""
    paths: dict[tuple[str, str], str] = {}
    for crd in found:
        crd.pop("status", None)
        spec = crd["spec"]
        assert isinstance(spec, dict)
        # Nobody is there to convert.
        spec.pop("conversion", None)
        metadata = crd["metadata"]
        assert isinstance(metadata, dict)
        metadata["annotations"] = {"api-approved.kubernetes.io": "unapproved, of a test"}
        answer = server.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        # Two projects may have a CRD of one name: the first one counts.
        if answer.code != _CREATED:
            print(f"{metadata['name']}: {answer.code} {answer.message[:300]}", file=sys.stderr)
            continue
        inside = "namespaces/default/" if spec["scope"] == "Namespaced" else ""
        for version in spec["versions"]:
            if version["served"]:
                api = f"{spec['group']}/{version['name']}"
                paths[api, spec["names"]["kind"]] = f"/apis/{api}/{inside}{spec['names']['plural']}"
    for path in paths.values():
        server.wait(f"{path}?limit=1", 60)
    return paths


def results() -> Iterator[tuple[str, bytes, bytes]]:
    """Yield names, and bytes before and after harden, of golden cases and random objects."""
    for case in cases():
        if case.folder.parent.name == "custom-kinds":
            content = case.source.read_bytes()
            yield case.name, content, result(case.run(content), content)
    rng = random.Random(1)
    for row in CUSTOM:
        for crd in (each for each in crds().values() if each.kind == row.name and each.api_version in row.versions):
            for profile, risk in _PROFILES:
                content = yaml.safe_dump(resource(rng, row, crd)).encode()
                (report,) = harden([("in.yaml", content)], load(profile, overrides={"risk": risk}), Mode.APPLY)
                yield f"random {crd.api_version} {row.name} {profile} {risk}", content, result(report, content)


def faults(message: str) -> list[str]:
    """Return what an answer has against an object, one by one, without indexes."""
    said = re.sub(r"\[\d+\]", "[]", message)
    unknown = set(re.findall(r'unknown field "[^"]*"', said))
    one_by_one = re.split(rf", (?=[^ ]+: (?:{_TYPES}))", said.partition(" is invalid: ")[2].strip("[]"))
    return sorted(unknown or {each[:300] for each in one_by_one if each} or {said[:300]})


def compare(server: Server, paths: dict[tuple[str, str], str]) -> tuple[dict[str, list[int]], list[str]]:
    """Return the answers before and after by object, and what is refused after harden that was not before."""
    answers: dict[str, list[int]] = {}
    new: list[str] = []
    for name, *texts in results():
        told = []
        for text in texts:
            objects = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
            told.append([_created(server, paths, each) for each in objects])
        for at, (before, after) in enumerate(zip(*told, strict=True)):
            if before is None or after is None:
                continue
            # Of an object with unknown fields the API server says nothing more.
            hidden = before.code == _UNKNOWN != after.code
            known = faults(before.message)
            more = (
                []
                if after.code == _CREATED or hidden
                else [each for each in faults(after.message) if each not in known]
            )
            new += [f"{name} {at}: {each}" for each in more]
            answers[f"{name} {at}"] = [before.code, after.code]
    return answers, new


def _created(server: Server, paths: dict[tuple[str, str], str], data: dict[str, object]) -> Answer | None:
    path = paths.get((str(data.get("apiVersion")), str(data.get("kind"))))
    if path is None:
        return None
    metadata = data.get("metadata")
    # There is one namespace.
    own = {key: value for key, value in metadata.items() if key != "namespace"} if isinstance(metadata, dict) else {}
    return server.ask("POST", f"{path}?dryRun=All&fieldValidation=Strict", {**data, "metadata": own})


def main() -> int:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("crd", nargs="*", type=Path)
    chosen = parser.parse_args()
    binaries = Path(os.environ.get("HARDEN_API_SERVER") or ROOT / ".pytest_cache" / "api-server")
    programs(binaries)
    folder = Path(tempfile.mkdtemp())
    try:
        with started(binaries, folder) as server:
            paths = install(server, definitions(chosen.crd))
            answers, new = compare(server, paths)
    finally:
        shutil.rmtree(folder)
    accepted = sum(after == _CREATED for _, after in answers.values())
    print(
        f"{len(paths)} kinds and versions, {len(answers)} objects: "
        f"{accepted} accepted after harden, {len(new)} new faults"
    )
    print(*new, sep="\n")
    if chosen.answers:
        golden = {name: codes for name, codes in answers.items() if not name.startswith("random ")}
        chosen.answers.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n", "utf-8")
    return int(bool(new) or not accepted)


if __name__ == "__main__":
    sys.exit(main())
