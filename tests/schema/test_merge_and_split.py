"""Merging and splitting through the API, over customers that came in by apply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.contacts.tables import Commitment
from hub.records.belongings import ConsentRecord
from hub.records.enums import ConsentStatus
from hub.records.identity import Entity
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.privacy.test_erase import outbound_flow
from tests.schema.company import NOW, add, gid, uid
from tests.schema.serving import Api, serving
from tests.stewardship.building import owner, projection
from tests.stewardship.test_consent import weekly_flow_to
from tests.stewardship.test_distribute import TOLD as TOLD_OUTWARD
from tests.stewardship.test_merge_and_split import two_people

TOLD = """
  customer { id name stewardActs { id kind principal reason receipts { system effect records state } } }
  views { customerId contactMedia records { system externalId } }
  moved { entity source count }
  clashes { field kept values { value } }
  effects { system effect records }
  problems { code message path }
"""
MERGE = f"mutation($input: MergeCustomersInput!) {{ mergeCustomers(input: $input) {{ {TOLD} }} }}"
SPLIT = f"mutation($input: SplitCustomerInput!) {{ splitCustomer(input: $input) {{ {TOLD} }} }}"


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """Jan twice in the CRM."""
    lane = await declare_flow(database, "crm")
    people = content("1", person("Jan de Vries", "jan@example.com"), 1), content("2", person("J. Bakker"), 1)
    await apply_page(database, lane, page(*people))
    async with serving(database_url, tmp_path) as api:
        yield api


async def ids(database: Database) -> tuple[str, str]:
    return gid("Customer", await owner(database, "crm", "1")), gid("Customer", await owner(database, "crm", "2"))


async def deeds(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT principal, action, outcome FROM audit_event WHERE action <> 'read' ORDER BY id")
        )
        return [tuple(row) for row in rows]


async def test_a_dry_run_tells_the_result_and_keeps_nothing(api: Api, database: Database) -> None:
    jan, bakker = await ids(database)
    before = await projection(database)
    given = {"into": jan, "customerIds": [bakker], "dryRun": True}
    told = (await api.ask(MERGE, {"input": given}, role=Role.STEWARD)).data["mergeCustomers"]
    assert told == {
        "customer": {"id": jan, "name": "Jan de Vries", "stewardActs": []},
        "views": [
            {
                "customerId": jan,
                "contactMedia": ["jan@example.com"],
                "records": [{"system": "crm", "externalId": "1"}, {"system": "crm", "externalId": "2"}],
            }
        ],
        "moved": [],
        "clashes": [
            {
                "field": "name",
                "kept": "Jan de Vries",
                "values": [{"value": "Jan de Vries"}, {"value": "J. Bakker"}],
            }
        ],
        "effects": [{"system": "crm", "effect": "HOLDS_DUPLICATES", "records": ["1", "2"]}],
        "problems": [],
    }
    assert await projection(database) == before
    assert await deeds(database) == []


async def test_what_is_done_is_what_the_dry_run_told(database: Database, database_url: str, tmp_path: Path) -> None:
    """With orders that move, a promise of the hub's own, a consent that ends and a system that is told a name."""
    await two_people(database)
    await outbound_flow(database, "lms")
    jan, bakker = await owner(database, "crm", "1"), await owner(database, "lms", "9")
    promise = {"promise": "call back", "due_at": NOW, "handler": "desk", "state": "OPEN", "made_by": "agent"}
    consents = await declare_flow(database, "crm", Entity.CONSENT)
    said = [(str(n), status) for n, status in ((1, ConsentStatus.GRANTED), (2, ConsentStatus.REVOKED))]
    told = [content(f"c{n}", ConsentRecord(customer=n, purpose="marketing", status=one), 1) for n, one in said]
    await apply_page(database, consents, page(*told))
    await weekly_flow_to(database, "crm")
    async with database.transaction() as connection:
        await add(connection, Commitment, id=uid("promise"), customer_id=bakker, made_at=NOW, **promise)
    given: dict[str, object] = {"into": gid("Customer", jan), "customerIds": [gid("Customer", bakker)]}
    async with serving(database_url, tmp_path, rules=TOLD_OUTWARD.recognition) as api:
        merged = await dry_then_done(api, MERGE, "mergeCustomers", given)
        assert [(one["system"], one["effect"]) for one in merged["effects"]] == [
            *(("crm", "CONSENT_TRAVELS"), ("crm", "HOLDS_DUPLICATES"), ("lms", "VALUES_TRAVEL"))
        ]
        assert [(one["entity"], one["source"]) for one in merged["moved"]] == [
            *(("commitment", "hub"), ("consent", "crm"), ("sales_order", "crm"))
        ]
        assert [one["field"] for one in merged["clashes"]] == ["name"]
        what = {"what": {"mergeId": merged["customer"]["stewardActs"][0]["id"]}}
        parted = await dry_then_done(api, SPLIT, "splitCustomer", what)
        assert [(one["system"], one["effect"]) for one in parted["effects"]] == [
            *(("crm", "UNTOUCHED"), ("lms", "VALUES_TRAVEL"))
        ]


async def dry_then_done(api: Api, document: str, name: str, given: Mapping[str, object]) -> dict[str, Any]:
    """What the act told, and its dry run before it."""
    dry, done = [
        (await api.ask(document, {"input": {**given, "dryRun": dry}}, role=Role.STEWARD)).data[name]
        for dry in (True, False)
    ]
    for part in ("views", "moved", "clashes", "effects", "problems"):
        assert dry[part] == done[part], part
    found: dict[str, Any] = done
    return found


async def test_a_merge_is_done_once_per_key_and_undone_by_its_id(api: Api, database: Database) -> None:
    jan, bakker = await ids(database)
    before = await projection(database)
    given = {"into": jan, "customerIds": [bakker], "reason": "same birthday", "idempotencyKey": "case-1"}
    first = (await api.ask(MERGE, {"input": given}, role=Role.STEWARD)).data["mergeCustomers"]
    again = (await api.ask(MERGE, {"input": given}, role=Role.STEWARD)).data["mergeCustomers"]
    assert (again["customer"], again["views"]) == (first["customer"], [])
    (act,) = first["customer"]["stewardActs"]
    assert act == {
        "id": act["id"],
        "kind": "MERGE",
        "principal": "development:steward",
        "reason": "same birthday",
        "receipts": [{"system": "crm", "effect": "HOLDS_DUPLICATES", "records": ["1", "2"], "state": "PENDING"}],
    }
    undone = await api.ask(SPLIT, {"input": {"what": {"mergeId": act["id"]}}}, role=Role.STEWARD)
    assert [view["customerId"] for view in undone.data["splitCustomer"]["views"]] == [jan, bakker]
    assert await projection(database) == before
    assert await deeds(database) == [
        ("development:steward", "mergeCustomer", "DONE"),
        ("development:steward", "splitCustomer", "DONE"),
    ]


async def test_what_cannot_be_split_is_a_problem_and_changes_nothing(api: Api, database: Database) -> None:
    jan, _ = await ids(database)
    before = await projection(database)
    what = {"records": {"customerId": jan, "identifiers": [{"system": "crm", "externalId": "1"}]}}
    answer = await api.ask(SPLIT, {"input": {"what": what}}, role=Role.STEWARD)
    assert answer.data["splitCustomer"]["problems"] == [
        {
            "code": "INVALID",
            "message": "name some of the customer's records, and not all of them",
            "path": ["identifiers"],
        }
    ]
    assert await projection(database) == before


@pytest.mark.parametrize("role", [Role.AGENT, Role.FRONTEND, Role.ARCHITECT, Role.SYSTEM])
async def test_others_than_stewards_merge_nobody(api: Api, database: Database, role: Role) -> None:
    jan, bakker = await ids(database)
    before = await projection(database)
    answer = await api.ask(MERGE, {"input": {"into": jan, "customerIds": [bakker]}}, role=role)
    assert (answer.data, answer.codes) == (None, ["FORBIDDEN"])
    assert await projection(database) == before
