"""Requests about a person's own data through the API: dry, done, refused, and what each leaves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page, person
from tests.privacy.test_erase import everything
from tests.schema.company import gid
from tests.schema.serving import Api, serving
from tests.stewardship.building import owner

ERASE = """
mutation($input: RequestErasureInput!) { requestErasure(input: $input) {
  request { id kind principal receipts { system records state byHand } } systems problems { code } } }
"""
EXPORT = """
mutation($input: RequestExportInput!) { requestExport(input: $input) { document counts problems { code } } }
"""
SETTLE = """
mutation($input: SettlePrivacyReceiptInput!) { settlePrivacyReceipt(input: $input) {
  request { receipts { system state why } } problems { code } } }
"""
LIST = "query($id: ID) { privacyRequests(customerId: $id) { totalCount edges { node { kind principal } } } }"


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """Jan, whose name changed once, in the CRM."""
    lane = await declare_flow(database, "crm")
    await apply_page(database, lane, page(content("1", person("Jan Smit", "jan@example.com"), 1)))
    await apply_page(database, lane, page(content("1", person("Jan Bakker", "jan@example.com"), 2)))
    async with serving(database_url, tmp_path) as api:
        yield api


async def deeds(database: Database) -> list[str]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT action FROM audit_event WHERE object_type = 'PrivacyRequest' ORDER BY id")
        )
        return list(rows.scalars().all())


async def test_an_export_holds_everything_with_where_it_comes_from(api: Api, database: Database) -> None:
    jan = gid("Customer", await owner(database, "crm", "1"))
    answer = await api.ask(EXPORT, {"input": {"customerId": jan}}, role=Role.STEWARD)
    told = json.loads(answer.data["requestExport"]["document"])
    parts = told["parts"]
    assert [row["name"] for row in parts["customer"]] == ["Jan Bakker"]
    assert {(row["field"], row["source"]) for row in parts["provenance"]} == {("kind", "crm"), ("name", "crm")}
    assert [row["value"] for row in parts["contactMedia"]] == ["jan@example.com"]
    assert [row["content"]["name"] for row in parts["history"]] == ["Jan Smit", "Jan Bakker"]
    assert [row["asOf"] for row in parts["history"]] == [at(1).isoformat(), at(2).isoformat()]
    assert await deeds(database) == ["requestExport"]


async def test_an_erasure_is_tried_dry_then_done_and_its_proof_is_found_by_the_id_that_was(
    api: Api, database: Database
) -> None:
    jan = gid("Customer", await owner(database, "crm", "1"))
    before = await everything(database)
    dry = await api.ask(ERASE, {"input": {"customerId": jan, "dryRun": True}}, role=Role.STEWARD)
    assert dry.data["requestErasure"] == {"request": None, "systems": ["crm"], "problems": []}
    assert await everything(database) == before
    done = (await api.ask(ERASE, {"input": {"customerId": jan}}, role=Role.STEWARD)).data["requestErasure"]
    assert done["request"] == {
        "id": done["request"]["id"],
        "kind": "ERASURE",
        "principal": "development:steward",
        "receipts": [{"system": "crm", "records": 1, "state": "PENDING", "byHand": True}],
    }
    gone = await api.ask("query($id: ID!) { customer(by: {id: $id}) { name } }", {"id": jan})
    assert gone.codes == ["NOT_FOUND"]
    given = {"requestId": done["request"]["id"], "system": "crm"}
    settled = await api.ask(SETTLE, {"input": given}, role=Role.STEWARD)
    assert settled.data["settlePrivacyReceipt"]["request"]["receipts"] == [
        {"system": "crm", "state": "DONE", "why": None}
    ]
    listed = await api.ask(LIST, {"id": jan}, role=Role.STEWARD)
    assert listed.data["privacyRequests"] == {
        "totalCount": 1,
        "edges": [{"node": {"kind": "ERASURE", "principal": "development:steward"}}],
    }
    assert await deeds(database) == ["requestErasure", "settlePrivacyReceipt"]


@pytest.mark.parametrize("role", [Role.AGENT, Role.FRONTEND, Role.ARCHITECT])
async def test_others_than_stewards_neither_erase_nor_export(api: Api, database: Database, role: Role) -> None:
    jan = gid("Customer", await owner(database, "crm", "1"))
    for document in (ERASE, EXPORT):
        assert (await api.ask(document, {"input": {"customerId": jan}}, role=role)).codes == ["FORBIDDEN"]
    await api.app.state.running.hub.trail.write()
    assert await deeds(database) == []
    async with database.reading() as connection:
        denied = await connection.execute(
            text("SELECT object_id FROM audit_event WHERE outcome = 'DENIED' ORDER BY id")
        )
        assert list(denied.scalars().all()) == ["Mutation.requestErasure", "Mutation.requestExport"]
        assert await connection.scalar(text("SELECT count(*) FROM customer")) == 1
