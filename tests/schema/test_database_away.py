"""A database that stops or starts is told as such on every way, and never as a fault of the hub."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Transient
from hub.store.engine import Database, open_engine
from hub.store.prepared import PreparedReads
from migrations.migrate import upgrade
from schema.store_errors import translated
from tests.schema.serving import serving

pytestmark = pytest.mark.slow


async def test_while_it_stops_everything_is_unavailable(tmp_path: Path) -> None:
    """Told to stop, it ends the sessions that there are when they have ended, and takes no new ones (57P03)."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as postgres:
        postgres.create_database("hub")
        url = postgres.libpq("hub")
        engine = open_engine(url)
        await upgrade(engine)
        await engine.dispose()
        async with serving(url, tmp_path) as api:
            held = await asyncpg.connect(url)
            try:
                os.kill(postgres.pid, signal.SIGTERM)
                await held.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                )
                for document, role in (
                    ("{ flows { name } }", Role.ARCHITECT),
                    ("{ customers { totalCount } }", Role.AGENT),
                    ('mutation { startSession(input: {channel: "web"}) { problems { code } } }', Role.AGENT),
                ):
                    answers = [await api.ask(document, role=role) for _ in range(5)]
                    assert [answer.codes for answer in answers] == [["UNAVAILABLE"]] * 5, document
            finally:
                await held.close()
        await engine.dispose()


async def test_who_is_cut_off_while_he_connects_is_told_to_come_again() -> None:
    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(closing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        engine = open_engine(f"postgresql://hub@127.0.0.1:{port}/hub?ssl=disable")
        with pytest.raises(Transient):
            async with translated(), Database(engine).reading() as connection:
                await connection.execute(text("SELECT 1"))
        with pytest.raises(Transient):
            await PreparedReads(engine, 1).fetch("SELECT 1", ())
        await engine.dispose()
