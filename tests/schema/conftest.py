"""A small company and the API over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.engine import Database
from tests.databases import Filling
from tests.schema.company import Person, add_person, add_systems
from tests.schema.serving import Api, serving


@pytest.fixture
async def company(filling: Filling) -> Database:
    """Anna (known in both systems, with orders and leads), Ben, and Cor and Dora who share an address."""
    return await filling("company", _write_company)


async def _write_company(database: Database) -> None:
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(
            connection,
            Person("Anna Bakker", "anna@example.nl", "+31612345678", orders=3, leads=2, systems=("crm", "lms")),
        )
        await add_person(connection, Person("Ben de Vries", "ben@example.nl", orders=1))
        await add_person(connection, Person("Cor Smit", "thuis@example.nl"))
        await add_person(connection, Person("Dora Smit", "thuis@example.nl"))


@pytest.fixture
async def api(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API over the company."""
    async with serving(database_url, tmp_path) as api:
        yield api
