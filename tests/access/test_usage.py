"""Requests are counted for all processes, in PostgreSQL and in Redis alike."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from hub.access.shared_usage import SharedUsage
from hub.entrypoints.usage_in_redis import usage_in_redis
from hub.errors import Transient
from hub.store.engine import Database, open_engine
from hub.store.usage import UsageInPostgres
from tests.services import REDIS, needs

pytestmark = pytest.mark.slow


@pytest.fixture(params=["postgresql", "redis"])
async def usage(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[SharedUsage]:
    """One store, as each of several processes would open it."""
    if request.param == "postgresql":
        yield UsageInPostgres(database)
        return
    needs("redis", REDIS)
    opened = usage_in_redis(REDIS, f"test-{secrets.token_hex(4)}")
    yield opened
    await opened.aclose()


async def test_what_is_added_is_summed_up_by_subject(usage: SharedUsage) -> None:
    assert await usage.add({"eva": 3, "ben": 1}) == {"eva": 3, "ben": 1}
    assert await usage.add({"ben": 2}) == {"ben": 3}
    assert await usage.add({"eva": 1, "ben": 1}) == {"eva": 4, "ben": 4}


async def test_many_at_the_same_time_lose_nothing(usage: SharedUsage) -> None:
    subjects = [f"s{number}" for number in range(20)]
    for _ in range(3):
        await asyncio.gather(*(usage.add(dict.fromkeys(subjects[::step], 1)) for step in (1, -1, 1, -1)))
    assert set((await usage.add(dict.fromkeys(subjects, 0))).values()) == {12}


async def test_a_store_that_is_away_is_told_as_transient() -> None:
    away = Database(open_engine("postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(Transient):
        await UsageInPostgres(away).add({"eva": 1})
    redis = usage_in_redis("redis://127.0.0.1:1/0", "test")
    with pytest.raises(Transient):
        await redis.add({"eva": 1})
