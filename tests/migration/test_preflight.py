"""The preflight: calls as a function of rhythm and load, and what a lane lacks told with what covers it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Conflict
from hub.migration.forecast import Load, inbound_load, outbound_load, runs_per_day, seed_calls
from hub.migration.plan import plan
from hub.migration.start import start
from hub.ports.capabilities import Capabilities, PullKind
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.flows import Lane
from hub.store.engine import Database
from tests.migration.steering import FLOW, REAL_TIME, Steered, steered

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLLED = Capabilities(pull=PullKind.INCREMENTAL, sweep=True, read=True, versions=True)


def lane(cadence: FlowCadence, cron: str | None, **given_: object) -> Lane:
    return Lane.model_validate({"cadence": cadence, "mode": LaneMode.STANDBY, "cron": cron, **given_})


@pytest.mark.parametrize(
    ("cron", "runs"),
    [("0 3 * * *", 1.0), ("0 2 * * 0", 1 / 7), ("*/5 * * * * *", 17_280.0), ("0 * * * *", 24.0), (None, 0.0)],
)
def test_a_rhythm_is_counted_over_weeks(cron: str | None, runs: float) -> None:
    assert runs_per_day(cron, "Europe/Amsterdam", NOW) == pytest.approx(runs, rel=0.01)


def test_a_daily_sweep_over_many_records_costs_pages_of_ids() -> None:
    daily = lane(FlowCadence.DAILY, "0 3 * * *", sweep=True, page_size=500)
    # The source's clock, 3 pages of 1,200 changes, 50 pages of 100,000 ids.
    assert inbound_load(daily, POLLED, Load(100_000, 1_200.0), NOW).calls_per_day == 54.0


def test_a_file_calls_nobody_and_a_push_reads_each_change_that_it_only_names() -> None:
    weekly = lane(FlowCadence.WEEKLY, "0 2 * * 0")
    assert inbound_load(weekly, Capabilities(pull=PullKind.FULL), Load(9, 1.0), NOW).calls_per_day == 0.0
    pushed = Capabilities(pull=PullKind.SNAPSHOT, push=True, read=True)
    real_time = lane(FlowCadence.REAL_TIME, None)
    assert inbound_load(real_time, pushed, Load(9_000, 40.0), NOW).calls_per_day == 40.0
    assert seed_calls(real_time, pushed, Load(9_000, 40.0)) == 19
    told = replace(pushed, push_in_full=True)
    assert inbound_load(real_time, told, Load(9_000, 40.0), NOW).calls_per_day == 0.0
    polled = lane(FlowCadence.REAL_TIME, "* * * * *")
    assert inbound_load(polled, told, Load(9_000, 40.0), NOW).calls_per_day > 1_440


def test_a_batch_lane_fills_its_batches_and_a_real_time_one_sends_each() -> None:
    can = Capabilities(update=True, batch_size=100)
    weekly = lane(FlowCadence.WEEKLY, "0 2 * * 0")
    assert outbound_load(weekly, can, Load(0, 50.0), NOW).busiest_minute == 4.0
    assert outbound_load(lane(FlowCadence.REAL_TIME, None), can, Load(0, 50.0), NOW).calls_per_day == 50.0


@given(st.integers(0, 10**6), st.floats(0, 10**6), st.integers(1, 10_000))
def test_more_changes_never_cost_fewer_calls(records: int, changes: float, page_size: int) -> None:
    daily = lane(FlowCadence.DAILY, "0 3 * * *", page_size=page_size)
    less = inbound_load(daily, POLLED, Load(records, changes), NOW)
    more = inbound_load(daily, POLLED, Load(records, changes * 2), NOW)
    assert less.calls_per_day <= more.calls_per_day


async def codes(hub: Steered) -> dict[str, str]:
    async with hub.database.transaction() as connection:
        _, found = await plan(connection, hub.desk, FLOW, REAL_TIME, "anna", hub.now)
    return {finding.code: finding.severity.value for finding in found.findings}


async def test_a_package_without_anything_blocks_the_start(database: Database) -> None:
    hub = await steered(database)
    hub.desk = type(hub.desk)(hub.desk.flows, hub.desk.limits, lambda system, entity: Capabilities())
    assert await codes(hub) == {
        "NO_PULL": "BLOCKER",
        "NO_PUSH": "WARNING",
        "NO_VERSIONS": "WARNING",
        "NO_DELETES": "WARNING",
        "NO_READ": "WARNING",
    }
    async with database.transaction() as connection:
        with pytest.raises(Conflict, match="the preflight says no: the system cannot be pulled"):
            await start(connection, hub.desk, FLOW, "anna", hub.now)
    assert (await hub.modes())["REAL_TIME"] == "STANDBY"


async def test_changes_of_earlier_runs_make_the_forecast_but_the_first_run_does_not(database: Database) -> None:
    hub = await steered(database, customers=50)
    async with database.transaction() as connection:
        _, first = await plan(connection, hub.desk, FLOW, REAL_TIME, "anna", hub.now)
    hub.pass_time(timedelta(days=1))
    async with database.transaction() as connection:
        _, second = await plan(connection, hub.desk, FLOW, REAL_TIME, "anna", hub.now)
    assert first.forecast.after.runs_per_day == pytest.approx(17_280, rel=0.01)
    assert first.forecast == second.forecast
    assert first.forecast.share == pytest.approx(3 * 17_280 / (600 * 1_440), rel=0.01)
