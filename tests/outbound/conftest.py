"""Anna and Cor, who allow marketing, and Eva, who said nothing; a mail server and a print street."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hub.settings.find_channels import Outbound
from hub.store.engine import Database
from tests.databases import Filling
from tests.outbound.company import Street, consent, outbound
from tests.outbound.receiving import Receiver, receiving
from tests.schema.company import Person, add_person, add_systems

PEOPLE = (
    Person("Anna Bakker", "Anna@example.nl", "+31612345678"),
    Person("Cor Smit", "cor@example.nl", "+31201111111"),
    Person("Eva Kok", "eva@example.nl", "+31203333333"),
)

OpenStreet = Callable[[Outbound], Street]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def company(filling: Filling) -> Database:
    return await filling("company of outbound", _write_company)


async def _write_company(database: Database) -> None:
    async with database.transaction() as connection:
        await add_systems(connection)
        for person in PEOPLE:
            await add_person(connection, person)
    for person in PEOPLE[:2]:
        await consent(database, person.name)


@pytest.fixture
def open_street(company: Database, tmp_path: Path, receiver: Receiver) -> OpenStreet:
    return lambda settings: Street(company, tmp_path / "street", receiver.port, settings)


@pytest.fixture
def street(open_street: OpenStreet) -> Street:
    return open_street(outbound())
