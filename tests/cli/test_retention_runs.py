"""A process of the hub removes what is old by itself; and a person who was erased does not come back by a file."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from hub.contacts.tables import TimelineEntry
from hub.entrypoints.declaring import declare
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation
from hub.entrypoints.upkeep import UPKEEP
from hub.entrypoints.wiring import InstalledAdapters
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.requests import Request
from hub.settings.configuration import load_configuration
from hub.settings.environment import Settings
from hub.store.keys import KeyRing
from tests.cli.company import Company, customer
from tests.schema.company import add, uid
from tests.waiting import until

pytestmark = pytest.mark.slow
KEY = b"k" * 32


def installed(company: Company) -> Installation:
    """The company's hub as a process sees it."""
    settings = Settings(
        config=company.folder / "hub.yaml",
        data_dir=company.folder,
        database_url=SecretStr(company.database_url),
        master_key=SecretStr(b64encode(KEY).decode()),
    )
    adapters = InstalledAdapters()
    configuration = load_configuration(settings.config, adapters, {"DROP_FOLDER": str(company.folder / "drop")})
    return Installation(settings, configuration, adapters, company.database_url)


async def test_a_process_declares_every_chore_and_carries_out_the_one_whose_time_has_come(company: Company) -> None:
    hub = installed(company)
    await declare(hub, company.database)
    declared = await company.rows("SELECT name FROM schedule WHERE enabled AND name LIKE 'upkeep:%'")
    assert {name for (name,) in declared} == {upkeep.schedule.name for upkeep in UPKEEP}
    async with company.database.transaction() as connection:
        for year in (2020, datetime.now(UTC).year):
            when = {"at": datetime(year, 1, 1, tzinfo=UTC), "kind": "SESSION", "subject": str(year)}
            await add(connection, TimelineEntry, id=uid(str(year)), customer_id=uid("Anna"), **when)
        due = "UPDATE schedule SET next_run_at = now() - interval '1 hour' WHERE name = 'upkeep:forget-timeline'"
        await connection.execute(text(due))

    async def gone() -> bool:
        return len(await company.rows("SELECT subject FROM timeline_entry")) == 1

    async with running_engine(hub):
        await until(gone, what="the chore")
    assert await company.rows("SELECT subject FROM timeline_entry") == [(str(datetime.now(UTC).year),)]


async def test_a_person_who_was_erased_does_not_come_back_by_a_later_file(company: Company) -> None:
    company.deliver(customer(1, FULLNAME="Wilhelmina"), customer(2, FULLNAME="Geert"))
    assert (await company.hub("run", "weekly-customers")).status == 0
    [(wilhelmina,)] = await company.rows("SELECT id FROM customer WHERE name = 'Wilhelmina'")
    async with company.database.transaction() as connection:
        asked = Request("steward", "her letter", datetime.now(UTC))
        await erase(connection, wilhelmina, EraseTerms(KeyRing(KEY), "NL", {}), asked)
    changed = "2026-02-05 10:00:00"
    company.deliver(
        customer(1, FULLNAME="Wilhelmina", CHANGED=changed), customer(2, FULLNAME="Geert B.", CHANGED=changed)
    )
    assert (await company.hub("run", "weekly-customers")).status == 0
    assert await company.rows("SELECT name FROM customer") == [("Geert B.",)]
    assert await company.rows("SELECT external_id FROM source_record WHERE external_id = '1'") == []
