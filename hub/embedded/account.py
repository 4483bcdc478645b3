"""Who a started program runs as, when the hub itself runs as root and the program refuses to."""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.errors import Invalid

DEDICATED = "contacthub"
FALLBACK = "nobody"


@dataclass(frozen=True)
class Account:
    """A user of this machine with the main group alone."""

    name: str
    uid: int
    gid: int


def account_named(name: str) -> Account:
    """Raises Invalid when this machine has no such user."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise Invalid(f"this machine has no user {name!r}") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def run_as(
    account: Account | None, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as `account` or as ourselves.

    `cwd` is entered before the user changes, so the account needs no way to it. Raises OSError when the
    command cannot be executed; its exit status is the caller's to judge.
    """
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=env,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def unprivileged_account(home: Path) -> Account | None:
    """The user to drop to, or None when we are not root and stay who we are.

    The owner of an existing `home` first, so that a folder handed to a service user keeps working; then the
    user `contacthub` if the machine has one; else `nobody`. No user is ever created: a program that is only
    tried must leave no account behind. Where other services run as nobody, `useradd --system contacthub`
    keeps them apart.
    """
    if os.geteuid() != 0:
        return None
    owner = home.stat().st_uid if home.exists() else 0
    users = {entry.pw_uid: entry.pw_name for entry in pwd.getpwall()}
    if owner in users and owner != 0:
        return account_named(users[owner])
    return account_named(DEDICATED if DEDICATED in users.values() else FALLBACK)
