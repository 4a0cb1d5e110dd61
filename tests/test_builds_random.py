"""Random Dockerfiles: who harden says the last stage starts as is what a small reference of its own says.

The reference follows instructions as they were made, before they are written down in one of their many spellings. It
shares nothing with harden/builds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from builds_facts import known

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Resolved

FILES = 100
#: Bases with the accounts that they have; the default user of all of them is root, but of the last nothing is known.
BASES = {
    "debian:12": {"www-data": 33, "nobody": 65534},
    "alpine:3.20": {"nobody": 65534},
    "node:22": {"node": 1000, "www-data": 33, "nobody": 65534},
    "quay.io/nobody/knows:1": {},
}
NAMES = ("app", "node", "nobody", "www-data")
VARIABLES = ("U", "WHO", "ID")
#: Who a stage starts as where nobody knows it.
UNKNOWN = "unknown"


@dataclass
class Image:
    """What the reference knows of a stage: the user as a text, None where no USER stands in it or its bases."""

    base: str
    user: str | None = None
    accounts: dict[str, int | None] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def number(self) -> int | str:
        """Return the number that the image starts as, 0 for root, or UNKNOWN."""
        if self.user is None:
            return UNKNOWN if self.base.startswith("quay.io") else 0
        if self.user == "root":
            return 0
        if self.user.isdecimal():
            return int(self.user)
        found = self.accounts.get(self.user)
        return UNKNOWN if found is None else found


class Writer:
    """Makes a Dockerfile, and follows what it says."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.outer: dict[str, str] = {}
        self.stages: dict[str, Image] = {}

    def file(self) -> tuple[str, Image]:
        """Return the text and the last stage."""
        for name in self.random.sample(VARIABLES, self.random.randrange(3)):
            self.outer[name] = self._id()
            self.lines.append(self._spelled("ARG", f"{name}={self.outer[name]}"))
        image = self._stage(0)
        for number in range(1, self.random.randrange(1, 4)):
            image = self._stage(number)
        return "\n".join(self.lines) + "\n", image

    def _stage(self, number: int) -> Image:
        name = f"stage{number}"
        earlier = self.random.choice([*self.stages, None])
        if earlier is None:
            base = self.random.choice([*BASES])
            image = Image(base, None, dict(BASES[base]))
        else:
            base, of = earlier, self.stages[earlier]
            image = Image(of.base, of.user, dict(of.accounts), dict(of.environment))
        flag = self.random.choice(["", "", "--platform=$BUILDPLATFORM "])
        shown = base.upper() if earlier is not None and self.random.random() < 0.3 else base
        self.lines.append(self._spelled("FROM", f"{flag}{shown} {self.random.choice(['AS', 'as'])} {name}"))
        arguments: dict[str, str] = {}
        for _ in range(self.random.randrange(7)):
            self.random.choice(
                [self._arg, self._env, self._user, self._user, self._useradd, self._usermod, self._noise]
            )(image, arguments)
        self.stages[name] = image
        return image

    def _arg(self, image: Image, arguments: dict[str, str]) -> None:
        del image
        name = self.random.choice(VARIABLES)
        if name in arguments:
            return
        if self.random.random() < 0.5:
            arguments[name] = self._id()
            self.lines.append(self._spelled("ARG", f"{name}={arguments[name]}"))
        else:
            self.lines.append(self._spelled("ARG", name))
            if name in self.outer:
                arguments[name] = self.outer[name]

    def _env(self, image: Image, arguments: dict[str, str]) -> None:
        del arguments
        name, value = self.random.choice(VARIABLES), self._id()
        image.environment[name] = value
        self.lines.append(
            self._spelled("ENV", self.random.choice([f"{name}={value}", f'{name}="{value}"', f"{name} {value}"]))
        )

    def _user(self, image: Image, arguments: dict[str, str]) -> None:
        if self.random.random() < 0.3:
            name = self.random.choice(VARIABLES)
            value = {**arguments, **image.environment}.get(name)
            image.user = UNKNOWN if value is None else value
            word = self.random.choice([f"${name}", f"${{{name}}}"])
        else:
            image.user = self.random.choice([*NAMES, "root", self._id()])
            word = self.random.choice([image.user, f'"{image.user}"'])
        group = self.random.choice(["", "", ":5"])
        self.lines.append(self._spelled("USER", f"{word}{group}" if '"' not in word else word))

    def _useradd(self, image: Image, arguments: dict[str, str]) -> None:
        name, uid = self.random.choice(NAMES), self._id()
        shown = uid
        variable = self.random.choice(VARIABLES)
        value = {**arguments, **image.environment}.get(variable)
        if value is not None and self.random.random() < 0.5:
            uid, shown = value, f"${variable}"
        if self.random.random() < 0.5:
            self._run(f"userdel {name}; useradd --no-create-home --uid {shown} {name}")
            image.accounts[name] = int(uid)
            return
        # What is there stays, or else counts no more: nobody knows which.
        image.accounts[name] = int(uid) if image.accounts.get(name, int(uid)) == int(uid) else None
        self._run(
            self.random.choice(
                [
                    f"useradd -u {shown} -m {name}",
                    f"useradd --uid={shown} {name}",
                    f"adduser -D -u {shown} {name}",
                    f"echo '{name}:x:{uid}:5::/:/bin/sh' >> /etc/passwd"
                    if shown == uid
                    else f"adduser -u {shown} {name}",
                ]
            )
        )

    def _usermod(self, image: Image, arguments: dict[str, str]) -> None:
        del arguments
        name, uid = self.random.choice(NAMES), self._id()
        change = self.random.choice(["number", "unknown", "groups", "gone", "edited"])
        if change == "number":
            image.accounts[name] = int(uid)
            self._run(f"usermod -u {uid} {name}")
        elif change == "unknown":
            image.accounts[name] = None
            self._run(f"usermod --uid $(cat /id) {name}")
        elif change == "groups":
            self._run(f"usermod -aG www-data {name}")
        elif change == "gone":
            image.accounts.pop(name, None)
            self._run(f"{self.random.choice(['deluser', 'userdel -r'])} {name}")
        else:
            image.accounts = dict.fromkeys(image.accounts)
            self._run("sed -i -e s/1000/2000/ /etc/passwd")

    def _noise(self, image: Image, arguments: dict[str, str]) -> None:
        del image, arguments
        self.lines.append(
            self.random.choice(
                [
                    "# USER 4",
                    "",
                    "COPY <<EOF /text\nUSER 4\nFROM scratch\nEOF",
                    "RUN echo USER 4 \\\n  # a comment\n\n  && true",
                    "ONBUILD RUN true",
                    "LABEL a=b",
                    "HEALTHCHECK CMD su app",
                    'CMD ["useradd", "-u", "4", "app"]',
                ]
            )
        )

    def _run(self, command: str) -> None:
        forms = [
            f"RUN {command}",
            f"RUN true && \\\n    {command}",
            f"RUN <<EOF\nset -e\n{command}\nEOF",
            f"run {command}",
        ]
        self.lines.append(self.random.choice(forms))

    def _id(self) -> str:
        return str(self.random.randrange(100, 60000))

    def _spelled(self, name: str, rest: str) -> str:
        word = self.random.choice([name, name, name.lower()])
        between = self.random.choice([" ", "   ", " \\\n  "])
        return f"{word}{between}{rest}"


@pytest.mark.parametrize("seed", range(FILES))
def test_the_user_of_random_dockerfiles(seed: int, tmp_path: Path) -> None:
    text, image = Writer(seed).file()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text(text, "utf-8")
    found = BuildFiles(tmp_path, known).lookup("app", "app.yaml")
    said: int | str = UNKNOWN
    if isinstance(found, Resolved):
        facts = found.facts
        if facts.starts_as_root:
            said = 0
        elif facts.runs_as_nonroot and facts.uid is not None:
            said = facts.uid
    assert said == image.number(), text
