"""Quarantine and drift over GraphQL: who sees what, what is kept, and that a refused call changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.access.principal import Role
from hub.flows.take_in import take_in
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, SourceObject
from hub.store.engine import Database
from tests.flows.building import at, declare_flow
from tests.flows.engine import CRM, MAPPING, room_over
from tests.mapping.contracts import agreed
from tests.schema.company import gid
from tests.schema.serving import Api, serving

CONTRACT = "version: 1\npolicy: EVOLVE\nfields: {name: text, level: text}\n"
KNOWN = {(CRM, Entity.CUSTOMER): replace(MAPPING, contract=agreed(CONTRACT))}

LIST = """query($filter: QuarantineFilter) { quarantine(filter: $filter) { totalCount edges { node {
  id system entity externalId code path reason state flow correctedBy settledBy settledReason } } } }"""
BYTES = "query($id: ID!) { node(id: $id) { ... on QuarantinedObject { bytes { original corrected } } } }"
EDIT = """mutation($input: EditQuarantinedInput!) { editQuarantined(input: $input) {
  quarantinedObject { correctedBy } problems { code path } } }"""
REPLAY = """mutation($input: ReplayQuarantinedInput!) { replayQuarantined(input: $input) {
  outcomes { id outcome code reason changedFields } remaining problems { code path } } }"""
DISCARD = """mutation($input: DiscardQuarantinedInput!) { discardQuarantined(input: $input) {
  discarded problems { code path } } }"""
NODE = "query($id: ID!) { node(id: $id) { __typename } }"
DRIFTS = """{ contractDrifts { totalCount edges { node { id system entity path kind policy detail objects externalId
  contractVersion quarantined { externalId } } } } }"""


@pytest.fixture
async def filled(database: Database) -> Database:
    """Three customers of a level nobody knows, one of them with a colour that was not agreed."""
    lane = await declare_flow(database, CRM)
    bodies: list[JsonObject] = [{"name": name, "level": "unheard"} for name in ("Anna", "Ben")]
    objects = [
        SourceObject(Entity.CUSTOMER, ExternalId(str(number)), body, at(number), at(number))
        for number, body in enumerate([*bodies, {"name": "Cor", "level": "unheard", "colour": "red"}], start=1)
    ]
    await take_in(replace(room_over(database, MemoryStore()), mappings=KNOWN), lane, objects)
    return database


@pytest.fixture
async def desk(filled: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API over them."""
    async with serving(database_url, tmp_path, mappings=KNOWN) as api:
        yield api


async def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def ids(desk: Api) -> list[str]:
    """Global ids in the order the objects came."""
    answer = await desk.ask(LIST, role=Role.ARCHITECT)
    nodes = [edge["node"] for edge in answer.data["quarantine"]["edges"]]
    return [node["id"] for node in sorted(nodes, key=lambda node: str(node["externalId"]))]


async def test_the_list_tells_why_and_a_filter_narrows_it_down(desk: Api) -> None:
    answer = await desk.ask(LIST, {"filter": {"system": "crm", "code": "UNMAPPED"}}, role=Role.ARCHITECT)
    assert answer.data["quarantine"]["totalCount"] == 3
    node = answer.data["quarantine"]["edges"][-1]["node"]
    assert {name: node[name] for name in ("externalId", "code", "path", "reason", "state", "flow")} == {
        "externalId": "1",
        "code": "UNMAPPED",
        "path": "status",
        "reason": "customer.status: table levels has no entry for 'unheard'",
        "state": "OPEN",
        "flow": "crm-customer",
    }
    nothing = await desk.ask(LIST, {"filter": {"entity": "sales_order"}}, role=Role.ARCHITECT)
    assert nothing.data["quarantine"] == {"totalCount": 0, "edges": []}


async def test_the_bytes_are_for_a_steward_alone_and_asking_is_noted(desk: Api, filled: Database) -> None:
    first, *_ = await ids(desk)
    refused = await desk.ask(BYTES, {"id": first}, role=Role.ARCHITECT)
    assert refused.codes == ["FORBIDDEN"]
    assert await rows(filled, "SELECT count(*) FROM audit_event") == [(0,)]
    answer = await desk.ask(BYTES, {"id": first}, role=Role.STEWARD)
    assert answer.data["node"]["bytes"] == {"original": '{"name":"Anna","level":"unheard"}', "corrected": None}
    assert await rows(filled, "SELECT principal, action FROM audit_event") == [
        ("development:steward", "revealQuarantined")
    ]


async def test_a_correction_is_tried_and_then_replayed(desk: Api, filled: Database) -> None:
    first, *_ = await ids(desk)
    corrected = {"quarantinedObjectId": first, "body": '{"name": "Anna", "level": "g"}'}
    denied = await desk.ask(EDIT, {"input": corrected}, role=Role.ARCHITECT)
    assert denied.codes == ["FORBIDDEN"]
    tried = await desk.ask(EDIT, {"input": {**corrected, "dryRun": True}}, role=Role.STEWARD)
    assert tried.data["editQuarantined"]["problems"] == []
    assert await rows(filled, "SELECT count(*) FROM quarantine WHERE corrected IS NOT NULL") == [(0,)]
    kept = await desk.ask(EDIT, {"input": corrected}, role=Role.STEWARD)
    assert kept.data["editQuarantined"]["quarantinedObject"] == {"correctedBy": "development:steward"}
    dry = await desk.ask(REPLAY, {"input": {"ids": [first], "dryRun": True}}, role=Role.ARCHITECT)
    [outcome] = dry.data["replayQuarantined"]["outcomes"]
    assert (outcome["id"], outcome["outcome"]) == (first, "ACCEPTED")
    assert {"name", "status"} <= set(outcome["changedFields"])
    assert await rows(filled, "SELECT count(*) FROM customer") == [(0,)]
    done = await desk.ask(REPLAY, {"input": {"ids": [first]}}, role=Role.ARCHITECT)
    assert [one["outcome"] for one in done.data["replayQuarantined"]["outcomes"]] == ["ACCEPTED"]
    assert await rows(filled, "SELECT name, status FROM customer") == [("Anna", "GOLD")]


async def test_a_replay_by_filter_tells_what_is_refused_again(desk: Api, filled: Database) -> None:
    answer = await desk.ask(REPLAY, {"input": {"filter": {"code": "UNMAPPED"}}}, role=Role.STEWARD)
    payload = answer.data["replayQuarantined"]
    assert (len(payload["outcomes"]), payload["remaining"], payload["problems"]) == (3, 0, [])
    assert {(one["outcome"], one["code"], one["changedFields"]) for one in payload["outcomes"]} == {
        ("REFUSED", "UNMAPPED", None)
    }
    assert await rows(filled, "SELECT DISTINCT state FROM quarantine") == [("OPEN",)]


async def test_it_must_be_said_which_objects_are_meant(desk: Api, filled: Database) -> None:
    first, *_ = await ids(desk)
    wrong: list[dict[str, object]] = [{}, {"ids": [first], "filter": {}}, {"ids": [gid("Customer", 1)]}]
    found = [await desk.ask(REPLAY, {"input": given}, role=Role.STEWARD) for given in wrong]
    problems = [answer.data["replayQuarantined"]["problems"][0]["code"] for answer in found]
    assert problems == ["INVALID", "INVALID", "NOT_FOUND"]
    assert await rows(filled, "SELECT count(*) FROM audit_event") == [(0,)]


async def test_discarding_needs_a_reason_and_the_scope(desk: Api, filled: Database) -> None:
    given = {"filter": {"system": "crm"}, "reason": "test records"}
    assert (await desk.ask(DISCARD, {"input": given})).codes == ["FORBIDDEN"]
    blank = await desk.ask(DISCARD, {"input": {**given, "reason": " "}}, role=Role.STEWARD)
    assert blank.data["discardQuarantined"] == {"discarded": 0, "problems": [{"code": "INVALID", "path": ["reason"]}]}
    dry = await desk.ask(DISCARD, {"input": {**given, "dryRun": True}}, role=Role.STEWARD)
    assert dry.data["discardQuarantined"]["discarded"] == 3
    assert await rows(filled, "SELECT DISTINCT state FROM quarantine") == [("OPEN",)]
    done = await desk.ask(DISCARD, {"input": {**given, "idempotencyKey": "once"}}, role=Role.STEWARD)
    again = await desk.ask(DISCARD, {"input": {**given, "idempotencyKey": "once"}}, role=Role.STEWARD)
    assert done.data == again.data
    assert await rows(filled, "SELECT DISTINCT state, settled_by, settled_reason FROM quarantine") == [
        ("DISCARDED", "development:steward", "test records")
    ]


async def test_drift_is_listed_with_the_first_object_that_showed_it(desk: Api) -> None:
    answer = await desk.ask(DRIFTS, role=Role.ARCHITECT)
    [edge] = answer.data["contractDrifts"]["edges"]
    assert edge["node"].pop("contractVersion").startswith("1+")
    found = await desk.ask(NODE, {"id": edge["node"].pop("id")}, role=Role.ARCHITECT)
    assert found.data == {"node": {"__typename": "ContractDrift"}}
    assert edge["node"] == {
        "system": "crm",
        "entity": "customer",
        "path": "colour",
        "kind": "NEW_FIELD",
        "policy": "EVOLVE",
        "detail": "text that was not agreed",
        "objects": 1,
        "externalId": "3",
        "quarantined": {"externalId": "3"},
    }
    assert (await desk.ask(DRIFTS)).codes == ["FORBIDDEN"]
