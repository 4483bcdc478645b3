"""Dead letters over GraphQL: listed, tried again, settled; a refused call changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.access.principal import Role
from hub.store.engine import Database
from tests.flows.test_stuck_work import DEAD_BODY, dead_event, refused_twice, unknown_create
from tests.schema.serving import Api, serving

LIST = """query($filter: WorkFilter) { deadLetters(filter: $filter) { totalCount edges { node {
  id kind queue state code attempts command { target entity operation externalId state } } } } }"""
CONTENT = """query($id: ID!) { node(id: $id) { ... on StuckWork { command { content {
  changes lastRead lastReadAt } } } } }"""
REVEALED = "SELECT principal FROM audit_event WHERE action = 'revealWork'"
RETRY = "mutation($input: RetryWorkInput!) { retryWork(input: $input) { retried problems { code path } } }"
SETTLE = "mutation($input: SettleWorkInput!) { settleWork(input: $input) { work { state } problems { code path } } }"


@pytest.fixture
async def desk(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API over an empty store, which each test fills."""
    async with serving(database_url, tmp_path) as api:
        yield api


async def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def nodes(desk: Api, **filter_: object) -> list[dict[str, Any]]:
    answer = await desk.ask(LIST, {"filter": filter_}, role=Role.ARCHITECT)
    assert answer.data["deadLetters"]["totalCount"] == len(answer.data["deadLetters"]["edges"])
    return [edge["node"] for edge in answer.data["deadLetters"]["edges"]]


async def test_dead_letters_show_their_command_and_filters_narrow_them_down(desk: Api, database: Database) -> None:
    await refused_twice(database, MemoryStore())
    newest, oldest = await nodes(desk)
    assert newest["id"] > oldest["id"]
    assert newest["command"] == {
        "target": "crm",
        "entity": "customer",
        "operation": "UPDATE",
        "externalId": "1",
        "state": "REFUSED",
    }
    assert (newest["kind"], newest["queue"], newest["state"]) == ("outbound.send", "REALTIME", "DEAD")
    assert await nodes(desk, states=["UNKNOWN"]) == []
    assert await nodes(desk, code=newest["code"], kind="outbound.send", queue="REALTIME") == [newest, oldest]
    assert (await desk.ask(LIST)).codes == ["FORBIDDEN"]


async def test_what_a_command_wanted_is_for_a_steward_and_asking_is_noted(desk: Api, database: Database) -> None:
    await refused_twice(database, MemoryStore())
    *_, oldest = await nodes(desk)
    assert (await desk.ask(CONTENT, {"id": oldest["id"]}, role=Role.ARCHITECT)).codes == ["FORBIDDEN"]
    assert await rows(database, REVEALED) == []
    answer = await desk.ask(CONTENT, {"id": oldest["id"]}, role=Role.STEWARD)
    content = answer.data["node"]["command"]["content"]
    assert orjson.loads(content["changes"]) == [{"path": ["name"], "old": "Sanne", "new": "Sanne Smit"}]
    assert content["lastRead"] is None
    assert await rows(database, REVEALED) == [("development:steward",)]


async def test_a_dead_event_shows_its_original_bytes_to_a_steward_and_asking_is_noted(
    desk: Api, database: Database
) -> None:
    await dead_event(database)
    [dead] = await nodes(desk, kind="inbox.apply")
    assert (dead["command"], dead["code"]) == (None, "NOT_FOUND")
    asked = """query($id: ID!) { node(id: $id) { ... on StuckWork { event { system eventId original } } } }"""
    assert (await desk.ask(asked, {"id": dead["id"]}, role=Role.ARCHITECT)).codes == ["FORBIDDEN"]
    assert await rows(database, REVEALED) == []
    answer = await desk.ask(asked, {"id": dead["id"]}, role=Role.STEWARD)
    told = {"system": "crm", "eventId": "msg_1", "original": DEAD_BODY.decode(errors="replace")}
    assert answer.data["node"]["event"] == told
    assert await rows(database, REVEALED) == [("development:steward",)]


async def test_a_retry_by_filter_lines_all_up_and_a_dry_run_none(desk: Api, database: Database) -> None:
    await refused_twice(database, MemoryStore())
    given: dict[str, object] = {"filter": {"states": ["DEAD"]}}
    assert (await desk.ask(RETRY, {"input": given})).codes == ["FORBIDDEN"]
    dry = await desk.ask(RETRY, {"input": {**given, "dryRun": True}}, role=Role.ARCHITECT)
    assert dry.data["retryWork"] == {"retried": 2, "problems": []}
    assert await rows(database, "SELECT DISTINCT state FROM dispatch") == [("DEAD",)]
    done = await desk.ask(RETRY, {"input": given}, role=Role.ARCHITECT)
    assert done.data["retryWork"] == {"retried": 2, "problems": []}
    assert await rows(database, "SELECT state FROM dispatch ORDER BY id") == [("READY",), ("WAITING",)]
    nothing = await desk.ask(RETRY, {"input": {}}, role=Role.ARCHITECT)
    assert nothing.data["retryWork"]["problems"] == [{"code": "INVALID", "path": ["ids"]}]


async def test_an_unknown_outcome_is_settled_once(desk: Api, database: Database) -> None:
    await unknown_create(database, MemoryStore())
    [stuck] = await nodes(desk, states=["UNKNOWN"])
    given = {"workId": stuck["id"], "verdict": "DONE", "reason": "it is there"}
    assert (await desk.ask(SETTLE, {"input": given})).codes == ["FORBIDDEN"]
    await desk.ask(SETTLE, {"input": {**given, "dryRun": True}}, role=Role.ARCHITECT)
    assert await rows(database, "SELECT state FROM dispatch") == [("UNKNOWN",)]
    done = await desk.ask(SETTLE, {"input": given}, role=Role.ARCHITECT)
    assert done.data["settleWork"] == {"work": {"state": "DONE"}, "problems": []}
    again = await desk.ask(SETTLE, {"input": given}, role=Role.ARCHITECT)
    assert again.data["settleWork"] == {"work": None, "problems": [{"code": "CONFLICT", "path": []}]}
    assert await rows(database, "SELECT state FROM outbound_command") == [("DONE",)]
