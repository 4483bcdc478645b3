"""Systems and flows as their architect sees them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from hub.access.principal import Role
from hub.exchange.tables import InformationFlow
from hub.store.engine import Database
from hub.work.schedule import NewSchedule, upsert_schedule
from hub.work.tables import Queue, Schedule
from tests.schema.company import NOW, add, gid, uid
from tests.schema.serving import Api

FLOWS = """
query {
  flows {
    name businessFlow title planned entity source target epoch lagSeconds quarantined
    sourceSystem { name state }
    lanes { cadence mode cron timeZone nextRunAt road }
    runs(first: 1) { totalCount edges { node { id cadence state startedAt finishedAt counts { what records } } }
      pageInfo { hasNextPage } }
  }
}
"""


async def test_flows_show_their_lanes_runs_and_lag(api: Api, company: Database) -> None:
    tonight = NOW + timedelta(hours=15)
    async with company.transaction() as connection:
        await add(
            connection,
            Schedule,
            name="lane:crm-customers:DAILY",
            kind="flow.start",
            queue="system",
            payload={},
            cron="0 3 * * *",
            time_zone="Europe/Amsterdam",
            next_run_at=tonight,
            misfire="RUN_ONCE",
            overlap="SKIP",
        )
        await add(connection, InformationFlow, name="nba", business_flow=3, title="Next best actions", planned=True)
    nba, crm, lms = (await api.ask(FLOWS, role=Role.ARCHITECT)).data["flows"]
    assert crm == {
        "name": "crm-customers",
        "businessFlow": 8,
        "title": "Customers of crm",
        "planned": False,
        "entity": "customer",
        "source": "crm",
        "target": "hub",
        "epoch": 1,
        "lagSeconds": 4 * 3600,
        "quarantined": 0,
        "sourceSystem": {"name": "crm", "state": "ACTIVE"},
        "lanes": [
            {
                "cadence": "DAILY",
                "mode": "AUTHORITATIVE",
                "cron": "0 3 * * *",
                "timeZone": "Europe/Amsterdam",
                "nextRunAt": "2026-03-03T03:00:00Z",
                "road": None,
            }
        ],
        "runs": {
            "totalCount": 2,
            "edges": [
                {
                    "node": {
                        "id": gid("FlowRun", uid("run 4")),
                        "cadence": "DAILY",
                        "state": "COMPLETED",
                        "startedAt": "2026-03-02T08:00:00Z",
                        "finishedAt": "2026-03-02T08:03:00Z",
                        "counts": [{"what": "changed", "records": 2}, {"what": "read", "records": 5}],
                    }
                }
            ],
            "pageInfo": {"hasNextPage": True},
        },
    }
    assert (lms["lagSeconds"], lms["lanes"][0]["cron"], lms["runs"]["edges"]) == (None, None, [])
    assert (nba["planned"], nba["sourceSystem"], nba["lanes"]) == (True, None, [])


async def test_a_real_time_lane_tells_whether_the_source_calls_or_is_asked(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO lane (id, flow, cadence, mode)
                   SELECT 1000 + row_number() OVER (), name, 'REAL_TIME', 'STANDBY'
                   FROM information_flow WHERE source IN ('crm', 'lms')"""
            )
        )
        polled: str = await connection.scalar(text("SELECT name FROM information_flow WHERE source = 'crm'"))
        schedule = NewSchedule(f"lane:{polled}:REAL_TIME", "flow.start", Queue.SYSTEM, "*/5 * * * * *", "UTC")
        await upsert_schedule(connection, schedule, NOW)
    answer = await api.ask("{ flows { source lanes { cadence road } } }", role=Role.ARCHITECT)
    told = {
        flow["source"]: lane["road"]
        for flow in answer.data["flows"]
        for lane in flow["lanes"]
        if lane["cadence"] == "REAL_TIME"
    }
    assert told == {"crm": "POLL", "lms": "PUSH"}


async def test_systems_show_how_the_hub_stands_with_them(api: Api) -> None:
    answer = await api.ask("{ systems { name adapter roles state lastAnswerAt lastError } }", role=Role.ARCHITECT)
    assert answer.data["systems"] == [
        {
            "name": "crm",
            "adapter": "tryton",
            "roles": ["CRM"],
            "state": "ACTIVE",
            "lastAnswerAt": "2026-03-02T12:00:00Z",
            "lastError": None,
        },
        {
            "name": "lms",
            "adapter": "tryton",
            "roles": ["LMS"],
            "state": "SUSPENDED",
            "lastAnswerAt": None,
            "lastError": "UNAVAILABLE",
        },
    ]


async def test_one_flow_is_asked_by_name(api: Api) -> None:
    document = "query($name: String!) { flow(name: $name) { id title } }"
    found = await api.ask(document, {"name": "lms-customers"}, role=Role.ARCHITECT)
    assert found.data["flow"] == {"id": gid("InformationFlow", "lms-customers"), "title": "Customers of lms"}
    assert (await api.ask(document, {"name": "x"}, role=Role.ARCHITECT)).codes == ["NOT_FOUND"]


async def test_the_viewer_is_told_who_he_is(api: Api) -> None:
    answer = await api.ask("{ viewer { subject scopes expiresAt customer { name } } }", role=Role.ARCHITECT)
    assert answer.data["viewer"] == {
        "subject": "development:architect",
        "scopes": [
            "flows:approve",
            "flows:migrate",
            "flows:read",
            "flows:run",
            "outbound:read",
            "quarantine:read",
            "quarantine:settle",
            "steering:read",
            "systems:read",
            "tokens:revoke",
            "work:read",
            "work:settle",
        ],
        "expiresAt": "2026-03-02T13:00:00Z",
        "customer": None,
    }
    assert answer.codes == ["FORBIDDEN"]
