"""Correcting an e-mail address through the API, over customers that came in by apply."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import gid
from tests.schema.serving import Api, serving

WRONG, RIGHT = "sanne@exmaple.com", "sanne@example.com"

CORRECT = """
mutation Correct($input: CorrectContactMediumInput!) {
  correctContactMedium(input: $input) {
    customer { name version contactMedia { value } }
    problems { code message path }
  }
}
"""


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """Sanne with a typo in her address, and Piet, from a CRM that a flow of corrections leads back to."""
    lane = await declare_flow(database, "crm")
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES ('corrections', 8, 'Corrections', 'customer', 'hub', 'crm')"""
            )
        )
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES ('corrections', 'REAL_TIME', 'AUTHORITATIVE')")
        )
    people = content("1", person("Sanne", WRONG), 0), content("2", person("Piet", "piet@example.com"), 0)
    await apply_page(database, lane, page(*people))
    async with serving(database_url, tmp_path) as api:
        yield api


async def of(database: Database, name: str) -> tuple[CustomerId, str]:
    """The customer's id, and his contact medium's global id."""
    async with database.reading() as connection:
        found = await connection.execute(
            text("SELECT c.id, m.id FROM customer c JOIN contact_medium m ON m.customer_id = c.id WHERE name = :name"),
            {"name": name},
        )
        customer, medium = found.one()
    return CustomerId(UUID(str(customer))), gid("ContactMedium", medium)


async def written(database: Database) -> tuple[int, int, int]:
    """How many corrections, outbound commands and deeds there are."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT (SELECT count(*) FROM correction), (SELECT count(*) FROM outbound_command),
                     (SELECT count(*) FROM audit_event WHERE action <> 'read')"""
            )
        )
        corrections, commands, deeds = rows.one()
    return corrections, commands, deeds


async def test_a_correction_is_shown_at_once_and_on_its_way(api: Api, database: Database) -> None:
    _, medium = await of(database, "Sanne")
    answer = await api.ask(CORRECT, {"input": {"contactMediumId": medium, "value": f" {RIGHT} "}})
    assert answer.data["correctContactMedium"] == {
        "customer": {"name": "Sanne", "version": 2, "contactMedia": [{"value": RIGHT}]},
        "problems": [],
    }
    assert await written(database) == (1, 1, 1)


async def test_a_dry_run_checks_everything_and_keeps_nothing(api: Api, database: Database) -> None:
    _, medium = await of(database, "Sanne")
    dry = {"contactMediumId": medium, "dryRun": True}
    answer = await api.ask(CORRECT, {"input": {**dry, "value": RIGHT}})
    assert answer.data["correctContactMedium"] == {
        "customer": {"name": "Sanne", "version": 1, "contactMedia": [{"value": WRONG}]},
        "problems": [],
    }
    refused = await api.ask(CORRECT, {"input": {**dry, "value": "no address"}})
    assert refused.data["correctContactMedium"]["problems"] == [
        {"code": "INVALID", "message": "that is not an e-mail address", "path": ["value"]}
    ]
    assert await written(database) == (0, 0, 0)


async def test_a_repeat_under_the_same_key_corrects_once(api: Api, database: Database) -> None:
    _, medium = await of(database, "Sanne")
    given = {"input": {"contactMediumId": medium, "value": RIGHT, "idempotencyKey": "call-1"}}
    first, second = await api.ask(CORRECT, given), await api.ask(CORRECT, given)
    assert second.data == first.data
    assert await written(database) == (1, 1, 1)


async def test_a_customer_corrects_himself(api: Api, database: Database) -> None:
    sanne, medium = await of(database, "Sanne")
    given = {"input": {"contactMediumId": medium, "value": RIGHT}}
    answer = await api.ask(CORRECT, given, role=Role.CUSTOMER, customer=sanne)
    assert answer.data["correctContactMedium"]["customer"]["contactMedia"] == [{"value": RIGHT}]


async def test_another_customers_medium_is_not_found_and_stays_as_it_is(api: Api, database: Database) -> None:
    piet, _ = await of(database, "Piet")
    _, medium = await of(database, "Sanne")
    given = {"input": {"contactMediumId": medium, "value": RIGHT}}
    answer = await api.ask(CORRECT, given, role=Role.CUSTOMER, customer=piet)
    assert answer.data["correctContactMedium"] == {
        "customer": None,
        "problems": [{"code": "NOT_FOUND", "message": "there is no such contact medium", "path": []}],
    }
    assert await written(database) == (0, 0, 0)


async def test_an_architect_corrects_nothing(api: Api, database: Database) -> None:
    _, medium = await of(database, "Sanne")
    answer = await api.ask(CORRECT, {"input": {"contactMediumId": medium, "value": RIGHT}}, role=Role.ARCHITECT)
    assert (answer.data, answer.codes) == (None, ["FORBIDDEN"])
    assert await written(database) == (0, 0, 0)
