"""Turns what a Dockerfile makes of its base into facts about the image, each with the line that states it."""

from __future__ import annotations

import posixpath

from harden.builds.accounts import Account
from harden.builds.built import Built
from harden.builds.commands import number
from harden.builds.outcome import RootFinding
from harden.builds.placeholders import placeholder_in
from harden.builds.starting import Script, config_question, gaining_word, open_question, root_word
from harden.images.facts import Confidence, ImageFacts, Need
from harden.images.reference import Reference
from harden.model.plain import is_number

#: Fields that speak of the program of a base, so that they hold only where the image starts the same program.
_OF_PROGRAM = (
    "image_class",
    "nonroot_env",
    "low_port_fix",
    "writable",
    "writable_seeded",
    "file_env",
    "file_env_suffix",
    "file_env_since",
    "file_env_in",
    "file_missing",
    "file_env_never",
    "root_caps",
    "file_caps",
    "host_access",
    "api_client",
    "root_reason",
    "stays_root",
    "strict_files",
    "config_writes",
    "size_env",
    "size_args",
    "size_config",
    "when",
)


#: Where nothing is something: an image that starts nothing by itself.
_START = frozenset({"entrypoint", "command"})


class Start:
    """Who an image starts as, and where that stands; `why` says what is missing, where it is not known."""

    __slots__ = ("account", "confidence", "is_tool", "line", "name", "notes", "path", "user", "why")

    def __init__(self, built: Built) -> None:
        self.path, self.line = built.path, built.line
        self.is_tool = built.tool
        self.user: str | None = None
        self.name: str | None = None
        self.account = Account(None, None)
        self.confidence = Confidence.READ
        self.notes: list[str] = []
        self.why = ""
        if built.windows:
            self.why = f"{built.windows}, and users of Windows have names and no numbers"
        elif built.user is not None:
            self._stated(built)
        elif built.is_scratch:
            self.user = "root"
        else:
            self._by_base(built)

    @property
    def place(self) -> str:
        """Return the evidence in words."""
        shown = f"{self.path}:{self.line}" if self.line else self.path
        return shown if self.is_tool else f"Dockerfile {shown}"

    @property
    def is_root(self) -> bool:
        """Return whether the image starts as root."""
        return self.user is not None and self.user.partition(":")[0] in {"root", "0", ""}

    def _stated(self, built: Built) -> None:
        user = built.user
        if user is None:
            return
        self.path, self.line = user.path, user.line
        placeholder = placeholder_in(user.raw)
        if placeholder:
            self.why = f"{user.path}:{user.line} says USER {user.raw}, and nothing says what that is filled in with"
            return
        if user.text is None:
            self.why = f"{user.path}:{user.line} says USER {user.raw}, and no ARG or ENV says which user that is"
            return
        self.user = user.text
        who, _, group = user.text.partition(":")
        if self.is_root:
            return
        gid = built.groups.get(group) if number(group) is None else number(group)
        uid = number(who)
        if (built.accounts.get(who, self.account) if uid is None else Account(uid, None)).uid == 0:
            self.user = "0"
        elif uid is None and is_number(who):
            self.why = f"{user.path}:{user.line} says USER {user.raw}, which is no id that Kubernetes takes"
        elif uid is not None:
            if user.raw.partition(":")[0].strip("${}") in built.of_base:
                self.confidence = Confidence.DERIVED
            same = (account.gid for account in built.accounts.values() if account.uid == uid)
            self.account = Account(uid, gid if group else next(same, None))
        else:
            self._named(built, who, gid if group else None, has_group=bool(group))

    def _named(self, built: Built, who: str, gid: int | None, *, has_group: bool) -> None:
        self.name = who
        self.account = built.accounts.get(who, self.account)
        if has_group:
            self.account = Account(self.account.uid, gid, self.account.guessed)
        if self.account.uid is None:
            self.notes.append(f"USER is the name {who}, and the build files do not say its number.")
        elif self.account.guessed:
            self.confidence = Confidence.DERIVED
            self.notes.append(f"The account {who} has no number in its Dockerfile: the first that is free is assumed.")
        elif who not in built.own_accounts:
            self.confidence = Confidence.DERIVED

    def _by_base(self, built: Built) -> None:
        facts = built.facts
        if facts is None:
            said = f"{built.path}:{built.line} builds on {built.base}, of which nothing is known"
            self.why = built.why or said
        elif facts.default_user is None:
            self.why = f"{built.path}:{built.line} builds on {built.base}, of which it is not known who it starts as"
        else:
            self.user, self.name = facts.default_user, facts.user_name
            self.account = Account(facts.uid, facts.gid)
            self.confidence = Confidence.DERIVED


def facts_of(built: Built, start: Start, reference: Reference, script: Script, *, reaches: bool) -> ImageFacts:
    """Return the facts about an image; `script` returns the text of a file of the build context.

    `reaches` says whether what the tag holds is built from the file as it is now.
    """
    place = start.place
    base = built.facts
    own = has_own_program(built)
    fields: dict[str, object] = {}
    if base is not None and not own:
        fields |= {name: getattr(base, name) for name in _OF_PROGRAM if name in base.origins}
    ports = _ports(built, own=own)
    needs = _needs(built, start, ports, own=own)
    fields |= {**_user(built, start, script), "ports": ports, "nonroot_needs": needs, **_files(built, own=own)}
    notes = list(start.notes)
    unlike = _unlike_base(built, script) if start.is_root else None
    if unlike is not None:
        notes.append(f"It starts as root, and {unlike}.")
    stated = {name: value for name, value in fields.items() if value is not None and (value != () or name in _START)}
    newer = f"{start.path} may be newer than what {reference.tag or 'this digest'} holds"
    if not reaches:
        notes.append(f"{newer}.")
    by_base = built.user is None and base is not None and not base.reaches_tag
    unsure = base.outside if base is not None else frozenset()
    return ImageFacts(
        reference=reference,
        matched=(place,),
        evidence=place,
        reaches_tag=reaches and not by_base,
        outside=frozenset(stated) & unsure if reaches else frozenset(stated),
        origins=dict.fromkeys(stated, place),
        notes=tuple(notes),
        sources=(place,),
        doubt="" if reaches else newer,
        gains="" if start.is_root else gaining_word(built, script),
        **stated,  # type: ignore[arg-type] # names and types are those above
    )


def _user(built: Built, start: Start, script: Script) -> dict[str, object]:
    """Return who the image starts as, and who it can run as: its own user, or else the one that its base runs as.

    That it starts as the latter is known only of the base's own program: nobody has tried another one as that user.
    """
    fields: dict[str, object] = {"default_user": start.user, "confidence": start.confidence}
    if not start.is_root:
        account = start.account
        return {**fields, "uid": account.uid, "gid": account.gid, "user_name": start.name, "runs_as_nonroot": True}
    base = built.facts
    if base is None or base.runs_as_nonroot is None or root_word(built, script) is not None:
        return fields
    if has_own_program(built) and not base.runs_as_nonroot:
        return fields
    user = {"uid": base.uid, "gid": base.gid, "user_name": base.user_name, "confidence": Confidence.DERIVED}
    if _unlike_base(built, script) is not None:
        return {**fields, **user}
    return {**fields, **user, "runs_as_nonroot": base.runs_as_nonroot}


def _unlike_base(built: Built, script: Script) -> str | None:
    """Return why an image that starts as root may not run as its base can, in words; None where nothing shows it.

    Whether a program of its own starts as another user, nobody has tried: it may write where only root may.
    """
    wants_root = root_word(built, script)
    if wants_root is not None:
        return f"what it starts with calls {wants_root}, which wants root, so a USER alone will not do"
    if built.user is not None:
        return "its authors chose root"
    if has_own_program(built):
        found = open_question(built, script)
        more = "" if found is None else f": {found} may write where only root may"
        return f"its program{_program(built)} is its own{more}"
    return config_question(built, script)


def _program(built: Built) -> str:
    words = [*(built.entrypoint or ()), *(built.command or ())]
    return f" ({posixpath.basename(words[0])})" if words else ""


def root_finding(built: Built, start: Start, script: Script) -> RootFinding | None:
    """Return what to say of a Dockerfile whose image starts as root; `script` as for the facts."""
    if not start.is_root or built.tool:
        return None
    how = "no USER stands in its Dockerfile" if built.user is None else "the last USER is root"
    wants_root = root_word(built, script)
    uid = None if wants_root is not None else _fitting(built)
    line = None if uid is None else f"USER {uid}"
    if wants_root is not None:
        what = f"what it starts with calls {wants_root}, which wants root, so a USER alone will not do"
    elif line is None:
        what = "add a USER with the number of a user that may read what the image starts"
    elif has_own_program(built):
        what = f"add {line} at its end, and give that user what the program writes"
    else:
        what = f"add {line}"
    return RootFinding(start.path, start.line, f"the image starts as root, because {how}: {what}", line)


def _fitting(built: Built) -> int | None:
    """Return the number of the one account that the Dockerfile makes, or else of the one that its base has."""
    own = {account.uid for account in built.own_accounts.values() if account.uid and not account.guessed}
    if len(own) == 1:
        return own.pop()
    facts = built.facts
    return facts.uid if facts is not None and facts.runs_as_nonroot is True else None


def has_own_program(built: Built) -> bool:
    """Return whether the image starts another program than its base does."""
    base = built.facts
    if base is None or built.entrypoint is not None:
        return True
    if not built.command:
        return False
    if base.ports == ():
        # A base without a program to serve: what its interpreter or shell runs is not the base's.
        return True
    first = built.command[0]
    last = base.reference.last
    known = {*(base.command or ())[:1], *(base.entrypoint or ())[:1], last, f"{last}d", f"{last}-server"}
    return not first.startswith("-") and posixpath.basename(first) not in {posixpath.basename(word) for word in known}


def _ports(built: Built, *, own: bool) -> tuple[int, ...] | None:
    base = built.facts.ports if built.facts is not None and not own else None
    if base is None and not built.ports:
        return None
    return tuple(sorted({*(base or ()), *built.ports}))


def _needs(built: Built, start: Start, ports: tuple[int, ...] | None, *, own: bool) -> tuple[Need, ...]:
    base = built.facts.nonroot_needs if built.facts is not None and not own else ()
    low = start.is_root and any(port < 1024 for port in ports or ())
    return tuple(dict.fromkeys((*base, *((Need.LOW_PORT,) if low else ()))))


def _files(built: Built, *, own: bool) -> dict[str, object]:
    facts = built.facts
    fields: dict[str, object] = {}
    inherited = facts.volumes if facts is not None and facts.volumes is not None else ()
    volumes = tuple(dict.fromkeys((*inherited, *(path for path in built.volumes if path.startswith("/")))))
    if volumes:
        fields["volumes"] = volumes
    if built.file_caps:
        fields["file_caps"] = tuple(sorted(built.file_caps))
    if built.is_scratch:
        fields["shell"] = False if own and not built.copied else None
    elif facts is not None and facts.shell is not None:
        fields["shell"] = facts.shell
    if built.entrypoint is not None:
        fields["entrypoint"] = built.entrypoint
    elif facts is not None and facts.entrypoint is not None:
        fields["entrypoint"] = facts.entrypoint
    if built.command is not None:
        fields["command"] = built.command
    elif facts is not None and facts.command is not None:
        fields["command"] = facts.command
    return fields
