"""`/metrics` tells how things stand in the store, cheaply and without a word about a customer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from hub.entrypoints.asgi.scrape import GOOD_FOR
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork
from tests.schema.company import NOW
from tests.schema.serving import Api

_QUARANTINE = """
WITH key AS (
  INSERT INTO subject_key (id, system, subject, created_at)
  VALUES (gen_random_uuid(), 'crm', 'anna@example.nl', now()) RETURNING id)
INSERT INTO quarantine
  (lane_id, system, entity, external_id, code, path, reason, subject_key_id, body, digest, at, state)
SELECT 1, 'crm', 'customer', 'anna@example.nl', 'INVALID', '', 'x', key.id, '', decode(d, 'hex'), now(), s
FROM key, (VALUES ('01', 'OPEN'), ('02', 'OPEN'), ('03', 'SUPERSEDED')) AS v(d, s)
"""


async def scraped(api: Api) -> list[str]:
    answer = await api.http.get("/metrics")
    assert answer.status_code == 200
    assert "example.nl" not in answer.text
    return answer.text.splitlines()


async def add_work(database: Database) -> None:
    items = [NewWork("test", Queue.DAILY, {"customer": "anna@example.nl"}, line="x") for _ in range(3)]
    async with database.transaction() as connection:
        ids = await dispatch(connection, [*items, NewWork("test", Queue.REALTIME)], NOW - timedelta(seconds=90))
        await connection.execute(text("UPDATE dispatch SET state = 'DEAD' WHERE id = :id"), {"id": ids[-1]})


async def test_the_endpoint_tells_work_lags_quarantine_and_dead_letters(api: Api, company: Database) -> None:
    await add_work(company)
    async with company.transaction() as connection:
        await connection.execute(text(_QUARANTINE))
        await publish(connection, [Change("Customer", "anna@example.nl", "X")], NOW - timedelta(seconds=2))
    lines = await scraped(api)
    for line in (
        "contacthub_store_answers 1.0",
        'contacthub_dispatch_rows{queue="daily",state="READY"} 1.0',
        'contacthub_dispatch_rows{queue="daily",state="WAITING"} 2.0',
        'contacthub_dispatch_rows{queue="realtime",state="DEAD"} 1.0',
        'contacthub_dispatch_oldest_ready_seconds{queue="daily"} 90.0',
        'contacthub_dispatch_oldest_ready_seconds{queue="realtime"} 0.0',
        "contacthub_feed_pending 1.0",
        "contacthub_feed_lag_seconds 2.0",
        'contacthub_flow_lag_seconds{flow="crm-customers"} 14400.0',
        'contacthub_quarantine_open{flow="crm-customers"} 2.0',
        'contacthub_system_state{state="SUSPENDED",system="lms"} 1.0',
    ):
        assert line in lines
    assert not [line for line in lines if 'flow="lms-customers"' in line]


async def test_figures_are_read_again_once_they_are_old(api: Api, company: Database) -> None:
    ready = 'contacthub_dispatch_rows{queue="daily",state="READY"} 1.0'
    assert ready not in await scraped(api)
    await add_work(company)
    assert ready not in await scraped(api)
    api.clock.now += GOOD_FOR
    assert ready in await scraped(api)


async def test_a_database_that_is_gone_is_told_and_the_process_still_counted(api: Api, company: Database) -> None:
    await scraped(api)
    async with company.transaction() as connection:
        await connection.execute(text("ALTER TABLE dispatch RENAME TO elsewhere"))
    api.clock.now += GOOD_FOR
    lines = await scraped(api)
    assert "contacthub_store_answers 0.0" in lines
    assert 'contacthub_http_request_seconds_count{method="GET",route="/metrics",status="200"} 1.0' in lines
