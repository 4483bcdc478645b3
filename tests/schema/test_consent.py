"""Recording consent through the API: who may, what it answers, what a refusal leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import gid
from tests.schema.serving import Api, serving
from tests.stewardship.building import owner

RECORD = """
mutation($input: RecordConsentInput!) { recordConsent(input: $input) {
  customer { consent(purpose: "marketing", channel: "EMAIL") { status granted rule } }
  status token told problems { code path } } }
"""
CONFIRM = """
mutation($input: ConfirmConsentInput!) { confirmConsent(input: $input) { status problems { code } } }
"""


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """Jan and Mia in the CRM."""
    lane = await declare_flow(database, "crm")
    people = content("1", person("Jan", "jan@example.com"), 1), content("2", person("Mia", "mia@example.com"), 1)
    await apply_page(database, lane, page(*people))
    async with serving(database_url, tmp_path) as api:
        yield api


async def kept(database: Database) -> tuple[int, int]:
    """Statements, and deeds in the audit trail."""
    async with database.reading() as connection:
        statements = await connection.scalar(text("SELECT count(*) FROM consent_statement"))
        deeds = await connection.scalar(text("SELECT count(*) FROM audit_event WHERE action = 'recordConsent'"))
    return statements or 0, deeds or 0


async def given(database: Database, external_id: str, **more: object) -> dict[str, object]:
    customer = gid("Customer", await owner(database, "crm", external_id))
    return {"customerId": customer, "purpose": "marketing", "channel": "EMAIL", "status": "GRANTED", **more}


async def test_an_agent_records_what_the_customer_says(api: Api, database: Database) -> None:
    answer = await api.ask(RECORD, {"input": await given(database, "1")})
    assert answer.data["recordConsent"] == {
        "customer": {"consent": {"status": "GRANTED", "granted": True, "rule": "MOST_RECENT"}},
        "status": "GRANTED",
        "token": None,
        "told": [],
        "problems": [],
    }
    assert await kept(database) == (1, 1)


async def test_a_double_opt_in_is_confirmed_by_its_token(api: Api, database: Database) -> None:
    asked = await api.ask(RECORD, {"input": await given(database, "1", doubleOptIn=True)}, role=Role.FRONTEND)
    told = asked.data["recordConsent"]
    assert told["customer"]["consent"] == {"status": "PENDING", "granted": False, "rule": "MOST_RECENT"}
    confirmed = await api.ask(CONFIRM, {"input": {"token": told["token"]}}, role=Role.FRONTEND)
    assert confirmed.data["confirmConsent"] == {"status": "GRANTED", "problems": []}
    again = await api.ask(CONFIRM, {"input": {"token": told["token"]}}, role=Role.FRONTEND)
    assert again.data["confirmConsent"]["problems"] == [{"code": "CONFLICT"}]
    assert await kept(database) == (2, 2)


async def test_nobody_records_for_whom_he_may_not_see_nor_what_cannot_be(api: Api, database: Database) -> None:
    mia = CustomerId(await owner(database, "crm", "2"))
    other = await api.ask(RECORD, {"input": await given(database, "1")}, role=Role.CUSTOMER, customer=mia)
    assert other.data["recordConsent"]["problems"] == [{"code": "NOT_FOUND", "path": []}]
    blank = await api.ask(RECORD, {"input": await given(database, "1", purpose=" ")})
    assert blank.data["recordConsent"]["problems"] == [{"code": "INVALID", "path": ["purpose"]}]
    forbidden = await api.ask(RECORD, {"input": await given(database, "1")}, role=Role.ARCHITECT)
    assert forbidden.codes == ["FORBIDDEN"]
    dry = await api.ask(RECORD, {"input": await given(database, "1", dryRun=True)})
    assert dry.data["recordConsent"]["status"] == "GRANTED"
    assert await kept(database) == (0, 0)
