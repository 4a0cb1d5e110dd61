"""Which user and group a USER means: numbers as they are, names by the image's passwd and group files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harden.images.facts import LARGEST_ID

#: Accounts that Debian's base-passwd and Alpine's baselayout bring along; no program of an image runs as one of them.
_BASE_ACCOUNTS = (
    "_apt adm at backup bin cron cyrus daemon dbus ftp games gnats guest halt irc list lp mail man news nobody",
    "nfsnobody ntp operator polkitd proxy root shutdown smmsp squid sshd sync sys tss uucp vpopmail xfs",
)


@dataclass(frozen=True, slots=True)
class Account:
    """What a USER means; None is "not known", and `why` then says why."""

    uid: int | None
    gid: int | None
    name: str | None
    why: str = ""


def account_of(user: str, passwd: bytes | None, group: bytes | None) -> Account:
    """Return the account that a USER (`user[:group]`) means; `passwd` and `group` are None where they were not read.

    As container runtimes do it: a name or number is looked up in passwd, which also gives the group; a number that is
    not there is taken as it is, with group 0; a group that is written out wins (moby/sys/user, GetExecUser).
    """
    who, _, of = user.partition(":")
    found = next((row for row in _rows(passwd, 4) if row[0] == who), None)
    number = _id(who)
    if found is None and number is not None:
        found = next((row for row in _rows(passwd, 4) if _id(row[2]) == number), None)
    if found is not None:
        uid, gid, name = _id(found[2]), _id(found[3]), found[0]
    elif who.isdecimal():
        # Without the passwd file nobody knows the group of a number.
        uid, gid, name = _id(who), None if passwd is None else 0, None
    else:
        why = "its passwd file was not read" if passwd is None else "its passwd file does not know that name"
        return Account(None, None, None, f'USER is "{who}", and {why}')
    if uid is None:
        return Account(None, None, name, f'USER is "{who}", which is no id that Kubernetes takes')
    if not of:
        return Account(uid, gid, name)
    named = next((row for row in _rows(group, 3) if row[0] == of), None)
    if named is not None:
        return Account(uid, _id(named[2]), name)
    if of.isdecimal():
        return Account(uid, _id(of), name)
    return Account(
        uid, None, name, f'the group of USER is "{of}", which the image\'s group file does not say, or was not read'
    )


def own_accounts(passwd: bytes | None) -> tuple[tuple[str, int], ...]:
    """Return name and id of the accounts that the image adds to those of its base."""
    rows = ((row[0], _id(row[2])) for row in _rows(passwd, 4))
    base = {name for names in _BASE_ACCOUNTS for name in names.split()}
    return tuple((name, uid) for name, uid in rows if uid and name not in base and not name.startswith("systemd-"))


def _rows(data: bytes | None, fields: int) -> Iterator[list[str]]:
    for line in (data or b"").decode("utf-8", "replace").splitlines():
        row = line.split(":")
        if len(row) >= fields and row[0] and not row[0].startswith(("#", "+", "-")):
            yield row


def _id(text: str) -> int | None:
    """Return an id, None where it is none that Kubernetes takes."""
    if not text.isdecimal() or len(text) > len(str(LARGEST_ID)):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None
