"""A database that stops or starts is told as such on every way, and never as a fault of the hub."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import asyncpg
import pytest

from hub.access.principal import Role
from hub.embedded.postgres import EmbeddedPostgres
from hub.store.engine import open_engine
from migrations.migrate import upgrade
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
                await api.app.state.running.hub.database.engine.dispose()
                for document, role in (
                    ("{ flows { name } }", Role.ARCHITECT),
                    ("{ customers { totalCount } }", Role.AGENT),
                    ('mutation { startSession(input: {channel: "web"}) { problems { code } } }', Role.AGENT),
                ):
                    answer = await api.ask(document, role=role)
                    assert answer.codes == ["UNAVAILABLE"], (document, answer)
            finally:
                await held.close()
        await engine.dispose()
