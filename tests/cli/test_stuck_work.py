"""An operator looks at stuck work and decides, from the command line."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import text

from tests.cli.company import Company, customer
from tests.flows.test_stuck_work import DEAD_BODY, dead_event

pytestmark = pytest.mark.slow

_COMMAND = """
INSERT INTO outbound_command (id, key, flow, target, entity, operation, object_id, external_id, line, changes,
  from_version, version, state, outcome_code, outcome_message, wanted_from, created_at)
VALUES (gen_random_uuid(), 'k' || :number, 'weekly-customers', 'crm', 'customer', 'UPDATE', :number, :number,
  'crm/' || :number, CAST(:changes AS jsonb), 1, 1, :state, 'NOT_SENT', 'the folder is full', now(), now())
RETURNING id"""

_WORK = """
INSERT INTO dispatch (kind, queue, line, payload, state, attempts, ready_at, created_at, last_error_code,
  last_error_message, finished_at)
VALUES ('outbound.send', 'realtime', 'crm/' || :number, jsonb_build_object('command', CAST(:command AS text)), :state,
  20, now(), now(), 'UNAVAILABLE', 'the folder is full', CASE WHEN :state = 'DEAD' THEN now() END)
RETURNING id"""


async def stuck(company: Company, number: int, state: str) -> str:
    """A command to the CRM that went wrong, and its dispatch row; the row's number."""
    await company.hub("run", "weekly-customers")
    changes = orjson.dumps([{"path": ["name"], "old": "Jan", "new": "Jan Geheim"}]).decode()
    async with company.database.transaction() as connection:
        binds = {"number": str(number), "state": state}
        command = await connection.scalar(text(_COMMAND), {**binds, "changes": changes})
        return str(await connection.scalar(text(_WORK), {**binds, "command": str(command)}))


async def test_stuck_work_is_listed_without_and_shown_with_what_it_wanted(company: Company) -> None:
    company.deliver(customer(1))
    work = await stuck(company, 1, "UNKNOWN")
    listed = (await company.hub("work", "list", "--state", "UNKNOWN")).output
    assert "the folder is full" in listed
    assert "Geheim" not in listed
    assert "0 of 0" in (await company.hub("work", "list", "--state", "DEAD")).output
    shown = (await company.hub("work", "show", work)).output
    assert 'name: "Jan" -> "Jan Geheim"' in shown
    assert "read back now: crm cannot be asked for this object; look there" in shown
    assert await company.rows("SELECT action, object_id FROM audit_event WHERE action <> 'runFlow'") == [
        ("revealWork", work)
    ]
    assert (await company.hub("work", "show", "999")).code == "NOT_FOUND"


async def test_a_dead_event_is_shown_with_its_original_bytes(company: Company) -> None:
    work = str(await dead_event(company.database))
    assert "Geheim" not in (await company.hub("work", "list")).output
    shown = (await company.hub("work", "show", work)).output
    assert f"original:\n{DEAD_BODY.decode(errors='replace')}" in shown
    assert await company.rows("SELECT action, object_id FROM audit_event WHERE action <> 'runFlow'") == [
        ("revealWork", work)
    ]


async def test_dead_letters_are_tried_again_by_filter(company: Company) -> None:
    company.deliver(customer(1))
    for number in (1, 2, 3):
        await stuck(company, number, "DEAD" if number < 3 else "UNKNOWN")
    assert (await company.hub("work", "retry")).code == "INVALID"
    said = await company.hub("work", "retry", "--code", "UNAVAILABLE", "--state", "DEAD")
    assert "2 tried again" in said.output
    found = "SELECT state, attempts FROM dispatch WHERE kind = 'outbound.send' ORDER BY id"
    assert await company.rows(found) == [("READY", 0), ("READY", 0), ("UNKNOWN", 20)]


async def test_a_verdict_needs_a_reason_and_ends_it_once(company: Company) -> None:
    company.deliver(customer(1))
    work = await stuck(company, 1, "UNKNOWN")
    assert (await company.hub("work", "settle", work, "DONE")).status == 2
    assert "DONE" in (await company.hub("work", "settle", work, "DONE", "--reason", "it is there")).output
    assert (await company.hub("work", "settle", work, "NOT_DONE", "--reason", "no")).code == "CONFLICT"
    assert await company.rows("SELECT state FROM outbound_command") == [("DONE",)]
