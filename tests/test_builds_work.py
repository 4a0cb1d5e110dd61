"""How often the costly steps of looking for build files are taken: counted, because seconds differ."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from types import FrameType

from builds_facts import known
from profiled import profiled
from test_builds_lookup import Counting, remote, uid, write

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Refused
from harden.builds.ownership import _PUSHED
from harden.builds.told import _TARGET


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


def test_scripts_are_gone_through_once_for_all_images(tmp_path: Path) -> None:
    build = "docker build --target {0} -t ghcr.io/acme/{0} . && docker push ghcr.io/acme/{0}\n"
    names = ("cart", "user", "redis", "nginx")
    for at, name in enumerate(names, 1):
        write(
            tmp_path / name, {"Dockerfile": f"FROM alpine\nUSER {at}\n", "build.sh": build.format(name), "Makefile": ""}
        )
    write(tmp_path, remote("https://github.com/other/parts"))
    builds = BuildFiles(tmp_path, known)
    passed: Counter[str] = Counter()

    def note(_frame: FrameType, event: str, argument: object) -> None:
        pattern = getattr(argument, "__self__", None)
        if event == "c_call" and isinstance(pattern, re.Pattern):
            passed[pattern.pattern] += 1

    with profiled(note):
        found = [uid(builds.lookup(f"ghcr.io/acme/{name}:1", "k8s.yaml")) for name in names]
    assert found == [1, 2, 3, 4]
    # As often as there are scripts.
    assert [passed[each.pattern] for each in (_TARGET, _PUSHED)] == [8, 8]


def test_twice_the_images_of_a_repository_are_twice_the_work(tmp_path: Path) -> None:
    def entered(count: int) -> int:
        for at in range(count):
            write(
                tmp_path / str(count) / f"app{at}",
                {
                    "Dockerfile": f"FROM alpine\nUSER {at + 1}\n",
                    "skaffold.yaml": f"build: {{artifacts: [{{image: registry.corp.net/shop/app{at}}}]}}\n",
                    "k8s/kustomization.yaml": "resources: [app.yaml]\n",
                    "k8s/app.yaml": "",
                    "k8s/over/kustomization.yaml": "resources: [..]\nimages: [{name: other, newTag: '1'}]\n",
                },
            )
        builds = BuildFiles(tmp_path / str(count), known)
        found = 0

        def note(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal found
            found += event == "call"

        with profiled(note):
            for at in range(count):
                image = f"registry.corp.net/shop/app{at}:1"
                assert uid(builds.lookup(image, f"app{at}/k8s/app.yaml")) == at + 1
        return found

    entered(1)
    few, many = entered(20), entered(40)
    assert many < few * 2.2
