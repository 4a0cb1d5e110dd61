"""Random manifests whose parts are shared by anchors, aliases and merges in every place where YAML allows them."""

from __future__ import annotations

import random

CONTEXTS = (
    "{}",
    "{runAsUser: 1000}",
    "{privileged: true}",
    "{runAsNonRoot: true, runAsUser: 0}",
    "{capabilities: {add: [NET_ADMIN]}}",
    "{allowPrivilegeEscalation: true}",
    "{readOnlyRootFilesystem: false, runAsGroup: 0}",
)
PARTS = (
    "{image: nginx}",
    "{tty: true}",
    "{ports: [{containerPort: 80, hostPort: 80}]}",
    "{image: 'redis:7', stdin: true}",
)


class Writer:
    """Writes one document; anchors are named as they come."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.contexts: list[str] = []
        self.parts: list[str] = []
        self.whole: list[str] = []

    def chance(self, rate: float) -> bool:
        return self.rng.random() < rate

    def define(self, known: list[str], text: str) -> str:
        name = f"{'s' if known is self.contexts else 'm' if known is self.parts else 'w'}{len(known)}"
        known.append(name)
        return f"&{name} {text}"

    def context(self, column: int) -> list[str]:  # noqa: PLR0911 -- a shape each
        """Return the lines of a securityContext, of which the first follows its colon."""
        rng, known = self.rng, self.contexts
        pad = "\n" + " " * (column + 2)
        pick = rng.randrange(9)
        if pick == 0 and known:
            return f" *{rng.choice(known)}".split("\n")
        if pick == 1:
            return f" {self.define(known, rng.choice(CONTEXTS))}".split("\n")
        if pick == 2:
            inner = rng.choice(CONTEXTS)
            return f" {{<<: {self.define(known, inner)}, procMount: Default}}".split("\n")
        if pick == 3 and known:
            own = rng.choice(("", ", runAsUser: 5", ", allowPrivilegeEscalation: false"))
            return f" {{<<: *{rng.choice(known)}{own}}}".split("\n")
        if pick == 4 and known:
            more = f"[{', '.join('*' + rng.choice(known) for _ in range(rng.randint(1, 3)))}]"
            return f"{pad}<<: {more}{rng.choice(('', pad + 'runAsUser: 7'))}".split("\n")
        if pick == 5:
            body = f"{pad}runAsUser: 1{pad}privileged: {rng.choice(('true', 'false'))}"
            name = self.define(known, "").strip()
            return f" {name}{body}".split("\n")
        if pick == 6:
            below = f"{pad}<<: {self.define(known, rng.choice(CONTEXTS))}{pad}runAsGroup: 3"
            return below.split("\n")
        return f" {rng.choice(CONTEXTS)}".split("\n")

    def container(self, at: int, column: int) -> list[str]:
        rng = self.rng
        pad = " " * column
        if self.whole and self.chance(0.1):
            return [f"{pad}- *{rng.choice(self.whole)}"]
        lines: list[str] = []
        if self.chance(0.25):
            lines.append(f"<<: {self.define(self.parts, rng.choice(PARTS))}")
        elif self.parts and self.chance(0.3):
            names = ["*" + rng.choice(self.parts) for _ in range(rng.randint(1, 2))]
            lines.append(f"<<: {names[0]}" if len(names) == 1 else f"<<: [{', '.join(names)}]")
        lines.append(f"name: c{at}")
        # What has a container without an image is no whole object, and is left alone.
        if self.chance(0.97):
            lines.append(f"image: registry.example.com/a:{at}")
        if self.chance(0.75):
            first, *rest = self.context(column + 2)
            lines.extend([f"securityContext:{first}", *(line.removeprefix(pad + "  ") for line in rest)])
        if self.chance(0.3):
            rng.shuffle(lines) if all(not line.startswith(" ") for line in lines) else None
        if self.chance(0.2):
            head = self.define(self.whole, "").strip()
            return [f"{pad}- {head}", *(f"{pad}  {line}" for line in lines)]
        return [f"{pad}- {lines[0]}", *(f"{pad}  {line}" for line in lines[1:])]

    def pod(self, name: str) -> str:
        lines = ["apiVersion: v1", "kind: Pod", f"metadata: {{name: {name}}}"]
        if self.chance(0.4):
            lines.append("x-shared:")
            lines.append(f"- {self.define(self.contexts, self.rng.choice(CONTEXTS))}")
            lines.append(f"- {self.define(self.parts, self.rng.choice(PARTS))}")
        lines.append("spec:")
        if self.chance(0.5):
            first, *rest = self.context(2)
            lines.extend([f"  securityContext:{first}", *rest])
        for field in ("containers", "initContainers"):
            if field == "containers" or self.chance(0.3):
                lines.append(f"  {field}:")
                for at in range(self.rng.randint(1, 3)):
                    lines.extend(self.container(at if field == "containers" else at + 5, 2))
        if self.contexts and self.chance(0.15):
            lines.append(f"x-user: [*{self.rng.choice(self.contexts)}]")
        return "\n".join(lines) + "\n"
