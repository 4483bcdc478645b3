"""Who shows no token that holds stands in the audit trail, and a flood of them does not flood it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.store.audit import Deed
from hub.store.engine import Database
from hub.store.origin import Origin
from hub.store.refusals import KINDS_AT_MOST, OTHERS, UNKNOWN, Denial, Refusals
from tests.schema.following import socket
from tests.schema.serving import Api, listening_api
from tests.schema.test_authorisation import ANSWERED, document_for
from tests.schema.untouched import untouched
from tests.waiting import until

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def expired(api: Api) -> str:
    token = api.token(Role.AGENT)
    api.clock.forward(timedelta(hours=2))
    return token


async def forged(api: Api) -> str:
    head, claims, signature = api.token(Role.AGENT).split(".")
    return f"{head}.{claims}.{signature[::-1]}"


async def missing(api: Api) -> None:
    return None


BAD = [(missing, UNKNOWN), (forged, UNKNOWN), (expired, UNKNOWN)]


Row = tuple[str, str, str, str | None, dict[str, object]]


async def refusals(database: Database) -> list[Row]:
    """Who, where, how, from which address, and how many more."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT principal, object_id, outcome, address, detail FROM audit_event WHERE action = 'denied'
                   ORDER BY id"""
            )
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("extensions", [{}, {"extensions": {}}], ids=["plain", "not plain"])
@pytest.mark.parametrize(("bad", "who"), BAD)
async def test_every_operation_without_a_good_token_is_noted_and_changes_nothing(
    api: Api, company: Database, bad: Callable[[Api], Awaitable[str | None]], who: str, extensions: dict[str, Any]
) -> None:
    token = await bad(api)
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    trail = api.app.state.running.hub.trail
    told: list[Row] = [(who, "/graphql", "UNAUTHORISED", "127.0.0.1", {})]
    async with untouched(company, apart_from={"audit_event"}):
        for count, (keyword, name) in enumerate(ANSWERED):
            body = {"query": document_for(keyword, name), **extensions}
            assert (await api.http.post("/graphql", json=body, headers=headers)).status_code == 401
            api.clock.forward(timedelta(minutes=1))
            await trail.write()
            assert await refusals(company) == told * (count + 1), name


async def test_a_flood_from_one_address_is_two_rows_a_minute(api: Api, company: Database) -> None:
    for _ in range(500):
        assert (await api.post("{ __typename }", token="nonsense")).status_code == 401
    trail = api.app.state.running.hub.trail
    await trail.write()
    first: Row = (UNKNOWN, "/graphql", "UNAUTHORISED", "127.0.0.1", {})
    assert await refusals(company) == [first]
    api.clock.forward(timedelta(minutes=1))
    await trail.write()
    assert await refusals(company) == [first, (*first[:4], {"more": 499})]


async def test_a_revoked_token_names_whose_it_was(api: Api, company: Database) -> None:
    token = api.token(Role.AGENT)
    api.clock.forward(timedelta(seconds=1))
    document = 'mutation { revokeTokens(input: {subject: "development:agent"}) { revoked } }'
    assert (await api.ask(document, role=Role.ARCHITECT)).data == {"revokeTokens": {"revoked": True}}

    async def is_refused() -> bool:
        return (await api.post("{ __typename }", token=token)).status_code == 401

    await until(is_refused, 10, "the refusal")
    await api.app.state.running.hub.trail.write()
    assert await refusals(company) == [("development:agent", "/graphql", "UNAUTHORISED", "127.0.0.1", {})]


async def test_a_socket_that_proves_nobody_is_noted(company: Database, database_url: str, tmp_path: Path) -> None:
    async with listening_api(database_url, tmp_path) as (api, address):
        async with socket(address, "nonsense") as opened:
            await opened.connection.wait_closed()
        await api.app.state.running.hub.trail.write()
    assert await refusals(company) == [(UNKNOWN, "/graphql", "UNAUTHORISED", "127.0.0.1", {})]


def test_a_flood_from_everywhere_is_bounded() -> None:
    kept, rows = Refusals(), list[tuple[Deed, datetime]]()
    for number in range(5 * KINDS_AT_MOST):
        origin = Origin(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
        rows += kept.note(Denial(UNKNOWN, "/graphql", None, origin, "UNAUTHORISED"), NOW)
    rows += kept.note(Denial("agent", "Query.customers", None, Origin()), NOW)
    assert len(rows) == KINDS_AT_MOST + 2
    assert rows[-1][0].principal == "agent"
    (rest,) = [deed for deed, _ in kept.over(NOW + timedelta(minutes=1))]
    assert (rest.object_id, rest.detail) == (OTHERS, {"more": 4 * KINDS_AT_MOST - 1})
