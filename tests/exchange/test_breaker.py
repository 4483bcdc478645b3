"""A breaker that several processes feed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from hub.exchange.breaker import PROBE, Breaker
from hub.store.engine import Database, open_engine
from hub.work.decisions import waiting_for
from tests.work.bench import START


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


@pytest.fixture
async def crm(database: Database) -> Breaker:
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO connected_system (name, adapter, roles) VALUES ('crm', 'memory', '{CRM}')")
        )
    return Breaker("crm", 3, database)


async def shown(database: Database) -> tuple[str, str, int, datetime | None]:
    """The breaker's state, the system's, the failures and when a probe is due."""
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT b.state, s.state AS system, b.failures, coalesce(b.probe_until, b.retry_at)
                       FROM system_breaker b JOIN connected_system s ON s.name = b.system"""
                )
            )
        ).one()
    return (row[0], row[1], row[2], row[3])


async def probes(database: Database) -> list[datetime]:
    async with database.reading() as connection:
        found = await connection.execute(text("SELECT ready_at FROM dispatch WHERE kind = :kind"), {"kind": PROBE})
        return list(found.scalars())


async def failed(crm: Breaker, times: int, second: float = 0) -> None:
    for _ in range(times):
        await crm.failed("UNAVAILABLE", at(second))


async def test_failures_in_a_row_open_it_and_order_a_probe(crm: Breaker, database: Database) -> None:
    await failed(crm, 2)
    assert await shown(database) == ("CLOSED", "ACTIVE", 2, None)
    assert await crm.probe_due() is None
    await failed(crm, 1)
    assert await shown(database) == ("OPEN", "SUSPENDED", 3, at(30))
    assert (await probes(database), await crm.probe_due()) == ([at(30)], at(30))


async def test_a_success_in_between_counts_anew(crm: Breaker, database: Database) -> None:
    await failed(crm, 2)
    await crm.succeeded(at(1))
    await failed(crm, 2)
    assert await shown(database) == ("CLOSED", "ACTIVE", 2, None)


async def test_failures_of_calls_under_way_change_nothing_once_it_is_open(crm: Breaker, database: Database) -> None:
    await failed(crm, 3)
    await failed(crm, 4, second=20)
    assert await shown(database) == ("OPEN", "SUSPENDED", 3, at(30))
    assert len(await probes(database)) == 1


async def test_processes_that_fail_at_the_same_time_open_it_once(
    crm: Breaker, database: Database, database_url: str
) -> None:
    other = Database(open_engine(database_url))
    theirs = Breaker("crm", 3, other)
    await asyncio.gather(*(one.failed("UNAVAILABLE", at(0)) for one in (crm, theirs) * 6))
    await other.aclose()
    assert await shown(database) == ("OPEN", "SUSPENDED", 3, at(30))
    assert len(await probes(database)) == 1


async def test_one_caller_may_probe_once_it_is_due(crm: Breaker, database: Database) -> None:
    await failed(crm, 3)
    assert not await crm.may_probe(at(29))
    assert sorted(await asyncio.gather(*(crm.may_probe(at(30)) for _ in range(5)))) == [False] * 4 + [True]
    assert (await shown(database))[0] == "HALF_OPEN"


async def test_a_probe_whose_process_died_is_followed_by_another(crm: Breaker) -> None:
    await failed(crm, 3)
    await crm.may_probe(at(30))
    assert not await crm.may_probe(at(149))
    assert await crm.may_probe(at(150))


async def test_failed_probes_make_the_pauses_longer_up_to_a_quarter_of_an_hour(
    crm: Breaker, database: Database
) -> None:
    await failed(crm, 3)
    pauses = []
    now = at(30)
    for _ in range(7):
        await crm.may_probe(now)
        await crm.failed("UNAVAILABLE", now, probing=True)
        due = await crm.probe_due()
        assert due is not None
        pauses.append((due - now).total_seconds())
        now = due
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    assert (await shown(database))[:2] == ("OPEN", "SUSPENDED")
    assert len(await probes(database)) == 1


async def test_a_success_of_a_call_under_way_does_not_close_it(crm: Breaker, database: Database) -> None:
    await failed(crm, 3)
    await crm.succeeded(at(1))
    assert (await shown(database))[:2] == ("OPEN", "SUSPENDED")


async def test_a_good_probe_closes_it_and_releases_what_waited_for_it(crm: Breaker, database: Database) -> None:
    await failed(crm, 3)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO dispatch (kind, queue, payload, state, attempts, ready_at, created_at, waits_for)
                   SELECT 'test', 'realtime', '{}', 'PARKED', 4, :now, :now, w
                   FROM unnest(CAST(:waits AS text[])) w"""
            ),
            {"now": at(0), "waits": [waiting_for("crm"), waiting_for("lms"), waiting_for("crm"), None]},
        )
    await crm.may_probe(at(30))
    await crm.succeeded(at(31), probing=True)
    assert await shown(database) == ("CLOSED", "ACTIVE", 0, None)
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT state, attempts, ready_at, waits_for FROM dispatch WHERE kind = 'test' ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [
            ("READY", 0, at(31), None),
            ("PARKED", 4, at(0), "system:lms"),
            ("READY", 0, at(31), None),
            ("PARKED", 4, at(0), None),
        ]
