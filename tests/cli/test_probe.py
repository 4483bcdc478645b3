"""An operator who mended a system does not wait for its probe."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from hub.exchange.breaker import Breaker
from tests.cli.company import Company


async def suspended(company: Company) -> None:
    """The weekly CRM failed just now, so its probe is due in half a minute; something waits for it."""
    await company.hub("migrate-db")
    await Breaker("crm", 1, company.database).failed("UNAVAILABLE", datetime.now(UTC))
    async with company.database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO dispatch (kind, queue, payload, state, ready_at, created_at, waits_for)
                   VALUES ('test', 'weekly', '{}', 'PARKED', now(), now(), 'system:crm')"""
            )
        )


async def waiting(company: Company) -> list[tuple[str, str]]:
    async with company.database.reading() as connection:
        rows = await connection.execute(
            text("SELECT b.state, d.state FROM system_breaker b, dispatch d WHERE d.kind = 'test'")
        )
        return [(row[0], row[1]) for row in rows]


async def test_a_probe_on_request_closes_the_breaker_and_releases_what_waits(company: Company) -> None:
    await suspended(company)
    said = await company.hub("probe", "crm")
    assert said.status == 0
    assert said.output.splitlines()[-1] == "crm answers; the work that waited for it goes on."
    assert await waiting(company) == [("CLOSED", "READY")]
    assert (await company.hub("probe", "crm")).output == "crm is not suspended, or a probe of it is under way.\n"


async def test_a_system_that_is_not_configured_cannot_be_probed(company: Company) -> None:
    await suspended(company)
    assert (await company.hub("probe", "crn")).code == "NOT_FOUND"
    assert await waiting(company) == [("OPEN", "PARKED")]
