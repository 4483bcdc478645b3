"""Starting a flow."""

from __future__ import annotations

from sqlalchemy import func, select, text

from hub.access.principal import Role
from hub.flows.tables import FlowRun
from hub.store.engine import Database
from hub.store.tables import AuditEvent
from hub.work.tables import Queue
from tests.schema.serving import Api
from tests.work.listening import listening

RUN = """
mutation Run($input: RunFlowInput!) {
  runFlow(input: $input) { run { id state cadence } problems { code message path } }
}
"""


async def runs(database: Database) -> int:
    async with database.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(FlowRun))).scalar_one()


async def test_a_run_is_queued_with_its_work_and_its_audit(api: Api, company: Database) -> None:
    answer = await api.ask(RUN, {"input": {"flow": "crm-customers"}}, role=Role.ARCHITECT)
    payload = answer.data["runFlow"]
    assert (payload["run"]["state"], payload["run"]["cadence"], payload["problems"]) == ("QUEUED", "DAILY", [])
    assert await runs(company) == 3
    async with company.reading() as connection:
        work = await connection.execute(text("SELECT kind, queue, line FROM dispatch"))
        assert [tuple(row) for row in work] == [("flow.run", "daily", "lane/1")]
        deeds = await connection.execute(select(AuditEvent.principal, AuditEvent.action, AuditEvent.detail))
        assert [tuple(row) for row in deeds] == [("development:architect", "runFlow", {"flow": "crm-customers"})]


async def test_workers_hear_of_the_run_at_once(api: Api, company: Database, database_url: str) -> None:
    async with listening(database_url, Queue.DAILY) as ear:
        await api.ask(RUN, {"input": {"flow": "crm-customers"}}, role=Role.ARCHITECT)
        assert await ear.rung()
    assert await runs(company) == 3


async def test_a_flow_that_cannot_run_is_a_problem(api: Api, company: Database) -> None:
    answer = await api.ask(RUN, {"input": {"flow": "x"}}, role=Role.ARCHITECT)
    assert answer.data["runFlow"] == {
        "run": None,
        "problems": [{"code": "NOT_FOUND", "message": "there is no flow x", "path": []}],
    }
    assert await runs(company) == 2


async def test_the_same_key_gives_the_same_run_after_it_has_ended(api: Api, company: Database) -> None:
    given = {"input": {"flow": "crm-customers", "idempotencyKey": "morning"}}
    first = await api.ask(RUN, given, role=Role.ARCHITECT)
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE flow_run SET state = 'COMPLETED'"))
    second = await api.ask(RUN, given, role=Role.ARCHITECT)
    assert second.data["runFlow"]["run"]["id"] == first.data["runFlow"]["run"]["id"]
    assert await runs(company) == 3


async def test_a_key_used_for_another_input_is_a_problem(api: Api, company: Database) -> None:
    await api.ask(RUN, {"input": {"flow": "crm-customers", "idempotencyKey": "k"}}, role=Role.ARCHITECT)
    answer = await api.ask(RUN, {"input": {"flow": "lms-customers", "idempotencyKey": "k"}}, role=Role.ARCHITECT)
    assert [problem["code"] for problem in answer.data["runFlow"]["problems"]] == ["CONFLICT"]
    empty = await api.ask(RUN, {"input": {"flow": "lms-customers", "idempotencyKey": ""}}, role=Role.ARCHITECT)
    assert [problem["path"] for problem in empty.data["runFlow"]["problems"]] == [["idempotencyKey"]]
    assert await runs(company) == 3


async def test_an_agent_starts_nothing(api: Api, company: Database) -> None:
    answer = await api.ask(RUN, {"input": {"flow": "crm-customers"}})
    assert (answer.data, answer.codes) == (None, ["FORBIDDEN"])
    assert await runs(company) == 2
