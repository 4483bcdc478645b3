"""Migrations over the API: planned, seen, refused, followed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.exchange.tables import Lane
from hub.migration.evidence import append
from hub.migration.stored import latest
from hub.store.engine import Database
from tests.schema.company import NOW, add, uid
from tests.schema.serving import Api

PLAN = """
mutation Plan($input: PlanCadenceMigrationInput!) {
  planCadenceMigration(input: $input) {
    migration { id state fromCadence toCadence createdBy flow { name } }
    findings { code blocks message coveredBy }
    forecast { callsPerDayNow callsPerDayAfter seedCalls requestsPerMinute share }
    problems { code message }
  }
}
"""
STEP = """
mutation Step($input: CadenceMigrationInput!) {
  %s(input: $input) { migration { state problem } state problems { code message } }
}
"""
SEEN = """
{ cadenceMigration(flow: "crm-customers") {
    state evidenceDigest gates { name passed measured limit examples }
    windows { number clean counts { kind verdict count } examples { externalId kind verdict paths explained } }
    evidence { number kind digest previous body }
    evidenceCheck { holds rows broken }
    undo { kind externalId }
} }
"""
APPROVE = """
mutation Approve($input: ApproveCadenceMigrationInput!) {
  approveCadenceMigration(input: $input) { migration { state approvedBy } state problems { code message } }
}
"""
TAKE_BACK = """
mutation {
  rollBackCadenceMigration(input: {flow: "crm-customers", reason: "a test", dryRun: %s}) {
    migration { id state } state problems { code }
  }
}
"""
FLOW = "crm-customers"


@pytest.fixture
async def roads(company: Database) -> Database:
    """The company with a real-time lane that waits."""
    async with company.transaction() as connection:
        await add(connection, Lane, id=11, flow=FLOW, cadence="REAL_TIME", mode="STANDBY")
    return company


async def planned(api: Api) -> None:
    answer = await api.ask(PLAN, {"input": {"flow": FLOW, "to": "REAL_TIME"}}, role=Role.ARCHITECT)
    assert answer.errors == []
    assert answer.data["planCadenceMigration"]["problems"] == []


async def step(api: Api, name: str, **given: object) -> dict[str, Any]:
    answer = await api.ask(STEP % name, {"input": {"flow": FLOW, **given}}, role=Role.ARCHITECT)
    assert answer.errors == []
    payload: dict[str, Any] = answer.data[name]
    return payload


async def given_up_behind_a_completed_one(api: Api, roads: Database) -> str:
    """Id of a completed migration whose lane counts; a later one of the flow was aborted."""
    await planned(api)
    document = '{ cadenceMigration(flow: "crm-customers") { id } }'
    first = (await api.ask(document, role=Role.ARCHITECT)).data["cadenceMigration"]["id"]
    async with roads.transaction() as connection:
        await connection.execute(
            text(
                """UPDATE cadence_migration SET state = 'COMPLETED', cut_over_at = :now, incumbent_epoch = 1
                   WHERE flow = :f"""
            ),
            {"now": NOW, "f": FLOW},
        )
        await connection.execute(text("UPDATE lane SET mode = 'VERIFY' WHERE id <> 11 AND flow = :f"), {"f": FLOW})
        await connection.execute(text("UPDATE lane SET mode = 'AUTHORITATIVE' WHERE id = 11"))
        await connection.execute(
            text(
                """INSERT INTO cadence_migration (id, flow, from_lane, to_lane, state, settings, created_by, created_at,
                     changed_at, evidence_count, evidence_digest)
                   SELECT :id, flow, to_lane, from_lane, 'ABORTED', settings, created_by, :later, :later, 0, ''
                   FROM cadence_migration WHERE flow = :f"""
            ),
            {"id": uid("given up"), "later": NOW + timedelta(minutes=1), "f": FLOW},
        )
    api.clock.forward(timedelta(minutes=2))
    return str(first)


async def count(database: Database) -> int:
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT count(*) FROM cadence_migration WHERE flow = 'crm-customers'")) or 0


async def test_a_plan_answers_with_findings_and_a_forecast(api: Api, roads: Database) -> None:
    answer = await api.ask(PLAN, {"input": {"flow": FLOW, "to": "REAL_TIME"}}, role=Role.ARCHITECT)
    payload = answer.data["planCadenceMigration"]
    assert payload["findings"] == [
        {
            "code": "NO_PUSH",
            "blocks": False,
            "message": "the system does not push",
            "coveredBy": "a short poll: */10 * * * * *",
        }
    ]
    assert payload["forecast"] == {
        "callsPerDayNow": 3.0,
        "callsPerDayAfter": 25920.0,
        "seedCalls": 2,
        "requestsPerMinute": 600,
        "share": 0.03,
    }
    assert {key: payload["migration"][key] for key in ("state", "fromCadence", "toCadence", "createdBy", "flow")} == {
        "state": "PREFLIGHT",
        "fromCadence": "DAILY",
        "toCadence": "REAL_TIME",
        "createdBy": "development:architect",
        "flow": {"name": FLOW},
    }


async def test_a_dry_plan_leaves_nothing_behind(api: Api, roads: Database) -> None:
    given = {"input": {"flow": FLOW, "to": "REAL_TIME", "dryRun": True}}
    payload = (await api.ask(PLAN, given, role=Role.ARCHITECT)).data["planCadenceMigration"]
    assert (payload["migration"], len(payload["findings"]), payload["problems"]) == (None, 1, [])
    assert await count(roads) == 0


async def test_what_cannot_be_planned_is_a_problem(api: Api, roads: Database) -> None:
    slower = await api.ask(PLAN, {"input": {"flow": FLOW, "to": "WEEKLY"}}, role=Role.ARCHITECT)
    assert slower.data["planCadenceMigration"]["problems"] == [
        {"code": "INVALID", "message": "flow crm-customers has no WEEKLY lane; its lanes are DAILY, REAL_TIME"}
    ]
    unknown = await api.ask(PLAN, {"input": {"flow": "x", "to": "REAL_TIME"}}, role=Role.ARCHITECT)
    assert [problem["code"] for problem in unknown.data["planCadenceMigration"]["problems"]] == ["NOT_FOUND"]
    assert await count(roads) == 0


async def test_a_started_migration_seeds_and_shows_its_gates_and_evidence(api: Api, roads: Database) -> None:
    await planned(api)
    assert await step(api, "startCadenceMigration", dryRun=True) == {
        "migration": {"state": "PREFLIGHT", "problem": None},
        "state": "SEEDING",
        "problems": [],
    }
    assert (await step(api, "startCadenceMigration"))["state"] == "SEEDING"
    seen = (await api.ask(SEEN, role=Role.ARCHITECT)).data["cadenceMigration"]
    assert [row["kind"] for row in seen["evidence"]] == ["PLANNED", "PREFLIGHT", "STARTED"]
    assert seen["evidence"][-1]["digest"] == seen["evidenceDigest"]
    assert seen["evidenceCheck"] == {"holds": True, "rows": 3, "broken": None}
    assert [gate["name"] for gate in seen["gates"] if not gate["passed"]] == ["clean_windows"]
    async with roads.reading() as connection:
        work = await connection.execute(text("SELECT kind, queue, line FROM dispatch ORDER BY id"))
        assert ("flow.run", "shadow", "lane/11") in [tuple(row) for row in work]


async def test_seeding_tells_how_far_it_is_of_what_the_old_lane_holds(api: Api, roads: Database) -> None:
    document = (
        '{ cadenceMigration(flow: "crm-customers") { seeding { state records quarantined expected givingWay } } }'
    )
    await planned(api)
    assert (await api.ask(document, role=Role.ARCHITECT)).data["cadenceMigration"] == {"seeding": None}
    await step(api, "startCadenceMigration")
    async with roads.transaction() as connection:
        held = await connection.scalar(
            text("SELECT count(*) FROM source_record WHERE (system, entity) = ('crm', 'customer') AND NOT deleted")
        )
        await connection.execute(
            text("""UPDATE flow_run SET state = 'RUNNING', started_at = :now, counters = '{"read": 2, "quarantined": 1}'
                    WHERE lane_id = 11"""),
            {"now": NOW},
        )
    seeding = {"state": "RUNNING", "records": 2, "quarantined": 1, "expected": held, "givingWay": False}
    assert held > 0
    assert (await api.ask(document, role=Role.ARCHITECT)).data["cadenceMigration"] == {"seeding": seeding}


async def test_a_rollback_answers_with_the_migration_that_it_takes_back(api: Api, roads: Database) -> None:
    first = await given_up_behind_a_completed_one(api, roads)
    rehearsed = await api.ask(TAKE_BACK % "true", role=Role.ARCHITECT)
    payload = {"migration": {"id": first, "state": "COMPLETED"}, "state": "ROLLING_BACK", "problems": []}
    assert rehearsed.data["rollBackCadenceMigration"] == payload
    done = await api.ask(TAKE_BACK % "false", role=Role.ARCHITECT)
    assert done.data["rollBackCadenceMigration"]["migration"] == {"id": first, "state": "ROLLING_BACK"}
    shown = await api.ask('{ cadenceMigration(flow: "crm-customers") { id state } }', role=Role.ARCHITECT)
    assert shown.data["cadenceMigration"] == {"id": first, "state": "ROLLING_BACK"}


async def test_steps_that_the_state_forbids_are_problems(api: Api, roads: Database) -> None:
    await planned(api)
    for name in ("cutOverCadenceMigration", "pauseCadenceMigration", "completeCadenceMigration"):
        problems = (await step(api, name))["problems"]
        assert [problem["code"] for problem in problems] == ["CONFLICT"]
        assert "is PREFLIGHT" in problems[0]["message"]


async def test_an_approval_names_the_caller_and_only_of_what_he_saw(api: Api, roads: Database) -> None:
    await planned(api)
    async with roads.transaction() as connection:
        await connection.execute(
            text("UPDATE cadence_migration SET state = 'GATED', settings = '{}' WHERE state = 'PREFLIGHT'")
        )
        for number in (1, 2, 3):
            await connection.execute(
                text(
                    """INSERT INTO parity_run (id, migration, number, audit, since, until, incumbent_run, opened_at,
                         compared_at, compared, counts, unexplained, unexplained_on_keys, carried, clean, examples)
                       SELECT :id, id, :number, false, :now, :now, :run, :now, :now, 9, '[]', 0, 0, 0, true, '[]'
                       FROM cadence_migration WHERE state = 'GATED'"""
                ),
                {"id": uid(f"w{number}"), "run": uid(f"r{number}"), "number": number, "now": NOW},
            )
    stale = (await api.ask(SEEN, role=Role.ARCHITECT)).data["cadenceMigration"]["evidenceDigest"]
    async with roads.transaction() as connection:
        await append(connection, (await latest(connection, FLOW)).id, "WINDOW", {}, NOW)
    given = {"flow": FLOW, "evidenceDigest": stale}
    refused = await api.ask(APPROVE, {"input": given}, role=Role.ARCHITECT)
    assert [problem["code"] for problem in refused.data["approveCadenceMigration"]["problems"]] == ["CONFLICT"]
    fresh = (await api.ask(SEEN, role=Role.ARCHITECT)).data["cadenceMigration"]["evidenceDigest"]
    approved = await api.ask(APPROVE, {"input": {"flow": FLOW, "evidenceDigest": fresh}}, role=Role.ARCHITECT)
    assert approved.data["approveCadenceMigration"] == {
        "migration": {"state": "APPROVED", "approvedBy": "development:architect"},
        "state": "APPROVED",
        "problems": [],
    }


async def test_an_aborted_migration_stays_in_the_list(api: Api, roads: Database) -> None:
    await planned(api)
    assert (await step(api, "abortCadenceMigration"))["state"] == "ABORTED"
    api.clock.forward(timedelta(minutes=1))
    await planned(api)
    document = '{ cadenceMigrations(flow: "crm-customers") { totalCount edges { node { state } } } }'
    found = (await api.ask(document, role=Role.ARCHITECT)).data["cadenceMigrations"]
    assert (found["totalCount"], [edge["node"]["state"] for edge in found["edges"]]) == (2, ["PREFLIGHT", "ABORTED"])


async def test_who_only_runs_flows_migrates_nothing(api: Api, roads: Database) -> None:
    answer = await api.ask(PLAN, {"input": {"flow": FLOW, "to": "REAL_TIME"}}, role=Role.SYSTEM)
    assert (answer.data, answer.codes) == (None, ["FORBIDDEN"])
    assert await count(roads) == 0
