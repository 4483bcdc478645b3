"""After a restore nobody goes on from the lost future: its cursors and its followers are told to read afresh."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import text

from hub.embedded.binaries import postgres_programs
from hub.errors import CursorTooOld
from hub.live.generation import renew
from hub.live.reader import Interest, Reader
from hub.live.subscribe import Subscription
from hub.store.engine import Database, open_engine
from tests.live.feed import at, commit, kill_reader, number, running, session, take

pytestmark = pytest.mark.slow

CUSTOMERS = Interest("customer")


async def _refused(reader: Reader, database: Database, cursor: str) -> None:
    with pytest.raises(CursorTooOld):
        await Subscription(reader, database, CUSTOMERS, cursor=cursor).__aenter__()


async def test_a_dump_restored_makes_every_cursor_too_old(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    programs, dump = postgres_programs(None), tmp_path / "hub.dump"
    await commit(database, "a", "b")
    await number(database_url)
    before = await at(database, 2)
    await asyncio.to_thread(_run, programs / "pg_dump", "--format=custom", f"--file={dump}", database_url)
    await commit(database, "lost")
    await number(database_url)
    await database.engine.dispose()
    await _emptied(database_url)
    await asyncio.to_thread(_run, programs / "pg_restore", "--exit-on-error", f"--dbname={database_url}", dump)
    await commit(database, "other", "new")
    await number(database_url)
    reader = Reader(database_url)
    async with running(reader.run()):
        for position in (2, 3):
            await _refused(reader, database, before._replace(position=position).cursor)
        async with Subscription(reader, database, CUSTOMERS, cursor=(await at(database, 2)).cursor) as changes:
            assert await take(changes, 2) == [(3, "other"), (4, "new")]


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


async def _emptied(url: str) -> None:
    """The database dropped and created anew under its name."""
    parts = urlsplit(url)
    connection = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        await connection.execute(f'DROP DATABASE "{parts.path[1:]}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{parts.path[1:]}"')
    finally:
        await connection.close()


async def test_tables_restored_beneath_a_running_hub_end_its_subscriptions(
    database: Database, database_url: str
) -> None:
    reader = Reader(database_url, poll_s=0.05)
    async with session(database_url) as connection, running(reader.run()):
        async with Subscription(reader, database, CUSTOMERS) as changes:
            await commit(database, "a", "b")
            await number(database_url)
            await take(changes, 2)
            await connection.execute(
                "BEGIN; ALTER TABLE feed_tail RENAME TO gone;"
                "CREATE TABLE feed_tail (LIKE gone INCLUDING ALL); INSERT INTO feed_tail SELECT * FROM gone;"
                "DELETE FROM change_feed WHERE position = 2; COMMIT"
            )
            with pytest.raises(CursorTooOld):
                await asyncio.wait_for(anext(changes), 10)
        async with Subscription(reader, database, CUSTOMERS) as changes:
            await commit(database, "other")
            await number(database_url)
            assert await take(changes, 1) == [(2, "other")]


@pytest.mark.parametrize("since", [0, 1, 2], ids=["shorter", "as long", "longer"])
async def test_a_disk_set_back_is_noticed_by_who_had_heard_more(
    database: Database, database_url: str, reader: Reader, since: int
) -> None:
    """Position 2 is lost; `since` changes came before the reader is back."""
    async with session(database_url) as connection, Subscription(reader, database, CUSTOMERS) as changes:
        await commit(database, "a", "b")
        await number(database_url)
        await take(changes, 2)
        cursor = changes.cursor
        # Nobody rings, so the reader does not hear of them before its connection is gone.
        await connection.execute("DELETE FROM change_feed WHERE position = 2")
        await connection.execute(
            "INSERT INTO change_feed (position, topic, object_id, kind, at)"
            " SELECT 1 + n, 'customer', 'other', 'k', now() FROM generate_series(1, $1::int) n",
            since,
        )
        assert await kill_reader(connection) == 1
        with pytest.raises(CursorTooOld):
            await asyncio.wait_for(anext(changes), 10)
        await _refused(reader, database, cursor)
        async with Subscription(reader, database, CUSTOMERS) as afresh:
            await commit(database, "new")
            await number(database_url)
            assert await take(afresh, 1) == [(2 + since, "new")]


async def test_who_read_the_feed_to_its_end_goes_on_after_a_restart_when_retention_emptied_it(
    database: Database, database_url: str, reader: Reader
) -> None:
    async with session(database_url) as connection, Subscription(reader, database, CUSTOMERS) as changes:
        await commit(database, "a", "b")
        await number(database_url)
        await take(changes, 2)
        await connection.execute("DELETE FROM change_feed")
        await connection.execute("UPDATE feed_tail SET position = 2")
        assert await kill_reader(connection) == 1
        await commit(database, "c")
        await number(database_url)
        assert await take(changes, 1) == [(3, "c")]


async def test_a_cursor_of_before_there_were_generations_is_too_old(database: Database, reader: Reader) -> None:
    await _refused(reader, database, "ZmVlZDow")


async def test_renewed_by_hand_every_cursor_is_too_old(database: Database, database_url: str, reader: Reader) -> None:
    cursor = (await at(database, 0)).cursor
    async with database.transaction() as connection:
        await renew(connection)
    await _refused(reader, database, cursor)


@pytest.fixture
async def plain_user(database_url: str) -> AsyncIterator[Database]:
    """As a company's database gives it: no superuser, owner of nothing."""
    parts = urlsplit(database_url)
    role = f"plain_{parts.path[1:]}"[:60]
    async with session(database_url) as connection:
        await connection.execute(
            f'CREATE ROLE "{role}" LOGIN PASSWORD \'plain\'; GRANT SELECT ON feed_tail TO "{role}"'
        )
        host = parts.netloc.rpartition("@")[2]
        engine = open_engine(urlunsplit(parts._replace(netloc=f"{role}:plain@{host}")))
        yield Database(engine)
        await engine.dispose()
        await connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


async def test_it_needs_no_rights_but_on_its_own_tables(plain_user: Database, database: Database) -> None:
    async with plain_user.reading() as connection:
        assert (await connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))).one() == (
            False,
        )
    assert await at(plain_user, 0) == await at(database, 0)
