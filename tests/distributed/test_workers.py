"""Several real worker processes on one database and one broker: nothing lost, nothing doubled."""

from __future__ import annotations

import signal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.clock import utc_now
from hub.flows.start_run import start_run
from hub.records.identity import FlowName
from hub.store.engine import Database
from tests.distributed.company import FIRST, SECOND, Company, company, customers, workers
from tests.services import RABBITMQ, REDIS, needs
from tests.waiting import until

pytestmark = pytest.mark.slow
COUNT = 2000


@pytest.fixture(params=["rabbitmq", "redis"])
def installed(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Company:
    broker = {"rabbitmq": RABBITMQ, "redis": REDIS}[request.param]
    needs(request.param, broker)
    return company(tmp_path, database_url, broker)


async def declared(database: Database) -> bool:
    async with database.reading() as connection:
        return bool(await connection.scalar(text("SELECT count(*) FROM lane")))


async def started(database: Database) -> UUID:
    async with database.transaction() as connection:
        return await start_run(connection, FlowName("crm-customers"), utc_now())


async def counts(database: Database) -> tuple[int, int, int]:
    """Golden customers, versions kept and golden versions written."""
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT (SELECT count(*) FROM customer WHERE NOT deleted) AS customers,
                         (SELECT count(*) FROM document_version) AS versions,
                         (SELECT count(*) FROM customer_history) AS history"""
                )
            )
        ).one()
        return row.customers, row.versions, row.history


async def completed(database: Database, run_id: UUID) -> bool:
    async with database.reading() as connection:
        state = await connection.scalar(text("SELECT state FROM flow_run WHERE id = :id"), {"id": run_id})
    assert state != "FAILED"
    return bool(state == "COMPLETED")


async def test_two_workers_take_a_delivery_in_exactly_once(installed: Company, database: Database) -> None:
    installed.deliver(customers(COUNT), FIRST)
    with workers(installed.environment, 2):
        await until(lambda: declared(database), what="the configuration is declared")
        run_id = await started(database)
        await until(lambda: completed(database, run_id), what="the run completes")
    assert await counts(database) == (COUNT, COUNT, COUNT)


async def test_a_worker_killed_in_a_run_loses_and_doubles_nothing(installed: Company, database: Database) -> None:
    installed.deliver(customers(COUNT), FIRST)
    environment = installed.environment
    with workers(environment, 1) as (victim,):
        await until(lambda: declared(database), what="the configuration is declared")
        run_id = await started(database)

        async def midway() -> bool:
            return 0 < (await counts(database))[0] < COUNT

        await until(midway, what="the run is in the middle")
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    assert not await completed(database, run_id)
    with workers(environment, 2):
        await until(lambda: completed(database, run_id), what="another worker takes the run over")
    assert await counts(database) == (COUNT, COUNT, COUNT)


async def test_a_second_full_export_changes_only_what_differs(installed: Company, database: Database) -> None:
    installed.deliver(customers(COUNT), FIRST)
    installed.deliver([*customers(COUNT - 10)[10:], *customers(10, " renamed")], SECOND)
    with workers(installed.environment, 2):
        await until(lambda: declared(database), what="the configuration is declared")
        for _ in range(2):
            run_id = await started(database)
            await until(lambda run_id=run_id: completed(database, run_id), what="the run completes")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    assert await counts(database) == (COUNT - 10, COUNT + 10, COUNT + 20)
