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
from tests.stewardship.building import merge, owner

ERASE = """
mutation($input: RequestErasureInput!) { requestErasure(input: $input) {
  request { id kind principal receipts { system records state byHand } } systems problems { code } } }
"""
EXPORT = """
mutation($input: RequestExportInput!) { requestExport(input: $input) { document counts problems { code } } }
"""
RECTIFY = """
mutation($input: RequestRectificationInput!) { requestRectification(input: $input) {
  request { kind receipts { system state byHand } counts { name count } } counts systems problems { code path } } }
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


async def test_the_requests_of_who_was_merged_are_found_by_each_of_his_ids_also_once_he_is_erased(
    api: Api, database: Database
) -> None:
    lms = await declare_flow(database, "lms")
    await apply_page(database, lms, page(content("2", person("J. Bakker"), 3), content("3", person("Mia Smit"), 3)))
    jan, bakker, mia = [await owner(database, *node) for node in (("crm", "1"), ("lms", "2"), ("lms", "3"))]
    for asked in (jan, bakker, mia):
        await api.ask(EXPORT, {"input": {"customerId": gid("Customer", asked)}}, role=Role.STEWARD)
    await merge(database, jan, bakker)
    for erased, kinds in ((False, ["EXPORT", "EXPORT"]), (True, ["ERASURE", "EXPORT", "EXPORT"])):
        if erased:
            await api.ask(ERASE, {"input": {"customerId": gid("Customer", bakker)}}, role=Role.STEWARD)
        for asked in (jan, bakker):
            listed = await api.ask(LIST, {"id": gid("Customer", asked)}, role=Role.STEWARD)
            found = [edge["node"]["kind"] for edge in listed.data["privacyRequests"]["edges"]]
            assert (sorted(found), listed.data["privacyRequests"]["totalCount"]) == (kinds, len(kinds))


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


async def all_but_the_trail(database: Database) -> list[str]:
    """Every row but those of the audit trail, which tells of reads behind their answers."""
    return [row for row in (await everything(database)).splitlines() if not row.startswith("audit_event")]


async def test_a_rectification_is_tried_dry_then_true_here_and_asked_for(api: Api, database: Database) -> None:
    jan = gid("Customer", await owner(database, "crm", "1"))
    media = await api.ask("query($id: ID!) { customer(by: {id: $id}) { contactMedia { id } } }", {"id": jan})
    medium = media.data["customer"]["contactMedia"][0]["id"]
    right = {
        "customerId": jan,
        "fields": [{"field": "name", "value": "Jan Kramer"}],
        "contactMedia": [{"contactMediumId": medium, "value": "jan@example.org"}],
    }
    before = await all_but_the_trail(database)
    dry = await api.ask(RECTIFY, {"input": {**right, "dryRun": True}}, role=Role.STEWARD)
    assert dry.data["requestRectification"] == {
        "request": None,
        "counts": ["contact_medium: 1", "field: 1", "source_record: 1"],
        "systems": ["crm"],
        "problems": [],
    }
    assert await all_but_the_trail(database) == before
    answer = await api.ask(RECTIFY, {"input": {**right, "reason": "his letter"}}, role=Role.STEWARD)
    done = answer.data["requestRectification"]["request"]
    assert (done["kind"], done["receipts"]) == (
        "RECTIFICATION",
        [{"system": "crm", "state": "PENDING", "byHand": True}],
    )
    seen = await api.ask("query($id: ID!) { customer(by: {id: $id}) { name contactMedia { value } } }", {"id": jan})
    assert seen.data["customer"] == {"name": "Jan Kramer", "contactMedia": [{"value": "jan@example.org"}]}
    assert await deeds(database) == ["requestRectification"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"fields": [{"field": "name", "value": "A"}, {"field": "name", "value": "B"}]},
        {"fields": [{"field": "name", "value": str(n)} for n in range(51)]},
        {"fields": [{"field": "shoeSize", "value": "43"}]},
    ],
)
async def test_a_rectification_of_nothing_or_of_one_thing_twice_is_invalid(
    api: Api, database: Database, wrong: dict[str, object]
) -> None:
    jan = gid("Customer", await owner(database, "crm", "1"))
    answer = await api.ask(RECTIFY, {"input": {"customerId": jan, **wrong}}, role=Role.STEWARD)
    assert [one["code"] for one in answer.data["requestRectification"]["problems"]] == ["INVALID"]
