"""A migration at the command line: readable, refused with reasons, and its evidence verified with one command."""

from __future__ import annotations

import re
from collections import Counter
from io import StringIO
from uuid import UUID

import orjson
import pytest
from rich.console import Console
from sqlalchemy import text

from hub.clock import utc_now
from hub.entrypoints.cli.migration_status import Standing, watch
from hub.flows.runs import keep_counters, open_run
from hub.migration.decide import abort
from hub.migration.stored import hold_open
from hub.reads.migrations import latest_migrations
from hub.reads.seeding import seeding_of
from tests.cli.company import Company, customer

pytestmark = pytest.mark.slow

FLOW = "weekly-customers"


@pytest.fixture
async def daily(company: Company) -> Company:
    """The company with a daily lane beside the weekly one, which has run once."""
    lane = '      - {cadence: DAILY, mode: STANDBY, cron: "0 3 * * *"}\n    migration: {clean_windows: 1}\n'
    weekly = '      - {cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 6 * * 1", time_zone: Europe/Amsterdam}\n'
    old = '    lanes: [{cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 6 * * 1", time_zone: Europe/Amsterdam}]\n'
    company.rewrite("hub.yaml", old, f"    lanes:\n{weekly}{lane}")
    company.deliver(customer(1), customer(2))
    await company.hub("run", FLOW)
    return company


async def test_a_dry_plan_shows_findings_and_forecast_and_leaves_nothing(daily: Company) -> None:
    said = await daily.hub("migration", "plan", FLOW, "--to", "DAILY", "--dry-run")
    assert said.status == 0
    for words in ("objects cannot be read by id", "Forecast", "would be PREFLIGHT", "Nothing was changed."):
        assert words in said.output
    assert await daily.rows("SELECT count(*) FROM cadence_migration") == [(0,)]


async def test_a_migration_is_planned_started_watched_and_given_up(daily: Company) -> None:
    planned = await daily.hub("migration", "plan", FLOW, "--to", "DAILY", "--by", "anna")
    assert f"Next: hub migration start {FLOW}" in planned.output
    assert "is SEEDING" in (await daily.hub("migration", "start", FLOW)).output
    shown = (await daily.hub("migration", "status", FLOW)).output
    assert f"{FLOW} WEEKLY → DAILY: SEEDING" in shown
    assert "0 of about 2 (0%) records taken in, waits for a worker" in shown
    assert re.search(r"✗\s+│ clean_windows\s+│ 0\s+│ 1", shown)
    refused = await daily.hub("migration", "cutover", FLOW)
    assert (refused.status, refused.code) == (1, "CONFLICT")
    assert "is ABORTED" in (await daily.hub("migration", "abort", FLOW)).output
    assert await daily.rows("SELECT cadence, mode FROM lane ORDER BY id") == [
        ("WEEKLY", "AUTHORITATIVE"),
        ("DAILY", "STANDBY"),
    ]
    principals = await daily.rows("SELECT principal, action FROM audit_event WHERE object_type = 'CadenceMigration'")
    assert principals[0] == ("anna", "planMigration")
    assert str(principals[-1][0]).startswith("cli:")


async def test_a_seeding_is_watched_page_by_page_until_nothing_moves_by_itself(daily: Company) -> None:
    await daily.hub("migration", "plan", FLOW, "--to", "DAILY")
    assert "PREFLIGHT" in (await daily.hub("migration", "status", FLOW, "--watch")).output
    await daily.hub("migration", "start", FLOW)
    pages = [1, 2, None]

    async def page_or_end(_seconds: float) -> None:
        """What happens between two looks: a page, and at last somebody gives up."""
        read = pages.pop(0)
        async with daily.database.transaction() as connection:
            if read is None:
                await abort(connection, FLOW, "anna", utc_now())
                return
            seed = await hold_open(connection, FLOW)
            run = await open_run(connection, UUID(str(seed.seed_run)), utc_now())
            assert run is not None
            await keep_counters(connection, run.id, Counter(read=read))

    async def look() -> Standing:
        async with daily.database.reading() as connection:
            row = (await latest_migrations(connection, [FLOW]))[FLOW]
            return Standing(row, await seeding_of(connection, row.id), [], [])

    printed = StringIO()
    last = await watch(Console(file=printed, width=200), look, utc_now, page_or_end)
    told = [line.split(", for")[0].strip("━ ") for line in printed.getvalue().splitlines() if "taken in" in line]
    assert told == [
        "0 of about 2 (0%) records taken in, waits for a worker",
        "1 of about 2 (50%) records taken in",
        "2 of about 2 (100%) records taken in",
    ]
    assert (last.migration.state, last.seeding) == ("ABORTED", None)
    terminal = StringIO()
    await watch(Console(file=terminal, width=200, force_terminal=True), look, utc_now)
    assert "\x1b[" in terminal.getvalue()
    assert "ABORTED" in terminal.getvalue()


async def test_evidence_is_verified_and_tampering_ends_with_status_1(daily: Company) -> None:
    await daily.hub("migration", "plan", FLOW, "--to", "DAILY")
    good = await daily.hub("migration", "evidence", FLOW, "--verify")
    assert (good.status, "all 2 rows hold" in good.output) == (0, True)
    lines = (await daily.hub("migration", "evidence", FLOW, "--json")).output.splitlines()
    assert [orjson.loads(line)["kind"] for line in lines] == ["PLANNED", "PREFLIGHT"]
    async with daily.database.transaction() as connection:
        await connection.execute(text("UPDATE migration_evidence SET body = '{}' WHERE seq = 1"))
    broken = await daily.hub("migration", "evidence", FLOW, "--verify")
    assert (broken.status, "the chain is broken: row 1 was changed" in broken.output) == (1, True)


async def test_what_cannot_be_done_is_said_in_words(daily: Company) -> None:
    said = [
        await daily.hub("migration", "plan", FLOW, "--to", "HOURLY"),
        await daily.hub("migration", "plan", "nowhere", "--to", "DAILY"),
        await daily.hub("migration", "status", FLOW),
        await daily.hub("migration", "undo", FLOW),
        await daily.hub("migration", "approve", FLOW, "--digest", "00"),
    ]
    assert [one.code for one in said] == ["INVALID", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]


async def test_an_earlier_migration_is_shown_by_its_id(daily: Company) -> None:
    await daily.hub("migration", "plan", FLOW, "--to", "DAILY")
    await daily.hub("migration", "abort", FLOW)
    ((first,),) = await daily.rows("SELECT CAST(id AS text) FROM cadence_migration")
    await daily.hub("migration", "plan", FLOW, "--to", "DAILY")
    listed = (await daily.hub("migration", "list", FLOW)).output
    assert (str(first) in listed, listed.count("WEEKLY"), "ABORTED" in listed) == (True, 2, True)
    one = ("--migration", str(first))
    assert "ABORTED" in (await daily.hub("migration", "status", FLOW, *one)).output
    assert "PREFLIGHT" in (await daily.hub("migration", "status", FLOW)).output
    kinds = (await daily.hub("migration", "evidence", FLOW, *one, "--json")).output.splitlines()
    assert orjson.loads(kinds[-1])["kind"] == "ABORTED"
    assert (await daily.hub("migration", "evidence", FLOW, *one, "--verify")).status == 0
    assert "There is nothing to undo." in (await daily.hub("migration", "undo", FLOW, *one)).output
    assert (await daily.hub("migration", "undo", "nowhere", *one)).code == "NOT_FOUND"


async def test_every_flow_is_listed_where_none_is_named(daily: Company) -> None:
    assert "No flow has a migration yet" in (await daily.hub("migration", "status")).output
    await daily.hub("migration", "plan", FLOW, "--to", "DAILY")
    assert f"{FLOW} WEEKLY → DAILY: PREFLIGHT" in (await daily.hub("migration", "status")).output
    told = orjson.loads((await daily.hub("migration", "status", FLOW, "--json")).output)
    assert (told["migration"]["state"], told["windows"]) == ("PREFLIGHT", [])
    assert "There is nothing to undo." in (await daily.hub("migration", "undo", FLOW)).output


async def test_the_list_of_flows_tells_the_lane_that_counts_now_and_a_migration_under_way(daily: Company) -> None:
    await daily.hub("migration", "plan", FLOW, "--to", "DAILY")
    said = " ".join((await daily.hub("flows")).output.split())
    assert "WEEKLY 0 6 * * 1; WEEKLY → DAILY is PREFLIGHT" in said
    await daily.hub("migration", "abort", FLOW)
    async with daily.database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET mode = 'VERIFY' WHERE cadence = 'WEEKLY'"))
        await connection.execute(text("UPDATE lane SET mode = 'AUTHORITATIVE' WHERE cadence = 'DAILY'"))
    said = " ".join((await daily.hub("flows")).output.split())
    assert "DAILY 0 3 * * *" in said
    assert "WEEKLY" not in said


async def test_the_candidate_and_the_auditor_run_on_request_and_a_lane_that_waits_does_not(daily: Company) -> None:
    refused = await daily.hub("run", FLOW, "--lane", "DAILY")
    assert refused.code == "INVALID"
    async with daily.database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET mode = 'SHADOW' WHERE cadence = 'DAILY'"))
    daily.deliver(customer(1), customer(2), customer(3))
    assert (await daily.hub("run", FLOW, "--lane", "DAILY")).status == 0
    assert await daily.rows("SELECT count(*) FROM source_record WHERE system = 'crm'") == [(2,)]
    states = "SELECT l.cadence, r.state FROM flow_run r JOIN lane l ON l.id = r.lane_id ORDER BY l.id"
    assert await daily.rows(states) == [("WEEKLY", "COMPLETED"), ("DAILY", "COMPLETED")]
