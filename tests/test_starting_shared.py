"""What is found of one pod and told of the next in another file: only where all that it hangs on is the same."""

from __future__ import annotations

from functools import partial

import pytest
from cli_session import POD
from test_work import calls

from harden.engine.run import harden
from harden.images.by_file import ImagesByFile, Lookup
from harden.images.store import lookup
from harden.model.report import FileReport, Mode
from harden.settings import load
from harden.starts.judge import judge

#: As images that only their own files tell of.
IMAGE = "registry.example.com/app:1"


ROOT = lookup("docker.io/library/postgres:16")
assert ROOT is not None
#: By the beginning of a file's name what is known of the image there.
FACTS = {"user": lookup("docker.io/bitnami/redis:7.2"), "root": ROOT, "sudo": ROOT._replace(gains="sudo in run.sh")}
#: By the same why its build file does not tell, and what to learn for that.
OPEN = {
    "one": ("its base is not known", "registry.example.com/base:1"),
    "two": ("its base is not known", "registry.example.com/base:2"),
    "three": ("its Dockerfile is not here", "registry.example.com/base:1"),
}
FILES = ("unknown", *FACTS, *OPEN, "unknown-again")


class ByFile(ImagesByFile):
    """Says of the image what the name of each file says."""

    def __init__(self) -> None:
        super().__init__(lookup)

    def of(self, file: str) -> Lookup:
        return lambda image: FACTS.get(file) if image == IMAGE else lookup(image)

    def undecided(self, image: str, file: str) -> str:
        return OPEN[file][0] if image == IMAGE and file in OPEN else ""

    def to_learn(self, image: str, file: str) -> tuple[str, ...]:
        return (OPEN[file][1],) if image == IMAGE and file in OPEN else (image,)


def reports(*names: str, mode: Mode) -> list[FileReport]:
    text = POD.replace("nginx", IMAGE).encode()
    return list(harden([(name, text) for name in names], load("restricted"), mode, images=ByFile()))


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.DIFF])
def test_a_file_says_of_its_pod_what_it_says_alone(mode: Mode) -> None:
    alone = [report for name in FILES for report in reports(name, mode=mode)]
    for names in (FILES, FILES[::-1]):
        assert sorted(reports(*names, mode=mode), key=repr) == sorted(alone, key=repr)
    # They do not all say the same, so that telling one of the other would be seen.
    assert len({repr(report)[repr(report).index("workloads") :] for report in alone}) == len(FILES) - 1


def test_starts_of_unknown_images_are_judged_once_for_all_that_differ_elsewhere() -> None:
    def run(count: int) -> None:
        texts = (
            f"{POD.replace('nginx', f'{IMAGE}.{at}')}    env:\n    - {{name: LEVEL{at}, value: info}}\n"
            f"    resources: {{limits: {{cpu: {at}}}}}\n    envFrom:\n    - configMapRef: {{name: web-{at}}}\n"
            for at in range(count)
        )
        inputs = [(f"{at}.yaml", text.encode()) for at, text in enumerate(texts)]
        assert all(report.changed for report in harden(inputs, load("restricted"), Mode.DIFF))

    one, many = (calls({"judge": judge}, partial(run, count))["judge"] for count in (1, 12))
    # Once as it is, and once with a name that stands in for the image.
    assert one <= many <= 2 * one
