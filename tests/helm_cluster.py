"""Answers what Helm asks a cluster before a dry run: its version and which kinds it serves; it holds no objects."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = {
    "v1": ["Secret", "ConfigMap", "Service", "ServiceAccount", "Pod", "Namespace", "ResourceQuota", "LimitRange"],
    "apps/v1": ["Deployment", "DaemonSet", "StatefulSet"],
    "batch/v1": ["Job", "CronJob"],
    "networking.k8s.io/v1": ["NetworkPolicy"],
    "apiextensions.k8s.io/v1": ["CustomResourceDefinition"],
    "shop.example.com/v1": ["Widget"],
}
CLUSTER_WIDE = {"Namespace", "CustomResourceDefinition"}


def plural(kind: str) -> str:
    word = kind.lower()
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def answer(path: str) -> dict[str, object] | None:
    """Return what an API server says at a path of its discovery, None where it has nothing."""
    if path == "/version":
        return {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [version.split("/") for version in KINDS if "/" in version]
        versions = [(group, {"groupVersion": f"{group}/{version}", "version": version}) for group, version in groups]
        every = [{"name": group, "versions": [each], "preferredVersion": each} for group, each in versions]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": every}
    version = path.removeprefix("/apis/").removeprefix("/api/")
    if version not in KINDS:
        return None
    resources = [
        {"name": plural(kind), "singularName": kind.lower(), "namespaced": kind not in CLUSTER_WIDE, "kind": kind,
         "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"]}
        for kind in KINDS[version]
    ]  # fmt: skip
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = answer(self.path.partition("?")[0])
        missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        data = json.dumps(missing if found is None else found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextmanager
def cluster() -> Iterator[str]:
    """Yield the text of a kubeconfig for a cluster that answers while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": {"server": address}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "users": [{"name": "me", "user": {}}],
            "current-context": "here",
        }
        yield json.dumps(config)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
