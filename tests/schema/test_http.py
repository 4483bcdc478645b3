"""The edge: what a request may be, what an error tells, and what the process says about itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from gzip import compress
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub.access.principal import Role
from hub.store.engine import Database, open_engine
from tests.schema.company import gid, uid
from tests.schema.following import acknowledged, events
from tests.schema.serving import Api, listening_api, serving


def nested(levels: int) -> str:
    inside = "{ name }"
    for _ in range(levels):
        inside = "{ leads { edges { node { customer " + inside + " } } } }"
    return '{ customer(by: {email: "anna@example.nl"}) ' + inside + " }"


def doubling(fragments: int) -> str:
    """Each fragment spreads the next one twice: 2^n fields in a few hundred tokens."""
    names = [f"F{n}" for n in range(fragments)]
    spread = [f"fragment {a} on Viewer {{ ...{b} ...{b} }}" for a, b in pairwise(names)]
    return "\n".join(["{ viewer { ...F0 } }", *spread, f"fragment {names[-1]} on Viewer {{ subject }}"])


@pytest.mark.parametrize(
    "document",
    [
        nested(4),
        nested(300),
        doubling(60),
        "{ " + " ".join(f"a{n}: viewer {{ subject }}" for n in range(61)) + " }",
        "{ viewer { subject " + "@skip(if: false) " * 201 + "} }",
        "{ viewer { " + "...A " * 41 + "} } fragment A on Viewer { " + "subject @include(if: true) " * 5 + "}",
        "{ viewer { " + "subject " * 2_001 + "} }",
        "{ viewer { " + "subject " * 5_000 + "} }",
        "{ viewer { " + "...A } } fragment A on Viewer { ...A }",
        "{",
        "{ nothing }",
        "{ viewer { ... @defer { subject } } }",
        "{ customers { edges @stream { node { name } } } }",
    ],
    ids=[
        "deep",
        "deeper",
        "doubling",
        "aliases",
        "directives",
        "spread",
        "fields",
        "tokens",
        "cycle",
        "syntax",
        "unknown",
        "defer",
        "stream",
    ],
)
async def test_a_document_beyond_the_limits_is_refused(api: Api, document: str) -> None:
    answer = await api.ask(document)
    assert answer.data is None
    assert set(answer.codes) == {"BAD_REQUEST"}


async def test_an_answer_with_an_error_comes_whole_over_a_socket(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with listening_api(database_url, tmp_path) as (api, _):
        answer = await api.ask('{ customer(by: {email: "thuis@example.nl"}) { name } }')
    assert (answer.data, answer.codes) == ({"customer": None}, ["AMBIGUOUS"])


async def test_a_body_over_the_limit_is_refused_unread(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 10_000

    announced = await api.http.post("/graphql", content=b" " * 100_001)
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", "content-type": "application/json"}
    flowing = await api.http.post("/graphql", content=endless(), headers=headers)
    assert [announced.status_code, flowing.status_code] == [413, 413]
    assert announced.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"


async def test_a_compressed_body_is_not_unpacked(api: Api) -> None:
    """A megabyte could become a gigabyte; nothing says that the hub takes one."""
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", "content-type": "application/json"}
    sent = compress(b'{"query": "{ viewer { subject } }"}')
    answer = await api.http.post("/graphql", content=sent, headers=headers | {"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_requests_that_are_no_graphql_get_a_client_error(api: Api) -> None:
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
    sent = [
        await api.http.post(
            "/graphql",
            headers=headers,
            content=b"{",
        ),
        await api.http.post("/graphql", headers=headers | {"content-type": "application/json"}, content=b"{"),
        await api.http.post("/graphql", headers=headers, json={"query": 7}),
        await api.http.post("/graphql", headers=headers, json={}),
        await api.http.post("/graphql", headers=headers, json={"query": "{ viewer { subject } }", "operationName": {}}),
        await api.http.post("/graphql", headers=headers, json={"query": "{ viewer { subject } }", "operationName": []}),
        await api.http.post("/graphql", headers=headers, json=[{"query": "{ viewer { subject } }"}]),
        await api.http.put("/graphql", headers=headers, json={"query": "{ viewer { subject } }"}),
    ]
    assert [response.status_code for response in sent] == [400, 400, 400, 400, 400, 400, 400, 405]
    assert {response.json()["errors"][0]["extensions"]["code"] for response in sent} == {"BAD_REQUEST"}
    assert sent[-1].headers["allow"] == "GET, POST"


async def test_a_mutation_by_get_is_refused(api: Api, company: Database) -> None:
    headers = {"authorization": f"Bearer {api.token(Role.ARCHITECT)}"}
    document = 'mutation { runFlow(input: {flow: "crm-customers"}) { run { id } } }'
    response = await api.http.get("/graphql", params={"query": document}, headers=headers)
    assert response.status_code == 400
    async with company.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM flow_run")) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("compiled", [True, False])
async def test_a_subscription_that_asks_for_no_stream_is_the_callers_mistake(
    company: Database, database_url: str, tmp_path: Path, method: str, compiled: bool
) -> None:
    follow = {"query": 'subscription { customerUpdates(id: "Q3VzdG9tZXI6eA==") { event } }'}
    async with serving(database_url, tmp_path, compiled=compiled) as api:
        headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", "accept": "application/json"}
        by_get = method == "GET"
        with capture_logs() as logs:
            answer = await api.http.request(
                method, "/graphql", headers=headers, params=follow if by_get else None, json=None if by_get else follow
            )
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert logs == []


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_an_operation_that_the_document_does_not_have_is_the_callers_mistake(api: Api, accept: str) -> None:
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", "accept": accept}
    body = {"query": "query A { viewer { subject } } query B { viewer { subject } }", "operationName": "C"}
    answer = await api.http.post("/graphql", json=body, headers=headers)
    assert ('"BAD_REQUEST"' in answer.text, '"INTERNAL"' in answer.text) == (True, False)


async def test_a_query_by_get_is_answered(api: Api) -> None:
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
    response = await api.http.get("/graphql", params={"query": "{ viewer { subject } }"}, headers=headers)
    assert response.json() == {"data": {"viewer": {"subject": "development:agent"}}}


async def test_a_fault_of_the_hub_is_masked_and_found_by_its_number(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE customer SET kind = 'Jan Jansen jan@example.nl'"))
    with capture_logs() as logs:
        response = await api.http.post(
            "/graphql",
            json={"query": "{ customers { totalCount edges { node { kind } } } }"},
            headers={"authorization": f"Bearer {api.token(Role.AGENT)}", "x-request-id": "request-12345"},
        )
    error = response.json()["errors"][0]
    assert error["message"] == "something went wrong inside the hub"
    assert error["extensions"] == {"code": "INTERNAL", "correlationId": "request-12345"}
    assert response.headers["x-request-id"] == "request-12345"
    assert [line["event"] for line in logs] == ["a resolver failed"]


ANNA = gid("Customer", uid("Anna Bakker"))
FAULTS = {
    "query": "{ customers { edges { node { kind } } } }",
    "subscription": f'subscription {{ customerUpdates(id: "{ANNA}") {{ customer {{ kind }} }} }}',
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_is_masked_by_events_and_over_a_socket_too(
    company: Database, database_url: str, tmp_path: Path, kind: str
) -> None:
    document = FAULTS[kind]
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE customer SET kind = 'Jan Jansen jan@example.nl'"))
    async with asyncio.timeout(30), listening_api(database_url, tmp_path) as (api, address):
        token = api.token(Role.AGENT)
        async with acknowledged(address, token) as client, events(api.http, token, document, {}) as stream:
            await client.subscribe(document, {})
            heard = [(await client.hear())["payload"], (await anext(stream))[1]]
    for answer in heard:
        assert "Jan" not in str(answer)
        assert {error["message"] for error in answer["errors"]} == {"something went wrong inside the hub"}
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"INTERNAL"}
        assert all(re.fullmatch("[0-9a-f]{32}", error["extensions"]["correlationId"]) for error in answer["errors"])


async def test_text_that_cannot_be_stored_is_the_callers_mistake(api: Api) -> None:
    answer = await api.ask("query($by: CustomerBy!) { customer(by: $by) { name } }", {"by": {"email": "a\x00@b.nl"}})
    assert answer.codes == ["INVALID"]


async def test_a_slow_statement_ends_with_a_word_and_the_connection_serves_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    def impatient() -> Database:
        return Database(open_engine(database_url, pool_size=1, statement_timeout_ms=100))

    async with serving(database_url, tmp_path, open_database=impatient) as api, database.transaction() as holder:
        await holder.execute(text("LOCK TABLE information_flow IN ACCESS EXCLUSIVE MODE"))
        assert (await api.ask("{ flows { name } }", role=Role.ARCHITECT)).codes == ["UNAVAILABLE"]
        assert (await api.ask("{ systems { name } }", role=Role.ARCHITECT)).data == {"systems": []}


@pytest.mark.parametrize(
    ("document", "table"),
    [
        ("{ flows { name } }", "information_flow"),
        ("{ a: customers { totalCount } b: customers { totalCount } }", "customer"),
    ],
    ids=["by resolvers", "by statements"],
)
async def test_a_query_that_takes_too_long_as_a_whole_ends_with_a_word(
    database: Database, database_url: str, tmp_path: Path, document: str, table: str
) -> None:
    def impatient() -> Database:
        return Database(open_engine(database_url, pool_size=1, statement_timeout_ms=300))

    async with serving(database_url, tmp_path, open_database=impatient, query_within_s=0.1) as api:
        async with database.transaction() as holder:
            await holder.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            answer = await api.ask(document, role=Role.ARCHITECT if table == "information_flow" else Role.AGENT)
        assert set(answer.codes) == {"UNAVAILABLE"}
        assert "took longer than 0.1 s" in answer.errors[-1]["message"]
        assert (await api.ask("{ systems { name } }", role=Role.ARCHITECT)).data == {"systems": []}


async def test_it_ends_with_a_word_by_events_and_over_a_socket_too(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    asked = "{ flows { name } }"
    async with asyncio.timeout(30), listening_api(database_url, tmp_path, query_within_s=0.1) as (api, address):
        token = api.token(Role.ARCHITECT)
        async with acknowledged(address, token) as client, database.transaction() as holder:
            await holder.execute(text("LOCK TABLE information_flow IN ACCESS EXCLUSIVE MODE"))
            await client.subscribe(asked, {})
            heard = (await client.hear())["payload"]
            async with events(api.http, token, asked, {}) as stream:
                told = (await anext(stream))[1]
    assert [error["extensions"]["code"] for error in (*heard, *told["errors"])] == ["UNAVAILABLE"] * 2


@pytest.mark.slow
async def test_more_views_than_connections_are_all_answered(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    def narrow() -> Database:
        return Database(open_engine(database_url, pool_size=2))

    lists = "identifiers { system } addresses { street } segments { name } consents { purpose } sources { system }"
    orders = "orders { totalCount edges { node { lines { position } } } }"
    document = f"{{ customers {{ edges {{ node {{ {orders} {lists} }} }} }} }}"
    async with serving(database_url, tmp_path, open_database=narrow) as api, asyncio.timeout(30):
        answers = await asyncio.gather(*(api.ask(document) for _ in range(20)))
    assert [answer.errors for answer in answers] == [[]] * 20
    assert {len(answer.data["customers"]["edges"]) for answer in answers} == {4}


async def test_a_token_that_ends_is_refused_afterwards(api: Api) -> None:
    token = api.token(Role.AGENT)
    assert (await api.post("{ viewer { subject } }", token=token)).status_code == 200
    api.clock.forward(timedelta(hours=1, seconds=1))
    assert (await api.post("{ viewer { subject } }", token=token)).status_code == 401


async def test_without_development_there_is_no_page(database_url: str, tmp_path: Path) -> None:
    async with serving(database_url, tmp_path, development=False) as api:
        assert (await api.http.get("/graphql", headers={"accept": "text/html"})).status_code == 401


async def test_the_page_runs_nothing_but_itself(api: Api) -> None:
    page = await api.http.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; connect-src 'self';")
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_only_listed_origins_may_call_from_a_browser(database_url: str, tmp_path: Path) -> None:
    async with serving(database_url, tmp_path, cors_origins=("https://shop.example",)) as api:
        for origin, allowed in (("https://shop.example", "https://shop.example"), ("https://evil.example", None)):
            headers = {"origin": origin, "access-control-request-method": "POST"}
            answer = await api.http.options("/graphql", headers=headers)
            assert answer.headers.get("access-control-allow-origin") == allowed


async def test_health_tells_of_the_process_and_readiness_of_its_parts(api: Api, company: Database) -> None:
    assert (await api.http.get("/healthz")).json() == {"status": "up"}
    ready = await api.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "parts": {"database": "ok", "migrations": "ok", "feed": "ok"}},
    )
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    behind = await api.http.get("/readyz")
    assert behind.status_code == 503
    assert behind.json()["parts"]["migrations"].startswith("at 0000, not at ")


async def test_operations_are_counted_by_name_and_outcome(api: Api) -> None:
    await api.ask("query Mine { viewer { subject } }")
    await api.http.post(
        "/graphql",
        json={"query": "query Flows { flows { name } }", "operationName": "Flows"},
        headers={"authorization": f"Bearer {api.token(Role.AGENT)}"},
    )
    exposed = (await api.http.get("/metrics")).text
    assert 'contacthub_graphql_operation_seconds_count{operation="Flows",outcome="FORBIDDEN"} 1.0' in exposed
    assert 'contacthub_http_request_seconds_count{method="POST",route="/graphql",status="200"} 2.0' in exposed
