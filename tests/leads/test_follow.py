"""A lead is followed by those who may see it, and gone on with from a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.leads.documents import lead
from tests.leads.opening import opened
from tests.schema.company import gid, uid
from tests.schema.following import Socket, acknowledged
from tests.schema.serving import Api, listening_api

pytestmark = pytest.mark.slow

FOLLOW = (
    "subscription($id: ID!, $after: String) { leadUpdates(id: $id, after: $after) { cursor event lead { state } } }"
)


@pytest.fixture
async def served(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    async with asyncio.timeout(120), listening_api(database_url, tmp_path) as served:
        yield served


async def heard(socket: Socket) -> tuple[str, str, str]:
    """Event, state and cursor of the next message."""
    message: dict[str, Any] = await socket.hear()
    update = message["payload"]["data"]["leadUpdates"]
    return update["event"], update["lead"]["state"], update["cursor"]


async def test_a_lead_is_followed_and_resumed_from_a_cursor(served: tuple[Api, str], company: Database) -> None:
    api, address = served
    identity = gid("SalesLead", await opened(company))
    async with acknowledged(address, api.token(Role.AGENT)) as socket:
        await socket.subscribe(FOLLOW, {"id": identity})
        event, state, cursor = await heard(socket)
        assert (event, state) == ("CURRENT", "ACKNOWLEDGED")
    await lead(api, "convertLead", leadId=identity)
    async with acknowledged(address, api.token(Role.AGENT)) as socket:
        await socket.subscribe(FOLLOW, {"id": identity, "after": cursor})
        seen = [(await heard(socket))[:2]]
        # The lead was new: that it was made may be told behind the first message.
        while seen[-1][0] == "SalesLeadCreateEvent":
            seen.append((await heard(socket))[:2])
        assert seen[-1] == ("SalesLeadStateChangeEvent", "PENDING")


async def test_a_customer_follows_no_lead(served: tuple[Api, str], company: Database) -> None:
    api, address = served
    identity = gid("SalesLead", await opened(company))
    async with acknowledged(address, api.token(Role.CUSTOMER, CustomerId(uid("Anna Bakker")))) as socket:
        await socket.subscribe(FOLLOW, {"id": identity})
        (error,) = (await socket.hear())["payload"]
        assert error["extensions"]["code"] == "FORBIDDEN"


async def test_nobody_follows_a_lead_that_is_none(served: tuple[Api, str]) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.AGENT)) as socket:
        await socket.subscribe(FOLLOW, {"id": gid("SalesLead", uid("nobody"))})
        (error,) = (await socket.hear())["payload"]["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"
