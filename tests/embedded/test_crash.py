"""The server, its guard and the hub killed in every combination: the next start works and nothing committed is lost."""

import asyncio
import os
import re
import signal
from pathlib import Path

import asyncpg
import pytest

from hub.embedded.leftovers import clear_leftovers
from hub.embedded.orphan import birth_of
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Conflict
from tests.embedded.hearing import heard
from tests.embedded.processes import freeze, has_ended, owner_of, parent_of
from tests.embedded.test_postgres import ask

pytestmark = pytest.mark.slow


def test_a_killed_hub_takes_its_server_with_it(embedded: EmbeddedPostgres) -> None:
    with owner_of(embedded.data_dir) as owner:
        owner.kill()
        assert has_ended(owner.postmaster)
    embedded.start()
    assert embedded.has_database("postgres")


def test_a_hub_killed_together_with_the_guard_leaves_no_server(embedded: EmbeddedPostgres) -> None:
    with owner_of(embedded.data_dir) as owner:
        guard = parent_of(owner.postmaster)
        owner.kill()
        os.kill(guard, signal.SIGKILL)
        assert has_ended(owner.postmaster)
    embedded.start()
    assert embedded.has_database("postgres")


def test_a_start_right_after_the_kill_ends_the_orphan_and_says_so(embedded: EmbeddedPostgres) -> None:
    with owner_of(embedded.data_dir) as owner:
        guard = parent_of(owner.postmaster)
        # Frozen, the guard cannot act: what remains is what the next start does.
        freeze(guard)
        owner.kill()
        with heard("hub.embedded.orphan") as said:
            embedded.start()
        os.kill(guard, signal.SIGKILL)
        assert said == [
            f"stopping the embedded PostgreSQL, process {owner.postmaster}: process {owner.process.pid} left it behind"
        ]
        assert embedded.pid != owner.postmaster
    assert embedded.has_database("postgres")


def test_a_living_hub_elsewhere_is_named(embedded: EmbeddedPostgres) -> None:
    with owner_of(embedded.data_dir) as owner:
        alive = birth_of(owner.postmaster)
        with pytest.raises(Conflict, match=f"is in use by process {owner.process.pid}; stop that one first$"):
            embedded.start()
        assert birth_of(owner.postmaster) == alive


@pytest.mark.parametrize("durable", [True, False])
async def test_a_killed_server_recovers_what_was_committed(tmp_path: Path, durable: bool) -> None:
    embedded = EmbeddedPostgres(tmp_path / "postgres", durable=durable)
    embedded.start()
    await ask(embedded.libpq("postgres"), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(embedded.pid, signal.SIGKILL)
    assert has_ended(embedded.pid)
    embedded.start()
    assert await ask(embedded.libpq("postgres"), "SELECT sum(n) FROM kept") == 500_500
    assert "database system was not properly shut down" in embedded.log_file.read_text()
    embedded.stop()


async def test_a_backend_busy_after_its_server_was_killed_does_not_block_the_start(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    connection = await asyncpg.connect(embedded.libpq("postgres"))
    backend = connection.get_server_pid()
    looping = asyncio.Event()
    connection.add_log_listener(lambda _connection, _notice: looping.set())
    # A backend looks for its server only when it waits, and this one never does.
    endless = asyncio.create_task(connection.execute("DO $$ BEGIN RAISE NOTICE 'now'; LOOP END LOOP; END $$"))
    await looping.wait()
    os.kill(embedded.pid, signal.SIGKILL)
    assert has_ended(embedded.pid)
    with heard("hub.embedded.leftovers") as said:
        embedded.start()
    assert len(said) == 1
    assert re.fullmatch(rf"ending \d+ backends of a killed server in {embedded.data_dir}/cluster", said[0])
    assert has_ended(backend)
    with pytest.raises(asyncpg.PostgresConnectionError):
        await endless
    assert embedded.has_database("postgres")


async def test_a_server_somebody_else_started_is_not_ended(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    (embedded.data_dir / "postgres.pid").unlink()
    with pytest.raises(Conflict, match=rf"cluster is served by process {embedded.pid}, which the hub did not start$"):
        clear_leftovers(embedded.data_dir / "cluster")
    assert await ask(embedded.libpq("postgres"), "SELECT 1") == 1


def test_a_server_whose_guard_was_killed_is_stopped_before_the_next_one(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    first, guard = embedded.pid, parent_of(embedded.pid)
    os.kill(guard, signal.SIGKILL)
    assert has_ended(guard)
    embedded.start()
    assert birth_of(first) is None
    assert embedded.has_database("postgres")


def test_a_stale_lock_file_with_a_strangers_number_does_not_block_the_start(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    embedded.stop()
    stale = f"{os.getpid()}\n/proc/self/cwd\n1\n5432\n/tmp\n\n  1 1\nready\n"
    (embedded.data_dir / "cluster" / "postmaster.pid").write_text(stale)
    embedded.start()
    assert embedded.has_database("postgres")


def test_an_empty_lock_file_does_not_block_the_start(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    embedded.stop()
    (embedded.data_dir / "cluster" / "postmaster.pid").touch()
    embedded.start()
    assert embedded.has_database("postgres")
