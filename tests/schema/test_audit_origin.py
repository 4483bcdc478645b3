"""The audit trail tells from where and why somebody looked or changed, and within which contact."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.store.engine import Database
from tests.schema.company import gid, uid
from tests.schema.following import events, socket
from tests.schema.serving import Api, listening_api

ANNA = uid("Anna Bakker")
ANNAS_SESSION, BENS_SESSION = uid("Anna Bakker session"), uid("Ben de Vries session")
LOOK = '{ customer(by: {email: "anna@example.nl"}) { name } }'
PLAIN: dict[str, Any] = {"query": LOOK}
ROUNDABOUT: dict[str, Any] = {"query": LOOK, "extensions": {}}
"""What is not plain goes through all layers."""

Row = tuple[str | None, str | None, UUID | None, str | None, dict[str, object]]


async def trail(database: Database, action: str = "read") -> list[Row]:
    """Address, purpose, session, channel and detail of the events in order."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                "SELECT address, purpose, session, channel, detail FROM audit_event WHERE action = :action ORDER BY id"
            ),
            {"action": action},
        )
        return [tuple(row) for row in rows]


async def look(api: Api, body: dict[str, Any], headers: Mapping[str, str], role: Role = Role.AGENT) -> Any:
    """The answer, with what it left in the trail written."""
    sent = {"authorization": f"Bearer {api.token(role)}", **headers}
    answer = await api.http.post("/graphql", json=body, headers=sent)
    await api.app.state.running.hub.trail.write()
    return answer.json()


async def serve(database: Database, name: str, agent: str | None) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE customer_session SET agent = :agent, ended_at = NULL WHERE id = :id"),
            {"agent": agent, "id": uid(f"{name} session")},
        )


@pytest.mark.parametrize("body", [PLAIN, ROUNDABOUT])
async def test_a_read_tells_the_address_and_the_purpose(api: Api, company: Database, body: dict[str, Any]) -> None:
    await serve(company, "Anna Bakker", "somebody else")
    await look(api, body, {"x-hub-purpose": "complaint"})
    assert await trail(company) == [("127.0.0.1", "complaint", None, None, {"place": "Query.customer"})]


async def test_an_agent_looks_within_the_contact_that_he_has_with_the_customer(api: Api, company: Database) -> None:
    await serve(company, "Anna Bakker", "development:agent")
    await look(api, PLAIN, {})
    assert await trail(company) == [("127.0.0.1", None, ANNAS_SESSION, "call-centre", {"place": "Query.customer"})]


@pytest.mark.parametrize("body", [PLAIN, ROUNDABOUT])
async def test_a_channel_names_its_session(api: Api, company: Database, body: dict[str, Any]) -> None:
    await serve(company, "Anna Bakker", None)
    await look(api, body, {"x-hub-session": gid("CustomerSession", ANNAS_SESSION)}, Role.FRONTEND)
    assert [row[2:4] for row in await trail(company)] == [(ANNAS_SESSION, "call-centre")]


@pytest.mark.parametrize("agent", [None, "another"])
async def test_a_session_that_is_not_his_or_not_the_customers_is_not_believed(
    api: Api, company: Database, agent: str | None
) -> None:
    name, claimed = ("Anna Bakker", ANNAS_SESSION) if agent else ("Ben de Vries", BENS_SESSION)
    await serve(company, "Anna Bakker", "another")
    await serve(company, name, agent)
    await look(api, PLAIN, {"x-hub-session": gid("CustomerSession", claimed)})
    detail = {"place": "Query.customer", "claimedSession": str(claimed)}
    assert await trail(company) == [("127.0.0.1", None, None, None, detail)]


WRONG = [
    {"x-hub-purpose": "because Anna Bakker asked"},
    {"x-hub-purpose": ""},
    {"x-hub-purpose": "a" * 65},
    {"x-hub-session": "nonsense"},
    {"x-hub-session": gid("Customer", ANNA)},
    {"x-hub-session": "A" * 10_000},
]


@pytest.mark.parametrize("body", [PLAIN, ROUNDABOUT])
@pytest.mark.parametrize("headers", WRONG)
async def test_what_can_be_no_purpose_or_session_is_refused(
    api: Api, company: Database, body: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = await look(api, body, headers)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"]
    assert "data" not in answer
    assert await trail(company) == []


async def test_a_deed_tells_the_same_and_the_request(api: Api, company: Database) -> None:
    await serve(company, "Anna Bakker", "development:agent")
    document = f"""mutation {{ recordConsent(input: {{customerId: "{gid("Customer", ANNA)}", purpose: "newsletter",
      status: GRANTED}}) {{ problems {{ code message }} }} }}"""
    answer = await look(api, {"query": document}, {"x-hub-purpose": "consent", "x-request-id": "request-1234"})
    assert answer["data"]["recordConsent"]["problems"] == []
    ((address, purpose, session, channel, _),) = await trail(company, "recordConsent")
    assert (address, purpose, session, channel) == ("127.0.0.1", "consent", ANNAS_SESSION, "call-centre")
    async with company.reading() as connection:
        asked = text("SELECT request_id FROM audit_event WHERE action = 'recordConsent'")
        assert await connection.scalar(asked) == "request-1234"


async def test_a_socket_tells_it_as_it_begins(company: Database, database_url: str, tmp_path: Path) -> None:
    async with listening_api(database_url, tmp_path) as (api, address):
        async with socket(address, api.token(Role.AGENT), {"purpose": "complaint"}) as opened:
            assert await opened.hear() == {"type": "connection_ack"}
            await opened.subscribe(LOOK, {}, "1")
            assert (await opened.hear())["type"] == "next"
        await api.app.state.running.hub.trail.write()
    assert [row[:2] for row in await trail(company)] == [("127.0.0.1", "complaint")]


async def test_a_stream_of_events_tells_it_with_what_it_shows(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    follow = f'subscription {{ customerUpdates(id: "{gid("Customer", ANNA)}") {{ customer {{ name }} }} }}'
    async with listening_api(database_url, tmp_path) as (api, _):
        for document in (LOOK, follow):
            more = {"x-hub-purpose": "complaint"}
            async with events(api.http, api.token(Role.AGENT), document, {}, more) as stream:
                assert (await anext(stream))[0] == "next"
            await api.app.state.running.hub.trail.write()
    assert [row[:2] for row in await trail(company)] == [("127.0.0.1", "complaint")] * 2


@pytest.mark.parametrize(
    ("proxies", "told"), [((), "127.0.0.1"), (("127.0.0.0/8",), "203.0.113.7"), (("10.0.0.1",), "127.0.0.1")]
)
@pytest.mark.parametrize("body", [PLAIN, ROUNDABOUT])
async def test_only_a_trusted_proxy_is_believed_for_whom_it_asks(
    company: Database, database_url: str, tmp_path: Path, proxies: tuple[str, ...], told: str, body: dict[str, Any]
) -> None:
    async with listening_api(database_url, tmp_path, trusted_proxies=proxies) as (api, _):
        await look(api, body, {"x-forwarded-for": "198.51.100.1, 203.0.113.7"})
    assert [row[0] for row in await trail(company)] == [told]
