"""Breakers and budgets as an architect, a monitor and an operator see them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import make_url, text

from hub.access.principal import Role
from hub.entrypoints.cli.calls import calls_table
from hub.exchange.breaker import Breaker
from hub.exchange.budget import Budget
from hub.settings.systems import Limits
from hub.store.engine import Database
from hub.work.urgency import Urgency
from tests.schema.company import NOW
from tests.schema.serving import Api

CALLS = """{ systems {
  name state breaker { state failures openedAt retryAt reason }
  budget { limit spentRealtime spentBulk left blockedUntil }
} }"""
CLOSED = {"state": "CLOSED", "failures": 0, "openedAt": None, "retryAt": None, "reason": None}


async def called(company: Database) -> None:
    """crm is called and well, lms fails until its breaker opens."""
    budget = Budget("crm", Limits(requests_per_minute=60), company)
    await budget.spend(3, Urgency.REALTIME, NOW)
    await budget.spend(5, Urgency.BULK, NOW)
    for _ in range(2):
        await Breaker("lms", 2, company).failed("UNAVAILABLE", NOW)


async def test_systems_tell_whether_they_are_called_and_what_is_left(api: Api, company: Database) -> None:
    await called(company)
    crm, lms = (await api.ask(CALLS, role=Role.ARCHITECT)).data["systems"]
    assert crm == {
        "name": "crm",
        "state": "ACTIVE",
        "breaker": CLOSED,
        "budget": {"limit": 60, "spentRealtime": 3, "spentBulk": 5, "left": 52, "blockedUntil": None},
    }
    assert lms == {
        "name": "lms",
        "state": "SUSPENDED",
        "breaker": {
            "state": "OPEN",
            "failures": 2,
            "openedAt": "2026-03-02T12:00:00Z",
            "retryAt": "2026-03-02T12:00:30Z",
            "reason": "UNAVAILABLE",
        },
        "budget": None,
    }


async def test_a_minute_that_is_over_counts_no_more_and_a_block_shows(api: Api, company: Database) -> None:
    await called(company)
    await Budget("crm", Limits(requests_per_minute=60), company).block(90, NOW)
    api.clock.now += timedelta(seconds=60)
    crm, _ = (await api.ask(CALLS, role=Role.ARCHITECT)).data["systems"]
    blocked = {"limit": 30, "spentRealtime": 0, "spentBulk": 0, "left": 0, "blockedUntil": "2026-03-02T12:01:30Z"}
    assert crm["budget"] == blocked


async def test_metrics_tell_the_calls_left_of_systems_that_are_called(api: Api, company: Database) -> None:
    await called(company)
    lines = (await api.http.get("/metrics")).text.splitlines()
    assert [line for line in lines if line.startswith("contacthub_system_calls_left")] == [
        'contacthub_system_calls_left{system="crm"} 52.0'
    ]
    assert 'contacthub_system_state{state="SUSPENDED",system="lms"} 1.0' in lines


async def test_the_list_of_systems_shows_them_to_an_operator(company: Database, database_url: str) -> None:
    await called(company)
    table = await calls_table(database_url)
    assert not isinstance(table, str)
    columns = {str(column.header): list(column.cells) for column in table.columns}
    assert columns["system"] == ["crm", "lms"]
    assert columns["state"] == ["ACTIVE", "SUSPENDED"]
    assert columns["breaker"] == ["CLOSED", "OPEN"]
    assert columns["calls this minute"] == ["0 real-time + 0 bulk of 60", "never called"]


async def test_the_list_says_so_when_the_database_has_no_such_tables(company: Database, database_url: str) -> None:
    async with company.transaction() as connection:
        await connection.execute(text("DROP TABLE system_budget"))
    assert isinstance(await calls_table(make_url(database_url).render_as_string(hide_password=False)), str)
