"""Sessions, requests and promises are followed by those who may see them, and gone on with from a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.contacts.conducting import start, step
from tests.contacts.conftest import CATALOGUE, RULES
from tests.contacts.test_requests import promise, request
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import NOW, uid
from tests.schema.following import Socket, acknowledged
from tests.schema.serving import Api, listening_api

FOLLOW = {
    "sessionUpdates": "session { state }",
    "requestUpdates": "request { state }",
    "commitmentUpdates": "commitment { state }",
}
ANNA = {"phone": "+31612345678"}


def document(name: str) -> str:
    return (
        f"subscription($id: ID!, $after: String) {{ {name}(id: $id, after: $after) {{ cursor event {FOLLOW[name]} }} }}"
    )


@pytest.fixture
async def served(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    async with (
        asyncio.timeout(120),
        listening_api(database_url, tmp_path, contact=RULES, topics=CATALOGUE) as served,
    ):
        yield served


async def heard(socket: Socket, name: str, thing: str) -> tuple[str, str, str]:
    """Event, state and cursor of the next message."""
    message: dict[str, Any] = await socket.hear()
    update = message["payload"]["data"][name]
    return update["event"], update[thing]["state"], update["cursor"]


async def test_a_session_is_followed_and_resumed_from_a_cursor(served: tuple[Api, str]) -> None:
    api, address = served
    session = (await start(api, known=ANNA))["session"]
    async with acknowledged(address, api.token(Role.AGENT)) as socket:
        await socket.subscribe(document("sessionUpdates"), {"id": session["id"]})
        event, state, cursor = await heard(socket, "sessionUpdates", "session")
        assert (event, state) == ("CURRENT", "ACTIVE")
    await step(api, "transferSession", session, queue="second-line")
    async with acknowledged(address, api.token(Role.AGENT)) as socket:
        await socket.subscribe(document("sessionUpdates"), {"id": session["id"], "after": cursor})
        event, state, _ = await heard(socket, "sessionUpdates", "session")
        assert state == "WAITING"
        assert event.startswith("CustomerSession")


async def test_a_request_and_a_promise_are_followed_and_nobody_elses(served: tuple[Api, str]) -> None:
    api, address = served
    session = (await start(api, known=ANNA))["session"]
    made = (await request(api, "openRequest", sessionId=session["id"], kind="SERVICE", subject="Q"))["request"]
    due = (NOW + timedelta(hours=1)).isoformat()
    promised = await promise(api, "makeCommitment", sessionId=session["id"], promise="Call", dueAt=due)
    async with acknowledged(address, api.token(Role.AGENT)) as socket:
        await socket.subscribe(document("requestUpdates"), {"id": made["id"]}, "1")
        assert (await heard(socket, "requestUpdates", "request"))[:2] == ("CURRENT", "ACKNOWLEDGED")
        await request(api, "advanceRequest", requestId=made["id"], to="IN_PROGRESS")
        states = {(await heard(socket, "requestUpdates", "request"))[1]}
        assert states == {"IN_PROGRESS"}
    async with acknowledged(address, api.token(Role.AGENT)) as socket:
        await socket.subscribe(document("commitmentUpdates"), {"id": promised["commitment"]["id"]})
        assert (await heard(socket, "commitmentUpdates", "commitment"))[:2] == ("CURRENT", "OPEN")
        await promise(api, "settleCommitment", commitmentId=promised["commitment"]["id"])
        told = await heard(socket, "commitmentUpdates", "commitment")
        assert told[:2] == ("CommitmentStateChangeEvent", "KEPT")
    cor = api.token(Role.CUSTOMER, CustomerId(uid("Cor Smit")))
    async with acknowledged(address, cor) as socket:
        for name, identity in (
            ("sessionUpdates", session["id"]),
            ("requestUpdates", made["id"]),
            ("commitmentUpdates", promised["commitment"]["id"]),
        ):
            await socket.subscribe(document(name), {"id": identity}, name)
            refused = await socket.hear()
            (error,) = refused["payload"]["errors"]
            assert error["extensions"]["code"] == "NOT_FOUND"
            assert (await socket.hear())["type"] == "complete"


async def test_what_the_hub_keeps_of_two_customers_is_one_history_once_they_are_seen_to_be_one(
    desk: Api, company: Database
) -> None:
    lane = await declare_flow(company, "shop")
    first, second = person("Eva", "eva@example.nl"), person("Eva N", "+31687654321")
    await apply_page(company, lane, page(content("1", first, 0)))
    other = await declare_flow(company, "club")
    await apply_page(company, other, page(content("9", second, 0)))
    mailed = (await start(desk, channel="email", known={"email": "eva@example.nl"}))["session"]
    called = (await start(desk, known={"phone": "+31687654321"}))["session"]
    await request(desk, "openRequest", sessionId=called["id"], kind="SERVICE", subject="Q")
    assert mailed["customer"]["id"] != called["customer"]["id"]
    await apply_page(company, other, page(content("9", person("Eva N", "+31687654321", "eva@example.nl"), 1)))
    view = """query($by: CustomerBy!) { customer(by: $by) { id timeline { totalCount }
      requests { edges { node { subject } } } } }"""
    found = (await desk.ask(view, {"by": {"phone": "+31687654321"}})).data["customer"]
    assert found["timeline"]["totalCount"] == 3
    assert found["requests"]["edges"] == [{"node": {"subject": "Q"}}]
    again = (await start(desk, known={"email": "eva@example.nl"}))["session"]
    assert again["customer"]["id"] == found["id"]
