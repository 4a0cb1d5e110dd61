"""Says in words what is known about an image, where it comes from, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.images.facts import Confidence, ImageFacts, Need, PortFix

_CONFIDENCE: Mapping[Confidence, str] = {
    Confidence.READ: "read in its sources",
    Confidence.LEARNED: "learned from the image itself",
    Confidence.DERIVED: "follows from a command or base image that was read: check it",
    Confidence.RULE: "follows from the name by a general rule: check it",
}
_NEEDS: Mapping[Need, str] = {
    Need.WRITABLE: "empty volumes on the folders that it writes",
    Need.WRITABLE_SEEDED: "folders with files of the image that stay writable",
    Need.LOW_PORT: "its ports below 1024 moved, or made bindable",
    Need.ENV: "variables set",
    Need.FILE_CAPS: "the file capabilities of its program kept",
}

#: What people need to know before an image runs hardened, and the field that says it.
_WANTED: Mapping[str, str] = {
    "uid": "a numeric user to run as",
    "gid": "its numeric group",
    "default_user": "the user that the image itself starts as",
    "runs_as_nonroot": "whether it starts without root",
    "ports": "its ports",
    "volumes": "its data folders",
    "writable": "the folders that it writes besides its data",
    "shell": "whether it has a shell",
}


def describe(facts: ImageFacts) -> str:
    """Return what is known about an image as lines of text; each line ends with the place that states it."""
    lines = [str(facts.reference)]
    lines += [f"  {label:<15}{value}  [{facts.origins[name]}]" for label, value, name in _known(facts)]
    lines += [f"  in some settings: {each.because}  [{each.place}]" for each in facts.when]
    if facts.reach_doubt is not None:
        lines.append(f"  unsure: {facts.reach_doubt}")
    unknown = [words for name, words in _WANTED.items() if getattr(facts, name) is None]
    if unknown:
        lines.append(f"  not known: {', '.join(unknown)}")
    lines += [f"  note: {note}" for note in facts.notes]
    lines += [f"  source: {source}" for source in facts.sources]
    return "\n".join(lines) + "\n"


def unknown_image(image: str, more: str = "") -> str:
    """Return what to say of an image of which nothing is known, lines with `more`, and the command that changes it."""
    return f"{image}\n  nothing is known about this image\n{more}{how_to_learn(image)}"


def how_to_learn(image: str) -> str:
    """Return the commands that read an image itself, as lines of text."""
    return (
        f"  to learn it: harden images learn --registry {image}\n"
        f"  or offline: docker save {image} | harden images learn -\n"
    )


def _known(facts: ImageFacts) -> Iterator[tuple[str, str, str]]:
    """Yield label, value and the field that holds it, for the fields that somebody states."""
    for label, value, name in (*_user(facts), *_start(facts), *_files(facts)):
        if name in facts.origins:
            yield label, value, name


def _user(facts: ImageFacts) -> Iterator[tuple[str, str, str]]:
    if facts.image_class is not None:
        yield "class", facts.image_class.value, "image_class"
    if facts.uid is not None:
        group = "" if facts.gid is None else f":{facts.gid}"
        name = "" if facts.user_name is None else f" ({facts.user_name})"
        yield "user", f"{facts.uid}{group}{name}, {_CONFIDENCE[facts.confidence]}", "uid"
    if facts.default_user is not None:
        yield "USER", facts.default_user, "default_user"
    if facts.runs_as_nonroot is not None:
        reason = "" if facts.root_reason is None else f", because {facts.root_reason}"
        starts = "starts" if facts.runs_as_nonroot else f"does not start{reason}"
        yield "without root", starts, "runs_as_nonroot"
    if facts.stays_root:
        yield "as root", "its main process stays root", "stays_root"
    if facts.host_access is not None:
        yield "host", facts.host_access, "host_access"
    if facts.api_client is not None:
        yield (
            "API",
            "calls the Kubernetes API" if facts.api_client else "does not call the Kubernetes API",
            "api_client",
        )


def _start(facts: ImageFacts) -> Iterator[tuple[str, str, str]]:
    if facts.nonroot_needs:
        yield "needs", "; ".join(_NEEDS[need] for need in facts.nonroot_needs), "nonroot_needs"
    if facts.nonroot_env:
        yield "variables", _pairs(facts.nonroot_env), "nonroot_env"
    if facts.ports is not None:
        yield "ports", _list(str(port) for port in facts.ports), "ports"
    if facts.low_port_fix is not None:
        yield "moving ports", _port_fix(facts.low_port_fix), "low_port_fix"
    if facts.drop_in is not None:
        moves = ", ".join(f"{old} becomes {new}" for old, new in facts.drop_in.port_map.items())
        yield "instead", f"{facts.drop_in.image} (port {moves})", "drop_in"
    if facts.entrypoint is not None:
        yield "entrypoint", " ".join(facts.entrypoint) or "none", "entrypoint"
    if facts.command is not None:
        yield "command", " ".join(facts.command) or "none", "command"
    if facts.root_caps is not None:
        yield "as root needs", _list(facts.root_caps), "root_caps"
    if facts.file_caps:
        yield "file caps", _list(facts.file_caps), "file_caps"


def _files(facts: ImageFacts) -> Iterator[tuple[str, str, str]]:
    if facts.volumes is not None:
        yield "data", _list(facts.volumes), "volumes"
    if facts.writable is not None:
        yield "writes", _list(facts.writable), "writable"
    if facts.writable_seeded:
        yield "writes, filled", _list(facts.writable_seeded), "writable_seeded"
    if facts.strict_files:
        files = _list(f"{file.path} ({file.mode})" for file in facts.strict_files)
        yield "checks modes", files, "strict_files"
    if facts.shell is not None:
        yield "shell", "yes" if facts.shell else "no", "shell"
    if facts.file_env is not None:
        since = "" if facts.file_env_since is None else f", since {facts.file_env_since}"
        names = _list(f"{name}{facts.file_env_suffix}" for name in facts.file_env)
        yield "secret files", f"{names}{since}", "file_env"
    if facts.file_env_never:
        names = ", ".join(f"{name}{facts.file_env_suffix}" for name in facts.file_env_never)
        yield "never set", names, "file_env_never"


def _port_fix(fix: PortFix) -> str:
    if fix.config_file is not None:
        return f"{fix.config_directive} in {fix.config_file}"
    moves = ", ".join(f"{old} to {new}" for old, new in fix.moves.items())
    means = [_pairs(fix.env), " ".join(fix.args), " ".join(fix.command)]
    return f"{moves}: {'; '.join(mean for mean in means if mean)}"


def _pairs(variables: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in variables.items())


def _list(items: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(items) or "none"
