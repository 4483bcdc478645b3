"""A company with a catalogue of topics, and its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.records.enums import RequestKind
from hub.settings.contact import ContactRules, ResponseTarget
from hub.settings.topics import Catalogue
from hub.store.engine import Database
from hub.yaml.nodes import read_yaml
from tests.contacts.conducting import declare_outward
from tests.databases import Filling
from tests.schema.company import Person, add_person, add_systems
from tests.schema.serving import Api, serving

CATALOGUE = Catalogue.model_validate(read_yaml(Path(__file__).with_name("topics.yaml"))[0].plain())

RULES = ContactRules(
    response_targets=(
        ResponseTarget(channel="email", status="GOLD", minutes=30),
        ResponseTarget(kind=RequestKind.COMPLAINT, minutes=240),
    )
)


@pytest.fixture
async def company(filling: Filling) -> Database:
    """Anna, a gold customer, and Cor; a CRM, a campaign management and a back office that hear of requests."""
    return await filling("company of contacts", _write_company)


async def _write_company(database: Database) -> None:
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", "+31612345678", systems=("crm", "lms")))
        await add_person(connection, Person("Cor Smit", "thuis@example.nl", "+31201111111"))
    await declare_outward(database, "contact", "customer", "wrap_up", "business_request")
    await declare_outward(database, "business_request", system="backoffice")
    async with database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE information_flow SET business_flow = 6 WHERE target = 'backoffice'")


@pytest.fixture
async def desk(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with the catalogue."""
    async with serving(database_url, tmp_path, contact=RULES, topics=CATALOGUE) as api:
        yield api
