import os
import socket
import stat
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from hub.embedded.orphan import birth_of
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Conflict, Invalid, NotFound

pytestmark = pytest.mark.slow


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_was_written_is_there_after_a_restart(fresh: EmbeddedPostgres) -> None:
    fresh.start()
    await ask(fresh.libpq("postgres"), "CREATE TABLE kept AS SELECT 42 AS answer")
    fresh.stop()
    assert not fresh.running
    fresh.start()
    assert await ask(fresh.libpq("postgres"), "SELECT answer FROM kept") == 42


def test_stopping_leaves_no_process_socket_or_pid_file(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    pid, socket_dir = embedded.pid, embedded.socket_dir
    embedded.stop()
    assert birth_of(pid) is None
    assert not socket_dir.exists()
    left = {path.name for path in embedded.data_dir.iterdir()}
    assert left == {"cluster", "postgres.log", "claim"}


def test_starting_a_running_server_changes_nothing(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    before = embedded.pid
    embedded.start()
    assert embedded.pid == before


def test_folders_above_keep_their_permissions_and_the_socket_is_private(tmp_path: Path) -> None:
    (tmp_path / "above").mkdir(mode=0o700)
    with EmbeddedPostgres(tmp_path / "above" / "postgres", durable=False) as embedded:
        folders = (tmp_path, tmp_path / "above", embedded.data_dir, embedded.data_dir / "cluster")
        modes = [stat.S_IMODE(folder.stat().st_mode) for folder in (*folders, embedded.socket_dir)]
        assert modes == [0o700] * 5


def test_a_second_server_over_one_folder_names_the_holder(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    second = EmbeddedPostgres(embedded.data_dir, durable=False)
    with pytest.raises(Conflict, match=f"^{embedded.data_dir} is in use by process {os.getpid()}; "):
        second.start()
    assert (embedded.running, second.running) == (True, False)


def test_a_socket_path_too_long_for_the_folder_is_no_obstacle(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / ("deep" * 30) / "postgres", durable=False) as embedded:
        assert len(os.fsencode(embedded.socket_dir / f".s.PGSQL.{embedded.port}")) <= 103
        assert embedded.has_database("postgres")


def test_a_taken_port_is_a_conflict_and_leaves_the_folder_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        unlucky = EmbeddedPostgres(tmp_path / "postgres", durable=False, tcp_port=port)
        with pytest.raises(Conflict, match=f"^port {port} is taken by another program; choose another$"):
            unlucky.start()
    with EmbeddedPostgres(tmp_path / "postgres", durable=False, tcp_port=port) as lucky:
        assert lucky.port == port


def test_a_folder_that_is_no_data_directory_is_told_in_the_servers_words(fresh: EmbeddedPostgres) -> None:
    (fresh.data_dir / "cluster").mkdir(parents=True, mode=0o700)
    with pytest.raises(Invalid, match=r"(?s)^the embedded PostgreSQL ended while starting:\n.+"):
        fresh.start()
    assert not fresh.running


def test_a_half_made_data_directory_is_made_anew(fresh: EmbeddedPostgres) -> None:
    unfinished = fresh.data_dir / "cluster.new-killed"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    fresh.start()
    assert not unfinished.exists()
    assert fresh.has_database("postgres")


def test_without_a_start_there_is_no_address(embedded: EmbeddedPostgres) -> None:
    with pytest.raises(Invalid, match=r"^the embedded PostgreSQL is not started$"):
        embedded.dsn("postgres")


async def test_without_tcp_there_is_no_tcp_address(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    with pytest.raises(Invalid, match=r"^the embedded PostgreSQL was started without a TCP port$"):
        embedded.tcp("postgres")
    assert await ask(embedded.libpq("postgres"), "SHOW listen_addresses") == ""


async def test_tcp_is_open_with_the_password(running: EmbeddedPostgres) -> None:
    assert await ask(running.tcp("postgres"), "SELECT host(inet_server_addr())") == "127.0.0.1"


async def test_tcp_is_closed_without_the_right_password(running: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host="127.0.0.1", port=running.port, user="hub", database="postgres", password="guessed")


def test_the_password_is_kept_private_and_stays_the_same(running: EmbeddedPostgres) -> None:
    kept = running.data_dir / "password"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text() == running.password
    assert len(running.password) == 32


async def test_sqlalchemy_connects_over_the_socket(running: EmbeddedPostgres) -> None:
    engine = create_async_engine(running.dsn("postgres"))
    async with engine.connect() as connection:
        told = await connection.execute(text("SELECT current_user, inet_server_addr() IS NULL"))
        assert told.one() == ("hub", True)
    await engine.dispose()


async def test_answers_depend_neither_on_locale_nor_time_zone(running: EmbeddedPostgres) -> None:
    query = """SELECT string_agg(word, ' ' ORDER BY word) || ' ' || upper('één') || ' ' || current_setting('timezone')
               FROM unnest(ARRAY['b', 'é', 'B', 'a']) AS word"""
    assert await ask(running.libpq("postgres"), query) == "B a b é ÉÉN UTC"


@pytest.mark.parametrize(("durable", "expected"), [(True, "on on on"), (False, "off on off")])
async def test_only_a_durable_server_waits_for_the_disk(tmp_path: Path, durable: bool, expected: str) -> None:
    query = """SELECT concat_ws(' ', current_setting('fsync'), current_setting('synchronous_commit'),
                                current_setting('full_page_writes'))"""
    with EmbeddedPostgres(tmp_path / "postgres", durable=durable) as embedded:
        assert await ask(embedded.libpq("postgres"), query) == expected


async def test_a_template_is_cloned_with_its_rows(running: EmbeddedPostgres) -> None:
    running.create_database("mould")
    await ask(running.libpq("mould"), "CREATE TABLE shape AS SELECT generate_series(1, 1000) AS n")
    running.create_database("cast", template="mould")
    assert await ask(running.libpq("cast"), "SELECT sum(n) FROM shape") == 500_500


async def test_a_template_in_use_is_a_conflict(running: EmbeddedPostgres) -> None:
    running.create_database("busy")
    connection = await asyncpg.connect(running.libpq("busy"))
    with pytest.raises(Conflict, match=r'^source database "busy" is being accessed by other users$'):
        running.create_database("copy_of_busy", template="busy")
    await connection.close()
    assert not running.has_database("copy_of_busy")


def test_a_missing_template_is_not_found(running: EmbeddedPostgres) -> None:
    with pytest.raises(NotFound, match=r'^template database "no_such" does not exist$'):
        running.create_database("from_nothing", template="no_such")
    assert not running.has_database("from_nothing")


def test_creating_a_database_twice_is_a_conflict(running: EmbeddedPostgres) -> None:
    running.create_database("twice")
    with pytest.raises(Conflict, match=r'^database "twice" already exists$'):
        running.create_database("twice")


async def test_dropping_disconnects_and_may_be_repeated(running: EmbeddedPostgres) -> None:
    running.create_database("gone")
    connection = await asyncpg.connect(running.libpq("gone"))
    running.drop_database("gone")
    running.drop_database("gone")
    assert not running.has_database("gone")
    connection.terminate()


@pytest.mark.parametrize("name", ["it's", 'say "hi"', r"back\slash", "; DROP DATABASE postgres", "één/twee?x=1"])
async def test_any_name_is_a_name_and_never_a_statement(running: EmbeddedPostgres, name: str) -> None:
    running.create_database(name)
    assert await ask(running.libpq(name), "SELECT current_database()") == name
    running.drop_database(name)
    assert not running.has_database(name)


def test_a_name_postgresql_would_cut_is_refused(running: EmbeddedPostgres) -> None:
    with pytest.raises(Invalid, match=r"^a database name has 1 to 63 bytes, this one 64$"):
        running.create_database("é" * 32)
