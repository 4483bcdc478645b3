"""A company with lead and campaign management that hear of leads and of answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.engine import Database
from tests.contacts.conducting import declare_outward
from tests.databases import Filling
from tests.schema.company import Person, add_person, add_systems
from tests.schema.offering import OFFERING
from tests.schema.serving import Api, serving


@pytest.fixture
async def company(filling: Filling) -> Database:
    """Anna, whom the LMS and the CM know, and Cor, whom they do not; leads go to the LMS, answers to both."""
    return await filling("company of leads", _write_company)


async def _write_company(database: Database) -> None:
    async with database.transaction() as connection:
        await add_systems(connection)
        known = ("crm", "lms", "cm")
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", "+31612345678", systems=known, leads=1))
        await add_person(connection, Person("Cor Smit", "thuis@example.nl", "+31201111111"))
    await declare_outward(database, "sales_lead", "customer", "lead_response", system="lms")
    await declare_outward(database, "lead_response", system="cm")


@pytest.fixture
async def desk(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API, with the catalogue of offers."""
    async with serving(database_url, tmp_path, offering=OFFERING) as api:
        yield api
