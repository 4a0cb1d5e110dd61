"""How often the costly steps of looking for build files are taken: counted, because seconds differ."""

from __future__ import annotations

from pathlib import Path

from builds_facts import known
from test_builds_lookup import Counting, remote, uid, write

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Refused


def test_manifests_are_read_only_for_a_name_whose_part_leads_to_a_folder(tmp_path: Path) -> None:
    manifest = "- image: ghcr.io/acme/rs-cart:1\n- image: ghcr.io/acme/rs-user:1\n"
    files = {f"{name}/Dockerfile": f"FROM alpine\nUSER {at}\n" for at, name in enumerate(("cart", "user"), 1)}
    write(tmp_path, {**files, "k8s.yaml": manifest, **remote("https://github.com/acme/parts")})
    read = Counting()
    builds = BuildFiles(tmp_path, known, read)
    assert isinstance(builds.lookup("ghcr.io/acme/rs-other-thing:1", "k8s.yaml"), Refused)
    assert "k8s.yaml" not in read.names
    assert uid(builds.lookup("ghcr.io/acme/rs-cart:1", "k8s.yaml")) == 1
    assert read.names.count("k8s.yaml") == 1
