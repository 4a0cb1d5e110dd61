"""What the commands of a build do to the accounts of an image: which there are, and which numbers are open."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harden.builds import commands
from harden.builds.distributions import (
    Family,
    account_of_apt,
    are_ids_open,
    base_accounts,
    base_environment,
    family_of,
    free_id,
    is_windows,
    makes_accounts,
)
from harden.images.reference import ImageNameError, parse_reference

if TYPE_CHECKING:
    from harden.builds.built import Built


@dataclass(frozen=True, slots=True)
class Account:
    """An account; `guessed` where its number is a default of the distribution, and `uid` None where none is known."""

    uid: int | None
    gid: int | None
    guessed: bool = False


_NOT_KNOWN = Account(None, None)


def bring_along(built: Built) -> None:
    """Put in what a base has by its name and its facts: accounts, variables, and which numbers are free."""
    try:
        reference = parse_reference(built.base)
    except ImageNameError:
        return
    # A user of Windows has no number (kubernetes.io, "Windows in Kubernetes", runAsUserName).
    if is_windows(reference):
        built.is_id_open = True
        built.windows = built.windows or f"{built.path}:{built.line} builds on {built.base}"
        return
    built.family = family_of(reference)
    built.environment |= base_environment(reference)
    built.of_base = frozenset(built.environment)
    # Which numbers a base that nobody described has given away, nobody knows.
    built.is_id_open = built.facts is None or are_ids_open(reference)
    for name, (uid, gid) in base_accounts(reference, built.family).items():
        built.accounts[name] = Account(uid, gid)
    if built.family is Family.DEBIAN:
        apt = account_of_apt(reference)
        built.is_apt_open = apt is None
        built.accounts["_apt"] = Account(apt, None)
    facts = built.facts
    if facts is not None and facts.user_name is not None and facts.uid is not None:
        built.accounts[facts.user_name] = Account(facts.uid, facts.gid)


def take_command(built: Built, words: Sequence[str]) -> None:
    """Do to the accounts what a command of a RUN does to them."""
    found = commands.file_capabilities(words)
    if found:
        built.file_caps.update(found)
        built.capable.append((words[-1], found))
    if makes_accounts(words):
        built.is_system_id_open = True
    if commands.edits_passwd(words):
        forget(built)
    for change in commands.accounts(words, red_hat=built.family is Family.RED_HAT):
        if isinstance(change, commands.NewGroup):
            built.groups.pop(change.name, None)
            gid = commands.number(change.gid)
            if gid is not None:
                built.groups[change.name] = gid
        elif isinstance(change, commands.ChangedGroup):
            _change_group(built, change)
        elif isinstance(change, commands.ChangedAccount):
            _change(built, change)
        elif isinstance(change, commands.GoneAccount):
            _remove(built, change.name)
        else:
            _add(built, change)


def forget(built: Built) -> None:
    """Take all numbers for unknown, because something writes the passwd file that is not understood."""
    built.accounts = dict.fromkeys(built.accounts, _NOT_KNOWN)
    built.own_accounts = dict.fromkeys(built.own_accounts, _NOT_KNOWN)
    built.is_id_open = True


def take_lines(built: Built, text: str) -> None:
    """Put in the accounts of lines of a passwd file in the text of a RUN."""
    if commands.replaces_passwd(text):
        forget(built)
        built.accounts.clear()
        built.own_accounts.clear()
    for name, uid, gid in commands.passwd_lines(text):
        _put(built, name, Account(uid, gid))


def take_passwd(built: Built, text: str) -> None:
    """Put in the accounts of a passwd file that takes the place of the one that is there."""
    built.accounts.clear()
    built.own_accounts.clear()
    for name, uid, gid in commands.passwd_lines(text):
        built.accounts[name] = built.own_accounts[name] = Account(uid, gid)


def take_accounts(built: Built, origin: Built | None) -> None:
    """Put in the accounts of another stage, whose passwd file takes the place of the one that is there."""
    built.accounts = {} if origin is None else dict(origin.accounts)
    built.own_accounts = {} if origin is None else dict(origin.own_accounts)


def _put(built: Built, name: str, account: Account) -> None:
    """Put in an account; one that is there stays, or else this one counts: nobody knows which."""
    there = built.accounts.get(name)
    kept = account if there is None or there.uid == account.uid else _NOT_KNOWN
    built.accounts[name] = built.own_accounts[name] = kept


def take_capabilities(built: Built, origin: Built | None, sources: Sequence[str]) -> None:
    """Put in the capabilities of files that are copied from another stage: BuildKit copies extended attributes."""
    for path, names in () if origin is None else origin.capable:
        for source in sources:
            inside = posixpath.join(source.rstrip("/"), "*")
            same = posixpath.basename(source) == posixpath.basename(path)
            if same or fnmatch.fnmatch(path, source) or fnmatch.fnmatch(path, inside):
                built.file_caps.update(names)
                built.capable.append((path, names))
                break


def _add(built: Built, new: commands.NewAccount) -> None:
    gid = commands.number(new.gid)
    if gid is None and new.gid is not None:
        gid = built.groups.get(new.gid)
    if new.uid is not None:
        account = Account(commands.number(new.uid), gid)
    else:
        account = Account(_free(built, new), gid, guessed=True)
    _put(built, new.name, account)


def _free(built: Built, new: commands.NewAccount) -> int | None:
    key = (new.program, new.is_system)
    before = built.made.get(key, 0)
    built.made[key] = before + 1
    is_open = built.is_system_id_open or (built.is_apt_open and new.program == "adduser")
    if built.is_id_open or (new.is_system and is_open):
        return None
    taken = frozenset(account.uid for account in built.accounts.values() if account.uid and not account.guessed)
    return free_id(built.family, system=new.is_system, program=new.program, before=before, taken=taken)


def _change(built: Built, change: commands.ChangedAccount) -> None:
    old = built.accounts.get(change.name, _NOT_KNOWN)
    uid = old.uid if change.uid is None else commands.number(change.uid)
    gid = old.gid
    if change.gid is not None:
        gid = commands.number(change.gid)
        gid = built.groups.get(change.gid) if gid is None else gid
    account = Account(uid, gid, guessed=old.guessed and change.uid is None)
    name = change.name if change.new_name is None else change.new_name
    _remove(built, change.name, is_kept=True)
    built.accounts[name] = built.own_accounts[name] = account


def _change_group(built: Built, change: commands.ChangedGroup) -> None:
    """Change a number; accounts of the group get it too (groupmod(8), -g)."""
    gid = commands.number(change.gid)
    old = built.groups.pop(change.name, None)
    if gid is not None:
        built.groups[change.name] = gid
    for accounts in (built.accounts, built.own_accounts):
        for name, account in accounts.items():
            if name == change.name or (old is not None and account.gid == old):
                accounts[name] = Account(account.uid, gid, account.guessed)


def _remove(built: Built, name: str, *, is_kept: bool = False) -> None:
    """Take an account away; which numbers the next ones get is open, where its own was only assumed."""
    gone = built.accounts.pop(name, None)
    built.own_accounts.pop(name, None)
    if not is_kept and (gone is None or gone.uid is None or gone.guessed):
        built.is_id_open = True
