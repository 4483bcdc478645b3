"""A person looks after mails in doubt, and takes in those that came back, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cli.company import Company
from tests.outbound.test_dsn import NOTIFICATION

pytestmark = pytest.mark.slow

DELIVERY = "5f0a4b7e-8c79-4f7c-9f8d-2a5500000000"

_LEAD = """WITH lead AS (
  INSERT INTO sales_lead (id, system, external_id, deleted, as_of, observed_at, version, state)
  VALUES (gen_random_uuid(), 'hub', 'L-1', false, now(), now(), 1, 'ACKNOWLEDGED') RETURNING id)
INSERT INTO lead_delivery (id, lead_id, channel, kind, step, state, reason, rank, planned_for, expires_at, created_at,
  changed_at)
SELECT CAST(:delivery AS uuid), id, 'mailing', 'EMAIL', 1, :state, 'INTERRUPTED', 1, now(), now(), now(), now()
FROM lead"""


async def in_state(company: Company, state: str) -> None:
    async with company.database.transaction() as connection:
        await connection.execute(text(_LEAD), {"delivery": DELIVERY, "state": state})


async def standing(company: Company) -> list[tuple[object, ...]]:
    return await company.rows("SELECT state, reason FROM lead_delivery")


async def test_mails_in_doubt_are_listed_and_settled(company: Company) -> None:
    await in_state(company, "UNKNOWN")
    listed = (await company.hub("outbound", "list")).output
    assert "mailing" in listed
    assert "1 of 1" in listed
    assert "0 of 0" in (await company.hub("outbound", "list", "--channel", "letters")).output
    assert (await company.hub("outbound", "settle", DELIVERY, "CLAIMED")).code == "INVALID"
    assert "settled as SENT" in (await company.hub("outbound", "settle", DELIVERY, "SENT")).output
    assert await standing(company) == [("SENT", "SETTLED")]
    assert (await company.hub("outbound", "settle", DELIVERY, "SENT")).code == "CONFLICT"
    assert await company.rows("SELECT action, object_id FROM audit_event") == [("settleDelivery", DELIVERY)]


async def test_mails_that_came_back_are_taken_in_and_others_are_left(company: Company, tmp_path: Path) -> None:
    await in_state(company, "SENT")
    returned, holiday = tmp_path / "returned", tmp_path / "holiday"
    returned.write_text(NOTIFICATION.format(kind="message/rfc822"), encoding="utf-8")
    holiday.write_text("Subject: Away\n\nUntil Monday.\n", encoding="utf-8")
    said = await company.hub("outbound", "bounce", str(returned), str(holiday))
    assert "returned: 5.1.1, marked at 0 customers" in said.output
    assert "holiday: left as it is" in said.output
    assert await standing(company) == [("BOUNCED", "RETURNED")]
