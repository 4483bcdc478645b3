"""`hub run` beside workers: one of them runs a flow, never both."""

from __future__ import annotations

from sqlalchemy import text

from tests.cli.company import Company, customer

WORK = "SELECT state, attempts FROM dispatch WHERE kind = 'flow.run' ORDER BY id"


async def test_a_run_leaves_no_work_behind_for_workers(company: Company) -> None:
    company.deliver(customer(1))
    assert (await company.hub("run", "weekly-customers")).status == 0
    assert await company.rows(WORK) == [("DONE", 1)]
    assert await company.rows("SELECT state FROM flow_run") == [("COMPLETED",)]
    deeds = "SELECT principal LIKE 'cli:%', action, detail->>'flow' FROM audit_event"
    assert await company.rows(deeds) == [(True, "runFlow", "weekly-customers")]


async def test_a_flow_that_a_worker_runs_is_refused(company: Company) -> None:
    company.deliver(customer(1))
    assert (await company.hub("run", "weekly-customers")).status == 0
    async with company.database.transaction() as connection:
        await connection.execute(text("UPDATE flow_run SET state = 'RUNNING', finished_at = NULL"))
        await connection.execute(text("UPDATE dispatch SET state = 'RUNNING' WHERE kind = 'flow.run'"))
    assert (await company.hub("run", "weekly-customers")).code == "CONFLICT"
    assert await company.rows(WORK) == [("RUNNING", 1)]
